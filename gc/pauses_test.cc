#include "gc/pauses.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <random>

namespace assay {
namespace {

PauseLog log_of(std::initializer_list<Pause> pauses) {
  PauseLog log(16);
  for (const Pause& pause : pauses) log.record(pause);
  return log;
}

PauseLog log_of_lengths(std::uint64_t from, std::uint64_t to) {
  PauseLog log(1000);
  for (std::uint64_t length = from, time = 0; length <= to; time += length++)
    log.record({time, time + length});
  return log;
}

TEST(PauseLog, CountsWhatItHasNoRoomFor) {
  PauseLog log(2);
  for (const std::uint64_t time : {10u, 20u, 30u, 40u}) log.record({time, time + 1});
  EXPECT_EQ(log.pauses().size(), 2u);
  EXPECT_EQ(log.lost(), 2u);
  log.clear();
  EXPECT_EQ(log.lost(), 0u);
  log.record({50, 51});
  EXPECT_EQ(log.pauses().size(), 1u);
}

TEST(Quantile, IsTheShortestLengthThatEnoughPausesDoNotExceed) {
  const PauseLog log = log_of_lengths(1, 100);
  EXPECT_EQ(log.quantile(0.5), 50u);
  EXPECT_EQ(log.quantile(0.99), 99u);
  EXPECT_EQ(log.quantile(0.55), 55u) << "0.55 * 100 is a little more than 55";
  EXPECT_EQ(log.quantile(0.991), 100u);
  EXPECT_EQ(log.quantile(0), 1u);
  EXPECT_EQ(log.longest(), 100u);
}

TEST(Quantile, OfFewPausesIsOneOfThem) {
  EXPECT_EQ(log_of_lengths(1, 160).quantile(0.99), 159u) << "158 of 160 are less than 99 %";
  EXPECT_EQ(log_of_lengths(1, 3).quantile(0.99), 3u);
  EXPECT_EQ(log_of_lengths(1, 3).quantile(0.5), 2u);
  EXPECT_EQ(log_of_lengths(1, 4).quantile(0.5), 2u);
  EXPECT_EQ(log_of_lengths(7, 7).quantile(0.01), 7u);
}

TEST(Quantile, DoesNotDependOnTheOrderOfLengths) {
  EXPECT_EQ(log_of({{0, 9}, {10, 12}, {20, 24}}).quantile(0.5), 4u);
}

TEST(Quantile, OfNothingIsZero) { EXPECT_EQ(PauseLog(1).quantile(0.5), 0u); }

TEST(Utilisation, IsAllWithoutPauses) {
  EXPECT_EQ(PauseLog(1).minimum_mutator_utilisation(10, 0, 100), 1);
  EXPECT_EQ(PauseLog(1).minimum_mutator_utilisation(0, 0, 100), 1);
  EXPECT_EQ(PauseLog(1).minimum_mutator_utilisation(10, 100, 100), 1) << "a run of no length";
}

TEST(Utilisation, OfOnePauseInTheMiddle) {
  const PauseLog log = log_of({{40, 50}});
  EXPECT_EQ(log.minimum_mutator_utilisation(0, 0, 100), 0);
  EXPECT_EQ(log.minimum_mutator_utilisation(5, 0, 100), 0);
  EXPECT_EQ(log.minimum_mutator_utilisation(10, 0, 100), 0);
  EXPECT_DOUBLE_EQ(log.minimum_mutator_utilisation(20, 0, 100), 0.5);
  EXPECT_DOUBLE_EQ(log.minimum_mutator_utilisation(80, 0, 100), 0.875);
  EXPECT_DOUBLE_EQ(log.minimum_mutator_utilisation(100, 0, 100), 0.9);
}

TEST(Utilisation, OfAWindowLongerThanTheRunIsThatOfTheRun) {
  EXPECT_DOUBLE_EQ(log_of({{40, 50}}).minimum_mutator_utilisation(1000, 0, 100), 0.9);
}

// No window of 90 begins with this pause and none ends with it.
TEST(Utilisation, LooksAtTheFirstAndTheLastWindow) {
  EXPECT_DOUBLE_EQ(log_of({{20, 29}}).minimum_mutator_utilisation(90, 0, 100), 0.9);
  EXPECT_DOUBLE_EQ(log_of({{1020, 1029}}).minimum_mutator_utilisation(90, 1000, 1100), 0.9);
}

TEST(Utilisation, LooksAtPausesAtBothEndsOfTheRun) {
  const PauseLog at_begin = log_of({{0, 10}, {50, 51}}), at_end = log_of({{50, 51}, {90, 100}});
  for (const PauseLog* log : {&at_begin, &at_end}) {
    EXPECT_EQ(log->minimum_mutator_utilisation(10, 0, 100), 0);
    EXPECT_DOUBLE_EQ(log->minimum_mutator_utilisation(20, 0, 100), 0.5);
    EXPECT_DOUBLE_EQ(log->minimum_mutator_utilisation(80, 0, 100), 1 - 11. / 80);
  }
}

TEST(Utilisation, AddsUpThePausesOfAWindow) {
  const PauseLog log = log_of({{10, 12}, {20, 24}, {30, 31}});  // 20 to 31: five of eleven
  EXPECT_DOUBLE_EQ(log.minimum_mutator_utilisation(11, 0, 100), 1 - 5. / 11);
  EXPECT_DOUBLE_EQ(log.minimum_mutator_utilisation(21, 0, 100), 1 - 7. / 21);
  EXPECT_DOUBLE_EQ(log.minimum_mutator_utilisation(14, 0, 100), 1 - 6. / 14) << "10 to 24";
}

TEST(Utilisation, IgnoresPausesOfNoLength) {
  const PauseLog log = log_of({{2, 2}, {40, 40}, {99, 99}});
  EXPECT_EQ(log.minimum_mutator_utilisation(90, 0, 100), 1);
  EXPECT_EQ(log.minimum_mutator_utilisation(1, 0, 100), 1);
}

TEST(Utilisation, CountsOfAPauseThatSticksOutOnlyWhatIsInside) {
  const PauseLog log = log_of({{0, 15}, {40, 42}, {95, 200}});
  EXPECT_DOUBLE_EQ(log.minimum_mutator_utilisation(90, 10, 100), 1 - 12. / 90);
  EXPECT_DOUBLE_EQ(log.minimum_mutator_utilisation(10, 10, 100), 0.5);
}

// Every window of the run, nanosecond by nanosecond.
double by_force(const PauseLog& log, std::uint64_t window, std::uint64_t begin, std::uint64_t end) {
  window = std::min(window, end - begin);
  std::uint64_t most = 0;
  for (std::uint64_t from = begin; from + window <= end; ++from) {
    std::uint64_t paused = 0;
    for (std::uint64_t time = from; time < from + window; ++time)
      for (const Pause& pause : log.pauses()) paused += pause.begin <= time && time < pause.end;
    most = std::max(most, paused);
  }
  return 1 - static_cast<double>(most) / static_cast<double>(window);
}

TEST(Utilisation, IsTheWorstOfAllWindows) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t bound) { return random() % bound; };
    PauseLog log(8);
    const std::uint64_t begin = below(6), end = begin + 1 + below(50);
    std::uint64_t time = below(2) == 0 ? begin : below(begin + 10);
    for (std::uint64_t left = below(7); left > 0; --left) {
      const std::uint64_t length = below(below(4) == 0 ? 20 : 4);
      log.record({time, time + length});
      time += length + below(below(3) == 0 ? 20 : 4);
    }
    const std::uint64_t window = 1 + below(60);
    EXPECT_DOUBLE_EQ(log.minimum_mutator_utilisation(window, begin, end), by_force(log, window, begin, end))
        << "seed " << seed << ", window " << window;
  }
}

TEST(Utilisation, TakesTimeInProportionToThePauses) {
  PauseLog log(1 << 20);
  for (std::uint64_t i = 0; i < 1 << 20; ++i) log.record({10 * i, 10 * i + 1});
  // A window of half a million pauses for each of a million: hours, if each were summed up anew.
  EXPECT_NEAR(log.minimum_mutator_utilisation(5 << 20, 0, 10 << 20), 0.9, 1e-6);
}

}  // namespace
}  // namespace assay
