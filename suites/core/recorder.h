// Appends records to a results file, as reports/FORMAT.md describes them.
//
// Each record is one line, written by one write(2) to a descriptor opened with O_APPEND and under a lock of
// the file, so that several processes may add to one file. A line that does not fit on the disk is taken
// back: what is in the file stays valid. Every problem is a RecordError whose text names the file and says
// what to do.
#pragma once

#include <cstdint>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "suites/core/subject.h"

namespace assay::suite {

constexpr const char* kAssayVersion = "0.1.0";

struct RecordError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What every record of a run repeats.
struct RunIdentity {
  std::string run;      // new_run_id()
  std::string commit;   // commit_of_tree()
  std::string machine;  // machine_fingerprint() of suites/core/machine.h
};

std::string new_run_id();  // "20261121T093000Z-3fa2c1": now, in UTC, and six random digits

// Revision of the tree that `bazel run` was called in, with '+' when it has changes; ASSAY_COMMIT in the
// environment takes precedence; "" when neither says anything.
std::string commit_of_tree();

// A clause's verdict on one subject; the fields are FORMAT.md's, `verdict` is the only sample.
struct Verdict {
  std::string suite = "malloc";
  std::string clause;  // the field `case`
  std::string verdict;
  char clause_class = 'V';
  std::string sentence, source, detail;
  std::vector<std::string> notes;
  std::string headline, reason, reference;
  std::uint64_t seed = 1;
};

class Recorder {
 public:
  using Json = nlohmann::ordered_json;

  // Opens `path` for appending and creates it when it does not exist.
  Recorder(std::string path, RunIdentity identity);
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  const std::string& path() const { return path_; }
  const RunIdentity& identity() const { return identity_; }

  void run(std::string_view command, const std::vector<std::pair<std::string, std::string>>& environment);
  // `unavailable`: workloads that it has and that cannot be run here, each with the reason.
  using Reasons = std::vector<std::pair<std::string, std::string>>;
  void subject(const Subject& subject, const Reasons& unavailable = {});
  void verdict(const Subject& subject, const Verdict& verdict);

  // Any record: the fields that every record has, then `fields` in their order. Thread-safe.
  void append(std::string_view record, const Json& fields);

 private:
  void write_line(const std::string& line);

  std::string path_;
  RunIdentity identity_;
  int file_ = -1;
  std::mutex busy_;
};

}  // namespace assay::suite
