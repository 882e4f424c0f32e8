#include "reports/judge.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace assay::report {
namespace {

constexpr Rule kRule;

// Log ratios as restarts give them: a narrow core, and now and then a process with unlucky pages.
class Restarts {
 public:
  Restarts(unsigned seed, double effect) : random_(seed), effect_(std::log1p(effect)) {}
  double operator()() {
    const double noise = 0.008 * normal_(random_);
    return effect_ + (uniform_(random_) < 0.08 ? 25 * noise : noise);
  }

 private:
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::uniform_real_distribution<double> uniform_;
  double effect_;
};

struct Verdict {
  Judgement judgement;
  std::size_t restarts;
};

// As a trial proceeds: from look to look until it stands, or until `most` restarts.
Verdict proceed(Restarts restarts, std::size_t most = kMostRestarts) {
  std::vector<double> values;
  for (;;) {
    const std::size_t look = next_look(values.size());
    while (values.size() < look) values.push_back(restarts());
    const Judgement judgement = judge(values, true, kRule);
    if (judgement.decision != Decision::kUndecided || next_look(look) == 0 || next_look(look) > most)
      return {judgement, values.size()};
  }
}

TEST(Judge, RaisesFalseAlarmsAtMostAsOftenAsTheLevelSays) {
  constexpr unsigned kTrials = 3000;
  int alarms = 0;
  for (unsigned seed = 0; seed < kTrials; ++seed) {
    const Decision decision = proceed(Restarts(seed, 0)).judgement.decision;
    alarms += decision == Decision::kWorse || decision == Decision::kBetter;
  }
  EXPECT_LE(alarms, kRule.level * kTrials);
}

TEST(Judge, HoldsTheLevelEvenWhenNothingElseEndsTheTrial) {
  // Rule.floor and the verdict "same" keep most false alarms away; here neither can.
  Rule rule = kRule;
  rule.floor = rule.margin = 0;
  constexpr unsigned kTrials = 1500;
  int alarms = 0;
  for (unsigned seed = 0; seed < kTrials; ++seed) {
    Restarts restarts(seed, 0);
    std::vector<double> values;
    while (values.size() < 80) values.push_back(restarts());  // judge() recalls every look before
    alarms += judge(values, true, rule).p <= rule.level;
  }
  EXPECT_LE(alarms, rule.level * kTrials);
  EXPECT_GE(alarms, 1);  // or the correction would cost more than it must
}

TEST(Judge, FindsWhatIsThere) {
  constexpr unsigned kTrials = 200;
  int found = 0;
  for (unsigned seed = 0; seed < kTrials; ++seed)
    found += proceed(Restarts(seed, 0.02), 80).judgement.decision == Decision::kWorse;
  EXPECT_GE(found, 0.95 * kTrials);
}

TEST(Judge, IntervalsHoldTheTruthInSpiteOfTheLooks) {
  constexpr unsigned kTrials = 1000;
  for (const double effect : {0.0, 0.01, 0.02}) {
    int covered = 0;
    for (unsigned seed = 0; seed < kTrials; ++seed) {
      const Judgement judgement = proceed(Restarts(seed, effect)).judgement;
      covered += judgement.low <= 1 + effect && 1 + effect <= judgement.high;
    }
    EXPECT_GE(covered, 0.95 * kTrials) << effect;
  }
}

TEST(Judge, StopsEarlyWhereTheAnswerIsPlain) {
  EXPECT_EQ(proceed(Restarts(1, 0.2)).restarts, 12u);
  EXPECT_LE(proceed(Restarts(1, 0)).restarts, 42u);
}

TEST(Judge, TurnsAroundWhereMoreIsBetter) {
  const std::vector<double> up(12, 0.05);
  EXPECT_EQ(judge(up, true, kRule).decision, Decision::kWorse);
  EXPECT_EQ(judge(up, false, kRule).decision, Decision::kBetter);
}

TEST(Judge, CallsADifferenceBelowTheFloorTheSame) {
  std::vector<double> values;
  for (int i = 0; i < 22; ++i) values.push_back(0.002 + 1e-5 * i);
  EXPECT_EQ(judge(values, true, kRule).decision, Decision::kSame);
}

TEST(Judge, SaysHowManyRestartsAreMissing) {
  const Judgement few = judge({0.1, 0.1, 0.1}, true, kRule);
  EXPECT_EQ(few.decision, Decision::kUndecided);
  EXPECT_EQ(few.more, 9u);
  std::vector<double> wild;
  for (int i = 0; i < 12; ++i) wild.push_back(i % 2 == 0 ? 0.05 : -0.04);
  const Judgement unsure = judge(wild, true, kRule);
  EXPECT_EQ(unsure.decision, Decision::kUndecided);
  EXPECT_GE(unsure.more, 4u);
}

TEST(ControlFalseDiscoveries, TakesBackWhatOneAmongManyMayBeByChance) {
  Judgement found = judge(std::vector<double>(22, 0.03), true, kRule);
  Judgement doubtful = found;
  doubtful.p = 0.009;
  Judgement same = judge(std::vector<double>(22, 0.0), true, kRule);
  std::vector<Judgement> rest(20, same);
  std::vector<Judgement*> table = {&found, &doubtful};
  for (Judgement& judgement : rest) table.push_back(&judgement);
  control_false_discoveries(table, kRule);
  EXPECT_EQ(found.decision, Decision::kWorse);
  EXPECT_EQ(doubtful.decision, Decision::kUndecided);
  EXPECT_GT(doubtful.more, 0u);
  EXPECT_EQ(rest.front().decision, Decision::kSame);
}

}  // namespace
}  // namespace assay::report
