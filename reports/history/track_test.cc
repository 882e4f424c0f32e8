// The command as a person meets it: what it prints and with which status it ends.
#include "reports/history/track.h"

#include <gtest/gtest.h>

#include "reports/history/sample_run.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;

class TrackTest : public testing::Test {
 protected:
  // The exit status; what it prints is in output_ and errors_.
  int run(std::vector<std::string> words, const PageMaker& make_page = nullptr) {
    if (!words.front().starts_with("--history"))
      words.insert(words.begin(), "--history=" + (directory_.path() / "history").string());
    words.insert(words.begin(), "track");
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = track(static_cast<int>(arguments.size()), arguments.data(), make_page);
    output_ = testing::internal::GetCapturedStdout();
    errors_ = testing::internal::GetCapturedStderr();
    return status;
  }

  // Runs of commits c000… of which those from `step` on execute more instructions.
  void record_runs(int runs, int step) {
    std::string text;
    for (int i = 100; i < 100 + runs; ++i)
      text += records({.run = "r" + std::to_string(i),
                       .commit = "c" + std::to_string(i),
                       .instructions = i - 100 < step ? 1000. : 1100.});
    ASSERT_EQ(run({"record", directory_.write("results.jsonl", text)}), 0) << errors_;
  }

  TemporaryDirectory directory_;
  std::string output_, errors_;
};

TEST_F(TrackTest, GateSaysWhereTheCodeBecameWorseUntilThatIsAcknowledged) {
  record_runs(20, 15);
  EXPECT_EQ(run({"gate"}), 1);
  EXPECT_NE(output_.find("c114..c115"), std::string::npos) << output_;
  EXPECT_NE(output_.find("+10 %"), std::string::npos) << output_;
  EXPECT_EQ(run({"acknowledge", "--case=churn", "--metric=instructions", "--commit=c115",
                 "--reason=checks bounds"}),
            0);
  EXPECT_EQ(run({"gate"}), 0);
  EXPECT_NE(output_.find("checks bounds"), std::string::npos) << output_;
}

TEST_F(TrackTest, GateJudgesTheTimesOfTheMachineThatTheGivenRunsComeFrom) {
  std::string text, last;
  for (const bool other : {false, true})  // the second machine's runs are the latest, and well
    for (int i = 100; i < 120; ++i)
      text += last = records({.run = (other ? "z" : "r") + std::to_string(i),
                              .commit = "c" + std::to_string(i),
                              .machine = other ? "0123456789abcdef" : kMachine,
                              .time = !other && i >= 112 ? 12. : 10.});
  ASSERT_EQ(run({"record", directory_.write("results.jsonl", text)}), 0) << errors_;
  EXPECT_EQ(run({"gate"}), 0) << output_;
  EXPECT_EQ(run({"gate", directory_.write("healthy.jsonl", last)}), 0) << output_;
  const std::string mine = records({.run = "r119", .commit = "c119", .time = 12.});
  EXPECT_EQ(run({"gate", directory_.write("mine.jsonl", mine)}), 1) << output_;
  EXPECT_EQ(run({"gate", directory_.write("both.jsonl", mine + last)}), 2);
  EXPECT_NE(errors_.find("different machines"), std::string::npos) << errors_;
}

TEST_F(TrackTest, GatePassesWhereNothingChanged) {
  record_runs(20, 99);
  EXPECT_EQ(run({"gate"}), 0);
  EXPECT_NE(output_.find("no new regression"), std::string::npos);
}

TEST_F(TrackTest, GateHasNothingToJudgeInAShortHistory) {
  record_runs(1, 99);
  EXPECT_EQ(run({"gate"}), 3);
  EXPECT_NE(errors_.find("nothing to judge"), std::string::npos);
}

TEST_F(TrackTest, ReportListsEveryChange) {
  record_runs(60, 10);
  EXPECT_EQ(run({"report"}), 0);
  EXPECT_NE(output_.find("c109..c110"), std::string::npos) << output_;
}

TEST_F(TrackTest, ReportWritesThePageOfTheWholeHistory) {
  record_runs(12, 99);
  const std::string page = directory_.path() / "page.html";
  EXPECT_EQ(run({"report", "--out=" + page},
                [](const History& history) { return std::to_string(history.runs.size()); }),
            0);
  std::string text;
  std::ifstream(page) >> text;
  EXPECT_EQ(text, "12");
}

TEST_F(TrackTest, RecordsTheGoodFilesAndNamesTheBadOne) {
  const std::string bad = directory_.write("bad.jsonl", "{\n"),
                    good = directory_.write("good.jsonl", records({.run = "r1"}));
  EXPECT_EQ(run({"record", bad, good}), 2);
  EXPECT_NE(errors_.find("bad.jsonl:1: "), std::string::npos) << errors_;
  EXPECT_TRUE(output_.starts_with("recorded ")) << output_;
  EXPECT_EQ(run({"record", good}), 0);
  EXPECT_TRUE(output_.starts_with("already recorded ")) << output_;
}

TEST_F(TrackTest, LeavesOutAnIncompleteLastLineOnlyWhenAsked) {
  const std::string file = directory_.write("cut.jsonl", records({.run = "r1"}) + "{\"schema\":2,");
  EXPECT_EQ(run({"record", file}), 2);
  EXPECT_EQ(run({"record", "--allow-truncated", file}), 0) << errors_;
}

TEST_F(TrackTest, MakesNoDirectoryOfAMisspeltName) {
  EXPECT_EQ(run({"gate"}), 2);
  EXPECT_FALSE(fs::exists(directory_.path() / "history"));
  EXPECT_EQ(run({"gate", "--nonsense"}), 2);
}

TEST_F(TrackTest, RefusesAUrlOfAnotherKindWithoutPrintingIt) {
  EXPECT_EQ(run({"--history=mysql://me:secret@host/assay", "gate"}), 2);
  EXPECT_NE(errors_.find("mysql://…: expected a directory or a postgresql:// URL"), std::string::npos)
      << errors_;
  EXPECT_EQ(errors_.find("secret"), std::string::npos);
}

TEST_F(TrackTest, AcknowledgesOnlyACommitThatIsClearlyMeantAndKeepsItsFullName) {
  std::string text;
  for (const char* commit : {"abcdef0123456789", "abcdef0987654321", "abcdef0987654321+", "v1.2"})
    text += records({.run = "r" + std::to_string(text.size()), .commit = commit});
  ASSERT_EQ(run({"record", directory_.write("results.jsonl", text)}), 0) << errors_;
  const auto acknowledge = [&](const std::string& commit) {
    return run({"acknowledge", "--commit=" + commit, "--reason=checks"});
  };
  EXPECT_EQ(acknowledge("abcdef0"), 2);
  EXPECT_NE(errors_.find("may be abcdef0123456789 or abcdef0987654321"), std::string::npos) << errors_;
  EXPECT_EQ(acknowledge("abcdef"), 2);
  EXPECT_EQ(acknowledge("fffffff"), 2);
  EXPECT_NE(errors_.find("no run of commit fffffff"), std::string::npos) << errors_;
  EXPECT_EQ(acknowledge("v1"), 2);
  EXPECT_NE(errors_.find("too short"), std::string::npos) << errors_;
  EXPECT_FALSE(fs::exists(directory_.path() / "history" / "acknowledged"));

  EXPECT_EQ(acknowledge("v1.2"), 0) << errors_;
  EXPECT_EQ(acknowledge("abcdef09"), 0) << errors_;
  std::string kept;
  for (const auto& file : fs::directory_iterator(directory_.path() / "history" / "acknowledged"))
    std::ifstream(file.path()) >> kept, text += kept;
  EXPECT_NE(text.find(R"("commit":"v1.2","reason")"), std::string::npos);
  EXPECT_NE(text.find(R"("commit":"abcdef0987654321","reason")"), std::string::npos);
}

TEST_F(TrackTest, GateFailsOnACellThatFailsNow) {
  std::string text;
  for (int i = 100; i < 122; ++i)
    text += records({.run = "r" + std::to_string(i), .commit = "c" + std::to_string(i), .fails = i >= 119});
  ASSERT_EQ(run({"record", directory_.write("results.jsonl", text)}), 0) << errors_;
  EXPECT_EQ(run({"gate"}), 1);
  EXPECT_NE(output_.find("failures"), std::string::npos) << output_;
  EXPECT_NE(output_.find("c118..c119"), std::string::npos) << output_;
}

TEST_F(TrackTest, ImportsGoogleBenchmarkAndExportsIt) {
  const std::string file = directory_.write(
      "out.json",
      R"({"context":{"date":"2026-11-21T09:30:00+00:00","host_name":"h","executable":"./b","num_cpus":2,"mhz_per_cpu":2600,)"
      R"("cpu_scaling_enabled":false,"caches":[],"load_avg":[0,0,0],"library_build_type":"release"},"benchmarks":[)"
      R"({"name":"BM_Push","run_name":"BM_Push","run_type":"iteration","repetitions":1,"repetition_index":0,"threads":1,)"
      R"("iterations":1000,"real_time":12.5,"cpu_time":12.25,"time_unit":"ns"}]})");
  EXPECT_EQ(run({"import", "--format=google-benchmark", "--commit=abc123", "--machine=m1", file}), 0)
      << errors_;
  EXPECT_NE(output_.find("runs/m1/2026-11/abc123-"), std::string::npos) << output_;
  EXPECT_EQ(run({"export", "--format=google-benchmark"}), 0) << errors_;
  EXPECT_NE(output_.find("BM_Push"), std::string::npos);
  EXPECT_EQ(run({"export", "--format=lnt", "--run=none"}), 2);
  EXPECT_NE(errors_.find("run none is not recorded"), std::string::npos);
}

TEST_F(TrackTest, RebuildsTheIndex) {
  record_runs(5, 99);
  EXPECT_EQ(run({"rebuild"}), 0);
  EXPECT_EQ(output_, "5 runs indexed\n");
}

}  // namespace
}  // namespace assay::report
