// What the suite of the family cannot know: the table of sleepers, and times that no clock reaches.
#include "pointers/mutex.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

namespace assay {
namespace {

FutexWord words[4096];
// Some address that shares the count of what sleeps somewhere; null if nothing does.
FutexWord* counted_with_a_sleeper() {
  for (FutexWord& word : words)
    if (MutexSleepers::any(&word)) return &word;
  return nullptr;
}

TEST(MutexTest, WaitsUntilATimeThatTheClockCannotCount) {
  Mutex<int> mutex;
  auto guard = std::make_unique<MutexGuard<int>>(mutex.lock());
  std::atomic<bool> got{false}, over{false};
  std::thread waiting([&] {
    got = mutex.try_lock_until(std::chrono::sys_seconds::max()).has_value();
    over = true;
  });
  while (!over && counted_with_a_sleeper() == nullptr) std::this_thread::yield();
  guard.reset();
  waiting.join();
  EXPECT_TRUE(got);
}

// The last step of an unlock of a mutex that another thread has destroyed since, and whose memory is a futex
// of somebody else now.
TEST(MutexTest, AWakeThatReachesAStrangerTakesNoSleeperOffTheCount) {
  static Mutex<int> mutex;
  auto guard = std::make_unique<MutexGuard<int>>(mutex.lock());
  std::thread sleeper([] { static_cast<void>(mutex.lock()); });
  FutexWord* foreign;
  while ((foreign = counted_with_a_sleeper()) == nullptr) std::this_thread::yield();
  std::atomic<bool> awake{false};
  std::thread stranger([&] {
    while (futex_wait(*foreign, 0, FutexKind::kMutex, Deadline::never()) != FutexWait::kWoken) {
    }
    awake = true;
  });
  while (!awake) MutexSleepers::wake_one(foreign);
  stranger.join();
  EXPECT_TRUE(MutexSleepers::any(foreign)) << "nobody will wake the sleeper";
  MutexSleepers::add(foreign);  // so that the sleeper is woken all the same
  guard.reset();
  sleeper.join();
  MutexSleepers::remove(foreign);
}

}  // namespace
}  // namespace assay
