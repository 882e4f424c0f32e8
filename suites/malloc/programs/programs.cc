#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "suites/malloc/programs/program.h"

namespace assay::suite::programs {

std::vector<Program> all_programs() {
  return {python3(), gcc(), git(), sqlite3(), redis(), node(), perl(), chromium()};
}

std::string first_missing(const std::vector<std::string>& executables, const std::string& path) {
  const auto installed = [&](const std::string& executable) {
    std::istringstream directories(path);
    for (std::string directory; std::getline(directories, directory, ':');)
      if (access((directory + "/" + executable).c_str(), X_OK) == 0) return true;
    return false;
  };
  const auto missing = std::find_if_not(executables.begin(), executables.end(), installed);
  return missing == executables.end() ? "" : *missing;
}

}  // namespace assay::suite::programs
