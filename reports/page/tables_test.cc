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

Measurement series(std::size_t subject, std::uint64_t round, const char* metric, const char* unit,
                   std::vector<double> samples) {
  Measurement measured = measurement(subject, round, 0);
  measured.metric = metric;
  measured.unit = unit;
  measured.samples = std::move(samples);
  return measured;
}

// The cells of one row of a table, by their values.
std::vector<double> values_of(const std::string& html, const std::string& label, const std::string& subject) {
  const std::size_t table = html.find("aria-label=\"" + label + "\"");
  const std::size_t row = html.find("<tr><th scope=\"row\">" + subject + "</th>", table);
  if (table == std::string::npos || row == std::string::npos) return {};
  const std::string cells = html.substr(row, html.find("</tr>", row) - row), mark = "data-value=\"";
  std::vector<double> values;
  for (std::size_t at = cells.find(mark); at != std::string::npos; at = cells.find(mark, at + 1))
    values.push_back(std::stod(cells.substr(at + mark.size())));
  return values;
}

TEST(Page, AddsUpPausesOfAllRoundsByDecade) {
  std::vector<double> first(35), second(35);
  first[0] = 1000;  // up to 1.6 µs
  first[4] = 500;   // up to 10 µs
  first[5] = 40;    // from 10 µs
  second[19] = 3;   // up to 10 ms
  second[34] = 2;   // above 6.3 s
  Results results = two_runs();
  results.measurements = {series(0, 0, "pauses_over_length", "count", first),
                          series(0, 1, "pauses_over_length", "count", second),
                          series(1, 0, "pauses_over_length", "count", second)};
  const std::string html = page(results);
  EXPECT_EQ(values_of(html, "Pauses of lifo", "mine"), (std::vector<double>{1545, 1500, 40, 0, 3, 0, 0, 2}));
  EXPECT_EQ(values_of(html, "Pauses of lifo", "glibc"), (std::vector<double>{5, 0, 0, 0, 3, 0, 0, 2}));
}

TEST(Page, ShowsTheUtilisationOfRoundWindows) {
  std::vector<double> curve, lower, higher;
  for (int step = 0; step <= 30; ++step) {
    curve.push_back(step / 32.);
    lower.push_back(curve.back() / 2);
    higher.push_back(1);
  }
  Results results = two_runs();
  for (std::uint64_t round = 0; const auto& samples : {lower, higher, curve})
    results.measurements.push_back(series(0, round++, "mutator_utilisation_over_window", "ratio", samples));
  std::vector<double> shown;
  for (const int step : {0, 3, 7, 10, 13, 17, 20, 23, 27, 30}) shown.push_back(step / 32.);
  EXPECT_EQ(values_of(page(results), "Minimum mutator utilisation of lifo", "mine"), shown);
}

TEST(Page, ComparesNoSeries) {
  Results results = two_runs();
  for (const char* metric : {"held_over_time", "pauses_over_length", "mutator_utilisation_over_window"})
    for (const std::size_t subject : {0u, 1u})
      results.measurements.push_back(series(subject, 0, metric, "count", {1, 2, 3}));
  const Tables tables = tabulate(results);
  EXPECT_TRUE(tables.workloads[0].cells[1].metrics.empty());
  EXPECT_EQ(tables.workloads[0].cells[1].courses.size(), 3u);
}

TEST(Page, HasNoPausesWhereNothingPauses) {
  Results results = two_runs();
  results.measurements = {measurement(0, 0, 10), measurement(1, 0, 5)};
  EXPECT_EQ(page(results).find("id=\"pauses\""), std::string::npos);
}

TEST(Page, SaysWhyASubjectIsMissing) {
  Results results = two_runs();
  results.subjects[0].unavailable = "<rustc> not installed";
  results.measurements = {measurement(1, 0, 10)};
  EXPECT_NE(page(results).find("not available: &lt;rustc&gt; not installed"), std::string::npos);
}

TEST(Page, SaysWhyACellIsMissing) {
  Results results = two_runs();
  results.subjects[0].unavailable_workloads = {{"lifo", "no <io_uring>"}, {"elsewhere", "no disk"}};
  results.measurements = {measurement(1, 0, 10), measurement(3, 0, 10)};
  const Tables tables = tabulate(results);
  ASSERT_EQ(tables.workloads.size(), 1u);
  EXPECT_EQ(tables.workloads[0].cells[1].unavailable, "no <io_uring>");
  const std::string html = page(results);
  EXPECT_NE(html.find("<p>mine is not available: no &lt;io_uring&gt;</p>"), std::string::npos);
  EXPECT_NE(html.find("title=\"not available: no &lt;io_uring&gt;\""), std::string::npos);
  EXPECT_EQ(html.find("no disk"), std::string::npos);
}

TEST(Page, GivesNoReasonWhereAnotherRunHasFigures) {
  Results results = two_runs();
  results.subjects[0].unavailable_workloads = {{"lifo", "no device"}};
  results.measurements = {measurement(2, 0, 10), measurement(3, 0, 10)};
  EXPECT_EQ(tabulate(results).workloads[0].cells[1].unavailable, "");
}

TEST(Page, SaysThatARunWasInterrupted) {
  Results results = two_runs();
  results.truncated = {"<a>.jsonl"};
  EXPECT_NE(page(results).find("&lt;a&gt;.jsonl ends in the middle of a record"), std::string::npos);
}

}  // namespace
}  // namespace assay::report
