// What ends a line, and the head: HH-19 to HH-23.
#pragma once

#include "suites/core/clause.h"
#include "suites/http_head/clauses/start_line.h"

namespace assay::suite::http_head {

template <class H, const Samples&... kSamples>
void check_allowed_lf() {
  if constexpr (!H::kTraits.bare_lf)
    absent("claims no choice about LF alone");
  else
    (check_samples<H>(kSamples), ...);
}

template <class H>
struct LineEndClauses {
  Clause cr{"HH-19", ClauseClass::kViolation, "RFC 9112, 2.2",
            "CR that LF does not follow is refused at the byte that does",
            &check_strictness<H, kBareCrs, kResponseCrs>};
  Clause lf{"HH-20", ClauseClass::kViolation, "RFC 9112, 2.2",
            "LF alone is refused unless the rules allow it", &check_strictness<H, kBareLfs, kResponseLfs>};
  Clause allowed_lf{"HH-21", ClauseClass::kViolation, "RFC 9112, 2.2",
                    "LF alone ends a line when the rules allow it",
                    &check_allowed_lf<H, kAcceptedLfs, kAcceptedResponseLfs>};
  Clause lenient{"HH-22", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
                 "Allowing LF alone allows nothing else", &check_allowed_lf<H, kLenient>};
  Clause end{"HH-23", ClauseClass::kViolation, "RFC 9112, 2.1",
             "The head ends with the first empty line, and nothing behind it matters", &check_rule<H, kEnds>};
};

}  // namespace assay::suite::http_head
