#include "reports/page/page.h"

#include "reports/page/assets.h"
#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

std::string title(const Tables& tables) {
  std::vector<std::string> peers;
  for (const Column& column : tables.columns)
    if (column.subject.role == Role::kPeer) peers.push_back(column.label);
  const std::string baseline = tables.baseline ? tables.columns[*tables.baseline].label : "";
  if (peers.empty()) return baseline.empty() ? "An empty run" : baseline;
  return baseline.empty() ? list(peers) : list(peers) + " beside " + baseline;
}

}  // namespace

std::string page(const Results& results) {
  const Tables tables = tabulate(results);
  const std::string heading = escape(title(tables));
  return join(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>",
      heading, " · Assay</title>\n<style>\n", kStyle, "</style>\n</head>\n<body>\n",
      "<header>\n<p class=\"series\">Assay report</p>\n<h1>", heading,
      "</h1>\n<nav aria-label=\"Sections\"><a href=\"#summary\">Summary</a> <a href=\"#heat-map\">Heat "
      "map</a> "
      "<a href=\"#workloads\">Workloads</a> <a href=\"#conformance\">Conformance</a> "
      "<a href=\"#environment\">Environment and method</a></nav>\n</header>\n<main>\n",
      verdict_section(tables, results), summary_section(tables), heat_map_section(tables),
      workloads_section(tables), conformance_section(tables), environment_section(tables, results),
      "</main>\n", data_script(tables), "<script>\n", kScript, "</script>\n</body>\n</html>\n");
}

std::string full_name(const Column& column) {
  const std::string& version = column.subject.version;
  return version.empty() || column.label != column.subject.name ? column.label : column.label + " " + version;
}

std::string name_of(Outcome outcome, const std::string& metric) {
  switch (outcome) {
    case Outcome::kBetter:
      return metric == kMemory ? "leaner" : "faster";
    case Outcome::kWorse:
      return metric == kMemory ? "heavier" : "slower";
    case Outcome::kTie:
      return "tie";
    default:
      return "undecided";
  }
}

std::string clause_link(const Clause& clause) {
  return join("<a href=\"#clause-", anchor(clause.id), "\">", escape(clause.id), "</a>");
}

std::string workload_link(const Workload& workload, const std::string& content) {
  return join("<a href=\"#workload-", anchor(workload.name), "\">", content, "</a>");
}

}  // namespace assay::report
