#include "reports/page/browser.h"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "reports/page/markup.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;

constexpr int kNarrowest = 500;  // pixels, of a window

constexpr std::string_view kOpen = "<script type=\"application/json\" id=\"probe\">";

// A directory that is gone afterwards.
class Scratch {
 public:
  Scratch() {
    const char* parent = std::getenv("TEST_TMPDIR");
    std::string name = (parent != nullptr ? fs::path(parent) : fs::temp_directory_path()) / "browser.XXXXXX";
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error(name + ": cannot be made");
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;

  std::string operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string quoted(const std::string& text) {
  std::string safe = "'";
  for (const char c : text) safe += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return safe + "'";
}

std::string with_probe(std::string html, const std::string& probe) {
  const std::string script =
      "<script>addEventListener('load', async () => {\n"
      "  const found = await (async () => {\n" +
      probe +
      "\n})();\n"
      "  const outer = parent.document, place = outer.createElement('script');\n"
      "  place.type = 'application/json';\n"
      "  place.id = 'probe';\n"
      "  place.textContent = JSON.stringify(found).replaceAll('<', '\\\\u003c');\n"
      "  outer.body.append(place);\n"
      "});</script>\n";
  return html.insert(html.rfind("</body>"), script);
}

// Chromium makes no window narrower than 500 pixels, but a frame has a viewport of its own.
std::string framed(const std::string& html, const Window& window) {
  return join("<!doctype html>\n<body style=\"margin:0\"><iframe style=\"border:0\" width=\"",
              std::to_string(window.width), "\" height=\"", std::to_string(window.height), "\" srcdoc=\"",
              escape(html), "\"></iframe></body>\n");
}

}  // namespace

bool browser_installed() { return std::system("command -v chromium >/dev/null") == 0; }

Visit visit(const std::string& html, const std::string& probe, const Window& window) {
  const Scratch scratch;
  const std::string probed = with_probe(html, probe);
  std::ofstream(scratch / "page.html", std::ios::binary)
      << (window.width < kNarrowest ? framed(probed, window) : probed);
  const std::string command =
      "HOME=" + quoted(scratch / "home") +
      " chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --disable-quic --no-first-run"
      " --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars"
      " --enable-logging=stderr --virtual-time-budget=300000 --dump-dom "
      "--blink-settings=preferredColorScheme=" +
      (window.dark ? "0" : "1") + " --window-size=" + std::to_string(window.width) + "," +
      std::to_string(window.height) + " --user-data-dir=" + quoted(scratch / "profile") + " " +
      quoted("file://" + (scratch / "page.html")) + " >" + quoted(scratch / "dom") + " 2>" +
      quoted(scratch / "log");
  const int status = std::system(command.c_str());
  const std::string dom = contents(scratch / "dom"), log = contents(scratch / "log");
  const std::size_t open = dom.rfind(kOpen), close = dom.find("</script>", open);
  if (status != 0 || open == std::string::npos || close == std::string::npos)
    throw std::runtime_error("chromium ended with status " + std::to_string(status) +
                             " and left no findings; it said:\n" + log);
  const std::size_t start = open + kOpen.size();
  Visit visit{nlohmann::json::parse(dom.substr(start, close - start)), {}};
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);)
    if (line.find(":CONSOLE") != std::string::npos) visit.console.push_back(line);
  return visit;
}

}  // namespace assay::report
