#include "reports/history/commands.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <stdexcept>

#include "reports/history/acknowledgement.h"
#include "reports/history/gate_text.h"
#include "reports/history/git.h"
#include "reports/history/lnt.h"
#include "reports/history/run_file.h"
#include "reports/history/sync.h"
#include "reports/whole_file.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLeastDigits = 7;  // of a commit that is written shorter than it was recorded

// Paths are what the person meant who called Bazel, which changes the directory.
fs::path called_in() {
  const char* directory = std::getenv("BUILD_WORKING_DIRECTORY");
  return directory == nullptr ? fs::current_path() : fs::path(directory);
}

std::string path_of(const std::string& given) { return called_in() / given; }

std::string contents_of(const std::string& file) {
  errno = 0;
  std::ifstream input(path_of(file), std::ios::binary);
  std::ostringstream text;
  if (!input || (input.peek() != std::ifstream::traits_type::eof() && !(text << input.rdbuf())))
    throw std::runtime_error(file + ": cannot be read: " + std::strerror(errno));
  return text.str();
}

void write_out(const std::string& out, const std::string& text) {
  if (out.empty()) {
    std::cout << text << std::flush;
    return;
  }
  write_whole(path_of(out), text);
}

void note(const std::string& text) { std::cerr << "track: " << text << '\n'; }

// From two seconds on, once a second.
class ProgressLine {
 public:
  void operator()(std::size_t done, std::size_t all) {
    const auto now = std::chrono::steady_clock::now();
    if (now - last_ < std::chrono::seconds(last_ == start_ ? 2 : 1)) return;
    last_ = now;
    note("read " + std::to_string(done) + " of " + std::to_string(all) + " new run files");
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point last_ = start_;
};

// What only reads does not make a directory whose name was misspelt.
std::string history(const TrackOptions& options) {
  if (options.history.find("://") != std::string::npos) return options.history;
  const std::string path = path_of(options.history);
  if (options.makes_directory) fs::create_directory(path);
  if (!fs::is_directory(path)) throw std::runtime_error(path + ": no such directory; `record` makes it");
  return path;
}

// The recorded commit that is meant: the one of just this name, or the only one that it is short for.
std::string the_commit(const std::vector<HistoryRun>& runs, const std::string& given) {
  std::set<std::string> found;
  for (const HistoryRun& run : runs) {
    if (run.commit == given && !given.empty()) return given;
    if (same_commit(run.commit, given)) found.insert(run.commit.substr(0, run.commit.find('+')));
  }
  if (found.empty())
    throw std::runtime_error("no run of commit " + given + " is recorded; `gate` prints the first bad one");
  if (found.size() > 1)
    throw std::runtime_error("commit " + given + " may be " + *found.begin() + " or " + *found.rbegin() +
                             "; give more of it");
  if (std::min(given.find('+'), given.size()) < kLeastDigits || found.begin()->size() < kLeastDigits)
    throw std::runtime_error("commit " + given + " is too short; give at least " +
                             std::to_string(kLeastDigits) + " characters of " + *found.begin());
  return *found.begin();
}

}  // namespace

TrackCommands::TrackCommands(const TrackOptions& options, const PageMaker& make_page)
    : options_(options), make_page_(make_page), location_(open_location(history(options))) {}

int TrackCommands::record() {
  int status = 0;
  for (const std::string& file : options_.files) {
    try {
      record_text(file, contents_of(file), options_.allow_truncated, "");
    } catch (const std::runtime_error& error) {  // the other files are no worse for it
      note(error.what());
      status = 2;
    }
  }
  update_index();
  return status;
}

int TrackCommands::import() {
  const std::string& file = options_.files.front();
  std::string text;
  for (const std::string& line : import_google_benchmark(contents_of(file), file, options_.import))
    text += line + "\n";
  record_text(file, text, false, fs::path(file).filename());
  update_index();
  return 0;
}

int TrackCommands::gate() {
  GateFindings judgement;
  History history;
  GateSettings settings = options_.gate;
  if (!options_.files.empty()) {
    std::vector<std::string> files;
    for (const std::string& file : options_.files) files.push_back(path_of(file));
    const std::vector<Run> runs = read_results(files, true).runs;
    for (const Run& run : runs)
      if (run.machine != runs.front().machine)
        throw std::runtime_error("the runs to judge come from different machines; judge one at a time");
    if (!runs.empty()) settings.machine = runs.front().machine;
  }
  indexed([&](Index* index) {
    history = index->load(window_of(settings));
    read_acknowledgements(&history);
    judgement = judge(&history, settings);
  });
  const bool nothing = judgement.times + judgement.counted == 0;
  if (options_.json)
    write_out("", gate_json(history, judgement));
  else if (!nothing)
    write_out("", gate_text(history, judgement, settings));
  if (nothing) {
    note(history.runs.empty() ? "nothing to judge: the history is empty; record runs first"
                              : "nothing to judge: no series has " + std::to_string(kLeastValues) +
                                    " values yet; record more runs of one machine");
    return 3;
  }
  const bool fresh = !judgement.regressions.empty() && judgement.regressions.front().accepted == nullptr;
  return fresh ? 1 : 0;
}

int TrackCommands::report() {
  indexed([&](Index* index) {
    History history = index->load(0);
    read_acknowledgements(&history);
    find_all_changes(&history, index);
    write_out(options_.out, options_.out.empty() ? history_text(history) : make_page_(history));
  });
  return 0;
}

int TrackCommands::accept() {
  Acknowledgement accepted = options_.accepted;
  accepted.time = std::time(nullptr);
  const char* user = std::getenv("USER");
  if (accepted.author.empty() && user != nullptr) accepted.author = user;
  indexed([&](Index* index) { accepted.commit = the_commit(index->runs(), accepted.commit); });
  std::cout << "acknowledged " << location_->store()->place(acknowledge(location_->store(), accepted))
            << std::endl;
  return 0;
}

int TrackCommands::write_export() {
  std::string run = options_.run;
  indexed([&](Index* index) {
    const std::vector<HistoryRun> runs = index->runs();
    if (run.empty() && !runs.empty()) run = runs.back().id;
  });
  if (run.empty()) throw std::runtime_error("nothing to export: the history is empty");
  Store* const store = location_->store();
  const std::string name = find_run(store, run);
  if (name.empty()) throw std::runtime_error("run " + run + " is not recorded");
  const Results results = read_run(store->place(name), store->read(name)).results;
  write_out(options_.out, options_.format == "lnt" ? export_lnt(results) : export_google_benchmark(results));
  return 0;
}

int TrackCommands::rebuild() {
  location_->discard_index();
  indexed([&](Index* index) { std::cout << index->runs().size() << " runs indexed\n"; });
  return 0;
}

void TrackCommands::record_text(const std::string& file, const std::string& text, bool allow_truncated,
                                const std::string& imported_from) {
  const auto ask_git = [](const std::string& commit) { return commit_time(called_in(), commit); };
  Store* const store = location_->store();
  for (const RunFile& run : split_runs(file, text, allow_truncated, imported_from, ask_git)) {
    const Recorded outcome = assay::report::record(store, run);
    // From here on the run is safe, and only from here on.
    std::cout << (outcome == Recorded::kNew ? "recorded " : "already recorded ") << store->place(run.name)
              << std::endl;
  }
}

// The runs are safe without it, and every later command does the same.
void TrackCommands::update_index() {
  try {
    indexed([](Index*) {});
  } catch (const std::runtime_error& error) {
    note(std::string(error.what()) + "; the index is not up to date, the next command will try again");
  }
}

void TrackCommands::indexed(const std::function<void(Index*)>& use) {
  with_index(location_.get(), note, [&](Index* index) {
    const Synchronised found = synchronise(location_->store(), index, ProgressLine());
    for (const std::string& problem : found.problems) note(problem);
    if (!found.damaged.empty())
      note(std::to_string(found.damaged.size()) +
           " unusable run files are left out: " + found.damaged.front() +
           (found.damaged.size() > 1 ? ", …" : "") + "; `rebuild` says what is wrong");
    use(index);
  });
}

void TrackCommands::read_acknowledgements(History* history) {
  std::vector<std::string> problems;
  history->acknowledgements = acknowledgements(location_->store(), &problems);
  for (const std::string& problem : problems) note(problem);
}

}  // namespace assay::report
