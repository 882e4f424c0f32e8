// What a check tells the driver that started it: lines on an inherited descriptor, one letter and a message
// each. The end of the process is the rest of the finding: clean exit, signal, time limit
// (suites/core/child.h).
#pragma once

namespace assay::suite {

enum class FindingKind : char {
  kViolated = 'V',
  kWeak = 'W',
  kChose = 'I',
  kAbsent = 'A',
  kSkipped = 'S',
  kNote = 'N',
};

constexpr int kFindingDescriptor = 198;  // high, so that the subject's own descriptors keep their numbers
constexpr const char* kSeedVariable = "ASSAY_SEED";  // decimal

// Exit codes of a check. kHeld is written by a check that returned: a check that calls exit(0) or is
// _exit()ed by the subject has not returned and must not pass.
constexpr int kHeld = 77;
constexpr int kConcluded = 78;
constexpr int kLostFinding = 79;

}  // namespace assay::suite
