// The commands of `track` (track.h), each of which returns its exit status and throws what keeps it from
// working.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "reports/history/gate.h"
#include "reports/history/google_benchmark.h"
#include "reports/history/history.h"
#include "reports/history/location.h"
#include "reports/history/track.h"

namespace assay::report {

// Of every command, as given.
struct TrackOptions {
  std::string history, format, out, run;
  std::vector<std::string> files;
  bool allow_truncated = false, json = false, makes_directory = false;
  double least_time = 100 * GateSettings().least_time, least_counted = 100 * GateSettings().least_counted;
  GateSettings gate;
  ImportSettings import;
  Acknowledgement accepted{"*", "*", "*", "*", "*", "", "", "", 0};
};

class TrackCommands {
 public:
  TrackCommands(const TrackOptions& options, const PageMaker& make_page);

  int record();
  int import();
  int gate();
  int report();
  int accept();
  int write_export();
  int rebuild();

 private:
  void record_text(const std::string& file, const std::string& text, bool allow_truncated,
                   const std::string& imported_from);
  void update_index();
  void indexed(const std::function<void(Index*)>& use);
  void read_acknowledgements(History* history);

  const TrackOptions& options_;
  const PageMaker& make_page_;
  const std::unique_ptr<Location> location_;
};

}  // namespace assay::report
