// wrk, a generator of HTTP load with connections that are kept: started for a while, and asked for its
// counts.
#pragma once

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstddef>
#include <string>

#include "suites/core/workload.h"

namespace assay::suite::server {

inline constexpr const char* kWrk = "/usr/bin/wrk";

struct Load {
  double bytes = 0;        // received, heads among them
  double nanoseconds = 0;  // how long
  double errors = 0;       // of sockets, and statuses other than 2xx and 3xx
};

class Wrk {
 public:
  // On the core of the calling thread. Answers that wrk calls late, after two seconds, are no errors: a core
  // may have much else to do.
  static Load run(unsigned port, const char* path, int connections, int seconds) {
    const int script = in_memory(
        "function done(s, latency, requests)\n"
        "  local e = s.errors\n"
        "  io.write(string.format('counts %.0f %.0f %.0f\\n', s.bytes, s.duration,\n"
        "                         e.connect + e.read + e.write + e.status))\n"
        "end\n");
    const std::string script_path = "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(script);
    const std::string url = "http://127.0.0.1:" + std::to_string(port) + path;
    const std::string count = "-c" + std::to_string(connections), time = "-d" + std::to_string(seconds) + "s";
    const char* const arguments[] = {
        kWrk, "-t1", count.c_str(), time.c_str(), "-s", script_path.c_str(), url.c_str(), nullptr};
    const std::string said = output_of(arguments);
    close(script);
    Load load;
    double microseconds = 0;
    const std::size_t counts = said.find("counts ");
    if (counts == std::string::npos ||
        sscanf(said.c_str() + counts, "counts %lf %lf %lf", &load.bytes, &microseconds, &load.errors) != 3)
      fail("wrk does not tell its counts: %.300s", said.c_str());
    constexpr double kNanoseconds = 1000;
    load.nanoseconds = microseconds * kNanoseconds;
    return load;
  }

 private:
  static int in_memory(const std::string& text) {
    const int file = memfd_create("load.lua", MFD_CLOEXEC);
    if (file < 0 || write(file, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      fail("memfd_create: %s", strerror(errno));
    return file;
  }

  static std::string output_of(const char* const* arguments) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail("pipe: %s", strerror(errno));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    pid_t child;
    const char* const environment[] = {nullptr};
    const int error = posix_spawn(&child, kWrk, &actions, nullptr, const_cast<char**>(arguments),
                                  const_cast<char**>(environment));
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (error != 0) fail("%s: %s", kWrk, strerror(error));
    std::string said;
    char some[4096];
    for (ssize_t got; (got = read(ends[0], some, sizeof some)) != 0;) {
      if (got > 0) said.append(some, static_cast<std::size_t>(got));
      if (got < 0 && errno != EINTR) break;
    }
    close(ends[0]);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) fail("wrk ends with status %d: %.300s", status, said.c_str());
    return said;
  }
};

}  // namespace assay::suite::server
