// What the process occupies, read from /proc without allocating.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace assay::suite {

// The value of a line such as "VmRSS:     1234 kB" of /proc/self/status, in bytes; 0 when it is not there.
inline std::size_t status_bytes(const char* name) {
  char text[4096];
  const int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return 0;
  text[length] = '\0';
  const char* line = std::strstr(text, name);
  if (line == nullptr) return 0;
  return std::strtoull(line + std::strlen(name) + 1, nullptr, 10) * 1024;
}

inline std::size_t resident_bytes() { return status_bytes("VmRSS"); }
inline std::size_t peak_resident_bytes() { return status_bytes("VmHWM"); }
inline std::size_t mapped_bytes() { return status_bytes("VmSize"); }

// Lets peak_resident_bytes() start again from the present size; false when the kernel refuses.
inline bool reset_peak() {
  const int file = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool done = write(file, "5", 1) == 1;
  close(file);
  return done;
}

}  // namespace assay::suite
