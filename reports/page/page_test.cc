// The page in a real browser, compared with the results file that it was made from. What a cell must show is
// computed here anew, from the file's text: the sample has at most six rounds, for which the interval is the
// range.
#include "reports/page/page.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "reports/page/browser.h"

namespace assay::report {
namespace {

using nlohmann::json;

constexpr const char* kSample = "reports/testdata/sample.jsonl";

std::string contents(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<json> records(const std::string& kind) {
  std::vector<json> found;
  std::ifstream file(kSample);
  for (std::string line; std::getline(file, line);)
    if (json record = json::parse(line); record["record"] == kind) found.push_back(std::move(record));
  return found;
}

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return (values[(values.size() - 1) / 2] + values[values.size() / 2]) / 2;
}

// Ratios to glibc, by round, of one cell.
std::vector<double> ratios(const std::string& workload, const std::string& subject,
                           const std::string& metric) {
  std::map<int, double> mine, theirs;
  for (const json& record : records("measurement")) {
    if (record["case"] != workload || record["metric"] != metric) continue;
    const double value = middle(record["samples"].get<std::vector<double>>());
    if (record["subject"] == subject) mine[record["round"]] = value;
    if (record["subject"] == "glibc") theirs[record["round"]] = value;
  }
  std::vector<double> quotients;
  for (const auto& [round, value] : mine) quotients.push_back(value / theirs.at(round));
  return quotients;
}

double pseudo_median(const std::vector<double>& values) {
  std::vector<double> means;
  for (const double a : values)
    for (const double b : values)
      if (&a <= &b) means.push_back(std::sqrt(a * b));
  return middle(means);
}

bool failed(const std::string& workload, const std::string& subject) {
  for (const json& record : records("failure"))
    if (record["case"] == workload && record["subject"] == subject) return true;
  return false;
}

class Page : public testing::Test {
 protected:
  static const Visit& desktop() {
    static const Visit visit = open({1280, 900, false});
    return visit;
  }

  static Visit open(const Window& window) {
    return visit(page(read_results({kSample}, false)), contents("reports/page/probe.js"), window);
  }

  void SetUp() override {
    if (!browser_installed()) GTEST_SKIP() << "chromium is not installed: apt-get install chromium";
  }
};

TEST_F(Page, BrowserReportsWhatAPageSaysOnItsConsole) {
  const Visit loud = visit("<!doctype html><body><script>undefinedName()</script></body>", "return 42;", {});
  EXPECT_EQ(loud.found, 42);
  EXPECT_EQ(loud.console.size(), 1u);
}

TEST_F(Page, OpensWithoutAWordOnTheConsole) { EXPECT_EQ(desktop().console, std::vector<std::string>{}); }

TEST_F(Page, HeatMapShowsTheNumbersOfTheResultsFile) {
  std::set<std::string> workloads, cells;
  for (const json& record : records("measurement")) workloads.insert(record["case"]);
  for (const json& cell : desktop().found["cells"]) {
    const std::string workload = cell["workload"], subject = cell["subject"], metric = cell["metric"],
                      kind = cell["kind"];
    SCOPED_TRACE(workload + " " + subject + " " + metric);
    EXPECT_TRUE(cell["shown"]);
    EXPECT_TRUE(cell["target"]) << "the link leads nowhere";
    EXPECT_TRUE(cells.insert(workload + "/" + subject + "/" + metric).second) << "twice";
    if (failed(workload, subject)) {
      EXPECT_EQ(cell["value"], "FAILED");
      continue;
    }
    if (subject == "glibc") continue;
    const std::vector<double> expected = ratios(workload, subject, metric);
    const double shown = std::stod(cell["value"].get<std::string>());
    EXPECT_NEAR(shown, pseudo_median(expected), shown < 0.0995 ? 0.00051 : 0.0051);
    if (subject == "null") continue;
    const double low = *std::min_element(expected.begin(), expected.end());
    const double high = *std::max_element(expected.begin(), expected.end());
    const bool memory = metric == "peak_resident", enough = expected.size() >= 6;
    if (enough) {
      double from = 0, to = 0;
      ASSERT_EQ(std::sscanf(cell["interval"].get<std::string>().c_str(), "%lf–%lf", &from, &to), 2)
          << cell["interval"];
      EXPECT_NEAR(from, low, 0.0051);
      EXPECT_NEAR(to, high, 0.0051);
    } else {
      EXPECT_EQ(cell["interval"], "");
    }
    const bool tie = enough && low >= 1 / 1.1 && high <= 1.1;
    const std::string word = enough && high < 1  ? (memory ? "leaner" : "faster")
                             : enough && low > 1 ? (memory ? "heavier" : "slower")
                             : tie               ? "tie"
                                                 : "undecided";
    EXPECT_EQ(cell["word"], word);
    EXPECT_EQ(kind.find("shade") != std::string::npos, word != "tie" && word != "undecided") << kind;
  }
  // glibc, mimalloc, tcmalloc, mine and null in two metrics; a failed cell spans both.
  EXPECT_EQ(cells.size(), workloads.size() * 10 - records("failure").size());
}

TEST_F(Page, SampleHasEveryOutcome) {
  std::set<std::string> words;
  for (const json& cell : desktop().found["cells"]) words.insert(cell["word"]);
  for (const char* word : {"faster", "slower", "heavier", "tie", "undecided"})
    EXPECT_TRUE(words.contains(word)) << word;
}

TEST_F(Page, MatrixShowsTheVerdictsOfTheResultsFile) {
  std::map<std::string, json> shown;
  for (const json& cell : desktop().found["verdicts"])
    shown[cell["clause"].get<std::string>() + "/" + cell["subject"].get<std::string>()] = cell;
  const std::vector<json> verdicts = records("verdict");
  EXPECT_EQ(shown.size(), verdicts.size());
  for (const json& record : verdicts) {
    const json& cell = shown[record["case"].get<std::string>() + "/" + record["subject"].get<std::string>()];
    SCOPED_TRACE(record.dump());
    ASSERT_FALSE(cell.is_null());
    const std::string text = cell["verdict"], verdict = record["samples"][0];
    EXPECT_TRUE(text.size() > verdict.size() && text.ends_with(" " + verdict))
        << text << ": a glyph and the word";
    EXPECT_TRUE(cell["shown"]);
    EXPECT_EQ(cell["sentence"], record["sentence"]);
    for (const char* field : {"detail", "reason", "reference"})
      EXPECT_NE(cell["why"].get<std::string>().find(record[field].get<std::string>()), std::string::npos)
          << field;
  }
}

TEST_F(Page, ShowsInsertedTextAsText) { EXPECT_EQ(desktop().found["strange"], 0); }

TEST_F(Page, OpensWithViolationsBeforeDeviations) {
  const json& found = desktop().found;
  EXPECT_NE(found["headlines"][0].get<std::string>().find("mine: byte 13 of calloc(1, 24)"),
            std::string::npos);
  EXPECT_NE(
      found["headlines"].dump().find("tcmalloc 2.10: pvalloc(SIZE_MAX-100) returned a 4,096-byte block"),
      std::string::npos);
  EXPECT_NE(found["verdict"].get<std::string>().find("The gate fails: mine breaks 1 clause"),
            std::string::npos);
}

TEST_F(Page, DrawsEverySampleAndEverySubject) {
  std::size_t samples = 0;
  for (const json& record : records("measurement"))
    if (record["case"] == "production_mix" && record["metric"] == "cpu_time")
      samples += record["samples"].size();
  EXPECT_EQ(desktop().found["circles"], samples);
  const json expected = {"glibc", "mimalloc", "mine *", "tcmalloc"};
  std::vector<std::string> points = desktop().found["points"];
  std::sort(points.begin(), points.end());
  EXPECT_EQ(json(points), expected);
}

TEST_F(Page, CarriesItsFiguresAsData) {
  const json& data = desktop().found["data"];
  EXPECT_EQ(data["clauses"]["C-21"]["mimalloc"], "deviation");
  EXPECT_EQ(data["workloads"]["fast_path"]["mine"]["failures"][0], "killed by SIGSEGV");
  EXPECT_NEAR(data["workloads"]["fast_path"]["mimalloc"]["cpu_time"]["ratio"].get<double>(),
              pseudo_median(ratios("fast_path", "mimalloc", "cpu_time")), 1e-9);
}

TEST_F(Page, FiltersTheMatrix) {
  std::map<std::string, std::set<std::string>> verdicts;
  std::set<std::string> differing, broken, searched;
  for (const json& record : records("verdict")) {
    const std::string clause = record["case"], verdict = record["samples"][0];
    verdicts[clause].insert(verdict == "choice" ? record["detail"].get<std::string>() : verdict);
    if (verdicts[clause].size() > 1) differing.insert(clause);
    if (verdict == "violation" || verdict == "deviation" || verdict == "stale") broken.insert(clause);
    if (record["sentence"].get<std::string>().find("ENOMEM") != std::string::npos) searched.insert(clause);
  }
  const json& found = desktop().found;
  EXPECT_EQ(found["differing"], json(differing));
  EXPECT_EQ(found["broken"], json(broken));
  EXPECT_EQ(found["searched"], json(searched));
  EXPECT_TRUE(found["reached"]) << "a link to a clause that the filter hides";
}

TEST_F(Page, SortsTheHeatMapWithinItsFamilies) {
  const json& found = desktop().found;
  // By mimalloc's CPU time: 0.47, 0.60, 0.92; the other family has one workload.
  EXPECT_EQ(found["ascending"], json({"fast_path", "production_mix", "shifting_bands", "thread_churn"}));
  EXPECT_EQ(found["descending"], json({"shifting_bands", "production_mix", "fast_path", "thread_churn"}));
  EXPECT_EQ(found["sorted"], "ascending");
}

TEST_F(Page, OpensTheDetailThatALinkLeadsTo) { EXPECT_EQ(desktop().found["opened"], json({"fast_path"})); }

TEST_F(Page, UnfoldsEverythingOnPaper) { EXPECT_EQ(desktop().found["closedOnPaper"], 0); }

TEST_F(Page, NamesItsTablesAndPictures) {
  EXPECT_EQ(desktop().found["unnamed"], 0);
  EXPECT_EQ(desktop().found["unscoped"], 0);
}

TEST_F(Page, FitsAPhone) {
  const Visit phone = open({390, 844, false});
  EXPECT_EQ(phone.console, std::vector<std::string>{});
  EXPECT_EQ(phone.found["width"], 390);
  EXPECT_LE(phone.found["scrollWidth"], 390);
  EXPECT_EQ(phone.found["outside"], json::array());
  EXPECT_EQ(phone.found["cells"], desktop().found["cells"]);
}

TEST_F(Page, IsLegibleInBothThemes) {
  const Visit dark = open({1280, 900, true});
  EXPECT_EQ(dark.console, std::vector<std::string>{});
  EXPECT_NE(dark.found["paper"], desktop().found["paper"]);
  EXPECT_EQ(desktop().found["faint"], json::array());
  EXPECT_EQ(dark.found["faint"], json::array());
}

TEST_F(Page, SaysTheSameWithoutItsScript) {
  std::string still = page(read_results({kSample}, false));
  const std::size_t script = still.rfind("<script>");
  still.erase(script, still.rfind("</script>") - script);
  const Visit visit = report::visit(still, contents("reports/page/probe.js"), {});
  EXPECT_EQ(visit.found["cells"], desktop().found["cells"]);
  EXPECT_EQ(visit.found["verdicts"], desktop().found["verdicts"]);
  EXPECT_FALSE(visit.found["filterShown"]) << "a control that does nothing";
}

}  // namespace
}  // namespace assay::report
