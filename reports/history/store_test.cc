// The run files: what is published, under which name, and what happens when the world does not cooperate.
#include "reports/history/store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "reports/history/acknowledgement.h"
#include "reports/history/gzip.h"
#include "reports/history/run_file.h"
#include "reports/history/sample_run.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;

std::optional<std::int64_t> no_time(const std::string&) { return std::nullopt; }

std::vector<RunFile> split(const std::string& text) {
  return split_runs("r.jsonl", text, false, "", no_time);
}

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

class StoreTest : public testing::Test {
 protected:
  std::size_t files_below() const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory_.path()))
      count += entry.is_regular_file();
    return count;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_ = open_directory(directory_.path());
};

TEST(Gzip, GivesBackWhatItWasGiven) {
  for (const std::size_t size : {0, 1, 100'000, 3'000'000}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i * i % 251);
    EXPECT_EQ(decompress(compress(text)), text) << size;
  }
}

TEST(Gzip, RefusesWhatIsCutOffDamagedOrContinued) {
  const std::string text = std::string(1000, 'x') + "end", bytes = compress(text);
  EXPECT_NE(message_of([&] { decompress(bytes.substr(0, bytes.size() - 1)); }).find("cut off"),
            std::string::npos);
  EXPECT_NE(message_of([&] { decompress(bytes + "x"); }).find("follows"), std::string::npos);
  EXPECT_NE(message_of([&] { decompress("plain text"); }).find("damaged"), std::string::npos);
  for (std::size_t i = 10; i < bytes.size(); ++i) {  // after the header
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    std::string found;
    const std::string problem = message_of([&] { found = decompress(damaged); });
    EXPECT_TRUE(problem != "no error" || found == text) << i;
  }
}

TEST_F(StoreTest, ListsAndReadsWhatWasPublished) {
  EXPECT_TRUE(store_->list("runs").empty());
  EXPECT_TRUE(store_->publish("runs/b/file", "second"));
  EXPECT_TRUE(store_->publish("runs/a/file", "first"));
  const std::vector<StoredFile> files = store_->list("runs");
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].name, "runs/a/file");
  EXPECT_EQ(files[0].size, 5);
  EXPECT_EQ(store_->read("runs/b/file"), "second");
}

TEST_F(StoreTest, NeverOverwrites) {
  EXPECT_TRUE(store_->publish("runs/file", "first"));
  EXPECT_FALSE(store_->publish("runs/file", "second"));
  EXPECT_EQ(store_->read("runs/file"), "first");
}

TEST_F(StoreTest, LetsExactlyOneOfManyWritersPublishAName) {
  std::atomic<int> winners{0};
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 8; ++i)
      writers.emplace_back([&, i] {
        for (int file = 0; file < 20; ++file)
          winners +=
              store_->publish("runs/" + std::to_string(file), std::string(1000, static_cast<char>('a' + i)));
      });
  }
  EXPECT_EQ(winners, 20);
  EXPECT_EQ(files_below(), 20U) << "a draft is left";
  for (const StoredFile& file : store_->list("runs")) EXPECT_EQ(file.size, 1000);
}

TEST_F(StoreTest, IgnoresDraftsAndCleansThemAwayAfterAnHour) {
  ASSERT_TRUE(store_->publish("runs/file", "x"));
  const std::string draft = directory_.write("runs/.other.1-2.part", "half");
  EXPECT_EQ(store_->list("runs").size(), 1U);
  EXPECT_TRUE(fs::exists(draft));
  fs::last_write_time(draft, fs::file_time_type::clock::now() - std::chrono::minutes(61));
  EXPECT_EQ(store_->list("runs").size(), 1U);
  EXPECT_FALSE(fs::exists(draft));
}

// A limit on the size of files fails a write in its middle, as a full disk does.
TEST_F(StoreTest, LeavesNothingWhenTheDiskIsFull) {
  ASSERT_TRUE(store_->publish("runs/before", "x"));
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{4096, 4096};
    setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message = message_of([&] { store_->publish("runs/large", std::string(10'000, 'x')); });
    _exit(message.find("cannot be written") != std::string::npos ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(files_below(), 1U);
}

TEST_F(StoreTest, KeepsTheRecordsExactlyBehindALineOfItsOwn) {
  const std::string text = records({.run = "r1"});
  const std::vector<RunFile> runs =
      split_runs("r.jsonl", text, false, "out.json", [](const std::string&) { return std::optional(1234L); });
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].name, "runs/9f86d081884c7d65/2026-11/1a2b3c4-r1.jsonl.gz");
  EXPECT_EQ(runs[0].text,
            R"({"schema":2,"record":"provenance","run":"r1","commit":"1a2b3c4","machine":"9f86d081884c7d65",)"
            R"("commit_time":1234,"imported_from":"out.json"})"
            "\n" +
                text);
  EXPECT_EQ(record(store_.get(), runs[0]), Recorded::kNew);
  EXPECT_EQ(read_run("f", store_->read(runs[0].name)).time, 1234);
}

TEST_F(StoreTest, MakesAFileOfEachRunOfAResultsFile) {
  const std::string first = records({.run = "r1"}), second = records({.run = "r2", .commit = "2b+"});
  const std::vector<RunFile> runs = split(first + second);
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_TRUE(runs[0].text.ends_with(first));
  EXPECT_TRUE(runs[1].text.ends_with(second));
  EXPECT_TRUE(runs[1].name.ends_with("/2b-r2.jsonl.gz"));
}

TEST_F(StoreTest, OrdersARunByItsStartWhenTheTimeOfItsCommitIsUnknown) {
  const RunFile run = split(records({.run = "r1", .started = "1970-01-02T00:00:01Z"})).at(0);
  EXPECT_EQ(read_run("f", compress(run.text)).time, 86401);
}

TEST_F(StoreTest, RecordsARunOnceAndRefusesAnotherOfTheSameId) {
  EXPECT_EQ(record(store_.get(), split(records({.run = "r1"})).at(0)), Recorded::kNew);
  EXPECT_EQ(record(store_.get(), split(records({.run = "r1"})).at(0)), Recorded::kAlready);
  for (const SampleRun& other :
       {SampleRun{.run = "r1", .time = 11}, SampleRun{.run = "r1", .commit = "fffffff"},
        SampleRun{.run = "r1", .machine = "other"}})
    EXPECT_NE(message_of([&] { record(store_.get(), split(records(other)).at(0)); }).find("same id, r1"),
              std::string::npos);
  EXPECT_EQ(files_below(), 1U);
}

TEST_F(StoreTest, MakesNoPathsOfIds) {
  for (const SampleRun& hostile :
       {SampleRun{.run = "../x"}, SampleRun{.run = "a/b"}, SampleRun{.run = ".hidden"},
        SampleRun{.run = "r", .machine = ".."}, SampleRun{.run = "r", .started = "../../11-21T09:30:00Z"},
        SampleRun{.run = std::string(101, 'r')}})
    EXPECT_NE(message_of([&] { split(records(hostile)); }).find("r.jsonl"), std::string::npos) << hostile.run;
  EXPECT_EQ(split(records({.run = "r", .commit = "../../../etc"})).at(0).name,
            "runs/9f86d081884c7d65/2026-11/etc-r.jsonl.gz");
}

TEST_F(StoreTest, NamesTheFileAndTheLineOfADamagedRun) {
  const RunFile run = split(records({.run = "r1"})).at(0);
  EXPECT_NE(message_of([&] { read_run("f.gz", compress(run.text).substr(0, 100)); }).find("f.gz:1: is cut off"),
            std::string::npos);
  EXPECT_NE(message_of([&] { read_run("f.gz", compress(run.text + "{\n")); }).find("f.gz:11: "),
            std::string::npos);
  EXPECT_NE(message_of([&] { read_run("f.gz", compress(run.text + "{\"schema\":3}\n")); }).find("f.gz:11: "),
            std::string::npos);
  EXPECT_NE(message_of([&] { read_run("f.gz", compress(records({.run = "r1"}))); }).find("provenance"),
            std::string::npos);
}

TEST_F(StoreTest, NamesTheFileWhoseProvenanceLacksItsFields) {
  const std::string text = records({.run = "r1"});
  for (const std::string& first :
       {std::string("{\"schema\":2,\"record\":\"provenance\"}\n"),
        std::string("{\"schema\":2,\"record\":\"provenance\",\"run\":7,\"commit_time\":5}\n"),
        std::string("{\"schema\":2,\"record\":\"provenance\",\"run\":\"r1\",\"commit_time\":\"now\"}\n")})
    EXPECT_NE(message_of([&] { read_run("f.gz", compress(first + text)); }).find("f.gz:1: expected a"),
              std::string::npos)
        << first;
  EXPECT_NE(message_of([&] { read_run("f.gz", compress("")); }).find("f.gz:1: expected a"),
            std::string::npos);
  const std::string without_time = "{\"schema\":2,\"record\":\"provenance\",\"run\":\"r1\"}\n";
  EXPECT_EQ(read_run("f.gz", compress(without_time + text)).results.runs.at(0).id, "r1");
}

TEST_F(StoreTest, KeepsAcknowledgementsAndPassesOverDamagedOnes) {
  const Acknowledgement accepted{
      "*", "malloc", "churn", "mine", "instructions", "1a2b3c4", "checks \"bounds\"", "me", 5};
  const std::string name = acknowledge(store_.get(), accepted);
  EXPECT_TRUE(name.starts_with("acknowledged/19700101T000005Z-")) << name;
  directory_.write("acknowledged/bad.json", "{");
  std::vector<std::string> problems;
  const std::vector<Acknowledgement> all = acknowledgements(store_.get(), &problems);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].reason, accepted.reason);
  EXPECT_EQ(all[0].workload, "churn");
  EXPECT_EQ(all[0].time, 5);
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_NE(problems[0].find("bad.json:1: "), std::string::npos);
}

}  // namespace
}  // namespace assay::report
