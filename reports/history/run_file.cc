#include "reports/history/run_file.h"

#include <algorithm>
#include <ctime>
#include <iomanip>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/history/gzip.h"

namespace assay::report {
namespace {

using Json = nlohmann::json;  // sorted: quick to search, however many fields a line has

constexpr std::string_view kEnding = ".jsonl.gz";
constexpr std::size_t kCommitDigits = 12;

bool plain(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Ids come from files that anybody may have written, and become names of files.
const std::string& fit(const std::string& place, const char* field, const std::string& id) {
  const bool fits =
      !id.empty() && id.size() <= 100 && plain(id.front()) &&
      std::all_of(id.begin(), id.end(), [](char c) { return plain(c) || c == '-' || c == '_' || c == '.'; });
  if (!fits)
    throw FormatError(place + ": `" + field + "` is \"" + id.substr(0, 200) +
                      "\", expected at most 100 letters, digits and -_. after a letter or digit, because it "
                      "becomes the name of a file");
  return id;
}

std::int64_t seconds_of(const std::string& place, const std::string& started) {
  std::tm time{};
  std::istringstream(started) >> std::get_time(&time, "%Y-%m-%dT%H:%M:%S");
  char again[32];
  std::strftime(again, sizeof again, "%Y-%m-%dT%H:%M:%S", &time);
  if (started.substr(0, 19) != again)
    throw FormatError(place + ": `started` is \"" + started.substr(0, 200) +
                      "\", expected a time like 2026-11-21T09:30:00Z");
  return timegm(&time);
}

std::string name_of_file(const std::string& place, const Run& run) {
  seconds_of(place, run.started);  // its first letters are a month
  std::string commit;
  for (const char c : run.commit)
    if (plain(c) && commit.size() < kCommitDigits) commit += c;
  if (commit.empty()) commit = "unknown";
  const std::string machine = run.machine.empty() ? "unknown" : fit(place, "machine", run.machine);
  return "runs/" + machine + "/" + run.started.substr(0, 7) + "/" + commit + "-" + fit(place, "run", run.id) +
         std::string(kEnding);
}

std::string provenance(const Run& run, const std::string& imported_from, const CommitTime& commit_time) {
  const std::optional<std::int64_t> time = commit_time(run.commit);
  nlohmann::ordered_json record = {{"schema", 2},
                                   {"record", "provenance"},
                                   {"run", run.id},
                                   {"commit", run.commit},
                                   {"machine", run.machine},
                                   {"commit_time", nullptr},
                                   {"imported_from", imported_from}};
  if (time) record["commit_time"] = *time;
  return record.dump() + "\n";
}

// What was recorded, without what the history knows besides.
std::string_view records(std::string_view text) { return text.substr(text.find('\n') + 1); }

}  // namespace

std::vector<RunFile> split_runs(const std::string& file, const std::string& text, bool allow_truncated,
                                const std::string& imported_from, const CommitTime& commit_time) {
  std::istringstream whole(text);
  const Results results = read_results(whole, file, allow_truncated);
  std::vector<RunFile> runs;
  std::map<std::string, std::size_t> places;
  std::istringstream lines(text);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line) && !lines.eof();) {
    const std::string place = file + ":" + std::to_string(++number);
    const Json record = Json::parse(line);
    if (record.at("record") == "provenance")
      throw FormatError(place + ": is of a history already; export or copy the file instead");
    if (record.at("record") == "run") {
      const Run& run = results.runs[runs.size()];
      places[run.id] = runs.size();
      runs.push_back({name_of_file(place, run), run.id, provenance(run, imported_from, commit_time)});
    }
    runs[places.at(record.at("run"))].text += line + "\n";
  }
  return runs;
}

std::string find_run(Store* store, const std::string& run) {
  const std::string ending = "-" + run + std::string(kEnding);
  for (const StoredFile& file : store->list("runs")) {
    // The commit has no hyphen in it, so the first one of the last part is the one before the id.
    const std::string_view name = std::string_view(file.name).substr(file.name.rfind('/') + 1);
    if (name.substr(std::min(name.find('-'), name.size())) == ending) return file.name;
  }
  return "";
}

Recorded record(Store* store, const RunFile& run) {
  std::string name = find_run(store, run.run);
  if (name.empty()) name = run.name;
  if (store->publish(name, compress(run.text))) return Recorded::kNew;
  std::string known;
  try {
    known = decompress(store->read(name));
  } catch (const std::runtime_error& error) {
    throw FormatError(store->place(name) + ": has this run already, but " + error.what() +
                      "; move the file away and record the run again");
  }
  if (records(known) != records(run.text))
    throw FormatError(store->place(name) + ": is another run with the same id, " + run.run +
                      "; recorded runs never change");
  return Recorded::kAlready;
}

StoredRun read_run(const std::string& place, const std::string& bytes) {
  std::string text;
  try {
    text = decompress(bytes);
  } catch (const std::runtime_error& error) {
    throw FormatError(place + ":1: " + error.what() + "; restore it from another copy or delete it");
  }
  std::istringstream lines(text);
  StoredRun stored{read_results(lines, place, false), 0};
  const Json first = Json::parse(text.substr(0, text.find('\n')), nullptr, false);  // empty: discarded
  if (!first.is_object() || first.value("record", Json()) != "provenance" || stored.results.runs.size() != 1)
    throw FormatError(place + ":1: expected a `provenance` record and then one run");
  const Run& run = stored.results.runs.front();
  const Json time = first.value("commit_time", Json());
  if (first.value("run", Json()) != run.id || !(time.is_null() || time.is_number_integer()))
    throw FormatError(place + ":1: expected a `provenance` record of run " + run.id +
                      " with a `commit_time` in seconds or null");
  stored.time = time.is_null() ? seconds_of(place + ":2", run.started) : time.get<std::int64_t>();
  return stored;
}

}  // namespace assay::report
