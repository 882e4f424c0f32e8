#include "reports/page/tables.h"

#include <gtest/gtest.h>

#include "reports/page/page.h"

namespace assay::report {
namespace {

// Two runs of one machine with a baseline and a peer; the caller adds what it wants to see tabulated.
Results two_runs() {
  Results results;
  for (const char* id : {"r1", "r2"}) {
    const std::size_t run = results.runs.size();
    results.runs.push_back({id, "", "machine", "", "", "", {}});
    results.subjects.push_back({run, "mine", "1", "", "d", Role::kPeer});
    results.subjects.push_back({run, "glibc", "2.36", "", "d", Role::kBaseline});
  }
  return results;
}

Verdict verdict(std::size_t subject, const std::string& clause, Finding finding) {
  return {subject, "malloc", clause, "sentence", "source", "", "", "", "", {}, finding, 'V', 1};
}

Measurement measurement(std::size_t subject, std::uint64_t round, double value) {
  return {subject, "malloc", "lifo", "family", "sentence", kTime, "ns/op", round, true, {value}};
}

TEST(Tabulate, PutsTheBaselineFirstAndJoinsRuns) {
  const Results results = two_runs();
  const Tables tables = tabulate(results);
  ASSERT_EQ(tables.columns.size(), 2u);
  EXPECT_EQ(tables.columns[0].label, "glibc");
  EXPECT_EQ(tables.columns[1].label, "mine");
  EXPECT_EQ(tables.baseline, 0u);
}

TEST(Tabulate, TellsVersionsOfOneSubjectApart) {
  Results results = two_runs();
  results.subjects[2].version = "2";
  const Tables tables = tabulate(results);
  ASSERT_EQ(tables.columns.size(), 3u);
  EXPECT_EQ(tables.columns[1].label, "mine 1");
  EXPECT_EQ(tables.columns[2].label, "mine 2");
}

TEST(Tabulate, RefusesTwoMachinesAndTwoBaselines) {
  Results machines = two_runs(), baselines = two_runs();
  machines.runs[1].machine = "another";
  EXPECT_THROW(tabulate(machines), FormatError);
  baselines.subjects[3].version = "2.41";
  EXPECT_THROW(tabulate(baselines), FormatError);
}

TEST(Tabulate, OrdersClausesByNumberAndTakesTheLatestVerdict) {
  Results results = two_runs();
  results.verdicts = {verdict(0, "N-01", Finding::kPass), verdict(0, "C-100", Finding::kPass),
                      verdict(0, "C-9", Finding::kViolation), verdict(2, "C-9", Finding::kPass),
                      verdict(1, "C-9", Finding::kWeak)};
  const Tables tables = tabulate(results);
  ASSERT_EQ(tables.clauses.size(), 3u);
  EXPECT_EQ(tables.clauses[0].id, "C-9");
  EXPECT_EQ(tables.clauses[1].id, "C-100");
  EXPECT_EQ(tables.clauses[2].id, "N-01");
  EXPECT_TRUE(tables.clauses[0].differs());
  EXPECT_FALSE(tables.clauses[1].differs());
  EXPECT_EQ(tables.columns[1].count(Finding::kPass), 3u);
  EXPECT_EQ(tables.columns[1].count(Finding::kViolation), 0u);
}

TEST(Tabulate, PairsRoundsWithinTheirRun) {
  Results results = two_runs();
  results.measurements = {measurement(0, 0, 10), measurement(1, 0, 5), measurement(2, 0, 40),
                          measurement(3, 0, 20), measurement(2, 1, 7)};
  const Tables tables = tabulate(results);
  const auto comparison = compare_cell(tables.workloads[0], 1, kTime);
  ASSERT_TRUE(comparison);
  EXPECT_DOUBLE_EQ(comparison->ratio.value, 2);
  EXPECT_EQ(comparison->ratio.rounds, 2u);
}

TEST(Tabulate, GivesAFailedCellNoFigure) {
  Results results = two_runs();
  results.measurements = {measurement(0, 0, 10), measurement(1, 0, 5)};
  results.failures = {{0, "malloc", "lifo", "killed", "", 1}};
  const Tables tables = tabulate(results);
  EXPECT_FALSE(compare_cell(tables.workloads[0], 1, kTime));
  EXPECT_FALSE(compare_overall(tables, 1, kTime));
  EXPECT_EQ(tables.columns[1].failed_cells, 1u);
}

TEST(Page, HoldsUpWithoutBaselineWorkloadsOrClauses) {
  Results results = two_runs();
  EXPECT_NE(page(results).find("mine beside glibc"), std::string::npos);
  for (Subject& subject : results.subjects) subject.role = Role::kPeer;
  results.measurements = {measurement(0, 0, 10)};
  EXPECT_NE(page(results).find("This run has no baseline"), std::string::npos);
}

TEST(Page, SaysWhyASubjectIsMissing) {
  Results results = two_runs();
  results.subjects[0].unavailable = "<rustc> not installed";
  results.measurements = {measurement(1, 0, 10)};
  EXPECT_NE(page(results).find("not available: &lt;rustc&gt; not installed"), std::string::npos);
}

TEST(Page, SaysThatARunWasInterrupted) {
  Results results = two_runs();
  results.truncated = {"<a>.jsonl"};
  EXPECT_NE(page(results).find("&lt;a&gt;.jsonl ends in the middle of a record"), std::string::npos);
}

}  // namespace
}  // namespace assay::report
