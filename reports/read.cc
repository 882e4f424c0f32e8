#include "reports/read.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

namespace assay::report {
namespace {

using Json = nlohmann::json;  // sorted: quick to search, however many fields a line has

constexpr std::array<const char*, kFindings> kFindingNames = {
    "pass", "violation", "deviation", "stale", "weak", "unmet", "choice", "absent", "skipped"};
constexpr std::array<const char*, kDecisions> kDecisionNames = {"better", "worse", "same", "undecided",
                                                                "unchanged"};
constexpr std::array<const char*, kConfirmations> kConfirmationNames = {"", "confirmed", "refuted",
                                                                        "impossible"};
constexpr std::array kBetter = {"less", "more"};
constexpr std::uint64_t kNewestSchema = 2;

// The beginning of a text that may be long.
std::string excerpt(const std::string& text) {
  constexpr std::size_t kMost = 600;
  if (text.size() <= kMost) return text;
  std::size_t cut = kMost;
  while (cut > 0 && (text[cut] & 0xc0) == 0x80) --cut;  // not inside a character
  return text.substr(0, cut) + "…";
}

// One record, and where it stands, for the messages.
class Record {
 public:
  Record(const std::string& file, std::size_t line, const std::string& text)
      : where_(place(file, line)), text_(text) {
    try {
      json_ = Json::parse(text);
    } catch (const Json::exception& error) {  // also of numbers beyond every range
      fail("expected one JSON object; " + excerpt(error.what()));
    }
    if (!json_.is_object()) fail("expected one JSON object, found " + std::string(json_.type_name()));
  }

  static std::string place(const std::string& file, std::size_t line) {
    return file + ":" + std::to_string(line) + ": ";
  }

  [[noreturn]] void fail(const std::string& problem) const { throw FormatError(where_ + excerpt(problem)); }

  bool has(const char* field) const { return json_.contains(field); }

  std::string string(const char* field) const {
    const Json& value = member(field);
    if (!value.is_string()) expected(field, "a string");
    return value.get<std::string>();
  }

  std::string text(const char* field) const {  // that must say something
    std::string value = string(field);
    if (value.empty()) expected(field, "a string that is not empty");
    return value;
  }

  std::uint64_t natural(const char* field) const {
    const Json& value = member(field);
    if (!value.is_number_unsigned()) expected(field, "an integer from 0");
    return value.get<std::uint64_t>();
  }

  double number(const char* field) const {
    const Json& value = member(field);
    if (!value.is_number() || !std::isfinite(value.get<double>())) expected(field, "a number");
    return value.get<double>();
  }

  std::vector<double> numbers(const char* field) const {
    std::vector<double> values;
    for (const Json& value : array(field)) {
      if (!value.is_number() || !std::isfinite(value.get<double>())) expected(field, "an array of numbers");
      values.push_back(value.get<double>());
    }
    if (values.empty()) expected(field, "at least one number");
    return values;
  }

  std::vector<std::string> strings(const char* field) const {
    std::vector<std::string> values;
    for (const Json& value : array(field)) {
      if (!value.is_string()) expected(field, "an array of strings");
      values.push_back(value.get<std::string>());
    }
    return values;
  }

  std::string only_string(const char* field) const {
    const std::vector<std::string> values = strings(field);
    if (values.size() != 1) expected(field, "exactly one string");
    return values.front();
  }

  // In the order of the line, which the parser tells only while it reads.
  std::vector<std::pair<std::string, std::string>> pairs(const char* field) const {
    const Json& object = member(field);
    if (!object.is_object()) expected(field, "an object of strings");
    std::vector<std::pair<std::string, std::string>> values;
    std::set<std::string> seen;
    bool inside = false;
    const auto follow = [&](int depth, Json::parse_event_t event, const Json& key) {
      if (event != Json::parse_event_t::key) return true;
      if (depth == 1) inside = key == field;
      if (depth != 2 || !inside || !seen.insert(key.get<std::string>()).second) return true;
      const auto value = object.find(key.get<std::string>());
      if (value == object.end() || !value->is_string()) expected(field, "an object of strings");
      values.emplace_back(key.get<std::string>(), value->get<std::string>());
      return true;
    };
    const Json again = Json::parse(text_, follow);
    return values;
  }

  // Position of the string at `field` among `allowed`.
  template <std::size_t n>
  std::size_t one_of(const char* field, const std::string& value,
                     const std::array<const char*, n>& allowed) const {
    const auto found = std::find(allowed.begin(), allowed.end(), value);
    if (found != allowed.end()) return static_cast<std::size_t>(found - allowed.begin());
    std::string list;
    for (const char* name : allowed) list += (list.empty() ? "" : ", ") + std::string(name);
    fail("`" + std::string(field) + "` is \"" + value + "\", expected one of " + list);
  }

 private:
  const Json& member(const char* field) const {
    const auto found = json_.find(field);
    if (found == json_.end()) fail("expected a field `" + std::string(field) + "`");
    return *found;
  }

  const Json& array(const char* field) const {
    const Json& value = member(field);
    if (!value.is_array()) expected(field, "an array");
    return value;
  }

  [[noreturn]] void expected(const char* field, const char* what) const {
    const Json& found = member(field);  // printing what is nested recurses
    const bool plain = !found.is_structured() || found.empty();
    fail("expected `" + std::string(field) + "` to be " + what + ", found " +
         (plain ? excerpt(found.dump()) : "an " + std::string(found.type_name())));
  }

  std::string where_;
  const std::string& text_;
  Json json_;
};

class Reader {
 public:
  void read(const Record& record) {
    const std::uint64_t schema = record.natural("schema");
    if (schema == 0 || schema > kNewestSchema)
      record.fail("schema " + std::to_string(schema) + ", but this reader knows only 1 to " +
                  std::to_string(kNewestSchema));
    static constexpr std::array kRecords = {"run",     "subject",    "verdict",     "measurement",
                                            "failure", "comparison", "calibration", "provenance"};
    switch (record.one_of("record", record.text("record"), kRecords)) {
      case 0:
        return read_run(record);
      case 1:
        return read_subject(record);
      case 2:
        return read_verdict(record);
      case 3:
        return read_measurement(record);
      case 4:
        return read_failure(record);
      case 5:
        return read_comparison(record);
      case 6:
        return read_calibration(record);
      default:
        return;  // provenance is the history's own affair
    }
  }

  Results results;

 private:
  void read_run(const Record& record) {
    const Run run{record.text("run"),         record.string("commit"),  record.text("machine"),
                  record.string("started"),   record.string("command"), record.string("assay"),
                  record.pairs("environment")};
    if (!runs_.emplace(run.id, results.runs.size()).second) record.fail("run " + run.id + " begins twice");
    results.runs.push_back(run);
  }

  void read_subject(const Record& record) {
    static constexpr std::array kRoles = {"baseline", "peer", "null"};
    const Subject subject{run_of(record),
                          record.text("subject"),
                          record.string("version"),
                          record.string("library"),
                          record.string("digest"),
                          static_cast<Role>(record.one_of("role", record.text("role"), kRoles)),
                          record.has("unavailable") ? record.text("unavailable") : "",
                          record.has("unavailable_workloads") ? record.pairs("unavailable_workloads")
                                                              : decltype(Subject::unavailable_workloads)()};
    if (!subjects_.emplace(std::pair(subject.run, subject.name), results.subjects.size()).second)
      record.fail("subject " + subject.name + " is introduced twice in one run");
    if (subject.role == Role::kBaseline && !baselines_.insert(subject.run).second)
      record.fail("a second baseline in one run");
    results.subjects.push_back(subject);
  }

  void read_verdict(const Record& record) {
    Verdict verdict{
        subject_of(record),
        record.text("suite"),
        record.text("case"),
        record.text("sentence"),
        record.string("source"),
        record.string("detail"),
        record.string("headline"),
        record.string("reason"),
        record.string("reference"),
        record.strings("notes"),
        static_cast<Finding>(record.one_of("samples", record.only_string("samples"), kFindingNames)),
        0,
        record.natural("seed")};
    static constexpr std::array kClasses = {"V", "W", "I", "X", "Q"};
    verdict.clause_class = *kClasses[record.one_of("class", record.text("class"), kClasses)];
    once(record, verdict.subject, verdict.suite, verdict.clause, "verdict", 0);
    results.verdicts.push_back(std::move(verdict));
  }

  void read_measurement(const Record& record) {
    Measurement measurement{subject_of(record),
                            record.text("suite"),
                            record.text("case"),
                            record.string("family"),
                            record.string("sentence"),
                            record.text("metric"),
                            record.text("unit"),
                            record.natural("round"),
                            record.one_of("better", record.text("better"), kBetter) == 0,
                            record.numbers("samples")};
    once(record, measurement.subject, measurement.suite, measurement.workload, measurement.metric,
         measurement.round);
    results.measurements.push_back(std::move(measurement));
  }

  void read_failure(const Record& record) {
    results.failures.push_back({subject_of(record), record.text("suite"), record.text("case"),
                                record.only_string("samples"), record.string("output"),
                                record.natural("round")});
  }

  void read_comparison(const Record& record) {
    ComparisonRow row{subject_of(record),
                      record.text("base"),
                      record.text("suite"),
                      record.text("case"),
                      record.text("metric"),
                      record.text("unit"),
                      record.string("target"),
                      record.string("detail"),
                      record.one_of("better", record.text("better"), kBetter) == 0,
                      static_cast<Decision>(record.one_of("outcome", record.text("outcome"), kDecisionNames)),
                      static_cast<Confirmation>(
                          record.one_of("confirmation", record.string("confirmation"), kConfirmationNames)),
                      record.number("ratio"),
                      record.number("low"),
                      record.number("high"),
                      record.number("p"),
                      record.number("base_value"),
                      record.number("subject_value"),
                      record.natural("more"),
                      record.numbers("samples")};
    if (subjects_.count({results.subjects[row.subject].run, row.base}) == 0)
      record.fail("expected a `subject` record for " + row.base + " before this");
    once(record, row.subject, row.suite, row.target + " " + row.workload, "comparison of " + row.metric, 0);
    results.comparisons.push_back(std::move(row));
  }

  void read_calibration(const Record& record) {
    const Calibration calibration{run_of(record),           record.text("procedure"),
                                  record.text("case"),      record.number("slowdown"),
                                  record.natural("trials"), record.natural("alarms"),
                                  record.number("error"),   record.number("seconds"),
                                  record.number("load"),    record.number("margin"),
                                  record.number("level"),   record.numbers("samples")};
    if (calibration.alarms > calibration.trials) record.fail("more `alarms` than `trials`");
    results.calibrations.push_back(calibration);
  }

  std::size_t run_of(const Record& record) const {
    const auto found = runs_.find(record.text("run"));
    if (found == runs_.end())
      record.fail("expected the `run` record of " + record.text("run") + " before this");
    return found->second;
  }

  std::size_t subject_of(const Record& record) const {
    const auto found = subjects_.find({run_of(record), record.text("subject")});
    if (found == subjects_.end())
      record.fail("expected a `subject` record for " + record.text("subject") + " before this");
    const Subject& subject = results.subjects[found->second];
    if (record.string("version") != subject.version)
      record.fail("version \"" + record.string("version") + "\" of " + subject.name +
                  ", introduced with version \"" + subject.version + "\"");
    return found->second;
  }

  // A figure that is there twice was appended twice: counting it twice would narrow every interval.
  void once(const Record& record, std::size_t subject, const std::string& suite, const std::string& name,
            const std::string& metric, std::uint64_t round) {
    if (!seen_.insert({subject, suite, name, metric, round}).second)
      record.fail("the same " + metric + " of " + name + " is in this run already");
  }

  std::map<std::string, std::size_t> runs_;
  std::map<std::pair<std::size_t, std::string>, std::size_t> subjects_;
  std::set<std::size_t> baselines_;
  std::set<std::tuple<std::size_t, std::string, std::string, std::string, std::uint64_t>> seen_;
};

void read_stream(std::istream& input, const std::string& file, bool allow_truncated, Reader* reader) {
  std::string text;
  std::size_t line = 0;
  while (std::getline(input, text)) {
    ++line;
    if (!input.eof()) {
      reader->read(Record(file, line, text));
    } else if (allow_truncated) {
      reader->results.truncated.push_back(file);
    } else {
      throw FormatError(
          Record::place(file, line) +
          "expected a newline at the end: the run was probably interrupted while it wrote this line; "
          "--allow-truncated leaves the line out and reports the rest");
    }
  }
  if (input.bad()) throw FormatError(file + ": cannot be read: " + std::strerror(errno));
  if (line == 0) throw FormatError(Record::place(file, 1) + "expected a `run` record, but the file is empty");
}

}  // namespace

Results read_results(const std::vector<std::string>& files, bool allow_truncated) {
  Reader reader;
  for (const std::string& file : files) {
    std::ifstream input(file, std::ios::binary);
    if (!input) throw FormatError(file + ": cannot be opened: " + std::strerror(errno));
    read_stream(input, file, allow_truncated, &reader);
  }
  return std::move(reader.results);
}

Results read_results(std::istream& input, const std::string& name, bool allow_truncated) {
  Reader reader;
  read_stream(input, name, allow_truncated, &reader);
  return std::move(reader.results);
}

const char* name_of(Finding finding) { return kFindingNames[static_cast<std::size_t>(finding)]; }
const char* name_of(Decision decision) { return kDecisionNames[static_cast<std::size_t>(decision)]; }
const char* name_of(Confirmation confirmation) {
  return kConfirmationNames[static_cast<std::size_t>(confirmation)];
}

bool is_course(std::string_view metric) {
  return metric.ends_with(kOverTime) || metric.ends_with(kOverWindow) || metric.ends_with(kOverLength);
}

}  // namespace assay::report
