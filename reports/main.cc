// report --out=FILE.html RESULTS.jsonl...: makes the page from results files.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "reports/page/page.h"
#include "reports/read.h"

namespace {

// A reader never sees half a page: it appears under its name only when it is whole.
void write_whole(const std::string& path, const std::string& text) {
  const std::string draft = path + ".part";
  errno = 0;
  std::ofstream output(draft, std::ios::binary);
  output << text;
  output.close();
  if (output && std::rename(draft.c_str(), path.c_str()) == 0) return;
  const int problem = errno;
  std::remove(draft.c_str());
  throw std::runtime_error(path + ": cannot be written: " + std::strerror(problem));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Makes one self-contained HTML page from results files (reports/FORMAT.md).", "report");
  std::string out;
  bool allow_truncated = false;
  std::vector<std::string> files;
  app.add_option("--out", out, "the page to write")->required();
  app.add_flag("--allow-truncated", allow_truncated,
               "leave out an incomplete last line: its run was interrupted");
  app.add_option("results", files, "results files")->required();
  try {
    app.parse(argc, argv);
    write_whole(out, assay::report::page(assay::report::read_results(files, allow_truncated)));
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "report: " << error.what() << '\n';
    return 2;
  }
}
