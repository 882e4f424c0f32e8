#include "pointers/one_shot.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace assay {
namespace {

using std::chrono::hours, std::chrono::microseconds, std::chrono::milliseconds;

TEST(OneShotTest, HoldsWhatWasSetFirst) {
  OneShot<std::string> place;
  EXPECT_EQ(place.get(), nullptr);
  EXPECT_TRUE(place.set("first"));
  EXPECT_FALSE(place.set("second"));
  ASSERT_NE(place.get(), nullptr);
  EXPECT_EQ(*place.get(), "first");
  EXPECT_EQ(&place.wait(), place.get());
  EXPECT_EQ(place.wait_for(hours(1)), place.get());
}

TEST(OneShotTest, AWaitThatIsOverGivesNothing) {
  OneShot<int> place;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(place.wait_for(milliseconds(2)), nullptr);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(2));
  EXPECT_EQ(place.wait_for(milliseconds(-1)), nullptr);
  EXPECT_TRUE(place.set(1));
}

struct Throwing {
  explicit Throwing(bool throws) {
    if (throws) throw std::runtime_error("not yet");
  }
};

TEST(OneShotTest, AConstructorThatThrowsLeavesItEmpty) {
  OneShot<Throwing> place;
  EXPECT_THROW(place.set(true), std::runtime_error);
  EXPECT_EQ(place.get(), nullptr);
  EXPECT_TRUE(place.set(false));
  EXPECT_NE(place.get(), nullptr);
}

TEST(OneShotTest, DestroysItsValueOnceOrNotAtAll) {
  const auto counted = std::make_shared<int>(1);
  {
    OneShot<std::shared_ptr<int>> set, empty;
    set.set(counted);
    EXPECT_EQ(counted.use_count(), 2);
  }
  EXPECT_EQ(counted.use_count(), 1);
}

TEST(OneShotTest, WaitersSeeTheWholeValue) {
  for (int round = 0; round < 100; ++round) {
    OneShot<std::vector<int>> place;
    std::vector<std::thread> waiters;
    for (int i = 0; i < 4; ++i)
      waiters.emplace_back([&, i] {
        const std::vector<int>* value = &place.wait();
        if (i == 0) value = place.wait_for(hours(1));
        EXPECT_EQ(value->size(), 3u);
        EXPECT_EQ(value->back(), round);
      });
    if (round % 2 == 0) std::this_thread::sleep_for(microseconds(100));  // they sleep by then
    place.set(std::vector{1, 2, round});
    for (std::thread& waiter : waiters) waiter.join();
  }
}

TEST(OneShotTest, WaitersOutlastATryThatThrows) {
  OneShot<Throwing> place;
  std::thread waiter([&] { place.wait(); });
  std::this_thread::sleep_for(microseconds(200));
  EXPECT_THROW(place.set(true), std::runtime_error);
  std::this_thread::sleep_for(microseconds(200));
  EXPECT_TRUE(place.set(false));
  waiter.join();
}

TEST(OneShotTest, OneOfManySettersGetsBy) {
  for (int round = 0; round < 50; ++round) {
    OneShot<int> place;
    std::atomic<int> set{0}, winner{-1};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        if (!place.set(i)) return;
        ++set;
        winner = i;
      });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(set, 1);
    EXPECT_EQ(place.wait(), winner);
  }
}

}  // namespace
}  // namespace assay
