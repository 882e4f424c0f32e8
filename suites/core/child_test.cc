#include "suites/core/child.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "suites/core/finding.h"
#include "suites/core/length.h"

namespace assay::suite {
namespace {

using End = ChildOutcome::End;

ChildOutcome run_shell(const std::string& script) { return run_child({{"/bin/bash", "-c", script}, {}}); }

TEST(Child, ReportsItsExitStatus) {
  const ChildOutcome outcome = run_shell("exit " + std::to_string(kHeld));
  EXPECT_EQ(outcome.end, End::kExited);
  EXPECT_EQ(outcome.code, kHeld);
}

TEST(Child, ReportsTheSignalThatEndedIt) {
  const ChildOutcome outcome = run_shell("kill -SEGV $$");
  EXPECT_EQ(outcome.end, End::kKilled);
  EXPECT_EQ(outcome.code, SIGSEGV);
}

TEST(Child, IsHungWhenAllItsProcessesSleep) {
  EXPECT_EQ(run_shell("sleep 1000000 & sleep 1000000").end, End::kHung);
}

TEST(Child, IsNotHungWhileAProcessOfItsGroupWorks) {
  // 4 s of work in a grandchild, counted in CPU time, while the child itself waits.
  const ChildOutcome outcome = run_shell(
      "(while read -r _ _ _ _ _ _ _ _ _ _ _ _ _ used _ < /proc/$BASHPID/stat; ((used < 400)); do :; done) & "
      "wait; exit 5");
  EXPECT_EQ(outcome.end, End::kExited);
  EXPECT_EQ(outcome.code, 5);
}

TEST(Child, LeavesNoProcessBehind) {
  const ChildOutcome outcome = run_shell("sleep 1000000 & echo $!; exit 0");
  const std::string path = "/proc/" + std::to_string(std::stoi(outcome.output)) + "/stat";
  // Killed, it goes when its new parent has noticed; a zombie is as good as gone.
  for (std::string line; std::getline(std::ifstream(path), line) && line.find(") Z") == std::string::npos;)
    usleep(1000);
}

TEST(Child, DeliversFindingsAndOutputApart) {
  const ChildOutcome outcome = run_shell("echo noise; echo 'V broken' >&198; echo more noise >&2");
  EXPECT_EQ(outcome.findings, std::vector<std::string>{"V broken"});
  EXPECT_EQ(outcome.output, "noise\nmore noise\n");
}

TEST(Child, KeepsTheEndOfEndlessOutput) {
  const ChildOutcome outcome = run_shell("for ((i = 0; i < 20000; ++i)); do echo line $i; done");
  EXPECT_LT(outcome.output.size(), 20000U);
  EXPECT_NE(outcome.output.find("line 19999\n"), std::string::npos);
}

TEST(Child, GetsTheEnvironmentThatIsAdded) {
  EXPECT_EQ(run_child({{"/bin/sh", "-c", "echo $ASSAY_SEED"}, {{kSeedVariable, "42"}}}).output, "42\n");
}

TEST(Child, DoesNotInheritThePreloadOfItsDriver) {
  setenv("LD_PRELOAD", "", 1);
  EXPECT_EQ(run_shell("echo ${LD_PRELOAD-none}").output, "none\n");
  unsetenv("LD_PRELOAD");
}

TEST(Child, MayUseMoreTimeWhereChecksAreLonger) {
  setenv(kLengthVariable, "600", 1);
  EXPECT_EQ(run_shell("ulimit -t").output, "36000\n");
  unsetenv(kLengthVariable);
  EXPECT_EQ(run_shell("ulimit -t").output, "60\n");
}

TEST(Child, SaysWhyAProgramCannotBeStarted) {
  const ChildOutcome outcome = run_child({{"/no/such/program"}, {}});
  EXPECT_EQ(outcome.code, 127);
  EXPECT_EQ(outcome.output, "No such file or directory");
}

}  // namespace
}  // namespace assay::suite
