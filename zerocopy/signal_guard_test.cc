// That the guard takes the signal of a broken pipe and nothing else.
#include "zerocopy/signal_guard.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "zerocopy/transfer_testing.h"

namespace assay {
namespace {

using zerocopy::Sigpipe;
using zerocopy::SigpipeGuard;

bool is_pending() {
  sigset_t pending;
  ::sigpending(&pending);
  return sigismember(&pending, SIGPIPE) == 1;
}

bool is_blocked() {
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, nullptr, &mask);
  return sigismember(&mask, SIGPIPE) == 1;
}

void block(int how) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(how, &set, nullptr);
}

void take_pending() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  const timespec at_once{};
  ::sigtimedwait(&set, nullptr, &at_once);
}

// As sendfile() does to a socket whose peer has gone.
void break_a_pipe() {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ::close(ends[0]);
  ASSERT_EQ(::write(ends[1], "x", 1), -1);
  ASSERT_EQ(errno, EPIPE);
  ::close(ends[1]);
}

void break_a_guarded_pipe() {
  TransferRecord record;
  SigpipeGuard<Sigpipe::kGuarded> guard(record);
  break_a_pipe();
  guard.absorb();
}

TEST(SigpipeGuard, TakesTheSignalOfItsOwnCallAndRestoresTheMask) {
  const testing::BrokenPipes broken;
  break_a_guarded_pipe();
  EXPECT_FALSE(is_blocked());
  EXPECT_FALSE(is_pending());
  EXPECT_EQ(testing::BrokenPipes::count(), 0);
  break_a_pipe();
  EXPECT_EQ(testing::BrokenPipes::count(), 1);
}

TEST(SigpipeGuard, CostsTwoCallsWhenNothingBreaks) {
  TransferRecord record;
  { const SigpipeGuard<Sigpipe::kGuarded> guard(record); }
  EXPECT_EQ(record.calls, 2U);
  { const SigpipeGuard<Sigpipe::kIgnored> guard(record); }
  EXPECT_EQ(record.calls, 2U);
}

TEST(SigpipeGuard, LeavesNothingPendingForACallerThatBlocksTheSignal) {
  block(SIG_BLOCK);
  break_a_guarded_pipe();
  EXPECT_TRUE(is_blocked());
  EXPECT_FALSE(is_pending());
  block(SIG_UNBLOCK);
}

TEST(SigpipeGuard, LeavesASignalThatWasPendingBefore) {
  const testing::BrokenPipes broken;
  block(SIG_BLOCK);
  ::raise(SIGPIPE);
  break_a_guarded_pipe();
  EXPECT_TRUE(is_pending());
  take_pending();
  block(SIG_UNBLOCK);
  EXPECT_EQ(testing::BrokenPipes::count(), 0);
}

TEST(SigpipeGuard, IsHarmlessWhereTheSignalIsIgnored) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  break_a_guarded_pipe();
  EXPECT_FALSE(is_pending());
  ::signal(SIGPIPE, before);
}

}  // namespace
}  // namespace assay
