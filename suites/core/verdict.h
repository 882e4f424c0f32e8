// From what a check did to what the report says: a finding, judged by the clause's class and by the subject's
// list of documented deviations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "suites/core/child.h"
#include "suites/core/clause.h"
#include "suites/core/deviations.h"

namespace assay::suite {

enum class Outcome {  // the values of reports/FORMAT.md, in its order
  kPass,
  kViolation,
  kDeviation,
  kStale,
  kWeak,
  kUnmet,
  kChoice,
  kAbsent,
  kSkipped,
};

const char* name_of(Outcome outcome);  // "pass", "violation", …

struct Judgement {
  const Clause* clause = nullptr;
  Outcome outcome = Outcome::kPass;
  std::string detail;                       // what was seen
  std::vector<std::string> notes;           // values recorded on the way
  std::string output;                       // what the check and the subject printed
  std::string headline, reason, reference;  // of the deviation

  bool fails_gate() const { return outcome == Outcome::kViolation || outcome == Outcome::kStale; }
};

// `deviation` is the subject's entry for this clause, null when it has none.
Judgement judge(const Clause& clause, const ChildOutcome& child, const Deviation* deviation);

}  // namespace assay::suite
