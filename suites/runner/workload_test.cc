#include "suites/runner/workload.h"

#include <gtest/gtest.h>

#include "suites/runner/options.h"

namespace assay::suite {
namespace {

std::vector<std::string> names_of(const std::vector<Workload>& workloads) {
  std::vector<std::string> names;
  for (const Workload& workload : workloads) names.push_back(workload.name);
  return names;
}

const std::vector<Workload> kWorkloads = {
    {"small", "f", "s"}, {"small_long", "f", "s", true}, {"large", "f", "s"}};

TEST(Selected, FindsTheFilterAnywhereInTheName) {
  EXPECT_EQ(names_of(Selection("", "ar", false).of(kWorkloads)), std::vector<std::string>{"large"});
}

TEST(Selected, LeavesLongOnesToThoroughRuns) {
  EXPECT_EQ(names_of(Selection("", "small", false).of(kWorkloads)), std::vector<std::string>{"small"});
  EXPECT_EQ(names_of(Selection("", "small", true).of(kWorkloads)),
            (std::vector<std::string>{"small", "small_long"}));
}

TEST(Selected, RefusesAFilterThatFindsNothing) {
  EXPECT_THROW(Selection("", "none", false).of(kWorkloads), UsageError);
}

TEST(Selected, LeavesOutObstaclesWithoutRefusal) {
  const Selection selection("", "small", false);
  EXPECT_EQ(selection.of(std::vector<Obstacle>{{kWorkloads[0], "why"}, {kWorkloads[1], "why"}}).size(), 1u);
  EXPECT_TRUE(selection.of(std::vector<Obstacle>{{kWorkloads[2], "why"}}).empty());
}

TEST(Selected, RefusesADamagedExpression) { EXPECT_THROW(Selection("", "(", false), UsageError); }

TEST(ParseReadings, TakesEveryMetric) {
  const Readings readings =
      parse_readings(R"({"metric":"cpu_time","unit":"ns/op","better":"less","samples":[1.5,2]})"
                     "\n"
                     R"({"metric":"checksum","unit":"hash","better":"less","samples":["1f"]})"
                     "\n");
  EXPECT_EQ(readings.failure, "");
  ASSERT_EQ(readings.metrics.size(), 2u);
  EXPECT_EQ(readings.metrics[0]["samples"].dump(), "[1.5,2]");
}

TEST(ParseReadings, PassesOnTheReasonOfAFailure) {
  EXPECT_EQ(parse_readings(R"({"metric":"failure","unit":"reason","samples":["lost a block"]})").failure,
            "lost a block");
}

TEST(ParseReadings, CallsSilenceAFailure) { EXPECT_EQ(parse_readings("").failure, "reported nothing"); }

class DamagedReadings : public testing::TestWithParam<const char*> {};

TEST_P(DamagedReadings, AreAFailure) {
  EXPECT_EQ(parse_readings(GetParam()).failure, std::string("reported a damaged line: ") + GetParam());
}

INSTANTIATE_TEST_SUITE_P(ParseReadings, DamagedReadings,
                         testing::Values(R"({"metric":"cpu_ti)", "noise", "[]", "{}",
                                         R"({"metric":1,"unit":"ns","better":"less","samples":[1]})",
                                         R"({"metric":"t","unit":"ns","better":"less","samples":[]})",
                                         R"({"metric":"t","unit":"ns","better":"less","samples":[null]})",
                                         R"({"metric":"t","unit":"ns","better":"less","samples":["1"]})",
                                         R"({"metric":"t","unit":"ns","samples":[1]})",
                                         R"({"metric":"failure","unit":"reason","samples":[1]})"));

}  // namespace
}  // namespace assay::suite
