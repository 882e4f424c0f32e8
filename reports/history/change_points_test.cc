#include "reports/history/change_points.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <ostream>

#include "reports/history/synthetic_history.h"

namespace assay::report {
namespace {

using Values = std::vector<double>;

struct Stretch {
  std::size_t size;
  double value;
};

Values stretches(std::initializer_list<Stretch> list) {
  Values values;
  for (const auto& [size, value] : list) values.insert(values.end(), size, value);
  return values;
}

std::vector<std::size_t> places(const Values& values, const ChangeSettings& settings = {}) {
  std::vector<std::size_t> places;
  for (const Change& change : find_changes(values, settings)) places.push_back(change.index);
  return places;
}

using Places = std::vector<std::size_t>;

std::vector<Change> detect(std::span<const double> values) { return find_changes(values); }

constexpr HistoryNoise kNoneWild{0.01, 0};

// The bars, on fewer histories than change_points_power looks at.

struct Kind {
  const char* name;
  HistoryNoise noise;
};

void PrintTo(const Kind& kind, std::ostream* out) { *out << kind.name; }

class Bars : public testing::TestWithParam<Kind> {};

TEST_P(Bars, AStepOfFivePercentIsFoundWithinFiveCommits) {
  SyntheticHistory history(1, GetParam().noise);
  int found = 0;
  for (int i = 0; i < 400; ++i) found += history.finds(detect, 0.05, 5);
  EXPECT_GE(found, 380);
}

TEST_P(Bars, AStepOfTwoPercentIsFoundWithinThirtyCommits) {
  SyntheticHistory history(2, GetParam().noise);
  int found = 0;
  for (int i = 0; i < 400; ++i) found += history.finds(detect, 0.02, 30);
  EXPECT_GE(found, 380);
}

TEST_P(Bars, AThousandCommitsReportAtMostOneFalseChange) {
  SyntheticHistory history(3, GetParam().noise);
  std::size_t alarms = 0;
  for (int i = 0; i < 40; ++i) alarms += history.false_changes(detect, 250);
  EXPECT_LE(alarms, 10u);
}

INSTANTIATE_TEST_SUITE_P(ChangePoints, Bars,
                         testing::Values(Kind{"none", kNoneWild}, Kind{"both_ways", {}},
                                         Kind{"upward", {0.01, 0.05, 0.05, 0.20, true}},
                                         Kind{"both_ways_any_size", {0.01, 0.05, 0.03, 0.50, false}},
                                         Kind{"upward_any_size", {0.01, 0.05, 0.03, 0.50, true}}),
                         [](const auto& kind) { return kind.param.name; });

// The method

// Nothing here is wild, so that t² is the common one: the squares about one mean, less those about two, are
// 32 · 32 ÷ 64 · 2² = 64; the variance is 80 ÷ 62, over that of normal values cut at three deviations.
TEST(ChangePoints, HaveThePOfTheTTestTimesThePlaces) {
  Values values;
  for (int i = 0; i < 64; ++i) values.push_back((i < 32 ? 100 : 102) + (1.5 - i % 4));
  const std::vector<Change> changes = find_changes(values);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].index, 32u);
  const double p = 2.642797e-09;  // P(|T₆₂| > √48.27766), by numeric integration
  EXPECT_NEAR(changes[0].p / (63 * p), 1, 1e-4);
  EXPECT_EQ(places(values, {.level = 64 * p}), (Places{32}));
  EXPECT_TRUE(places(values, {.level = 62 * p}).empty());
}

TEST(ChangePoints, TellsThePlaceAndTheLevelsOnBothSides) {
  const std::vector<Change> changes = find_changes(SyntheticHistory(4, kNoneWild).values(120, 60, 0.1));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].index, 120u);
  EXPECT_NEAR(changes[0].before, 100, 0.4);
  EXPECT_NEAR(changes[0].after, 110, 0.5);
  EXPECT_LT(changes[0].p, 1e-20);
}

TEST(ChangePoints, FindsChangesForTheBetterToo) {
  const std::vector<Change> changes = find_changes(SyntheticHistory(4).values(120, 60, -0.1));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_LT(changes[0].after, changes[0].before);
}

TEST(ChangePoints, AreInOrderAndEachOnceAcrossWindows) {
  SyntheticHistory history(5, kNoneWild);
  Values values;
  Places truth;
  for (int i = 0; i < 2000; ++i) values.push_back(history.value(i / 100 % 2 == 0 ? 100 : 120));
  for (std::size_t i = 100; i < 2000; i += 100) truth.push_back(i);
  EXPECT_EQ(places(values), truth);
}

TEST(ChangePoints, DoNotDependOnTheUnit) {
  const Values values = SyntheticHistory(6).values(60, 60, 0.05);
  const Places expected = places(values);
  ASSERT_EQ(expected.size(), 1u);
  for (const double unit : {1e-300, 0.1, -1.0, 1e300}) {
    Values scaled;
    for (const double value : values) scaled.push_back(value * unit);
    EXPECT_EQ(places(scaled), expected) << unit;
    EXPECT_NEAR(find_changes(scaled)[0].before / unit, 100, 1) << unit;
  }
}

TEST(ChangePoints, SmallerThanTheLeastAreLeftOut) {
  SyntheticHistory history(7);
  Values values = history.values(100, 100, 0.05);
  for (int i = 0; i < 100; ++i) values.push_back(history.value(200));
  EXPECT_EQ(places(values), (Places{100, 200}));
  EXPECT_EQ(places(values, {.least = 0.06}), (Places{200}));
  EXPECT_TRUE(places(values, {.least = 2}).empty());
}

// Two changes of 3 % one after the other are one of 6 % when only the first stretch and the last are
// compared.
TEST(ChangePoints, LeftOutForTheirSizeDoNotHideTheirNeighbours) {
  const Values values = stretches({{50, 1000}, {50, 1001}, {50, 1100}});
  EXPECT_EQ(places(values), (Places{50, 100}));
  EXPECT_EQ(places(values, {.least = 0.01}), (Places{100}));
}

TEST(ChangePoints, FromAnIndexOnAreThoseOfTheWholeSeries) {
  SyntheticHistory history(8);
  Values values;
  for (int i = 0; i < 3000; ++i) values.push_back(history.value(i / 90 % 3 == 1 ? 100 : 102));
  const Places all = places(values);
  EXPECT_GT(all.size(), 15u);
  for (std::size_t from = 0; from <= 3010; from += 10) {
    Places late;
    for (const std::size_t place : all)
      if (place >= from) late.push_back(place);
    EXPECT_EQ(places(values, {.from = from}), late) << from;
  }
}

// A drift that no window sees, and then a step.
TEST(ChangePoints, TellTheLevelsNearby) {
  SyntheticHistory history(13, kNoneWild);
  Values values;
  for (int i = 0; i < 2000; ++i) values.push_back(history.value(100 + 0.001 * i + (i < 1900 ? 0 : 5)));
  const std::vector<Change> changes = find_changes(values);
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_NEAR(changes[0].before, 100 + 0.001 * 1775, 0.4);
}

TEST(ChangePoints, AnyWindowIsTaken) {
  const Values values = stretches({{40, 10}, {40, 20}});
  for (const std::size_t window : {std::size_t{0}, std::size_t{1}, std::size_t{20}, SIZE_MAX})
    EXPECT_EQ(places(values, {.window = window}), (Places{40})) << window;
}

// Counted quantities

TEST(CountedChange, OfATenthOfAPercentIsReportedWithItsSecondValue) {
  EXPECT_TRUE(places(stretches({{15, 1e6}, {1, 1.001e6}})).empty());
  const std::vector<Change> changes = find_changes(stretches({{15, 1e6}, {2, 1.001e6}}));
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].index, 15u);
  EXPECT_EQ(changes[0].before, 1e6);
  EXPECT_EQ(changes[0].after, 1.001e6);
}

TEST(CountedChange, TakesLongerInAShortHistory) {
  EXPECT_TRUE(places(stretches({{8, 50}, {2, 51}})).empty());
  EXPECT_EQ(places(stretches({{8, 50}, {3, 51}})), (Places{8}));
  EXPECT_TRUE(places(stretches({{5, 50}, {3, 51}})).empty());
  EXPECT_EQ(places(stretches({{5, 50}, {4, 51}})), (Places{5}));
}

TEST(CountedChange, IsNotOneWildRunWhereverItIs) {
  for (std::size_t before = 0; before <= 60; ++before)
    for (const double wild : {0., 999., 1001., 1e9})
      EXPECT_TRUE(places(stretches({{before, 1000}, {1, wild}, {60 - before, 1000}}), {.level = 0.5}).empty())
          << before << ' ' << wild;
}

TEST(CountedChange, IsNotAPairOfDifferentWildRuns) {
  EXPECT_TRUE(places(stretches({{50, 1000}, {1, 1100}, {1, 1300}})).empty());
  EXPECT_TRUE(places(stretches({{50, 1000}, {1, 1100}, {1, 1300}, {50, 1000}})).empty());
}

TEST(CountedChange, AfterAWildRunTakesAThirdValue) {
  EXPECT_TRUE(places(stretches({{50, 1000}, {1, 1300}, {49, 1000}, {2, 1001}})).empty());
  EXPECT_EQ(places(stretches({{50, 1000}, {1, 1300}, {49, 1000}, {3, 1001}})), (Places{100}));
}

TEST(CountedChange, FromAndToZeroHasALevelOnBothSides) {
  const std::vector<Change> up = find_changes(stretches({{30, 0}, {3, 7}}), {.least = 0.5});
  ASSERT_EQ(up.size(), 1u);
  EXPECT_EQ(up[0].before, 0);
  EXPECT_EQ(up[0].after, 7);
  EXPECT_EQ(places(stretches({{30, 7}, {3, 0}}), {.least = 1}), (Places{30}));
}

TEST(CountedChange, IsNotRoundingInTheLastPlace) {
  EXPECT_TRUE(places(stretches({{50, 0.3}, {50, 0.1 + 0.2}})).empty());
}

// What is no change

TEST(NoChange, IsInSeriesTooShortToHaveLevels) {
  for (const Values& values : {Values{}, Values{1}, Values{1, 2}, Values{1, 2, 3}, Values{1, 1, 2, 2}})
    EXPECT_TRUE(places(values).empty()) << values.size();
}

TEST(NoChange, IsInEqualValues) {
  for (const double value : {0.0, -0.0, 0.1, 1e-310, -1e308, std::numeric_limits<double>::max()})
    for (const std::size_t size : {1u, 2u, 5u, 250u, 1000u})
      EXPECT_TRUE(places(Values(size, value)).empty()) << value << ' ' << size;
}

TEST(NoChange, IsInTwoLevelsThatAlternate) {
  SyntheticHistory history(9);
  Values turns, noisy, pairs, chance;
  for (int i = 0; i < 500; ++i) {
    turns.push_back(i % 2 == 0 ? 100 : 105);
    noisy.push_back(history.value(i % 2 == 0 ? 100 : 105));
    pairs.push_back(i / 2 % 2 == 0 ? 100 : 105);
    chance.push_back(history.uniform() < 0.3 ? 105 : 100);
  }
  for (const Values& values : {turns, noisy, pairs, chance}) EXPECT_TRUE(places(values).empty());
}

// One value in five is on the other level, as with a layout that chance decides: three in a row are no news
// there.
TEST(NoChange, IsALevelThatHasBeenSeenOften) {
  Values values = stretches({{100, 100}});
  for (std::size_t i = 0; i < 100; i += 5) values[i] = 105;
  Values rare = stretches({{100, 100}, {4, 105}});
  EXPECT_EQ(places(rare), (Places{100}));
  values.insert(values.end(), 4, 105);
  EXPECT_TRUE(places(values).empty());
  values.insert(values.end(), 16, 105);
  EXPECT_EQ(places(values), (Places{100}));
}

// Each value keeps half of the last one's deviation.
TEST(NoChange, IsRarelySeenInNoiseThatResemblesItself) {
  SyntheticHistory history(10);
  std::size_t changes = 0;
  for (int round = 0; round < 200; ++round) {
    Values values;
    for (double rest = 0; values.size() < 250; values.push_back(100 + rest))
      rest = 0.5 * rest + history.normal();
    changes += places(values).size();
  }
  EXPECT_LE(changes, 5u);
}

TEST(Drift, IsReportedAsStairsThatGoItsWay) {
  SyntheticHistory history(11);
  Values values;
  for (int i = 0; i < 1000; ++i) values.push_back(history.value(100 + 0.02 * i));
  const std::vector<Change> changes = find_changes(values);
  EXPECT_GE(changes.size(), 3u);
  for (const Change& change : changes) EXPECT_GT(change.after, change.before);
}

TEST(ChangePoints, AreFiniteForAnyFiniteValues) {
  const double most = std::numeric_limits<double>::max(), least = std::numeric_limits<double>::denorm_min();
  SyntheticHistory history(12);
  const double choices[] = {0, -0.0, 1, 1 + 1e-15, -1, least, -least, 1e-300, most, -most, 1e15};
  for (int round = 0; round < 3000; ++round) {
    Values values;
    const auto size = static_cast<std::size_t>(80 * history.uniform());
    const double run = history.uniform();  // values come in runs, so that there are levels
    while (values.size() < size)
      values.push_back(!values.empty() && history.uniform() < run
                           ? values.back()
                           : choices[static_cast<std::size_t>(11 * history.uniform())]);
    std::size_t last = 0;
    for (const Change& change : find_changes(values, {.level = 0.5, .window = 32})) {
      EXPECT_GT(change.index, last);
      EXPECT_LT(change.index, size);
      last = change.index;
      EXPECT_TRUE(std::isfinite(change.before) && std::isfinite(change.after));
      EXPECT_TRUE(change.p >= 0 && change.p < 0.5) << change.p;
      EXPECT_NE(change.before, change.after);
    }
  }
}

}  // namespace
}  // namespace assay::report
