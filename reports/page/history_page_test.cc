// The history page as it stands, and under a reader's hands in a real browser (history_clicks.js); what it
// says is compared with the history that it was made from.
#include "reports/page/history_page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

#include "reports/history/gate.h"
#include "reports/page/assets.h"
#include "reports/page/browser.h"
#include "reports/page/history_data.h"

namespace assay::report {
namespace {

using nlohmann::json;
using Line = std::vector<std::string>;

constexpr std::uint32_t kLong = 620, kShort = 60, kFillers = 230;
const std::string kOne = "a1b2c3d4e5f60718", kOther = "xeon <build> & \"ü\"", kOdd = "<chunk a=\"x\">&é";

std::string contents(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::string commit(std::size_t run) {
  char text[48];
  std::snprintf(text, sizeof text, "%016zx%024zx", (run + 1) * 0x9E3779B97F4A7C15, run);
  return text;
}

// A wobble of one percent, made by hand.
double wobble(std::size_t i) { return 1 + 0.01 * std::sin(static_cast<double>(i * i % 97)); }

// kLong runs of one machine, and kShort of another after them.
History made_up() {
  History history;
  for (std::uint32_t i = 0; i < kLong + kShort; ++i) {
    const bool one = i < kLong;
    history.runs.push_back({one ? "a-" + std::to_string(i) : "b-" + std::to_string(i - kLong), commit(i),
                            one ? kOne : kOther, 1'700'000'000 + 3600 * std::int64_t{i}});
  }
  const auto add = [&](const std::string& machine, const char* suite, const std::string& workload,
                       const char* subject, const char* metric, const char* unit, bool counted, bool less,
                       auto value) {
    HistorySeries series{machine, suite, workload, subject, metric, unit, less, counted, {}, {}, {}};
    for (std::uint32_t i = 0; i < history.runs.size(); ++i) {
      if (history.runs[i].machine != machine) continue;
      series.runs.push_back(i);
      series.values.push_back(value(machine == kOne ? i : i - kLong));
    }
    series.changes = find_changes(series.values);
    history.series.push_back(series);
  };
  add(kOne, "malloc", "churn", "mimalloc", "instructions", "count", true, true,
      [](auto i) { return i < kLong - 10 ? 1'000'000.0 : 1'100'000.0; });
  add(kOne, "malloc", kOdd, "tcmalloc", "cpu_time", "ns/op", false, true,
      [](auto i) { return (i < 250 ? 100 : 80) * wobble(i); });
  add(kOne, "malloc", "old", "mimalloc", "peak_resident", "bytes", true, true,
      [](auto i) { return i < 300 ? 4'194'304.0 : 6'291'456.0; });
  add(kOther, "malloc", "churn", "mimalloc", "instructions", "count", true, true,
      [](auto i) { return i < kShort - 1 ? 1'000'000.0 : 1'250'000.0; });
  add(kOther, "malloc", kOdd, "tcmalloc", "cpu_time", "ns/op", false, true, [](auto) { return 50.0; });
  add(kOne, "pmr", "throughput", "pool", "rate", "bytes/s", false, false,
      [](auto i) { return i < 450 ? 2000 * wobble(i) : 1000 * wobble(i); });
  for (std::uint32_t n = 0; n < kFillers; ++n)
    add(kOther, "fill", "filler_" + std::to_string(n), "mimalloc", "cpu_time", "ns/op", false, true,
        [&](auto i) { return n + i + 1.0; });
  history.acknowledgements.push_back({"*", "*", "old", "*", "*", commit(301).substr(0, 12),
                                      "keeps \"more\" <b>pages</b>", "Ada & Co", 1'705'000'000});
  for (HistorySeries& series : history.series)
    if (series.suite == "fill") series.changes.clear();
  return history;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

std::string verdict(const std::string& html) {
  const std::size_t start = html.find("<p class=\"verdict\">");
  return html.substr(start, html.find("</p>", start) - start);
}

TEST(HistoryPage, SaysFirstWhatTheGateWouldSay) {
  History history = made_up();
  const std::string html = history_page(history);
  EXPECT_NE(
      verdict(html).find("<strong>1 change for the worse</strong> in the latest 30 runs is not acknowledged"),
      std::string::npos)
      << verdict(html);
  EXPECT_NE(verdict(html).find("churn</a> instructions of mimalloc <strong>+10.0"), std::string::npos)
      << verdict(html);
  EXPECT_LT(html.find("class=\"verdict\""), html.find("<table"));
  History copy = history;
  GateSettings settings;
  settings.machine = kOne;
  const GateFindings judgement = judge(&copy, settings);
  ASSERT_EQ(judgement.regressions.size(), 1u);
  EXPECT_NE(verdict(html).find(commit(judgement.regressions[0].good).substr(0, 12) + ".." +
                               commit(judgement.regressions[0].bad).substr(0, 12)),
            std::string::npos);

  history.acknowledgements.push_back(
      {"*", "*", "churn", "*", "*", commit(kLong - 10), "checks bounds", "", 0});
  const std::string accepted = history_page(history);
  EXPECT_NE(verdict(accepted).find("No change for the worse"), std::string::npos) << verdict(accepted);
  EXPECT_NE(accepted.find("checks bounds"), std::string::npos);
}

TEST(HistoryPage, JudgesTheTimesOfEveryMachine) {
  History history = made_up();
  HistorySeries& filler = history.series.back();
  for (std::size_t i = 0; i < filler.values.size(); ++i)
    filler.values[i] = (i < 40 ? 100 : 150) + 0.1 * wobble(i);
  HistorySeries& time = history.series[1];  // of the machine that did not run last
  for (std::size_t i = kLong - 20; i < kLong; ++i) time.values[i] *= 1.5;
  EXPECT_NE(verdict(history_page(history)).find("3 changes for the worse"), std::string::npos)
      << verdict(history_page(history));
}

TEST(HistoryPage, ReadsWithoutScripts) {
  const History history = made_up();
  std::size_t changes = 0;
  for (const HistorySeries& series : history.series) changes += series.changes.size();
  ASSERT_EQ(changes, 4u);
  const std::string html = history_page(history);
  EXPECT_EQ(count(html, "<tr data-at="), changes);
  EXPECT_EQ(count(html, "class=\"course\""), 100u) << "a course for each series in the document";
  EXPECT_NE(html.find("keeps &quot;more&quot; &lt;b&gt;pages&lt;/b&gt;<small>Ada &amp; Co, 2024-01-1"),
            std::string::npos);
  EXPECT_NE(html.find("4 MiB → 6 MiB"), std::string::npos);
  EXPECT_NE(html.find("The first 100 rows of 236"), std::string::npos);
  EXPECT_NE(html.find("Series of more than 400 values are thinned"), std::string::npos);
}

TEST(HistoryPage, NamesAreTextWhateverTheyHold) {
  const std::string html = history_page(made_up());
  EXPECT_EQ(html.find("<chunk"), std::string::npos);
  EXPECT_EQ(html.find("<build>"), std::string::npos);
  EXPECT_EQ(html.find("<b>pages"), std::string::npos);
  EXPECT_NE(html.find("&lt;chunk a=&quot;x&quot;&gt;&amp;é"), std::string::npos);
}

TEST(HistoryPage, OfAnEmptyHistorySaysSo) {
  const std::string html = history_page(History{});
  EXPECT_NE(verdict(html).find("The history is empty"), std::string::npos);
  EXPECT_EQ(html.find("<table"), std::string::npos);
}

TEST(HistoryPage, OfOneRunHasNothingToJudge) {
  History history;
  history.runs.push_back({"r", "", kOne, 0});
  history.series.push_back({kOne, "s", "w", "x", "m", "s", true, false, {0}, {0.5}, {}});
  const std::string html = history_page(history);
  EXPECT_NE(verdict(html).find("Nothing to judge yet"), std::string::npos);
  EXPECT_NE(html.find("No series has changed its level"), std::string::npos);
  EXPECT_NE(html.find("<circle"), std::string::npos);
  EXPECT_EQ(html.find("<section id=\"compare\""), std::string::npos);
}

class HistoryClicks : public testing::Test {
 protected:
  static Visit once(const History& history, const Window& window) {
    try {
      return visit(history_page(history), contents("reports/page/history_clicks.js"), window);
    } catch (const std::exception& error) {
      return {json::object(), {error.what()}};
    }
  }
  static const Visit& wide() {
    static const Visit visit = once(made_up(), {});
    return visit;
  }
  static const json& found() { return wide().found; }

  void SetUp() override {
    if (!browser_installed()) GTEST_SKIP() << "chromium is not installed: apt-get install chromium";
    ASSERT_TRUE(found().contains("wide")) << (wide().console.empty() ? "" : wide().console.front());
  }
};

std::vector<Line> parse_csv(const std::string& text) {
  std::vector<Line> lines(1, Line(1));
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"')
      lines.back().back() += text[++i];
    else if (c == '"')
      quoted = !quoted;
    else if (!quoted && c == ',')
      lines.back().emplace_back();
    else if (!quoted && c == '\n')
      lines.emplace_back(1);
    else if (quoted || c != '\r')
      lines.back().back() += c;
  }
  lines.pop_back();
  return lines;
}

std::vector<std::string> column(const json& rows, std::size_t index) {
  std::vector<std::string> cells;
  for (const json& row : rows) cells.push_back(row[index]);
  return cells;
}

TEST_F(HistoryClicks, LeaveTheConsoleEmptyAndThePageNoWiderThanItsWindow) {
  EXPECT_EQ(wide().console, Line{});
  EXPECT_LE(found()["wide"], 0);
  for (const char* problem : {"unscoped", "unnamed", "unlabelled", "strange"})
    EXPECT_EQ(found()[problem], 0) << problem;
}

TEST_F(HistoryClicks, OnAPhoneInTheDarkDoTheSame) {
  const Visit phone = once(made_up(), {390, 844, true});
  EXPECT_EQ(phone.console, Line{});
  ASSERT_TRUE(phone.found.contains("wide"));
  EXPECT_LE(phone.found["wide"], 0);
  EXPECT_EQ(phone.found["sameMachine"], found()["sameMachine"]);
}

TEST_F(HistoryClicks, SortTheChangesByAButtonThatTakesTheFocus) {
  const std::string churn = "churnmalloc", odd = kOdd + "malloc", old = "oldmalloc", rate = "throughputpmr";
  EXPECT_TRUE(found()["focused"]);
  EXPECT_EQ(column(found()["changes"], 0), (Line{churn, rate, old, odd}))
      << "open ones, then the worst first";
  EXPECT_EQ(column(found()["ascending"], 0), (Line{odd, old, rate, churn})) << "by date";
  EXPECT_EQ(column(found()["descending"], 0), (Line{churn, rate, old, odd}));
  EXPECT_EQ(found()["ariaSort"], "ascending");
}

TEST_F(HistoryClicks, FilterTheChanges) {
  EXPECT_EQ(found()["worse"].size(), 3u) << "less throughput is worse, less time is not";
  EXPECT_EQ(column(found()["metric"], 2), Line{"peak_resident"});
  EXPECT_EQ(found()["none"], "0 of 4 rows");
}

TEST_F(HistoryClicks, SaveTheChangesThatTheFilterLeaves) {
  const History history = made_up();
  const auto all = parse_csv(found()["allCsv"]), some = parse_csv(found()["csv"]);
  ASSERT_EQ(all.size(), 5u);
  std::map<std::string, const HistorySeries*> of_case;
  for (const HistorySeries& series : history.series)
    if (!series.changes.empty()) of_case[series.workload] = &series;
  for (std::size_t i = 1; i < all.size(); ++i) {
    SCOPED_TRACE(all[i][1]);
    const HistorySeries& series = *of_case.at(all[i][1]);
    const Change& change = series.changes.front();
    EXPECT_EQ((Line{all[i].begin(), all[i].begin() + 6}), (Line{series.suite, series.workload, series.subject,
                                                                series.metric, series.unit, series.machine}));
    EXPECT_EQ(std::stod(all[i][6]), change.before);
    EXPECT_EQ(std::stod(all[i][7]), change.after);
    EXPECT_EQ(std::strtod(all[i][8].c_str(), nullptr), change.p);
    EXPECT_EQ(all[i][9], commit(series.runs[change.index - 1]));
    EXPECT_EQ(all[i][10], commit(series.runs[change.index]));
  }
  ASSERT_EQ(some.size(), 2u);
  EXPECT_EQ(some[1][14], "keeps \"more\" <b>pages</b>");
  EXPECT_EQ(some[1][15], "Ada & Co");
}

TEST_F(HistoryClicks, FindSeriesThatAreNotInTheDocument) {
  EXPECT_EQ(found()["firstCourses"], 100);
  EXPECT_EQ(column(found()["searched"], 0), Line{"filler_207fill"});
  EXPECT_EQ(found()["allCourses"], 6 + kFillers);
}

TEST_F(HistoryClicks, ALinkOpensAChartWithItsTable) {
  EXPECT_EQ(found()["title"], "instructions of mimalloc on churn");
  EXPECT_TRUE(found()["titleFocused"]);
  EXPECT_TRUE(found()["closed"]) << "gives the focus back";
  EXPECT_TRUE(found()["reopened"]) << "the same link opens it again";
  EXPECT_EQ(found()["verdictLeads"], "instructions of mimalloc on churn");
  const History history = made_up();
  const json& rows = found()["values"];
  ASSERT_GT(rows.size(), kLatest);
  for (std::size_t i = 0; i < kLatest; ++i) {  // the latest first
    const std::size_t run = kLong - 1 - i;
    EXPECT_EQ(rows[i][0], commit(run).substr(0, 12));
    EXPECT_EQ(rows[i][1], history.runs[run].id);
    EXPECT_EQ(std::stod(rows[i][3].get<std::string>()), history.series[0].values[run]);
  }
  EXPECT_EQ(parse_csv(found()["chartCsv"]).size(), rows.size() + 1);
}

TEST_F(HistoryClicks, DrawTheChartWithItsChange) {
  if (!found()["library"]) GTEST_SKIP() << "built without ECharts: npm could not fetch it";
  EXPECT_GT(found()["marks"], 100);
  EXPECT_NE(found()["chartTexts"].dump().find("+10.0"), std::string::npos) << found()["chartTexts"];
  EXPECT_NE(found()["label"].get<std::string>().find("instructions of mimalloc on churn"), std::string::npos);
  EXPECT_FALSE(found()["drawing"]) << "the drawing is still there beside the chart";
}

TEST_F(HistoryClicks, CompareTwoRunsOfOneMachine) {
  const History history = made_up();
  const auto lines = parse_csv(found()["sameMachine"]["csv"]);
  ASSERT_EQ(lines.size(), 5u) << "the four series of the machine";
  std::vector<std::string> order;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    SCOPED_TRACE(lines[i][1]);
    const auto series = std::find_if(
        history.series.begin(), history.series.end(),
        [&](const HistorySeries& one) { return one.machine == kOne && one.workload == lines[i][1]; });
    EXPECT_EQ(lines[i][6] + lines[i][7], "a-600a-619");
    EXPECT_EQ(std::stod(lines[i][8]), series->values[600]);
    EXPECT_EQ(std::stod(lines[i][9]), series->values[619]);
    EXPECT_EQ(std::stod(lines[i][10]), series->values[619] / series->values[600]);
    EXPECT_EQ(lines[i][11], series->counted ? "evidence" : "hint");
  }
  EXPECT_EQ(found()["sameMachine"]["rows"][0][0], "churnmalloc");
  EXPECT_EQ(found()["sameMachine"]["rows"][0][3], "+10.0\u00a0%");
  EXPECT_EQ(found()["sameMachine"]["rows"][0][4], "1,000,000");
}

TEST_F(HistoryClicks, NeverCompareTimesOfTwoMachines) {
  const json& found = HistoryClicks::found()["otherMachine"];
  ASSERT_EQ(found["rows"].size(), 1u) << "only instructions are on both, and they are counted";
  EXPECT_EQ(found["rows"][0], json({"churnmalloc", "mimalloc", "instructions", "+25.0\u00a0%", "1,000,000",
                                    "1,250,000", "evidence"}));
  EXPECT_NE(found["says"].get<std::string>().find("times are left out"), std::string::npos);
}

TEST_F(HistoryClicks, ThinnedSeriesKeepWhatMatters) {
  const HistorySeries series = made_up().series[1];
  const json& packed = found()["data"]["series"][1];
  std::map<std::uint32_t, double> exact, about;
  for (std::size_t i = 0; i < packed["runs"].size(); ++i) exact[packed["runs"][i]] = packed["values"][i];
  for (std::size_t i = 0; i < packed["about"].size(); ++i) about[packed["aboutRuns"][i]] = packed["about"][i];
  EXPECT_LE(exact.size() + about.size(), 2 * kLatest + 300);
  EXPECT_LT(exact.size(), series.values.size() / 2);
  for (const auto& [run, value] : exact) EXPECT_EQ(value, series.values[run]);
  for (const auto& [run, value] : about) EXPECT_NEAR(value, series.values[run], 0.0006 * value);
  for (std::uint32_t run = kLong - kLatest; run < kLong; ++run) EXPECT_TRUE(exact.contains(run));
  for (const Change& change : series.changes)
    EXPECT_TRUE(exact.contains(series.runs[change.index]) && exact.contains(series.runs[change.index - 1]));
  const auto [low, high] = std::minmax_element(series.values.begin(), series.values.end());
  for (const auto extreme : {low, high}) {
    const auto run = static_cast<std::uint32_t>(extreme - series.values.begin());
    EXPECT_TRUE(exact.contains(run) || about.contains(run)) << run;
  }
}

}  // namespace
}  // namespace assay::report
