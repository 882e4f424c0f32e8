#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {

std::string raw_section(const Tables& tables) {
  std::size_t samples = 0;
  for (const Workload& workload : tables.workloads)
    for (const Cell& cell : workload.cells)
      for (const auto* group : {&cell.metrics, &cell.courses})
        for (const auto& [metric, series] : *group) samples += series.samples();
  return join(
      "<section id=\"raw\">\n<h2>Raw data</h2>\n<p>This file holds every figure of the page and ",
      samples == 0 ? "every value behind it" : join("all ", counted(samples, "sample"), " of the results"),
      ", as JSON in its <code>script</code> elements; long ones are gzip in base64. A sample’s record in the "
      "results "
      "files is the line with its run, subject, case, metric and round.</p>\n<p "
      "class=\"downloads\"></p>\n</section>\n");
}

}  // namespace assay::report
