// Comparisons, calibration and what is unpacked on demand, in the page's text.
#include "reports/page/changes.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>

#include "reports/page/compressed.h"
#include "reports/page/page.h"
#include "reports/page/tables.h"

namespace assay::report {
namespace {

constexpr const char* kComparison = "reports/testdata/comparison.jsonl";

// What a reader without JavaScript has.
std::string still(const std::string& page) { return page.substr(0, page.find("<script")); }

TEST(Changes, StartWithAVerdictAndTheWorst) {
  const Results results = read_results({kComparison}, false);
  const std::string sentence = changes_sentence(results);
  EXPECT_TRUE(sentence.starts_with("<strong>3 regressions, 2 confirmed,</strong> among 14 comparisons: "))
      << sentence;
  EXPECT_NE(sentence.find("2 improvements: "), std::string::npos);
  EXPECT_NE(sentence.find("6 the same, 1 unchanged, byte for byte and 2 undecided."), std::string::npos)
      << sentence;
  const auto rows = worst_first(results);
  EXPECT_EQ(rows[0]->workload, "fast_path");
  EXPECT_EQ(rows[0]->metric, "cpu_time");
  EXPECT_EQ(rows[3]->workload, "production_mix") << "the larger improvement before the smaller";
  EXPECT_EQ(rows[3]->metric, "page_faults");
}

TEST(Changes, SayEverythingWithoutAScript) {
  const Results results = read_results({kComparison}, false);
  const std::string text = still(page(results));
  for (const ComparisonRow& row : results.comparisons)
    EXPECT_NE(text.find("id=\"" + change_id(results, row) + "\""), std::string::npos);
  EXPECT_NE(text.find("the padded build does not link: &quot;&lt;section&gt;&quot; &amp; more"),
            std::string::npos);
  EXPECT_EQ(text.find("id=\"summary\""), std::string::npos) << "an empty table";
}

TEST(Trust, ShowsAlarmsWithWilsonsInterval) {
  const std::string text = still(page(read_results({kComparison}, false)));
  EXPECT_NE(text.find("3, <b>1.5 %</b> <small>0.5–4.3 %"), std::string::npos);  // of 200
  EXPECT_NE(text.find("50, <b>100 %</b> <small>93–100 %"), std::string::npos);  // of 50
}

TEST(Trust, SaysHowToMeasureItWhereNobodyHas) {
  Results results = read_results({kComparison}, false);
  results.calibrations.clear();
  EXPECT_NE(page(results).find("has not been measured. <code>./bazelw run //reports:calibrate</code>"),
            std::string::npos);
}

TEST(Compressed, IsReadByZlib) {
  std::string text;
  for (int i = 0; i < 20000; ++i) text += std::to_string(i * i) + ",";
  const std::string packed = gzip(text);
  EXPECT_LT(packed.size(), text.size() / 2);
  std::string back(text.size() + 1, '\0');
  z_stream stream{};
  ASSERT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(back.data());
  stream.avail_out = static_cast<uInt>(back.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  EXPECT_EQ(back.substr(0, stream.total_out), text);
}

TEST(Compressed, WritesBase64WithItsPadding) {  // RFC 4648, section 10
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xff\xfe"), "//4=");
}

TEST(Compressed, ShortTextStaysLegibleAndCannotEndItsElement) {
  EXPECT_EQ(json_script("id=\"x\"", "[\"</script>\"]"),
            "<script type=\"application/json\" id=\"x\">[\"\\u003c/script>\"]</script>\n");
  EXPECT_TRUE(json_script("id=\"x\"", std::string(100'000, 'a'))
                  .starts_with("<script type=\"text/plain\" id=\"x\">H4sI"));
}

// A peer beside the baseline on `workloads` workloads in six rounds: twice as slow on the first `slow`,
// elsewhere in turns faster and slower.
Results many(std::size_t workloads, std::size_t slow) {
  Results results;
  results.runs.push_back({"r", "", "machine", "", "", "", {}});
  results.subjects.push_back({0, "glibc", "", "", "d", Role::kBaseline});
  results.subjects.push_back({0, "mine", "", "", "d", Role::kPeer});
  for (std::size_t workload = 0; workload < workloads; ++workload)
    for (std::uint64_t round = 0; round < 6; ++round)
      for (const std::size_t subject : {0u, 1u}) {
        const double wave = round % 2 == 0 ? 1.5 + static_cast<double>(round) / 100 : 0.7;
        const double factor = subject == 0 ? 1 : workload < slow ? 2 + static_cast<double>(round) / 10 : wave;
        results.measurements.push_back({subject,
                                        "malloc",
                                        "w" + std::to_string(workload),
                                        "f",
                                        "s",
                                        kTime,
                                        "ns/op",
                                        round,
                                        true,
                                        {10 * factor}});
      }
  return results;
}

std::size_t worse(const Results& results) {
  std::size_t count = 0;
  for (const Workload& workload : tabulate(results).workloads)
    count += compare_cell(workload, 1, kTime)->outcome == Outcome::kWorse;
  return count;
}

TEST(FalseDiscoveries, AreControlledOverTheHeatMap) {
  EXPECT_EQ(worse(many(1, 1)), 1u);
  EXPECT_EQ(worse(many(20, 20)), 20u);
  // Six rounds reach p = 0.031: of twenty cells one such is what chance brings.
  EXPECT_EQ(worse(many(20, 1)), 0u);
  const Results results = many(20, 1);
  const Tables tables = tabulate(results);
  const auto first = std::find_if(tables.workloads.begin(), tables.workloads.end(),
                                  [](const Workload& w) { return w.name == "w0"; });
  const auto comparison = compare_cell(*first, 1, kTime);
  EXPECT_EQ(comparison->outcome, Outcome::kUndecided);
  EXPECT_EQ(comparison->more_rounds, 4u);  // 0.031 ÷ 16 is below 0.05 ÷ 20
}

}  // namespace
}  // namespace assay::report
