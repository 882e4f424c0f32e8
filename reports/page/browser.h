// Opens pages in the installed Chromium, for tests.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace assay::report {

struct Window {
  int width = 1280, height = 900;
  bool dark = false;
};

struct Visit {
  nlohmann::json found;              // what the probe returned
  std::vector<std::string> console;  // every message, warning and error of the page
};

bool browser_installed();

// Opens `html`, runs `probe`, the body of an async function, in it, and takes the value it returns.
// Throws std::runtime_error with the browser's own words when nothing comes back.
Visit visit(const std::string& html, const std::string& probe, const Window& window);

}  // namespace assay::report
