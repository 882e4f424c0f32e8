#include "suites/core/verdict.h"

#include <signal.h>
#include <string.h>

#include <utility>

#include "suites/core/finding.h"

namespace assay::suite {
namespace {

std::string how_it_ended(const ChildOutcome& child) {
  using End = ChildOutcome::End;
  switch (child.end) {
    case End::kHung:
      return "hangs: all its threads wait, none has used a processor for five seconds";
    case End::kInterrupted:
      return "interrupted";
    case End::kKilled:
      if (child.code == SIGXCPU)
        return "runs away: used " + std::to_string(cpu_limit_seconds()) + " s of CPU time";
      if (const char* name = sigabbrev_np(child.code)) return std::string("killed by SIG") + name;
      return "killed by signal " + std::to_string(child.code);
    case End::kExited:
      break;
  }
  return "the process exited with status " + std::to_string(child.code) + " in the middle of the check";
}

std::string last_line(const std::string& text) {
  const std::size_t end = text.find_last_not_of('\n');
  if (end == std::string::npos) return "";
  const std::size_t begin = text.find_last_of('\n', end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1,
                     end - (begin == std::string::npos ? 0 : begin + 1) + 1);
}

// W gates too: what breaks it breaks even its weaker reading.
bool gates(ClauseClass clause_class) {
  return clause_class == ClauseClass::kViolation || clause_class == ClauseClass::kExtension ||
         clause_class == ClauseClass::kReading;
}

}  // namespace

const char* name_of(Outcome outcome) {
  static constexpr const char* kNames[] = {"pass",  "violation", "deviation", "stale",  "weak",
                                           "unmet", "choice",    "absent",    "skipped"};
  return kNames[static_cast<int>(outcome)];
}

Judgement judge(const Clause& clause, const ChildOutcome& child, const Deviation* deviation) {
  Judgement judgement;
  judgement.clause = &clause;
  judgement.output = child.output;
  char conclusion = 0;
  for (const std::string& line : child.findings) {
    if (line.size() < 2) continue;
    std::string message = line.substr(2);
    if (line[0] == static_cast<char>(FindingKind::kNote)) {
      judgement.notes.push_back(std::move(message));
    } else if (conclusion == 0) {  // a crash on the way out changes nothing that was already found
      conclusion = line[0];
      judgement.detail = std::move(message);
    }
  }
  if (child.end == ChildOutcome::End::kInterrupted) {
    judgement.outcome = Outcome::kSkipped;
    judgement.detail = "interrupted";
    return judgement;
  }
  const bool held = child.end == ChildOutcome::End::kExited && child.code == kHeld;
  if (conclusion == 0 && !held) {
    conclusion = static_cast<char>(FindingKind::kViolated);
    judgement.detail = how_it_ended(child);
    if (const std::string line = last_line(child.output); !line.empty())
      judgement.detail += "; it printed: " + line;
  }
  switch (static_cast<FindingKind>(conclusion)) {
    case FindingKind::kViolated:
      judgement.outcome = gates(clause.clause_class) ? Outcome::kViolation : Outcome::kUnmet;
      break;
    case FindingKind::kWeak:
      judgement.outcome = Outcome::kWeak;
      break;
    case FindingKind::kChose:
      judgement.outcome = Outcome::kChoice;
      break;
    case FindingKind::kAbsent:
      judgement.outcome = Outcome::kAbsent;
      break;
    case FindingKind::kSkipped:
      judgement.outcome = Outcome::kSkipped;
      break;
    default:
      judgement.outcome = Outcome::kPass;
  }
  if (deviation != nullptr) {
    judgement.headline = deviation->headline;
    judgement.reason = deviation->reason;
    judgement.reference = deviation->reference;
    if (judgement.outcome == Outcome::kViolation) {
      judgement.outcome = Outcome::kDeviation;
    } else if (judgement.outcome != Outcome::kSkipped && !deviation->sometimes) {
      judgement.detail = std::string("listed as a deviation, but the verdict is ") +
                         name_of(judgement.outcome) + ": remove the entry";
      judgement.outcome = Outcome::kStale;
    }
  }
  return judgement;
}

}  // namespace assay::suite
