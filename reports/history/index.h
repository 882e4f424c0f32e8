// An index of a history in a database: the values that the run files hold, in the order in which the gate and
// the page read them. Everything in it can be made anew from the files (sync.h).
//
//   runs      one row a file; also a row for each file that could not be used, and why
//   series    one row a metric × subject × workload × machine
//   points    (series, time, run) → value, kept in this order: a series is one stretch of the disk
//   changes   what find_changes said of a whole series, with a digest over the values that it saw
//
// No table holds the order of the runs: a run that is recorded late falls into its place by the commit's
// time.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "reports/history/database.h"
#include "reports/history/history.h"
#include "reports/history/points.h"
#include "reports/history/store.h"

namespace assay::report {

// A file, and what is wrong with it; empty when it is a run.
struct IndexedFile {
  StoredFile file;
  std::string problem;
};

class Index {
 public:
  // Makes the tables, anew when they are of another version of this program. Throws DatabaseError.
  explicit Index(std::unique_ptr<Database> database);

  std::map<std::string, IndexedFile> files();  // by name

  // One transaction: either all or nothing. What another process has added meanwhile is left out. Returns the
  // problem of each that is added, empty where there is none: its own, or that a run is in another file.
  struct Addition {
    IndexedFile file;
    HistoryRun run;             // empty when there is a problem
    std::vector<Point> points;  // likewise
  };
  std::vector<std::string> change(const std::vector<Addition>& added,
                                  const std::vector<std::string>& dropped);

  void discard();  // this one can be used no longer, and the next that is opened is empty

  std::vector<HistoryRun> runs();  // in order

  // The whole history, or only the latest `window` values of each series; no changes and no acknowledgements.
  History load(std::size_t window);

  // Changes over whole series, as kept: by series and digest of the values. And keeps those.
  using KnownChanges = std::map<SeriesName, std::pair<std::int64_t, std::vector<Change>>>;
  KnownChanges known_changes();
  void keep_changes(const KnownChanges& changes);

 private:
  void drop(const std::string& name);
  std::string add(const Addition& added, std::map<SeriesName, std::int64_t>* known);
  std::vector<std::pair<std::int64_t, HistoryRun>> runs_by_id();
  std::int64_t next_id(const char* table);
  std::map<SeriesName, std::int64_t> series();

  std::unique_ptr<Database> database_;
};

}  // namespace assay::report
