// Misuse that a subject promises to find: the program must end, and say which invariant was broken.
#pragma once

#include <signal.h>

#include <cctype>
#include <cstring>

#include "suites/core/captured_output.h"
#include "suites/core/clause.h"
#include "suites/core/forked.h"

namespace assay::suite {

// "… I3 …": an I, then a digit, at the start of a word.
inline bool names_an_invariant(const char* text) {
  for (const char* at = text; (at = std::strchr(at, 'I')) != nullptr; ++at)
    if ((at == text || !std::isalnum(static_cast<unsigned char>(at[-1]))) &&
        std::isdigit(static_cast<unsigned char>(at[1])))
      return true;
  return false;
}

// Runs `misuse` in a forked child, which must abort and name an invariant on standard error.
template <class Body>
void require_trap(const char* what, const Body& misuse) {
  CapturedOutput output;
  const Ending ending = run_forked(misuse);
  output.restore();
  char line[200];
  const bool spoke = output.first_line(line);
  require(ending.signal == SIGABRT, "%s went unnoticed: %s instead of SIGABRT", what, describe(ending));
  require(spoke && names_an_invariant(line), "%s was trapped without naming an invariant: \"%s\"", what,
          line);
}

}  // namespace assay::suite
