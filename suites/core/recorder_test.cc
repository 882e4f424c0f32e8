#include "suites/core/recorder.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <set>
#include <thread>

namespace assay::suite {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

const RunIdentity kIdentity = {"20261121T093000Z-3fa2c1", "1a2b3c4", "9f86d081884c7d65"};

class RecorderTest : public testing::Test {
 protected:
  RecorderTest() {
    std::string pattern = fs::path(testing::TempDir()) / "recorderXXXXXX";
    directory_ = mkdtemp(pattern.data());
    path_ = directory_ / "results.jsonl";
  }
  ~RecorderTest() override { fs::remove_all(directory_); }

  std::vector<std::string> lines() const {
    std::ifstream file(path_);
    std::vector<std::string> all;
    for (std::string line; std::getline(file, line);) all.push_back(line);
    return all;
  }

  static std::string error_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const RecordError& error) {
      return error.what();
    }
    return "no error";
  }

  fs::path directory_;
  std::string path_;
};

TEST_F(RecorderTest, EveryRecordBeginsWithTheRunsIdentity) {
  Recorder(path_, kIdentity).append("failure", {{"subject", "mine"}});
  EXPECT_EQ(lines(),
            std::vector<std::string>{
                R"({"schema":2,"record":"failure","run":"20261121T093000Z-3fa2c1","commit":"1a2b3c4",)"
                R"("machine":"9f86d081884c7d65","subject":"mine"})"});
}

TEST_F(RecorderTest, AnotherRunIsAddedBehindTheFirst) {
  Recorder(path_, kIdentity).append("failure", {{"n", 1}});
  Recorder(path_, kIdentity).append("failure", {{"n", 2}});
  ASSERT_EQ(lines().size(), 2u);
  EXPECT_EQ(Json::parse(lines()[1])["n"], 2);
}

TEST_F(RecorderTest, TheEnvironmentKeepsItsOrder) {
  Recorder(path_, kIdentity).run("--quick", {{"kernel", "k"}, {"cpu", "c"}});
  EXPECT_EQ(Json::parse(lines()[0])["environment"].dump(), R"({"kernel":"k","cpu":"c"})");
}

TEST_F(RecorderTest, ASubjectHasReasonsOnlyWhereThereAreSome) {
  Subject subject;
  subject.name = "mine";
  Recorder recorder(path_, kIdentity);
  recorder.subject(subject);
  recorder.subject(subject, {{"copy", "no such device"}});
  ASSERT_EQ(lines().size(), 2u);
  EXPECT_FALSE(Json::parse(lines()[0]).contains("unavailable_workloads"));
  EXPECT_EQ(Json::parse(lines()[1])["unavailable_workloads"].dump(), R"({"copy":"no such device"})");
}

TEST_F(RecorderTest, AVerdictIsItsOnlySample) {
  Verdict verdict;
  verdict.clause = "C-21";
  verdict.verdict = "violation";
  verdict.notes = {"one"};
  Subject subject;
  subject.name = "mine";
  Recorder(path_, kIdentity).verdict(subject, verdict);
  const Json record = Json::parse(lines()[0]);
  EXPECT_EQ(record["case"], "C-21");
  EXPECT_EQ(record["samples"].dump(), R"(["violation"])");
  EXPECT_EQ(record["class"], "V");
  EXPECT_EQ(record["notes"].dump(), R"(["one"])");
}

TEST_F(RecorderTest, WhatIsNotUtf8IsReplaced) {
  Recorder(path_, kIdentity).append("failure", {{"output", "a\xff\nb"}});
  ASSERT_EQ(lines().size(), 1u);
  EXPECT_EQ(Json::parse(lines()[0])["output"], "a\uFFFD\nb");
}

TEST_F(RecorderTest, LinesOfSeveralWritersDoNotMix) {
  const auto write = [&](int writer) {
    Recorder recorder(path_, kIdentity);
    for (int n = 0; n < 100; ++n)
      recorder.append("failure", {{"writer", writer}, {"text", std::string(5000, 'x')}});
  };
  std::thread other(write, 1);
  write(0);
  other.join();
  int count[2] = {};
  for (const std::string& line : lines()) ++count[Json::parse(line)["writer"].get<int>()];
  EXPECT_EQ(count[0], 100);
  EXPECT_EQ(count[1], 100);
}

TEST_F(RecorderTest, AFullDiskIsReportedWithThePath) {
  Recorder recorder("/dev/full", kIdentity);
  EXPECT_EQ(error_of([&] {
              recorder.append("failure", {{"n", 1}});
            }),
            "/dev/full: cannot write: No space left on device; what was written before is complete");
}

TEST_F(RecorderTest, AnUnwritablePathIsReportedWithARemedy) {
  const std::string path = directory_ / "missing" / "results.jsonl";
  EXPECT_EQ(
      error_of([&] { Recorder(path, kIdentity); }),
      path + ": cannot open the results file: No such file or directory; name another with --json or --out");
}

TEST_F(RecorderTest, ARecordThatDoesNotFitIsTakenBack) {
  Recorder recorder(path_, kIdentity);
  recorder.append("failure", {{"n", 1}});
  const auto size = static_cast<rlim_t>(fs::file_size(path_));
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit tight{size + 50, before.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  setrlimit(RLIMIT_FSIZE, &tight);
  EXPECT_NE(error_of([&] { recorder.append("failure", {{"n", 2}}); }), "no error");
  setrlimit(RLIMIT_FSIZE, &before);
  recorder.append("failure", {{"n", 3}});
  ASSERT_EQ(lines().size(), 2u);
  EXPECT_EQ(Json::parse(lines()[1])["n"], 3);
}

TEST_F(RecorderTest, NothingIsAddedBehindAnIncompleteRecord) {
  std::ofstream(path_) << "{\"schema\":1";
  EXPECT_NE(error_of([&] { Recorder(path_, kIdentity); }).find("not a complete record"), std::string::npos);
}

TEST(RunId, HasTheTimeAndSixRandomDigits) {
  EXPECT_TRUE(std::regex_match(new_run_id(), std::regex("[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}"))) << new_run_id();
  std::set<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.insert(new_run_id());
  EXPECT_GT(ids.size(), 8u);
}

TEST(CommitOfTree, TheEnvironmentTakesPrecedence) {
  setenv("ASSAY_COMMIT", "abc", 1);
  EXPECT_EQ(commit_of_tree(), "abc");
  unsetenv("ASSAY_COMMIT");
}

TEST(CommitOfTree, IsEmptyOutsideATree) {
  setenv("BUILD_WORKSPACE_DIRECTORY", "/proc", 1);
  EXPECT_EQ(commit_of_tree(), "");
  unsetenv("BUILD_WORKSPACE_DIRECTORY");
}

}  // namespace
}  // namespace assay::suite
