// CPU time of another process of one thread, such as a server that a workload loads.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "suites/core/workload.h"

namespace assay::suite {

// Of a file of /proc: its first kilobyte, "" when there is none.
inline std::string process_file(const std::string& path) {
  char text[1024];
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t length = file < 0 ? 0 : read(file, text, sizeof text);
  if (file >= 0) close(file);
  return {text, static_cast<std::size_t>(length > 0 ? length : 0)};
}

// CPU nanoseconds of the process. Exact while it sleeps, for which this waits. `name` is for the message.
inline double nanoseconds_at_rest(const std::string& process, const char* name) {
  constexpr useconds_t kMicroseconds = 200;
  const std::string directory = "/proc/" + process;
  // The state stands behind the name, which is in parentheses.
  for (int attempt = 0; attempt < 10'000; ++attempt) {
    const std::string status = process_file(directory + "/stat");
    const std::size_t end = status.rfind(") ");
    if (end == std::string::npos) fail("%s has gone", name);
    if (status.compare(end + 2, 1, "S") == 0)
      return strtod(process_file(directory + "/schedstat").c_str(), nullptr);
    usleep(kMicroseconds);
  }
  fail("%s does not come to rest", name);
}

}  // namespace assay::suite
