#include "pointers/latest_value.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace assay {
namespace {

// Every word follows from the first: a copy of two versions is seen.
struct Reading {
  std::uint64_t words[12];
  explicit Reading(std::uint64_t version) {
    for (std::uint64_t i = 0; i < 12; ++i) words[i] = (version + i) * 0x9e3779b97f4a7c15;
  }
  std::uint64_t version() const { return words[0] * 0xf1de83e19937733d; }  // the inverse, modulo 2^64
  bool whole() const {
    const Reading expected(version());
    for (int i = 0; i < 12; ++i)
      if (words[i] != expected.words[i]) return false;
    return true;
  }
};

TEST(LatestValueTest, GivesTheLatest) {
  LatestValue<Reading> value(Reading(0));
  EXPECT_EQ(value.load().version(), 0u);
  for (std::uint64_t version = 1; version < 20; ++version) {
    value.store(Reading(version));
    EXPECT_EQ(value.load().version(), version);
    EXPECT_EQ(value.version(), version);
    EXPECT_TRUE(value.load().whole());
  }
}

TEST(LatestValueTest, KeepsTypesOfAnySize) {
  struct Odd {
    char text[3];
  };
  LatestValue<Odd> odd(Odd{{'a', 'b', 'c'}});
  odd.store(Odd{{'x', 'y', 'z'}});
  EXPECT_EQ(odd.load().text[2], 'z');
  LatestValue<double> number(1.5);
  number.store(2.5);
  EXPECT_EQ(number.load(), 2.5);
}

TEST(LatestValueTest, ReadersSeeWholeValuesInOrder) {
  LatestValue<Reading> value(Reading(0));
  constexpr std::uint64_t kVersions = 30'000;
  std::atomic<bool> done{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      std::uint64_t last = 0;
      for (bool goes_on = true; goes_on;) {
        goes_on = !done.load();
        const std::uint64_t before = value.version();
        const Reading reading = value.load();
        if (!reading.whole()) {
          ADD_FAILURE() << "a torn value beside version " << before;
          return;
        }
        EXPECT_GE(reading.version(), before);
        EXPECT_GE(reading.version(), last);
        last = reading.version();
      }
      EXPECT_EQ(last, kVersions);
    });
  for (std::uint64_t version = 1; version <= kVersions; ++version) {
    value.store(Reading(version));
    if (version % 1024 == 0) std::this_thread::yield();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace assay
