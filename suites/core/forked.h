// Runs part of a check in a forked child, so that an end the check wants to look at (an abort, a fault) does
// not end the check. A finding concluded in the child concludes the check.
#pragma once

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites/core/clause.h"
#include "suites/core/finding.h"

namespace assay::suite {

struct Ending {
  int signal = 0;  // that killed the child; 0 when it ended by itself
  int code = 0;    // with this status
  bool clean() const { return signal == 0 && code == 0; }
};

// Waits for a child started by hand; run_forked does both.
inline Ending wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) skipped("waitpid failed: %s", strerror(errno));
  }
  if (WIFSIGNALED(status)) return {WTERMSIG(status), 0};
  const int code = WEXITSTATUS(status);
  if (code == kConcluded || code == kLostFinding) _exit(code);
  return {0, code};
}

// Runs `body` in a child, which exits with 0 when it returns.
template <class Body>
Ending run_forked(const Body& body) {
  const pid_t child = fork();
  if (child < 0) skipped("fork failed: %s", strerror(errno));
  if (child == 0) {
    constexpr rlimit kNone{0, 0};
    setrlimit(RLIMIT_CORE, &kNone);
    body();
    _exit(0);
  }
  return wait_for(child);
}

// "SIGABRT" or "exit status 3"; static storage.
inline const char* describe(const Ending& ending) {
  static char text[32];
  if (ending.signal == 0) {
    snprintf(text, sizeof text, "exit status %d", ending.code);
  } else {
    const char* name = sigabbrev_np(ending.signal);
    snprintf(text, sizeof text, "SIG%s", name == nullptr ? "?" : name);
  }
  return text;
}

// A zeroed T that parent and children see alike.
template <class T>
T& shared_with_children() {
  void* memory = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) skipped("mmap of a shared page failed: %s", strerror(errno));
  return *static_cast<T*>(memory);
}

}  // namespace assay::suite
