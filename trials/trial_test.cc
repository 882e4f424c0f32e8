#include "trials/trial.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>

#include "trials/pool.h"
#include "trials/program.h"

namespace assay::trials {
namespace {

using report::Decision;

std::string fake_path() {
  return (std::filesystem::canonical("/proc/self/exe").parent_path() / "fake_turns").string();
}

Side fake(const std::string& name, std::vector<std::string> options) {
  options.insert(options.begin(), fake_path());
  return {name, options, {"PATH=/usr/bin"}};
}

suite::SignalWatch& signals() {
  static suite::SignalWatch watch;
  return watch;
}

Trial trial(std::vector<std::string> base, std::vector<std::string> head) {
  return Trial(fake("base", std::move(base)), fake("head", std::move(head)), false, true, signals());
}

TEST(Contestant, AnswersWithTheTimesOfItsPasses) {
  Contestant contestant(fake("base", {"--cpu=1000", "--checksum=7"}), 0, signals());
  ASSERT_TRUE(contestant.ready()) << contestant.problem();
  const auto turn = contestant.take_turn(3);
  ASSERT_TRUE(turn) << contestant.problem();
  EXPECT_EQ(turn->cpu, 3000);
  EXPECT_EQ(turn->wall, 6000);
  EXPECT_EQ(turn->checksum, 7u);
}

TEST(Contestant, TellsHowItsProcessEnded) {
  Contestant dies(fake("head", {"--cpu=1", "--die=2"}), -1, signals());
  ASSERT_TRUE(dies.ready());
  EXPECT_TRUE(dies.take_turn(1));
  EXPECT_FALSE(dies.take_turn(1));
  EXPECT_EQ(dies.problem(), "head: killed by SIGKILL");
  Contestant mute(fake("base", {"--mute"}), -1, signals());
  EXPECT_FALSE(mute.ready());
  EXPECT_EQ(mute.problem(), "base: exited with status 3: I will not");
}

TEST(Contestant, RefusesAProgramThatDoesNotTakeTurns) {
  Contestant contestant(fake("base", {"--word=hello"}), -1, signals());
  EXPECT_FALSE(contestant.ready());
  EXPECT_EQ(contestant.problem(), "base: does not take turns: it said \"hello\" instead of \"ready\"");
  Contestant absent({"base", {"/nowhere/at.all"}, {}}, -1, signals());
  EXPECT_FALSE(absent.ready());
  EXPECT_EQ(absent.problem(), "base: /nowhere/at.all could not be started: No such file or directory");
}

TEST(Contestant, IsGivenUpWhenItNoLongerMoves) {
  Contestant contestant(fake("head", {"--cpu=1", "--sleep=1"}), -1, signals());
  ASSERT_TRUE(contestant.ready());
  EXPECT_FALSE(contestant.take_turn(1));
  EXPECT_EQ(contestant.problem(), "head: no progress for 10 s");
}

TEST(Trial, TakesOneValueARestart) {
  Trial subject = trial({"--cpu=100000"}, {"--cpu=103000"});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(subject.restart()) << subject.problem();
  EXPECT_EQ(subject.restarts(), 5u);
  for (const double value : subject.cpu()) EXPECT_NEAR(value, std::log(1.03), 1e-9);
  EXPECT_NEAR(subject.base_cpu(), 100000, 1e-6);
}

TEST(Trial, StopsAsSoonAsTheAnswerIsPlain) {
  Trial slower = trial({"--cpu=200000", "--seed=1"}, {"--cpu=210000", "--seed=2"});
  const auto judgement = run(slower, {}, 1000);
  ASSERT_TRUE(judgement) << slower.problem();
  EXPECT_EQ(judgement->decision, Decision::kWorse);
  EXPECT_LE(slower.restarts(), 16u);
  Trial same = trial({"--cpu=200000", "--seed=3"}, {"--cpu=200000", "--seed=4"});
  EXPECT_EQ(run(same, {}, 1000)->decision, Decision::kSame);
  Trial faster = trial({"--cpu=210000", "--seed=5"}, {"--cpu=200000", "--seed=6"});
  EXPECT_EQ(run(faster, {}, 1000)->decision, Decision::kBetter);
}

TEST(Trial, RefusesBuildsThatDoNotDoTheSameWork) {
  Trial subject = trial({"--cpu=100000", "--checksum=1"}, {"--cpu=100000", "--checksum=2"});
  EXPECT_FALSE(subject.restart());
  EXPECT_EQ(subject.problem(), "the two builds do not do the same work: their checksums differ");
}

TEST(Trial, SaysWhichSideFailed) {
  Trial subject = trial({"--cpu=100000"}, {"--cpu=100000", "--die=3"});
  EXPECT_FALSE(subject.restart());
  EXPECT_EQ(subject.problem(), "head: killed by SIGKILL");
}

TEST(Settle, SpendsWhatIsLeftOnTheUndecided) {
  const std::string starts = testing::TempDir() + "starts";
  std::filesystem::remove(starts);
  std::vector<Entry> entries;
  const auto add = [&](std::vector<std::string> head) {
    entries.push_back({"//a:b",
                       {head[0], "", ""},
                       std::make_unique<Trial>(fake("base", {"--cpu=200000"}), fake("head", head), false,
                                               true, signals())});
  };
  add({"--cpu=220000"});                      // plain
  add({"--cpu=190000", "--wild=" + starts});  // 5 % faster or 4.5 % slower, in turn: never to be decided
  suite::ProgressLine progress;
  settle(entries, {}, 1e6, signals(), progress);
  ASSERT_TRUE(entries[0].judgement && entries[1].judgement);
  EXPECT_EQ(entries[0].judgement->decision, Decision::kWorse);
  EXPECT_EQ(entries[0].trial->restarts(), 12u);
  EXPECT_EQ(entries[1].judgement->decision, Decision::kUndecided);
  EXPECT_EQ(entries[1].trial->restarts(), report::kMostRestarts);
}

TEST(Settle, KeepsTheOthersWhenOneFails) {
  std::vector<Entry> entries;
  entries.push_back({"//a:b",
                     {"dies", "", ""},
                     std::make_unique<Trial>(fake("base", {"--die=1"}), fake("head", {"--cpu=5"}), false,
                                             true, signals())});
  entries.push_back({"//a:b",
                     {"lives", "", ""},
                     std::make_unique<Trial>(fake("base", {"--cpu=300000"}), fake("head", {"--cpu=300000"}),
                                             false, true, signals())});
  suite::ProgressLine progress;
  settle(entries, {}, 1, signals(), progress);
  EXPECT_FALSE(entries[0].judgement);
  EXPECT_EQ(entries[0].problem, "base: killed by SIGKILL");
  ASSERT_TRUE(entries[1].judgement);
  EXPECT_EQ(entries[1].judgement->decision, Decision::kSame);
}

TEST(Program, IsItsBytesAndItsCases) {
  const Program program(fake_path());
  ASSERT_EQ(program.cases().size(), 1u);
  EXPECT_EQ(program.cases()[0].name, "fake");
  EXPECT_EQ(program.digest(), Program(fake_path()).digest());
  EXPECT_NE(program.digest(), 0u);
}

TEST(Program, FollowsAScriptToItsProgramAndLibrary) {
  namespace fs = std::filesystem;
  const fs::path folder = fs::path(testing::TempDir()) / "program_test";
  fs::create_directories(folder / "run.runfiles/any/a");
  fs::copy_file(fake_path(), folder / "run.runfiles/any/a/fake", fs::copy_options::overwrite_existing);
  fs::copy_file(fake_path(), folder / "run.runfiles/any/a/lib.so", fs::copy_options::overwrite_existing);
  const auto script = [&](const std::string& text) {
    std::FILE* file = std::fopen((folder / "run").c_str(), "w");
    std::fputs(text.c_str(), file);
    std::fclose(file);
    return (folder / "run").string();
  };
  const Program plain(script("#!/usr/bin/env bash\n# program: a/fake\n# preload: \n"));
  const Program loaded(script("#!/usr/bin/env bash\n# program: a/fake\n# preload: a/lib.so\n"));
  EXPECT_EQ(plain.digest(), Program(fake_path()).digest());
  EXPECT_NE(loaded.digest(), plain.digest());
  EXPECT_EQ(loaded.environment().back(),
            "LD_PRELOAD=" + fs::canonical(folder / "run.runfiles/any/a/lib.so").string());
  EXPECT_THROW(Program(script("#!/bin/sh\n")), std::runtime_error);
  EXPECT_THROW(Program(script("#!/bin/sh\n# program: a/gone\n")), std::runtime_error);
}

}  // namespace
}  // namespace assay::trials
