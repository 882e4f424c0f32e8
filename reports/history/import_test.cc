#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "reports/history/google_benchmark.h"
#include "reports/history/imported.h"
#include "reports/read.h"

namespace assay::report {
namespace {

using Json = nlohmann::json;

std::string problem(const std::string& text) {
  try {
    import_google_benchmark(text, "b.json", {});
  } catch (const FormatError& error) {
    return error.what();
  }
  ADD_FAILURE() << "imported without an error: " << text.substr(0, 200);
  return "";
}

std::map<std::string, std::string> environment(const Results& results) {
  const auto& pairs = results.runs.at(0).environment;
  return {pairs.begin(), pairs.end()};
}

TEST(ImportGoogleBenchmark, ConvertsTimesOfEveryUnitToNanoseconds) {
  const Results results = import(sample("single.json"));
  EXPECT_EQ(samples(results, "BM_push_back/8", "cpu_time"), Samples{2.1338491767949671e+02});
  EXPECT_EQ(samples(results, "BM_push_back/8", "wall_time"), Samples{2.1365927710211710e+02});
  EXPECT_NEAR(samples(results, "BM_label/threads:1", "cpu_time").at(0), 1.7833962978, 1e-9);  // us
  EXPECT_NEAR(samples(results, "BM_big/1", "cpu_time").at(0), 186.15058346, 1e-7);            // ms
  EXPECT_NEAR(samples(results, "BM_seconds/min_time:0.010/real_time", "wall_time").at(0), 1752.63, .01);  // s
  EXPECT_EQ(find(results, "BM_big/1", "cpu_time")->unit, "ns/op");
  EXPECT_TRUE(find(results, "BM_big/1", "cpu_time")->less_is_better);
}

TEST(ImportGoogleBenchmark, TakesRepetitionsAsSamplesOfOneRoundAndLeavesOutTheirAggregates) {
  const Results results = import(sample("repetitions.json"));
  const Measurement* cpu = find(results, "BM_push_back/8", "cpu_time");
  ASSERT_NE(cpu, nullptr);
  EXPECT_EQ(cpu->samples.size(), 3u);
  EXPECT_EQ(cpu->samples[0], 2.0439937249842393e+02);
  EXPECT_EQ(cpu->round, 0u);
  EXPECT_EQ(figures(results).size(), 4u);  // two times, bytes and items of the one benchmark that ran
  EXPECT_EQ(import(sample("interleaved.json")).measurements.size(), 10u);
  EXPECT_EQ(samples(import(sample("interleaved.json")), "BM_label/threads:2", "rate").size(), 3u);
}

TEST(ImportGoogleBenchmark, UsesTheMedianWhereThereAreOnlyAggregates) {
  const Results results = import(sample("aggregates_only.json"));
  const Json file = Json::parse(sample("aggregates_only.json"));
  double median = 0;
  for (const Json& benchmark : file["benchmarks"])
    if (benchmark["name"] == "BM_push_back/8_median") median = benchmark["cpu_time"];
  EXPECT_EQ(samples(results, "BM_push_back/8", "cpu_time"), Samples{median});
  EXPECT_NE(environment(results)["import notes"].find("1 benchmarks have only an aggregate"),
            std::string::npos);
  EXPECT_EQ(find(results, "BM_big", "rms"), nullptr) << "a fit is no measurement";
}

TEST(ImportGoogleBenchmark, FallsBackToTheMean) {
  const std::string mean = R"(, "run_type": "aggregate", "aggregate_name": "mean", "cpu_time": 4)";
  EXPECT_EQ(samples(import(with(mean)), "BM", "cpu_time"), Samples{4});
}

TEST(ImportGoogleBenchmark, PrefersTheMedianWhateverTheOrder) {
  const std::string mean =
      R"({"name": "BM", "run_type": "aggregate", "aggregate_name": "mean", "cpu_time": 4})";
  const std::string median =
      R"({"name": "BM", "run_type": "aggregate", "aggregate_name": "median", "cpu_time": 5})";
  EXPECT_EQ(samples(import(R"({"benchmarks": [)" + mean + "," + median + "]}"), "BM", "cpu_time"),
            Samples{5});
  EXPECT_EQ(samples(import(R"({"benchmarks": [)" + median + "," + mean + "]}"), "BM", "cpu_time"),
            Samples{5});
}

TEST(ImportGoogleBenchmark, RecordsAnErrorAsOneFailureWithoutAFigure) {
  const Results results = import(sample("repetitions.json"));  // has it three times
  ASSERT_EQ(results.failures.size(), 1u);
  EXPECT_EQ(results.failures[0].workload, "BM_error");
  EXPECT_EQ(results.failures[0].reason, "no such device");
  EXPECT_EQ(find(results, "BM_error", "cpu_time"), nullptr);
}

TEST(ImportGoogleBenchmark, GivesKnownCountersTheirUnitAndDirection) {
  const Results results = import(sample("single.json"));
  const Measurement* bytes = find(results, "BM_push_back/8", "bytes_per_second");
  EXPECT_EQ(bytes->unit, "bytes/s");
  EXPECT_FALSE(bytes->less_is_better);
  EXPECT_EQ(find(results, "BM_push_back/8", "items_per_second")->unit, "items/s");
  const Results memory = import(with(R"(, "cpu_time": 1, "allocs_per_iter": 2.5, "frames_per_second": 60)"));
  EXPECT_EQ(find(memory, "BM", "allocs_per_iter")->unit, "count");
  EXPECT_FALSE(find(memory, "BM", "frames_per_second")->less_is_better);
}

TEST(ImportGoogleBenchmark, TakesAUsersCountersAndLabel) {
  const Results results = import(sample("single.json"));
  const Measurement* depth = find(results, "BM_label/threads:2", "depth");
  ASSERT_NE(depth, nullptr);
  EXPECT_EQ(depth->samples, Samples{6});
  EXPECT_EQ(depth->unit, "counter");
  EXPECT_TRUE(depth->less_is_better);
  EXPECT_EQ(depth->sentence, "warm \"cache\"");
  EXPECT_EQ(depth->family, "BM_label");
}

TEST(ImportGoogleBenchmark, KeepsACounterApartFromATimeOfTheSameName) {
  const Results results = import(with(R"(, "real_time": 1, "wall_time": 7)"));
  EXPECT_EQ(samples(results, "BM", "wall_time"), Samples{1});
  EXPECT_EQ(samples(results, "BM", "wall_time (counter)"), Samples{7});
}

TEST(ImportGoogleBenchmark, KeepsTwoBenchmarksOfOneNameApart) {
  const std::string one = R"({"name": "BM", "repetition_index": 0, "cpu_time": 1})";
  const std::string two = R"({"name": "BM", "repetition_index": 0, "cpu_time": 2})";
  const Results results = import(R"({"benchmarks": [)" + one + "," + two + "]}");
  EXPECT_EQ(samples(results, "BM", "cpu_time"), Samples{1});
  EXPECT_EQ(samples(results, "BM #2", "cpu_time"), Samples{2});
}

TEST(ImportGoogleBenchmark, ReadsNanAndInfinityWhichJsonLacks) {
  const Results results =
      import(with(R"(, "cpu_time": 1, "real_time": NaN, "ratio": -Infinity, "label": "NaN")"));
  ASSERT_EQ(results.failures.size(), 1u);
  EXPECT_EQ(results.failures[0].reason, "real_time is not a finite number");
  EXPECT_EQ(find(results, "BM", "ratio"), nullptr);
  EXPECT_EQ(find(results, "BM", "cpu_time")->sentence, "NaN");
  EXPECT_EQ(environment(results)["import notes"], "left out BM: ratio is not a finite number");
}

TEST(ImportGoogleBenchmark, RefusesAFigureThatOverflowsInItsUnit) {
  const Results results = import(R"({"benchmarks": [{"name": "BM", "time_unit": "s", "cpu_time": 1e300}]})");
  ASSERT_EQ(results.failures.size(), 1u);
  EXPECT_TRUE(results.measurements.empty());
}

TEST(ImportGoogleBenchmark, LeavesOutWhatWasSkippedAndSaysSo) {
  const std::string skipped = R"({"name": "A", "skipped": true, "skip_message": "needs root"})";
  const Results results = import(R"({"benchmarks": [)" + skipped + R"(, {"name": "B", "cpu_time": 1}]})");
  EXPECT_EQ(results.measurements.size(), 1u);
  EXPECT_TRUE(results.failures.empty());
  EXPECT_EQ(environment(results)["import notes"], "left out A: needs root");
}

TEST(ImportGoogleBenchmark, DescribesTheMachineAndWhatIsDoubtful) {
  const Results results = import(sample("interleaved.json"));
  const auto& run = results.runs.at(0);
  EXPECT_EQ(run.command, "./tiny");
  EXPECT_EQ(run.started, "2026-11-21T06:06:44Z");
  auto fields = environment(results);
  EXPECT_EQ(fields["cores"], "2");
  EXPECT_EQ(fields["host_name"], "vm");
  EXPECT_EQ(fields["branch"], "main");  // --benchmark_context=branch=main
  EXPECT_NE(fields["caches"].find("37486592"), std::string::npos);
  EXPECT_EQ(fields["import notes"],
            "Google Benchmark itself was built without optimisation: short times are too long");
  EXPECT_EQ(results.subjects.at(0).name, "tiny");
  EXPECT_EQ(results.subjects.at(0).role, Role::kPeer);
}

TEST(ImportGoogleBenchmark, ReadsVersion19AndWarnsOfAChangingClock) {
  const Results results = import(R"({"context": {"date": "2025-03-02T00:30:00+05:30", "host_name": "h",
      "executable": "C:\\bench\\b.exe", "num_cpus": 8, "mhz_per_cpu": 3200, "cpu_scaling_enabled": true,
      "aslr_enabled": true, "caches": [], "load_avg": [], "library_version": "v1.9.1",
      "library_build_type": "release", "json_schema_version": 1},
      "benchmarks": [{"name": "BM", "run_name": "BM", "run_type": "iteration", "repetitions": 0, "threads": 1,
      "iterations": 5, "real_time": 1.5, "cpu_time": 1.25, "time_unit": "ms", "total_allocated_bytes": 64}]})");
  EXPECT_EQ(results.runs.at(0).started, "2025-03-01T19:00:00Z");
  EXPECT_EQ(results.subjects.at(0).name, "b.exe");
  EXPECT_EQ(environment(results)["import notes"], "the processor's clock may change: times vary with it");
  EXPECT_EQ(environment(results)["library_version"], "v1.9.1");
  EXPECT_EQ(samples(results, "BM", "cpu_time"), Samples{1.25e6});
  EXPECT_EQ(find(results, "BM", "total_allocated_bytes")->unit, "bytes");
}

TEST(ImportGoogleBenchmark, TakesAFractionOfASecondForNoZone) {
  const auto started = [](const std::string& date) {
    const Results results =
        import("{\"context\": {\"date\": \"" + date + R"("}, "benchmarks": [{"name": "B", "cpu_time": 1}]})");
    return results.runs.at(0).started;
  };
  EXPECT_EQ(started("2026-11-21T09:30:00.12:34"), "2026-11-21T09:30:00Z");
  EXPECT_EQ(started("2026-11-21T09:30:00.125Z"), "2026-11-21T09:30:00Z");
  EXPECT_EQ(started("2026-11-21T09:30:00.125+02:00"), "2026-11-21T07:30:00Z");
  EXPECT_EQ(started("2026-11-21T09:30:00 05"), "2026-11-21T09:30:00Z");
  EXPECT_EQ(started("2026-11-21T09:30:00-02:30"), "2026-11-21T12:00:00Z");
}

TEST(ImportGoogleBenchmark, DoesWithoutAContext) {
  ImportSettings settings;
  settings.started = "2026-01-02T03:04:05Z";
  const Results results = import(with(R"(, "cpu_time": 1)"), settings);
  EXPECT_EQ(results.runs.at(0).started, settings.started);
  EXPECT_EQ(results.runs.at(0).id.substr(0, 17), "20260102T030405Z-");
  EXPECT_EQ(results.runs.at(0).machine.size(), 16u);
  EXPECT_EQ(results.subjects.at(0).name, "benchmark");
  EXPECT_EQ(results.measurements.at(0).suite, "google_benchmark");
  EXPECT_EQ(import(with(R"(, "cpu_time": 1)")).runs.at(0).id.substr(0, 8), "undated-");
}

TEST(ImportGoogleBenchmark, UsesWhatItIsTold) {
  const Results results =
      import(sample("single.json"), {"r1", "1a2b3c", "0123456789abcdef", "mine", "strings", "never used"});
  EXPECT_EQ(results.runs.at(0).id, "r1");
  EXPECT_EQ(results.runs.at(0).commit, "1a2b3c");
  EXPECT_EQ(results.runs.at(0).machine, "0123456789abcdef");
  EXPECT_EQ(results.runs.at(0).started, "2026-11-21T06:06:44Z");
  EXPECT_EQ(results.subjects.at(0).name, "mine");
  EXPECT_EQ(results.measurements.at(0).suite, "strings");
}

TEST(ImportGoogleBenchmark, RecognisesTheMachineAndTheFile) {
  const auto run = [](const std::string& text) { return import(text).runs.at(0); };
  const auto context = [](const std::string& fields) {
    return R"({"context": {)" + fields + R"(}, "benchmarks": [{"name": "B", "cpu_time": 1}]})";
  };
  EXPECT_EQ(run(sample("single.json")).machine, run(sample("repetitions.json")).machine);
  EXPECT_NE(run(sample("single.json")).id, run(sample("repetitions.json")).id);
  EXPECT_EQ(run(sample("single.json")).id, run(sample("single.json")).id);
  const std::string machine = run(context(R"("host_name": "a", "num_cpus": 2, "mhz_per_cpu": 2495)")).machine;
  EXPECT_EQ(machine,
            run(context(R"("host_name": "a", "num_cpus": 2, "mhz_per_cpu": 2502, "load_avg": [1])")).machine);
  EXPECT_NE(machine, run(context(R"("host_name": "b", "num_cpus": 2, "mhz_per_cpu": 2495)")).machine);
  EXPECT_NE(machine, run(context(R"("host_name": "a", "num_cpus": 4, "mhz_per_cpu": 2495)")).machine);
  EXPECT_NE(machine, run(context(R"("host_name": "a", "num_cpus": 2, "mhz_per_cpu": 3000)")).machine);
  EXPECT_NE(machine,
            run(context(R"("host_name": "a", "num_cpus": 2, "mhz_per_cpu": 2495, "caches": [1])")).machine);
}

TEST(ImportGoogleBenchmark, NamesLineAndColumnOfBrokenJson) {
  EXPECT_EQ(problem("{\"benchmarks\": [\n  {]}").rfind("b.json:2:4: expected JSON: syntax error", 0), 0u);
  EXPECT_EQ(problem("").rfind("b.json:1:0: expected JSON: syntax error", 0), 0u);
  EXPECT_EQ(problem("{\n\"a\": \"\xff\"}").rfind("b.json:2:7: ", 0), 0u);
  EXPECT_EQ(problem("{\n\n\"a\": 1e999}").rfind("b.json:3:11: ", 0), 0u);
  const std::string text = sample("single.json");
  EXPECT_EQ(problem(text.substr(0, text.size() / 2)).rfind("b.json:", 0), 0u);
}

TEST(ImportGoogleBenchmark, NamesTheLineOfAWrongBenchmark) {
  EXPECT_EQ(problem(with(R"(, "cpu_time": "1")")),
            "b.json:2: benchmark BM: expected `cpu_time` to be a number, found \"1\"");
  EXPECT_EQ(problem(R"({"benchmarks": [{"name": "BM", "cpu_time": 1, "time_unit": "h"}]})"),
            "b.json:1: benchmark BM: expected `time_unit` to be one of ns, us, ms, s, found \"h\"");
  EXPECT_EQ(problem("{\"context\": {\"caches\": [{}, {}]},\n\"benchmarks\": [\n{\"name\": \"a\"},\n\n7]}"),
            "b.json:5: expected a benchmark, an object, found number");
  EXPECT_EQ(problem("{\"benchmarks\": [\n{}]}"),
            "b.json:2: expected a benchmark's `name` to be a string that is not empty");
}

TEST(ImportGoogleBenchmark, RefusesOtherFiles) {
  EXPECT_EQ(problem("[]"),
            "b.json:1: expected an object with an array `benchmarks`, "
            "as --benchmark_out_format=json writes");
  EXPECT_EQ(problem("{}").rfind("b.json:1: expected an object", 0), 0u);
  EXPECT_EQ(problem(R"({"benchmarks": {"a": 1}})").rfind("b.json:1: expected an object", 0), 0u);
  EXPECT_EQ(problem(R"({"benchmarks": []})"), "b.json:1: holds no benchmark that ran");
  EXPECT_EQ(problem(R"({"context": 5, "benchmarks": []})"), "b.json:1: expected `context` to be an object");
}

TEST(ImportGoogleBenchmark, RefusesDeepNesting) {
  EXPECT_NE(problem(with(", \"a\": " + std::string(100'000, '['))).find("nested deeper than 32 levels"),
            std::string::npos);
}

TEST(ImportGoogleBenchmark, KeepsMessagesShort) {
  EXPECT_LT(problem("{\"a\": " + std::string(1'000'000, 'x')).size(), 400u);
  EXPECT_LT(problem(R"({"benchmarks": [{"name": 1, "run_name": ")" + std::string(1'000'000, 'x') + "\"}, 1]}")
                .size(),
            400u);
}

}  // namespace
}  // namespace assay::report
