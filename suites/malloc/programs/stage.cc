#include "suites/malloc/programs/stage.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace assay::suite::programs {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  if (!file.flush()) throw std::system_error(errno, std::generic_category(), path.string());
}

// Processes of a course that were killed may take a moment to go, and write until then.
void clear(const fs::path& path) {
  std::error_code error;
  for (int tries = 0; tries < 200; ++tries) {
    fs::remove_all(path, error);
    if (!error) return;
    usleep(10'000);
  }
  throw std::system_error(error, path.string());
}

// Programs make sockets in their temporary directory, and the name of a socket has at most 107 bytes.
constexpr std::size_t kLongestParent = 30;

}  // namespace

Stage::Stage() {
  std::string parent = "/tmp";
  for (const char* name : {"TEST_TMPDIR", "TMPDIR"})
    if (const char* const found = getenv(name);
        found != nullptr && *found != 0 && strlen(found) <= kLongestParent) {
      parent = found;
      break;
    }
  directory_ = parent + "/assay-XXXXXX";
  if (mkdtemp(directory_.data()) == nullptr)
    throw std::system_error(errno, std::generic_category(), directory_);
}

Stage::~Stage() {
  try {
    clear(directory_);
  } catch (const std::system_error&) {  // what is left there is of no use, and no reason to end
  }
}

void Stage::set(const Program& program) const {
  const fs::path all(directory_), inside = all / "run";
  for (const auto& entry : fs::directory_iterator(all)) clear(entry.path());
  fs::create_directories(inside / "home");
  fs::create_directories(inside / "tmp");
  for (const auto& [name, text] : program.inputs()) write(inside / name, text);
  write(all / "script", program.script);
}

std::string Stage::command(const std::vector<std::string>& settings) const {
  const std::string inside = directory_ + "/run";
  std::vector<std::string> all = {std::string("PATH=") + kPath, "HOME=" + inside + "/home",
                                  "TMPDIR=" + inside + "/tmp", "LC_ALL=C.UTF-8", "TZ=UTC"};
  all.insert(all.end(), settings.begin(), settings.end());
  std::string command = "cd '" + inside + "' && exec env -i";
  for (const std::string& setting : all) command += " '" + setting + "'";
  return command + " /bin/sh -eu ../script >../output 2>../errors </dev/null";
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return "";
  std::string bytes(static_cast<std::size_t>(file.tellg()), '\0');
  file.seekg(0).read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return bytes;
}

}  // namespace assay::suite::programs
