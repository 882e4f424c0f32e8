#include "suites/core/machine.h"

#include <gnu/libc-version.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>

#include "suites/core/fnv1a.h"

namespace assay::suite {
namespace {

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// What follows the separator and blanks in the first line that starts with `key`; "" when there is none.
std::string value_in(const char* path, std::string_view key, char separator) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) != 0) continue;
    const std::size_t value = line.find_first_not_of(" \t\"", line.find(separator) + 1);
    if (value == std::string::npos) continue;
    return line.substr(value, line.find_last_not_of(" \t\"") + 1 - value);
  }
  return "";
}

std::string processor() {
  const std::string model = value_in("/proc/cpuinfo", "model name", ':');
  return model.empty() ? "unknown" : model;
}

std::string cores() { return std::to_string(sysconf(_SC_NPROCESSORS_ONLN)); }

std::string memory() {
  struct sysinfo information {};
  sysinfo(&information);
  char text[32];
  std::snprintf(text, sizeof text, "%.1f GiB",
                static_cast<double>(information.totalram) * information.mem_unit / (1024.0 * 1024 * 1024));
  return text;
}

std::string kernel() {
  utsname names{};
  uname(&names);
  return std::string(names.sysname) + " " + names.release;
}

// The choice in brackets of "always [madvise] never".
std::string huge_pages() {
  const std::string choices = first_line("/sys/kernel/mm/transparent_hugepage/enabled");
  const std::size_t open = choices.find('['), close = choices.find(']');
  return open == std::string::npos || close < open ? "not offered by the kernel"
                                                   : choices.substr(open + 1, close - open - 1);
}

std::string instructions() {
  perf_event_attr event{};
  event.type = PERF_TYPE_HARDWARE;
  event.size = sizeof event;
  event.config = PERF_COUNT_HW_INSTRUCTIONS;
  event.exclude_kernel = 1;
  event.exclude_hv = 1;
  event.disabled = 1;
  const long counter = syscall(SYS_perf_event_open, &event, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  if (counter >= 0) {
    close(static_cast<int>(counter));
    return "counted";
  }
  switch (const int error = errno) {
    case ENOENT:
    case EOPNOTSUPP:
      return "not counted: this machine offers no hardware counter";
    case EACCES:
    case EPERM:
      return "not counted: forbidden (kernel.perf_event_paranoid is " +
             first_line("/proc/sys/kernel/perf_event_paranoid") + ")";
    default:
      return std::string("not counted: ") + std::strerror(error);
  }
}

std::string load() {
  double average = 0;
  if (getloadavg(&average, 1) != 1) return "unknown";
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", average);
  return text;
}

std::string text_of(int number) { return std::to_string(number); }

}  // namespace

std::vector<std::pair<std::string, std::string>> describe_environment() {
#ifdef __clang__
  const std::string compiler = "clang " __clang_version__;
#else
  const std::string compiler =
      "g++ " + text_of(__GNUC__) + "." + text_of(__GNUC_MINOR__) + "." + text_of(__GNUC_PATCHLEVEL__);
#endif
  return {
      {"cpu", processor()},
      {"cores", cores()},
      {"memory", memory()},
      {"kernel", kernel()},
      {"os", value_in("/etc/os-release", "PRETTY_NAME", '=')},
      {"compiler", compiler},
      {"libc", std::string("glibc ") + gnu_get_libc_version()},
      {"libstdc++", text_of(_GLIBCXX_RELEASE) + " (" + text_of(__GLIBCXX__) + ")"},
      {"transparent huge pages", huge_pages()},
      {"instructions", instructions()},
      {"load at start", load()},
  };
}

std::string machine_fingerprint() {
  return hexadecimal(fnv1a64(processor() + "\n" + cores() + "\n" + memory() + "\n" + kernel()));
}

}  // namespace assay::suite
