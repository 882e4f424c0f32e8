#include "reports/history/sync.h"

#include <algorithm>
#include <bit>
#include <map>
#include <system_error>

#include "reports/history/parallel.h"
#include "reports/history/run_file.h"

namespace assay::report {
namespace {

constexpr std::size_t kBatch = 64;  // files of one transaction

Index::Addition read_addition(Store* store, const StoredFile& file) {
  Index::Addition addition{{file, ""}, {}, {}};
  try {
    const StoredRun stored = read_run(store->place(file.name), store->read(file.name));
    const Run& run = stored.results.runs.front();
    try {
      addition.points = points_of(stored.results);
    } catch (const FormatError& error) {  // which knows no file
      throw FormatError(store->place(file.name) + ": " + error.what());
    }
    addition.run = {run.id, run.commit, run.machine, stored.time};
  } catch (const DatabaseError&) {  // says nothing about the file
    throw;
  } catch (const std::runtime_error& error) {  // of the format or of the system
    addition.file.problem = error.what();
  }
  return addition;
}

std::int64_t digest_of(const std::vector<double>& values) {
  std::uint64_t digest = 14695981039346656037U;  // FNV-1a, a word at a time
  for (const double value : values) digest = (digest ^ std::bit_cast<std::uint64_t>(value)) * 1099511628211U;
  return static_cast<std::int64_t>(digest ^ values.size());
}

SeriesName name_of(const HistorySeries& series) {
  return {series.machine, series.suite, series.workload,       series.subject,
          series.metric,  series.unit,  series.less_is_better, series.counted};
}

}  // namespace

Synchronised synchronise(Store* store, Index* index, const Progress& progress) {
  Synchronised outcome;
  std::map<std::string, IndexedFile> known = index->files();
  std::vector<StoredFile> fresh;
  std::map<std::string, std::string> unusable;  // files, and why they were when they were last tried
  std::vector<std::string> dropped;
  for (const StoredFile& file : store->list("runs")) {
    if (!file.name.ends_with(".jsonl.gz")) continue;
    const auto found = known.find(file.name);
    const bool same = found != known.end() && found->second.file.size == file.size &&
                      found->second.file.changed == file.changed;
    if (same && !found->second.problem.empty()) unusable[file.name] = found->second.problem;
    if (!same || !found->second.problem.empty()) fresh.push_back(file);
    if (same) known.erase(found);
  }
  for (const auto& [name, file] : known) dropped.push_back(name);  // vanished, or to be read again
  outcome.dropped = dropped.size();
  index->change({}, dropped);
  for (std::size_t begin = 0; begin < fresh.size(); begin += kBatch) {
    std::vector<Index::Addition> batch(std::min(kBatch, fresh.size() - begin));
    in_parallel(batch.size(), [&](std::size_t i) { batch[i] = read_addition(store, fresh[begin + i]); });
    const auto is_old = [&](const std::string& name, const std::string& problem) {
      const auto found = unusable.find(name);
      return found != unusable.end() && found->second == problem;
    };
    std::vector<std::string> again;
    std::erase_if(batch, [&](const Index::Addition& one) {
      const auto& [file, problem] = one.file;
      const bool old = is_old(file.name, problem);
      if (old) outcome.damaged.push_back(file.name);
      if (!old && unusable.contains(file.name)) again.push_back(file.name);
      return old;
    });
    const std::vector<std::string> problems = index->change(batch, again);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const std::string& name = batch[i].file.file.name;
      if (problems[i].empty())
        ++outcome.added;
      else if (is_old(name, problems[i]))
        outcome.damaged.push_back(name);
      else
        outcome.problems.push_back(problems[i]);
    }
    progress(std::min(begin + kBatch, fresh.size()), fresh.size());
  }
  return outcome;
}

void find_all_changes(History* history, Index* index) {
  const Index::KnownChanges known = index->known_changes();
  std::vector<std::int64_t> fresh(history->series.size());  // digests; 0: known
  in_parallel(history->series.size(), [&](std::size_t i) {
    HistorySeries& series = history->series[i];
    const std::int64_t digest = digest_of(series.values);
    const auto found = known.find(name_of(series));
    if (found != known.end() && found->second.first == digest) {
      series.changes = found->second.second;
    } else {
      series.changes = find_changes(series.values);
      fresh[i] = digest;
    }
  });
  Index::KnownChanges news;
  for (std::size_t i = 0; i < fresh.size(); ++i)
    if (fresh[i] != 0) news[name_of(history->series[i])] = {fresh[i], history->series[i].changes};
  index->keep_changes(news);
}

}  // namespace assay::report
