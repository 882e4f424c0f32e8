// Reads results files (FORMAT.md) strictly: the first thing that is not as the format says ends the reading
// with an error that names file and line and what was expected. A report over half-understood data would be
// worse than none.
#pragma once

#include <cstdint>
#include <istream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace assay::report {

struct Run {
  std::string id, commit, machine, started, command, assay;
  std::vector<std::pair<std::string, std::string>> environment;  // in the order of the file
};

enum class Role { kBaseline, kPeer, kNull };

// One subject of one run.
struct Subject {
  std::size_t run;  // index into Results::runs
  std::string name, version, library, digest;
  Role role;
  std::string unavailable = {};  // why it could not be measured, "" when it could
  std::vector<std::pair<std::string, std::string>> unavailable_workloads = {};  // each with the reason
};

enum class Finding { kPass, kViolation, kDeviation, kStale, kWeak, kUnmet, kChoice, kAbsent, kSkipped };
inline constexpr std::size_t kFindings = 9;

struct Verdict {
  std::size_t subject;  // index into Results::subjects, as in the records below
  std::string suite, clause, sentence, source, detail, headline, reason, reference;
  std::vector<std::string> notes;
  Finding finding;
  char clause_class;
  std::uint64_t seed;
};

struct Measurement {
  std::size_t subject;
  std::string suite, workload, family, sentence, metric, unit;
  std::uint64_t round;
  bool less_is_better;
  std::vector<double> samples;  // never empty, all finite
};

struct Failure {
  std::size_t subject;
  std::string suite, workload, reason, output;
  std::uint64_t round;
};

enum class Decision { kBetter, kWorse, kSame, kUndecided, kUnchanged };
inline constexpr std::size_t kDecisions = 5;
enum class Confirmation { kNone, kConfirmed, kRefuted, kImpossible };
inline constexpr std::size_t kConfirmations = 4;

// What was decided between `base` and the subject.
struct ComparisonRow {
  std::size_t subject;
  std::string base, suite, workload, metric, unit, target, detail;
  bool less_is_better;
  Decision decision;
  Confirmation confirmation;
  double ratio, low, high, p;  // subject ÷ base; 95 % interval
  double base_value, subject_value;
  std::uint64_t more;           // restarts that are likely to settle it
  std::vector<double> samples;  // one ratio a restart
};

// How often a procedure errs, measured.
struct Calibration {
  std::size_t run;  // index into Results::runs
  std::string procedure, workload;
  double slowdown;  // percent, injected into one side; 0: both sides were the same
  std::uint64_t trials, alarms;
  double error;    // root mean square, percent
  double seconds;  // of a trial
  double load, margin, level;
  std::vector<double> samples;  // the estimates, percent
};

// Metrics that are drawn and never compared end in one of these: samples are values at equal steps of time,
// of a logarithmic scale of windows, or counts by length.
inline constexpr const char* kOverTime = "_over_time";
inline constexpr const char* kOverWindow = "_over_window";
inline constexpr const char* kOverLength = "_over_length";
bool is_course(std::string_view metric);

struct Results {
  std::vector<Run> runs;
  std::vector<Subject> subjects;
  std::vector<Verdict> verdicts;
  std::vector<Measurement> measurements;
  std::vector<Failure> failures;
  std::vector<ComparisonRow> comparisons;
  std::vector<Calibration> calibrations;
  std::vector<std::string> truncated;  // files whose incomplete last line was left out
};

class FormatError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws FormatError. An incomplete last line is left out where `allow_truncated`, and an error otherwise.
Results read_results(const std::vector<std::string>& files, bool allow_truncated);
Results read_results(std::istream& input, const std::string& name,
                     bool allow_truncated);  // `name` in messages

const char* name_of(Finding finding);  // "pass", "violation", … as in the format
const char* name_of(Decision decision);
const char* name_of(Confirmation confirmation);

}  // namespace assay::report
