#include "suites/runner/process.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

namespace assay::suite {
namespace {

using End = ProcessResult::End;

constexpr ProcessLimits kPatient{60, 60};

class Process : public testing::Test {
 protected:
  ProcessResult shell(const std::string& script, ProcessLimits limits = kPatient) {
    return run_process({"/bin/sh", "-c", script}, {"PATH=/usr/bin:/bin", "GREETING=hello"}, limits, signals_);
  }

  SignalWatch signals_;
};

TEST_F(Process, ReportAndErrorsAreKeptApart) {
  const ProcessResult result = shell("echo report >&3; echo output; echo error >&2");
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_EQ(result.report, "report\n");
  EXPECT_EQ(result.errors, "error\n");
  EXPECT_EQ(describe_end(result, kPatient), "");
}

TEST_F(Process, HasOnlyTheGivenEnvironment) {
  setenv("ASSAY_SECRET", "1", 1);
  EXPECT_EQ(shell("echo $GREETING$ASSAY_SECRET >&3").report, "hello\n");
}

TEST_F(Process, AnExitStatusIsAReason) {
  EXPECT_EQ(describe_end(shell("exit 3"), kPatient), "exited with status 3");
}

TEST_F(Process, ASignalIsNamed) {
  EXPECT_EQ(describe_end(shell("kill -ABRT $$"), kPatient), "killed by SIGABRT");
}

TEST_F(Process, AProgramThatIsNotThereIsAReason) {
  const ProcessResult result = run_process({"/nowhere/program"}, {}, kPatient, signals_);
  EXPECT_EQ(describe_end(result, kPatient), "could not be started: No such file or directory");
}

TEST_F(Process, OneThatSleepsForEverIsHung) {
  const ProcessLimits limits{0.2, 60};
  EXPECT_EQ(describe_end(shell("exec sleep 100000", limits), limits), "no progress for 0.2 s");
}

TEST_F(Process, ItsCpuClockIsNotMadeCoarseByALimit) {
  EXPECT_EQ(shell("ulimit -t >&3").report, "unlimited\n");
}

TEST_F(Process, OneThatIsBusyForEverIsARunaway) {
  const ProcessLimits limits{60, 1};
  EXPECT_EQ(describe_end(shell("while :; do :; done", limits), limits), "more than 1 s of CPU time");
}

TEST_F(Process, OneThatIsBusyIsNotHung) {
  const ProcessLimits limits{0.2, 1};
  EXPECT_EQ(shell("while :; do :; done", limits).end, End::kRunaway);
}

TEST_F(Process, OnlyTheLastLinesOfTheErrorsAreKept) {
  const std::string errors =
      shell("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done >&2").errors;
  EXPECT_LE(errors.size(), 4096u);
  EXPECT_EQ(errors.substr(0, 5), "line ");
  EXPECT_EQ(errors.substr(errors.size() - 10), "line 4999\n");
}

TEST_F(Process, MoreThanAPipeHoldsIsReadWhileItRuns) {
  EXPECT_EQ(shell("head -c 300000 /dev/zero >&3").report.size(), 300000u);
}

TEST_F(Process, WhatItLeavesBehindIsEnded) {
  const ProcessResult result = shell("sleep 100000 & echo $! >&3");
  EXPECT_EQ(result.end, End::kExited);
  const std::string path = "/proc/" + std::to_string(std::atoi(result.report.c_str())) + "/stat";
  // Killed, it goes when its new parent has noticed; a zombie is as good as gone.
  for (std::string line; std::getline(std::ifstream(path), line) && line.find(") Z") == std::string::npos;)
    usleep(1000);
}

TEST_F(Process, AnInterruptionEndsIt) {
  kill(getpid(), SIGINT);
  EXPECT_EQ(shell("exec sleep 100000").end, End::kInterrupted);
  EXPECT_TRUE(signals_.interrupted());
}

}  // namespace
}  // namespace assay::suite
