// fill_history DIR COMMITS BENCHMARKS: makes a large history, to measure how long the gate and the page take.
//
// One machine and a time of each benchmark at each commit: 1 % noise, 5 % outliers, and at one commit in two
// thousand a step of 5 % up or down again. The run files are real but hold no measurements; the values are
// put straight into the index, as if it had been made from full ones. So `track gate` on it does what it does
// with a warm index; `track rebuild` finds an empty history.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <vector>

#include "reports/history/gzip.h"
#include "reports/history/index.h"
#include "reports/history/sqlite.h"
#include "reports/history/store.h"
#include "reports/history/synthetic_history.h"

namespace assay::report {
namespace {

constexpr std::int64_t kFirst = 1'577'836'800, kApart = 6 * 3600;  // 2020, seconds
constexpr std::size_t kBatch = 500;                                // runs of one transaction

std::string hexadecimal(std::size_t number) {
  char text[17];
  std::snprintf(text, sizeof text, "%012zx", number);
  return text;
}

// Not through the store, which would wait for the disk ten thousand times.
void write_file(const std::filesystem::path& top, const HistoryRun& run) {
  const std::string ids =
      R"("run":")" + run.id + R"(","commit":")" + run.commit + R"(","machine":")" + run.machine;
  const std::string name = "runs/" + run.machine + "/2020-01/" + run.commit + "-" + run.id + ".jsonl.gz";
  std::filesystem::create_directories((top / name).parent_path());
  std::ofstream(top / name, std::ios::binary) << compress(
      R"({"schema":2,"record":"provenance",)" + ids + R"(","commit_time":)" + std::to_string(run.time) +
      R"(,"imported_from":""})"
      "\n"
      R"({"schema":2,"record":"run",)" +
      ids +
      R"(","started":"2020-01-01T00:00:00Z","command":"","assay":"","environment":{}})"
      "\n");
}

void fill(const std::filesystem::path& top, std::size_t commits, std::size_t benchmarks) {
  std::filesystem::create_directories(top);
  const std::unique_ptr<Store> store = open_directory(top);
  std::vector<HistoryRun> runs;
  for (std::size_t i = 0; i < commits; ++i) {
    runs.push_back({"r" + std::to_string(i), hexadecimal(i + 1), "9f86d081884c7d65",
                    kFirst + kApart * static_cast<std::int64_t>(i)});
    write_file(top, runs.back());
  }
  const std::vector<StoredFile> files =
      store->list("runs");  // in order of name, which is that of the commits
  std::vector<SyntheticHistory> noise;
  for (std::size_t b = 0; b < benchmarks; ++b) noise.emplace_back(b + 1);
  std::vector<double> levels(benchmarks, 100);
  Index index(open_sqlite(top / "index.sqlite"));
  for (std::size_t begin = 0; begin < commits; begin += kBatch) {
    std::vector<Index::Addition> batch;
    for (std::size_t i = begin; i < std::min(begin + kBatch, commits); ++i) {
      Index::Addition addition{{files[i], ""}, runs[i], {}};
      for (std::size_t b = 0; b < benchmarks; ++b) {
        if (noise[b].uniform() < 1. / 2000) levels[b] = levels[b] == 100 ? 105 : 100;
        addition.points.push_back({{runs[i].machine, "malloc", "benchmark " + std::to_string(b), "mine",
                                    "cpu_time", "ns/op", true, false},
                                   noise[b].value(levels[b])});
      }
      batch.push_back(std::move(addition));
    }
    index.change(batch, {});
    std::cerr << begin + batch.size() << " of " << commits << " runs\n";
  }
}

}  // namespace
}  // namespace assay::report

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: fill_history DIR COMMITS BENCHMARKS\n";
    return 2;
  }
  assay::report::fill(argv[1], std::strtoul(argv[2], nullptr, 10), std::strtoul(argv[3], nullptr, 10));
}
