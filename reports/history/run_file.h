// One run as a history keeps it: a line more at the front, the record of the history, then the run's records
// exactly as they were in the results file (FORMAT.md):
//   {"schema":2,"record":"provenance","run":…,"commit":…,"machine":…,"commit_time":seconds or
//   null,"imported_from":""}
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "reports/history/store.h"
#include "reports/read.h"

namespace assay::report {

// When a commit was made, in seconds since 1970; nothing when that is unknown.
using CommitTime = std::function<std::optional<std::int64_t>(const std::string& commit)>;

struct RunFile {
  std::string name;  // in the store
  std::string run;
  std::string text;  // of the whole file, before it is compressed
};

// The runs that `text`, the contents of the results file `file`, holds. Throws FormatError, which names the
// line, when that is not the results format, or when an id is not fit for the name of a file.
std::vector<RunFile> split_runs(const std::string& file, const std::string& text, bool allow_truncated,
                                const std::string& imported_from, const CommitTime& commit_time);

enum class Recorded { kNew, kAlready };

// Throws FormatError when the store has another run of the same id.
Recorded record(Store* store, const RunFile& run);

// The file that holds the run, on whichever machine and commit; empty when there is none.
std::string find_run(Store* store, const std::string& run);

struct StoredRun {
  Results results;    // of the one run
  std::int64_t time;  // of its commit, or when it started
};

// Throws FormatError, which names the file and the line where it is not as above.
StoredRun read_run(const std::string& place, const std::string& bytes);

}  // namespace assay::report
