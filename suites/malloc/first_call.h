// Starts the program whose first heap call is chosen by name (suites/malloc/first_call.cc).
#pragma once

#include <unistd.h>

#include "suites/core/clause.h"
#include "suites/malloc/watched.h"

namespace assay::suite {

// Null when the program did its call and then used the heap without trouble; otherwise how it ended.
inline const char* run_first_call(const char* mode, const char* time = "constructor") {
  const char* program = sibling("first_call");
  const pid_t child = fork_limited();
  if (child == 0) {
    execl(program, program, mode, time, nullptr);
    _exit(127);
  }
  return await_child(child);
}

}  // namespace assay::suite
