#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <string>

#include "reports/history/google_benchmark.h"
#include "reports/history/imported.h"
#include "reports/history/lnt.h"
#include "reports/read.h"

namespace assay::report {
namespace {

using Json = nlohmann::json;

TEST(ExportGoogleBenchmark, KeepsFiguresThroughImport) {
  for (const char* name : {"single.json", "repetitions.json", "interleaved.json"}) {
    const Results once = import(sample(name));
    const Results twice = import(export_google_benchmark(once));
    EXPECT_EQ(figures(once), figures(twice)) << name;
    EXPECT_EQ(once.failures.size(), twice.failures.size());
    EXPECT_EQ(once.runs.at(0).machine, twice.runs.at(0).machine);
    EXPECT_EQ(once.runs.at(0).started, twice.runs.at(0).started);
  }
}

TEST(ExportGoogleBenchmark, WritesWhatItsOwnToolsRead) {
  const Json file = Json::parse(export_google_benchmark(import(sample("interleaved.json"))));
  EXPECT_EQ(file["context"]["num_cpus"], 2);
  EXPECT_EQ(file["context"]["mhz_per_cpu"], 2500);
  EXPECT_EQ(file["context"]["caches"].size(), 4u);
  EXPECT_EQ(file["context"]["executable"], "./tiny");
  EXPECT_EQ(file["context"]["branch"], "main");
  const Json& benchmark = file["benchmarks"].at(1);
  EXPECT_EQ(benchmark["name"], "BM_label/threads:2");
  EXPECT_EQ(benchmark["run_name"], benchmark["name"]);
  EXPECT_EQ(benchmark["run_type"], "iteration");
  EXPECT_EQ(benchmark["repetitions"], 3);
  EXPECT_EQ(benchmark["repetition_index"], 1);
  EXPECT_EQ(benchmark["threads"], 2);
  EXPECT_EQ(benchmark["time_unit"], "ns");
  EXPECT_EQ(benchmark["label"], "warm \"cache\"");
  EXPECT_TRUE(benchmark["real_time"].is_number());
  EXPECT_EQ(benchmark["depth"], 6);
}

Results two_subjects() {
  Results results;
  results.runs.push_back({"r1",
                          "1a2b",
                          "00000000000000ff",
                          "2026-11-21T09:30:00Z",
                          "--quick",
                          "0.1.0",
                          {{"cpu", "Xeon @ 2.60GHz"}, {"cores", "2"}, {"load at start", "0.3"}}});
  results.subjects.push_back({0, "glibc", "", "", "", Role::kBaseline});
  results.subjects.push_back({0, "mine", "", "", "", Role::kPeer});
  for (std::size_t subject = 0; subject < 2; ++subject)
    for (std::uint64_t round = 0; round < 2; ++round) {
      const double figure = static_cast<double>(10 * subject + round);
      results.measurements.push_back(
          {subject, "malloc", "mix", "f", "s", "cpu_time", "ns/op", round, true, {figure, figure + 0.5}});
      results.measurements.push_back(
          {subject, "malloc", "mix", "f", "s", "wall_time", "ns/op", round, true, {figure + 1, figure + 2}});
      results.measurements.push_back(
          {subject, "malloc", "mix", "f", "s", "peak_resident", "bytes", round, true, {4096}});
      results.measurements.push_back(
          {subject, "malloc", "mix", "f", "s", "malloc_p50", "cycles", round, true, {80}});
    }
  return results;
}

TEST(ExportGoogleBenchmark, NamesTheSubjectWhereThereAreSeveral) {
  const Json file = Json::parse(export_google_benchmark(two_subjects()));
  ASSERT_EQ(file["benchmarks"].size(), 8u);
  EXPECT_EQ(file["benchmarks"][0]["name"], "glibc/mix");
  EXPECT_EQ(file["benchmarks"][7]["name"], "mine/mix");
  EXPECT_EQ(file["benchmarks"][7]["cpu_time"], 11.5);
  EXPECT_EQ(file["benchmarks"][7]["repetition_index"], 3);
  EXPECT_EQ(file["context"]["mhz_per_cpu"], 2600);
}

TEST(ExportGoogleBenchmark, GivesRepetitionsWithoutTimesAnotherNameAndTheSameRunName) {
  Results results = two_subjects();
  results.measurements.push_back({0, "malloc", "mix", "f", "s", "page_faults", "count", 2, true, {7}});
  const Json file = Json::parse(export_google_benchmark(results));
  const Json& untimed = file["benchmarks"].at(4);
  EXPECT_EQ(untimed["name"], "glibc/mix/untimed");
  EXPECT_EQ(untimed["run_name"], "glibc/mix");
  EXPECT_FALSE(untimed.contains("time_unit"));
  EXPECT_EQ(samples(import(file.dump()), "glibc/mix", "page_faults"), Samples{7});
}

TEST(ExportGoogleBenchmark, WritesFailuresAsErrors) {
  Results results = two_subjects();
  results.failures.push_back({1, "malloc", "soak", "killed by SIGSEGV", "", 0});
  const Json error = Json::parse(export_google_benchmark(results))["benchmarks"].back();
  EXPECT_EQ(error["name"], "mine/soak");
  EXPECT_EQ(error["error_occurred"], true);
  EXPECT_EQ(error["error_message"], "killed by SIGSEGV");
}

TEST(ExportGoogleBenchmark, RefusesSeveralRuns) {
  Results results = two_subjects();
  results.runs.push_back(results.runs[0]);
  EXPECT_THROW(export_google_benchmark(results), std::invalid_argument);
  EXPECT_THROW(export_google_benchmark(Results{}), std::invalid_argument);
}

TEST(ExportLnt, WritesReportFormat2) {
  const Json report = Json::parse(export_lnt(two_subjects()));
  EXPECT_EQ(report["format_version"], "2");
  EXPECT_EQ(report["machine"],
            (Json{{"name", "assay-00000000000000ff"}, {"cpu", "Xeon @ 2.60GHz"}, {"cores", "2"}}));
  EXPECT_EQ(report["run"]["start_time"], "2026-11-21T09:30:00");
  EXPECT_EQ(report["run"]["end_time"], "2026-11-21T09:30:00");
  EXPECT_EQ(report["run"]["llvm_project_revision"], "1a2b");
  EXPECT_EQ(report["run"]["load at start"], "0.3");
  EXPECT_EQ(report["run"]["run_id"], "r1");
  ASSERT_EQ(report["tests"].size(), 2u);
  const Json& test = report["tests"][1];
  EXPECT_EQ(test["name"], "malloc/mix/mine");
  ASSERT_EQ(test["execution_time"].size(), 4u);  // of all rounds, and not those of wall_time
  EXPECT_NEAR(test["execution_time"][3], 11.5e-9, 1e-18);
  EXPECT_EQ(test["mem_bytes"], (Json{4096, 4096}));
  EXPECT_EQ(test.size(), 3u) << "a field that the suite lacks: " << test;
}

TEST(ExportLnt, UsesElapsedTimeWhereThereIsNoOther) {
  Results results = two_subjects();
  std::erase_if(results.measurements, [](const Measurement& m) { return m.metric == "cpu_time"; });
  const Json test = Json::parse(export_lnt(results))["tests"][0];
  EXPECT_NEAR(test["execution_time"][0], 1e-9, 1e-18);
}

TEST(ExportLnt, ReportsAFailureWithoutFigures) {
  Results results = two_subjects();
  results.failures.push_back({1, "malloc", "mix", "killed by SIGSEGV", "", 0});
  EXPECT_EQ(Json::parse(export_lnt(results))["tests"][1],
            (Json{{"name", "malloc/mix/mine"}, {"execution_status", 1}}));
}

TEST(ExportLnt, WritesALineForEachRunAndOrdersByRunWithoutACommit) {
  Results results = two_subjects();
  results.runs.push_back(results.runs[0]);
  results.runs[1].id = "r2";
  results.runs[1].commit = "";
  results.subjects[1].run = 1;
  std::istringstream lines(export_lnt(results));
  std::string first, second, rest;
  std::getline(lines, first);
  std::getline(lines, second);
  EXPECT_FALSE(std::getline(lines, rest));
  EXPECT_EQ(Json::parse(first)["tests"][0]["name"], "malloc/mix/glibc");
  EXPECT_EQ(Json::parse(second)["tests"][0]["name"], "malloc/mix/mine");
  EXPECT_EQ(Json::parse(second)["run"]["llvm_project_revision"], "r2");
}

TEST(ExportLnt, TakesMemoryAndThroughputOfGoogleBenchmark) {
  const Results results = import(with(R"(, "cpu_time": 2, "max_bytes_used": 64, "bytes_per_second": 5)"));
  const Json test = Json::parse(export_lnt(results))["tests"].at(0);
  EXPECT_EQ(test["mem_bytes"], Json{64});
  EXPECT_EQ(test["score"], Json{5});
}

}  // namespace
}  // namespace assay::report
