// Kills `track record` at random instants, two writers at a time, and looks at what is left: every run that
// was acknowledged is there, and no file is damaged. 60 kills by default; KILLS=10000 in the environment for
// the bar.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <thread>

#include "reports/history/gzip.h"
#include "reports/history/location.h"
#include "reports/history/sync.h"
#include "reports/history/track.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kWriters = 2, kRunsOfAFile = 3;
constexpr int kKillsOfAHistory = 100;  // then a new one: a record lists what is there

// A results file with a few runs, of a size that takes some writing.
std::map<std::string, std::string> make_runs(int number, std::mt19937* random) {
  std::map<std::string, std::string> runs;
  for (int i = 0; i < kRunsOfAFile; ++i) {
    const std::string id = "20261121T093000Z-" + std::to_string(number * kRunsOfAFile + i);
    const std::string head = R"("run":")" + id + R"(","commit":"1a2b3c4","machine":"9f86d081884c7d65",)";
    std::ostringstream text;
    text << R"({"schema":2,"record":"run",)" << head
         << R"("started":"2026-11-21T09:30:00Z","command":"","assay":"0.1.0","environment":{}})" << '\n'
         << R"({"schema":2,"record":"subject",)" << head
         << R"("subject":"mine","version":"","library":"","digest":"","role":"peer"})" << '\n';
    for (int round = 0; round < 40; ++round)
      text << R"({"schema":2,"record":"measurement",)" << head
           << R"("subject":"mine","version":"","suite":"malloc","case":"churn","family":"","sentence":"",)"
           << R"("metric":"cpu_time","unit":"ns/op","better":"less","round":)" << round << R"(,"samples":[)"
           << (*random)() << "," << (*random)() << "]}\n";
    runs[id] = text.str();
  }
  return runs;
}

// A process that records, and the runs that it is to record.
struct Writer {
  pid_t process;
  int output;
  std::map<std::string, std::string> runs;
};

class KillTest : public testing::Test {
 protected:
  KillTest() {
    std::string pattern = fs::path(testing::TempDir()) / "killXXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~KillTest() override { fs::remove_all(directory_); }

  std::string history() const { return directory_ / ("history" + std::to_string(histories_)); }

  Writer start(int number) {
    Writer writer{0, -1, make_runs(number, &random_)};
    const std::string file = directory_ / ("results" + std::to_string(number % kWriters) + ".jsonl");
    std::ofstream results(file);
    for (const auto& [id, text] : writer.runs) results << text;
    results.close();
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
    writer.output = ends[0];
    writer.process = fork();
    if (writer.process == 0) {
      dup2(ends[1], STDOUT_FILENO);
      const std::string option = "--history=" + history();
      const char* const arguments[] = {"track", option.c_str(), "record", file.c_str()};
      _exit(track(4, arguments, nullptr));
    }
    close(ends[1]);
    return writer;
  }

  // Of the whole lines that a writer printed: the files.
  static std::vector<std::string> acknowledged(const Writer& writer) {
    std::string text;
    char piece[4096];
    for (ssize_t size; (size = read(writer.output, piece, sizeof piece)) > 0;)
      text.append(piece, static_cast<std::size_t>(size));
    close(writer.output);
    std::vector<std::string> files;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line) && !lines.eof();)
      if (line.starts_with("recorded ")) files.push_back(line.substr(9));
    return files;
  }

  static std::string contents(const fs::path& file) {
    std::ifstream input(file, std::ios::binary);
    std::ostringstream text;
    text << input.rdbuf();
    return text.str();
  }

  void examine(const Writer& writer) {
    for (const std::string& file : acknowledged(writer)) {
      ++acknowledged_;
      EXPECT_TRUE(fs::exists(file)) << "lost: " << file;
    }
    for (const auto& [id, text] : writer.runs) {
      const fs::path file =
          fs::path(history()) / "runs/9f86d081884c7d65/2026-11" / ("1a2b3c4-" + id + ".jsonl.gz");
      if (!fs::exists(file)) continue;
      ++published_;
      const std::string kept = decompress(contents(file));
      EXPECT_EQ(kept.substr(kept.find('\n') + 1), text) << file;
    }
  }

  // The index comes up to date with whatever the killed processes left of it and of the files.
  void examine_index() {
    const std::unique_ptr<Location> location = open_location(history());
    std::size_t runs = 0;
    with_index(
        location.get(), [](const std::string& text) { ADD_FAILURE() << text; },
        [&](Index* index) {
          const Synchronised found = synchronise(location->store(), index, [](std::size_t, std::size_t) {});
          EXPECT_TRUE(found.problems.empty()) << found.problems.front();
          EXPECT_TRUE(found.damaged.empty()) << found.damaged.front();
          runs = index->load(0).runs.size();
        });
    EXPECT_EQ(runs, location->store()->list("runs").size());
    EXPECT_EQ(runs, published_ - published_before_);
    published_before_ = published_;
  }

  fs::path directory_;
  int histories_ = 0;
  std::mt19937 random_{20261121};
  std::size_t acknowledged_ = 0, published_ = 0, published_before_ = 0;
};

TEST_F(KillTest, EveryAcknowledgedRunIsThereAndNoFileIsDamaged) {
  const char* const wanted = std::getenv("KILLS");
  const int kills = wanted == nullptr ? 60 : std::atoi(wanted);
  const auto began = Clock::now();
  const Writer undisturbed = start(-1 + kWriters);
  int status = -1;
  waitpid(undisturbed.process, &status, 0);
  ASSERT_EQ(status, 0);
  const std::chrono::duration<double> takes = Clock::now() - began;
  examine(undisturbed);
  ASSERT_EQ(acknowledged_, std::size_t{kRunsOfAFile});
  examine_index();

  int finished = 0, cut = 0;
  std::uniform_real_distribution<double> share(0, 2.0);  // two of them take longer than one alone
  for (int kill_number = 0; kill_number < kills; kill_number += kWriters) {
    if (kill_number % kKillsOfAHistory == 0) {
      fs::remove_all(history());
      ++histories_;
    }
    std::vector<Writer> writers;
    for (int i = 0; i < kWriters; ++i) writers.push_back(start(kill_number + kWriters + i));
    for (const Writer& writer : writers) {
      std::this_thread::sleep_for(takes * share(random_) / kWriters);
      kill(writer.process, SIGKILL);
      waitpid(writer.process, &status, 0);
      EXPECT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0) << status;
      ++(WIFEXITED(status) ? finished : cut);
    }
    for (const Writer& writer : writers) examine(writer);
    if ((kill_number + kWriters) % kKillsOfAHistory == 0 || kill_number + kWriters >= kills) examine_index();
  }
  std::cout << kills << " kills: " << cut << " came while a writer worked, " << finished
            << " after it had ended; " << acknowledged_ << " runs acknowledged, " << published_ << " files\n";
}

}  // namespace
}  // namespace assay::report
