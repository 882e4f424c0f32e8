// CPU time and page faults of another process of one thread, such as a server that a workload loads.
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
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

// Of /proc/PID/stat, what stands behind the name, which is in parentheses: "S …"; "" when the process has
// gone. `process` is its number.
inline std::string process_status(const std::string& process) {
  const std::string status = process_file("/proc/" + process + "/stat");
  const std::size_t end = status.rfind(") ");
  return end == std::string::npos ? "" : status.substr(end + 2);
}

// CPU nanoseconds of the process. Exact while it sleeps, for which this waits, however long. `name` is for
// the message.
inline double nanoseconds_at_rest(const std::string& process, const char* name) {
  constexpr useconds_t kMicroseconds = 200;
  for (;;) {
    const std::string status = process_status(process);
    if (status.empty() || status[0] == 'Z' || status[0] == 'X') fail("%s has ended", name);
    if (status[0] == 'S') break;
    usleep(kMicroseconds);
  }
  const std::string times = process_file("/proc/" + process + "/schedstat");
  const double nanoseconds = strtod(times.c_str(), nullptr);
  if (nanoseconds <= 0) fail("the kernel does not tell the CPU time of %s (/proc/PID/schedstat)", name);
  return nanoseconds;
}

inline std::uint64_t page_faults_of(const std::string& process, const char* name) {
  unsigned long minor = 0, major = 0;
  if (sscanf(process_status(process).c_str(), "%*c %*d %*d %*d %*d %*d %*u %lu %*u %lu", &minor, &major) != 2)
    fail("the kernel does not tell the page faults of %s", name);
  return minor + major;
}

}  // namespace assay::suite
