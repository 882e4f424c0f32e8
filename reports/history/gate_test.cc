#include "reports/history/gate.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "reports/history/gate_text.h"

namespace assay::report {
namespace {

constexpr std::size_t kRuns = 100;

History history() {
  History history;
  for (std::size_t i = 0; i < kRuns; ++i)
    history.runs.push_back({"run" + std::to_string(i), std::to_string(100000 + i), i % 2 == 0 ? "a" : "b",
                            static_cast<std::int64_t>(i)});
  return history;
}

// On machine a, which has the runs 0, 2, 4 …: `before` up to its run `step`, then `after`; and a little
// noise.
void add(History* history, const std::string& metric, bool counted, std::size_t step, double before,
         double after) {
  HistorySeries series{"a", "malloc", "churn", "mine", metric, "unit", true, counted, {}, {}, {}};
  for (std::size_t i = 0; i < kRuns / 2; ++i) {
    series.runs.push_back(static_cast<std::uint32_t>(2 * i));
    const double noise = counted ? 1 : 1 + 0.001 * static_cast<double>(i * 7919 % 13);
    series.values.push_back((i < step ? before : after) * noise);
  }
  history->series.push_back(series);
}

GateSettings on(const std::string& machine) {
  GateSettings settings;
  settings.machine = machine;
  return settings;
}

TEST(Gate, FailsOnAChangeForTheWorseAndNamesTheCommitsAroundIt) {
  History runs = history();
  add(&runs, "instructions", true, 40, 1000, 1010);
  const GateFindings judgement = judge(&runs, on("b"));
  ASSERT_EQ(judgement.regressions.size(), 1U);
  EXPECT_EQ(runs.runs[judgement.regressions[0].good].commit, "100078");
  EXPECT_EQ(runs.runs[judgement.regressions[0].bad].commit, "100080");
  EXPECT_NEAR(size_of(judgement.regressions[0].change), 0.01, 1e-9);
  EXPECT_EQ(judgement.regressions[0].accepted, nullptr);
}

TEST(Gate, PassesOnAChangeForTheBetterWhicheverWayThatIs) {
  History runs = history();
  add(&runs, "instructions", true, 40, 1010, 1000);
  add(&runs, "hits", true, 40, 1000, 1010);
  runs.series[1].less_is_better = false;
  EXPECT_TRUE(judge(&runs, {}).regressions.empty());
  runs.series[1].less_is_better = true;
  EXPECT_EQ(judge(&runs, {}).regressions.size(), 1U);
}

TEST(Gate, JudgesTimesOnOneMachineOnly) {
  History runs = history();
  add(&runs, "cpu_time", false, 40, 10, 12);
  EXPECT_EQ(judge(&runs, on("a")).regressions.size(), 1U);
  EXPECT_TRUE(judge(&runs, on("b")).regressions.empty());
  EXPECT_EQ(judge(&runs, {}).machine, "b") << "that of the latest run";
}

TEST(Gate, JudgesATimeByItsRatioToTheBaselineWhereThereIsOne) {
  History runs = history();
  add(&runs, "cpu_time", false, 40, 10, 12);
  add(&runs, "cpu_time ÷ glibc", false, 40, 0.5, 0.5);
  const GateFindings judgement = judge(&runs, on("a"));
  EXPECT_TRUE(judgement.regressions.empty());
  EXPECT_EQ(judgement.times, 1U);
}

TEST(Gate, LooksOnlyAtTheLatestRunsOfTheMachine) {
  History runs = history();
  add(&runs, "instructions", true, 40, 1000, 1010);  // the tenth run of machine a from the end
  GateSettings settings;
  settings.within = 9;
  EXPECT_TRUE(judge(&runs, settings).regressions.empty());
  settings.within = 10;
  EXPECT_EQ(judge(&runs, settings).regressions.size(), 1U);
}

TEST(Gate, HoldsNothingAgainstAMachineThatHasRecordedNothingSince) {
  History runs = history();
  add(&runs, "instructions", true, 40, 1000, 1010);  // at second 80, on machine a
  runs.runs.push_back({"new", "200000", "b", 80 + kRecent});
  EXPECT_EQ(judge(&runs, {}).regressions.size(), 1U);
  ++runs.runs.back().time;
  EXPECT_TRUE(judge(&runs, {}).regressions.empty());
}

TEST(Gate, JudgesNoCountersOfOtherToolsExceptRates) {
  History runs = history();
  for (const char* metric : {"queue_length", "retries_per_second"}) {
    add(&runs, metric, false, 40, 20, 10);
    runs.series.back().unit = "counter";
    runs.series.back().less_is_better = false;
  }
  const GateFindings judgement = judge(&runs, on("a"));
  EXPECT_EQ(judgement.times, 1U);
  ASSERT_EQ(judgement.regressions.size(), 1U);
  EXPECT_EQ(runs.series[judgement.regressions[0].series].metric, "retries_per_second");
}

TEST(Gate, JudgesTimesThatSeemToHaveChangedByLessThanTwoPercent) {  // half of those that changed by two
  History runs = history();
  add(&runs, "cpu_time", true, 40, 10, 10.15);  // no noise
  runs.series[0].counted = false;
  EXPECT_EQ(judge(&runs, on("a")).regressions.size(), 1U);
}

TEST(Gate, PassesOverChangesBelowTheLeastSize) {
  History runs = history();
  add(&runs, "instructions", true, 40, 1000, 1010);
  GateSettings settings;
  settings.least_counted = 0.011;
  EXPECT_TRUE(judge(&runs, settings).regressions.empty());
}

TEST(Gate, DoesNotHoldAgainstAnybodyWhatIsGoodAgain) {
  History runs = history();
  add(&runs, "instructions", true, 40, 1000, 1010);
  for (std::size_t i = 45; i < 50; ++i) runs.series[0].values[i] = 1000;
  EXPECT_TRUE(judge(&runs, {}).regressions.empty());
}

TEST(Gate, AcceptsWhatWasAcknowledgedEvenWhenItsPlaceHasMovedALittle) {
  History runs = history();
  add(&runs, "instructions", true, 40, 1000, 1010);
  Acknowledgement accepted{"*", "*", "churn", "*", "instructions", "100084", "checks bounds", "me", 0};
  runs.acknowledgements = {accepted};
  ASSERT_EQ(judge(&runs, {}).regressions.size(), 1U);
  EXPECT_EQ(judge(&runs, {}).regressions[0].accepted, &runs.acknowledgements[0]);
  for (const auto& [member, other] :
       {std::pair{&Acknowledgement::commit, "100060"}, std::pair{&Acknowledgement::metric, "bytes"},
        std::pair{&Acknowledgement::machine, "b"}}) {
    runs.acknowledgements = {accepted};
    runs.acknowledgements[0].*member = other;
    EXPECT_EQ(judge(&runs, {}).regressions[0].accepted, nullptr) << other;
  }
}

TEST(Gate, PutsTheWorstFirst) {
  History runs = history();
  add(&runs, "small", true, 40, 1000, 1010);
  add(&runs, "large", true, 40, 1000, 1100);
  const GateFindings judgement = judge(&runs, {});
  ASSERT_EQ(judgement.regressions.size(), 2U);
  EXPECT_EQ(runs.series[judgement.regressions[0].series].metric, "large");
}

TEST(GateText, SaysInOneLineWhatWasExamined) {
  History runs = history();
  add(&runs, "instructions", true, 40, 1000, 1000);
  const std::string text = gate_text(runs, judge(&runs, {}), {});
  EXPECT_EQ(
      text,
      "no new regression in the latest 30 runs: examined 1 counted series of every machine and 0 times of "
      "b, 100 runs\n");
}

TEST(GateText, PrintsACommandThatAcceptsJustTheFirstOne) {
  History runs = history();
  add(&runs, "instructions", true, 40, 1000, 1010);
  runs.series[0].workload = "it's $(here)";
  const std::string text = gate_text(runs, judge(&runs, {}), {});
  EXPECT_NE(text.find(R"(acknowledge --case='it'\''s $(here)' --metric='instructions' --suite='malloc' )"
                      R"(--subject='mine' --machine='a' --commit='100080' --reason='…')"),
            std::string::npos)
      << text;
}

TEST(GateText, LetsNoEscapeSequenceThrough) {
  History runs = history();
  add(&runs, "\x1b[31m", true, 40, 1000, 1010);
  EXPECT_EQ(gate_text(runs, judge(&runs, {}), {}).find('\x1b'), std::string::npos);
}

TEST(GateText, IsJsonForPrograms) {
  History runs = history();
  add(&runs, "instructions", true, 40, 1000, 1010);
  const auto json = nlohmann::json::parse(gate_json(runs, judge(&runs, {})));
  EXPECT_EQ(json["verdict"], "regression");
  EXPECT_EQ(json["regressions"][0]["first_bad"], "100080");
  EXPECT_TRUE(json["regressions"][0]["acknowledged"].is_null());
}

}  // namespace
}  // namespace assay::report
