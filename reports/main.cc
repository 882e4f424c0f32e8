// report --out=FILE.html RESULTS.jsonl...: makes the page from results files.
// report --out=FILE.html --compare BASE.jsonl HEAD.jsonl: … of what changed between two runs.
#include <CLI/CLI.hpp>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "reports/page/page.h"
#include "reports/read.h"
#include "reports/whole_file.h"

int main(int argc, char** argv) {
  CLI::App app("Makes one self-contained HTML page from results files (reports/FORMAT.md).", "report");
  std::string out, calibration;
  bool allow_truncated = false, compare = false;
  std::vector<std::string> files;
  app.add_option("--out", out, "the page to write")->required();
  app.add_flag("--allow-truncated", allow_truncated,
               "leave out an incomplete last line: its run was interrupted");
  app.add_flag("--compare", compare,
               "of two results files, what changed from the first to the second: counted quantities, and "
               "times as hints");
  app.add_option("--calibration", calibration,
                 "how far to trust it, for results that do not say: a results file of //reports:calibrate");
  app.add_option("results", files, "results files")->required();
  try {
    app.parse(argc, argv);
    if (compare && files.size() != 2)
      throw CLI::ValidationError("--compare", "needs two results files, the base and the head; there are " +
                                                  std::to_string(files.size()));
    const auto read = [&](const std::vector<std::string>& names) {
      return assay::report::read_results(names, allow_truncated);
    };
    if (compare) {
      assay::report::write_whole(out, assay::report::page_of_two(read({files[0]}), read({files[1]})));
      return 0;
    }
    assay::report::Results results = read(files);
    if (!calibration.empty() && results.calibrations.empty()) {
      files.push_back(calibration);
      results = read(files);
    }
    assay::report::write_whole(out, assay::report::page(results));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "report: " << error.what() << '\n';
    return 2;
  }
}
