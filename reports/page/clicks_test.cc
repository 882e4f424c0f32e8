// The page under a reader's hands, in a real browser: clicks.js sorts, filters, follows links and saves
// files, and what came of it is compared with the results file.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <tuple>

#include "reports/page/browser.h"
#include "reports/page/page.h"

namespace assay::report {
namespace {

using nlohmann::json;

constexpr const char* kSample = "reports/testdata/sample.jsonl";
constexpr const char* kComparison = "reports/testdata/comparison.jsonl";

std::string contents(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<json> records(const char* path, const std::string& kind) {
  std::vector<json> found;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (json record = json::parse(line); record["record"] == kind) found.push_back(std::move(record));
  return found;
}

std::vector<std::vector<std::string>> parse_csv(const std::string& text) {  // that quotes nothing
  std::vector<std::vector<std::string>> lines;
  std::istringstream input(text);
  for (std::string line; std::getline(input, line);) {
    if (line.ends_with('\r')) line.pop_back();
    std::istringstream fields(line + ",");
    lines.emplace_back();
    for (std::string field; std::getline(fields, field, ',');) lines.back().push_back(field);
  }
  return lines;
}

// The sample has no memory over time; two subjects get one here: it rises, and one of them drains. One of
// them has many short pauses, the other few long ones.
Results with_courses() {
  Results results = read_results({kSample}, false);
  for (const std::size_t subject : {0u, 1u})
    for (const std::uint64_t round : {0u, 1u}) {
      Measurement course{
          subject, "malloc", "shifting_bands", "one thread", "sentence", "resident_over_time", "bytes", round,
          true,    {}};
      for (int step = 0; step <= 16; ++step)
        course.samples.push_back(1048576.0 * (subject == 1 && step > 12 ? 4 : 4 + step));
      results.measurements.push_back(course);
      course.metric = "live_over_time";
      results.measurements.push_back(course);
      course.metric = "fragmentation_over_time";
      course.unit = "ratio";
      for (double& sample : course.samples) sample = subject == 0 ? .25 : .75;
      results.measurements.push_back(course);
      course.metric = "mutator_utilisation_over_window";
      course.samples.assign(31, 0);
      for (std::size_t step = subject == 0 ? 10 : 20; step <= 30; ++step) course.samples[step] = .6;
      results.measurements.push_back(course);
      course.metric = "pauses_over_length";
      course.unit = "count";
      course.samples.assign(35, 0);
      course.samples[subject == 0 ? 14 : 26] = subject == 0 ? 900 : 4;
      results.measurements.push_back(course);
    }
  return results;
}

class Clicks : public testing::Test {
 protected:
  // Once, also when nothing comes back: every test then fails on what is missing.
  static Visit once(const std::string& html, const Window& window) {
    try {
      return report::visit(html, contents("reports/page/clicks.js"), window);
    } catch (const std::exception& error) {
      return {json::object(), {error.what()}};
    }
  }

  static const Visit& sample() {
    static const Visit visit = once(page(with_courses()), {});
    return visit;
  }

  // On a phone, in the dark.
  static const Visit& comparison() {
    static const Visit visit = once(page(read_results({kComparison}, false)), {390, 844, true});
    return visit;
  }

  void SetUp() override {
    if (browser_installed()) {
      ASSERT_FALSE(sample().found.empty()) << sample().console.front();
      ASSERT_FALSE(comparison().found.empty()) << comparison().console.front();
    }
    if (!browser_installed()) GTEST_SKIP() << "chromium is not installed: apt-get install chromium";
  }
};

TEST_F(Clicks, LeaveTheConsoleEmpty) {
  EXPECT_EQ(sample().console, std::vector<std::string>{});
  EXPECT_EQ(comparison().console, std::vector<std::string>{});
}

TEST_F(Clicks, ScrollingToAChartDrawsItInThePlaceOfItsDrawing) {
  const json& charts = sample().found["charts"];
  if (page(Results{}).find("id=\"echarts\"") == std::string::npos)
    GTEST_SKIP() << "built without ECharts: npm could not fetch it";
  for (const char* name :
       {"pareto", "percentiles", "course resident_over_time", "course fragmentation_over_time",
        "histogram pauses_over_length", "utilisation mutator_utilisation_over_window", "bars cpu_time",
        "bars peak_resident"}) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(charts.contains(name)) << charts.dump();
    const json& chart = charts[name];
    EXPECT_GT(chart["marks"], 5);
    EXPECT_NE(chart["texts"].dump().find("mimalloc"), std::string::npos);
    EXPECT_FALSE(chart["label"].get<std::string>().empty());
    EXPECT_FALSE(chart["drawing"]) << "the drawing is still there beside the chart";
    EXPECT_TRUE(chart["fits"]);
    EXPECT_TRUE(chart["table"]);
    EXPECT_EQ(chart["tools"], json({"PNG", "SVG", "CSV"}));
  }
  EXPECT_GT(comparison().found["charts"]["forest"]["marks"], 14);
  const std::string pauses = charts["histogram pauses_over_length"]["texts"].dump();
  for (const char* tick : {"\"100 µs\"", "\"1 s\"", "\"1,000\"", "length of a pause"})
    EXPECT_NE(pauses.find(tick), std::string::npos) << tick << " in " << pauses;
  const std::string utilisation = charts["utilisation mutator_utilisation_over_window"]["texts"].dump();
  for (const char* tick : {"\"1 ms\"", "\"10 ms\"", "\"1 s\"", "\"window\""})
    EXPECT_NE(utilisation.find(tick), std::string::npos) << tick << " in " << utilisation;
}

TEST_F(Clicks, SaveAChartAsPictureAndAsTable) {
  const json& found = sample().found;
  if (!found["charts"].contains("pareto") || found["charts"]["pareto"]["marks"] == 0)
    GTEST_SKIP() << "built without ECharts";
  const std::string svg = found["svg"]["content"];
  EXPECT_TRUE(svg.starts_with("<svg")) << svg.substr(0, 100);
  EXPECT_NE(svg.find("tcmalloc"), std::string::npos);
  EXPECT_EQ(found["svg"]["name"], "assay-20261121T093000Z-3fa2c1-pareto.svg");
  EXPECT_EQ(found["png"]["content"]["type"], "image/png");
  EXPECT_GT(found["png"]["content"]["size"], 2000);
  const auto csv = parse_csv(found["chartCsv"]["content"]);  // malloc_p50, p99 and p99.9 of four subjects
  ASSERT_EQ(csv.size(), 13u);
  EXPECT_EQ(csv[0][3], "metric");
  EXPECT_EQ(csv[1][0], "production_mix");
}

TEST_F(Clicks, SaveEverySampleOfTheResultsFile) {
  using Key = std::tuple<std::string, std::string, std::string, int, int>;
  std::map<Key, double> expected, saved;
  for (const json& record : records(kSample, "measurement"))
    for (std::size_t i = 0; i < record["samples"].size(); ++i)
      expected[{record["case"], record["subject"], record["metric"], record["round"], static_cast<int>(i)}] =
          record["samples"][i];
  const auto lines = parse_csv(sample().found["allCsv"]["content"]);
  EXPECT_EQ(lines[0], (std::vector<std::string>{"run", "workload", "subject", "metric", "unit", "round",
                                                "sample", "value"}));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    ASSERT_EQ(lines[i].size(), 8u);
    EXPECT_EQ(lines[i][0], "20261121T093000Z-3fa2c1");
    if (lines[i][3].find("_over_") == std::string::npos)
      saved[{lines[i][1], lines[i][2], lines[i][3], std::stoi(lines[i][5]), std::stoi(lines[i][6])}] =
          std::stod(lines[i][7]);
  }
  EXPECT_EQ(saved, expected);
}

TEST_F(Clicks, SortByAButtonThatTakesTheFocus) {
  const json& found = sample().found;
  EXPECT_TRUE(found["focused"]);
  // By mimalloc's CPU time: 0.47, 0.60, 0.92; the other family has one workload.
  EXPECT_EQ(found["ascending"], json({"fast_path", "production_mix", "shifting_bands", "thread_churn"}));
  EXPECT_EQ(found["descending"], json({"shifting_bands", "production_mix", "fast_path", "thread_churn"}));
  EXPECT_EQ(found["ariaSort"], "ascending");
}

TEST_F(Clicks, FilterTheWorkloadsAndPutItIntoTheAddress) {
  const json& found = sample().found;
  EXPECT_EQ(found["filtered"], json({"thread_churn"})) << "its family is “threads”";
  EXPECT_EQ(found["families"], json({"threads"}));
  EXPECT_EQ(found["details"], json({"thread_churn"}));
  EXPECT_EQ(found["address"], "#filter=Threads");
  EXPECT_EQ(found["counted"], "1 of 4 workloads");
  EXPECT_EQ(found["fromAddress"], json({"shifting_bands", "production_mix", "fast_path"}));
}

// Rows of the panel: run, round, samples.
void expect_samples(const json& panel, const std::string& workload, const std::string& subject,
                    const std::string& metric) {
  std::vector<std::string> expected, shown;
  for (const json& record : records(kSample, "measurement")) {
    if (record["case"] != workload || record["subject"] != subject || record["metric"] != metric) continue;
    for (const double value : record["samples"])
      expected.push_back(std::to_string(record["round"].get<int>()) + ": " + std::to_string(value));
  }
  for (const json& row : panel["rows"]) {
    EXPECT_EQ(row[0], "20261121T093000Z-3fa2c1");
    std::istringstream values(row[2].get<std::string>());
    for (double value = 0; values >> value;)
      shown.push_back(row[1].get<std::string>() + ": " + std::to_string(value));
  }
  std::sort(expected.begin(), expected.end());
  std::sort(shown.begin(), shown.end());
  EXPECT_EQ(shown, expected);
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(panel["title"], metric + " of " + subject + " on " + workload);
  for (const std::string& part : {workload, subject, metric})
    EXPECT_NE(panel["record"].get<std::string>().find(part), std::string::npos);
}

TEST_F(Clicks, ALinkToACellShowsItWithItsSamples) {
  const json& found = sample().found;
  EXPECT_TRUE(found["reached"]) << "shown in spite of the filter, and in view";
  expect_samples(found["panel"], "fast_path", "mimalloc", "cpu_time");
  EXPECT_TRUE(found["focusInPanel"]);
  EXPECT_TRUE(found["closed"]) << "Escape closes the panel and gives the focus back";
  EXPECT_EQ(parse_csv(found["panelCsv"]["content"]).size(), found["panel"]["rows"].size() + 1);
}

TEST_F(Clicks, AFigureLeadsToItsSamples) {
  const json& found = sample().found;
  expect_samples(found["clicked"], "production_mix", "tcmalloc", "peak_resident");
  EXPECT_EQ(found["addressOfCell"], "#cell-production_mix-tcmalloc-peak_resident");
  expect_samples(found["number"], "production_mix", "mine", "malloc_p99.9");
}

TEST_F(Clicks, AChangeInTheVerdictLeadsToItsRatios) {
  const json& found = comparison().found;
  EXPECT_TRUE(found["reached"]);
  EXPECT_EQ(found["panel"]["title"], "cpu_time of 5e6f7a8 ÷ 1a2b3c4 on fast_path");
  const json expected = records(kComparison, "comparison").front()["samples"];
  ASSERT_EQ(found["panel"]["rows"].size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_EQ(std::stod(found["panel"]["rows"][i][1].get<std::string>()), expected[i].get<double>());
  EXPECT_EQ(parse_csv(found["allCsv"]["content"]).size(), records(kComparison, "comparison").size() + 1);
}

TEST_F(Clicks, LeaveTheWorstChangeFirstUntilSortedOtherwise) {
  const json& found = comparison().found;
  EXPECT_EQ(found["ascending"][0], "change-production_mix-5e6f7a8-page_faults-1a2b3c4");
  EXPECT_EQ(found["descending"][0], "change-fast_path-5e6f7a8-cpu_time-1a2b3c4");
}

TEST_F(Clicks, NeverMakeThePageWiderThanItsWindow) {
  EXPECT_LE(sample().found["wide"], 0);
  EXPECT_LE(comparison().found["wide"], 0);
}

}  // namespace
}  // namespace assay::report
