#include "reports/whole_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <stdexcept>

namespace assay::report {

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

}  // namespace assay::report
