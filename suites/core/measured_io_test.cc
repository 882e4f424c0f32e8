// What workloads of input and output measure with: a figure that is not known is none.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <limits>
#include <string>

#include "suites/core/counted_calls.h"
#include "suites/core/measured_file.h"
#include "suites/core/process_clock.h"

namespace assay::suite {
namespace {

constexpr auto kNothing = [] {};

void call(int times) {
  for (int i = 0; i < times; ++i) syscall(SYS_getppid);
}

// Where processes cannot be traced nothing is counted.
bool can_count() { return count_system_calls(kNothing, kNothing, kNothing).has_value(); }

TEST(CountSystemCalls, CountsTheWorkAlone) {
  if (!can_count()) GTEST_SKIP() << "processes cannot be traced";
  const auto calls = count_system_calls([] { call(5); }, [] { call(3); }, [] { call(7); });
  EXPECT_EQ(calls.value_or(0), 3u);
}

TEST(CountSystemCalls, WaitsUntilTheChildHasFinished) {
  if (!can_count()) GTEST_SKIP() << "processes cannot be traced";
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  count_system_calls(kNothing, kNothing, [&] { static_cast<void>(!write(ends[1], "x", 1)); });
  char letter = 0;
  EXPECT_EQ(read(ends[0], &letter, 1), 1);
  close(ends[0]);
  close(ends[1]);
}

TEST(CountSystemCalls, AFailureInTheChildIsNoReportAndNoFigure) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
  const int before = output();
  set_output(ends[1]);
  const auto fails = [] { fail("the child's own affair"); };
  EXPECT_FALSE(count_system_calls(fails, kNothing, kNothing).has_value());
  EXPECT_FALSE(count_system_calls(kNothing, fails, kNothing).has_value());
  set_output(before);
  close(ends[1]);
  char letter;
  EXPECT_EQ(read(ends[0], &letter, 1), 0);
  close(ends[0]);
}

TEST(MeasuredFile, IsInThePageCacheUntilItIsDropped) {
  const MeasuredFile file(1'000'000, 1);
  EXPECT_EQ(file.resident(), file.size());
  if (file.drop()) {
    EXPECT_EQ(file.resident(), 0u);
  }
  file.warm();
  EXPECT_EQ(file.resident(), file.size());
}

TEST(MeasuredFile, SaysThatItDoesNotFit) {
  EXPECT_EQ(MeasuredFile::obstacle(1), nullptr);
  const char* const none = MeasuredFile::obstacle(std::numeric_limits<std::uint64_t>::max());
  ASSERT_NE(none, nullptr);
  EXPECT_EQ(std::string(none).find("less than 18446744073709551615 bytes are free"), 0u) << none;
}

// A child that sleeps.
class ProcessClock : public testing::Test {
 protected:
  ProcessClock() : child_(fork()), name_(std::to_string(child_)) {
    if (child_ != 0) return;
    pause();
    _exit(0);
  }
  ~ProcessClock() override {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }

  const pid_t child_;
  const std::string name_;
};

TEST_F(ProcessClock, TellsTimeAndFaultsOfOneThatSleeps) {
  EXPECT_GT(nanoseconds_at_rest(name_, "the child"), 0);
  EXPECT_GT(page_faults_of(name_, "the child"), 0u);
}

TEST_F(ProcessClock, FailsForOneThatHasEnded) {
  kill(child_, SIGKILL);
  siginfo_t ended;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child_), &ended, WEXITED | WNOWAIT), 0);  // as its parent left it
  set_output(STDERR_FILENO);
  EXPECT_EXIT(nanoseconds_at_rest(name_, "the child"), testing::ExitedWithCode(1), "the child has ended");
  EXPECT_EXIT(page_faults_of("none", "the child"), testing::ExitedWithCode(1), "does not tell");
  set_output(STDOUT_FILENO);
}

}  // namespace
}  // namespace assay::suite
