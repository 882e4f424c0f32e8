#include "reports/review/review.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "reports/review/words.h"

namespace assay::report {
namespace {

// Builds a run whose base is revision 1a2b3c4 and whose head is 5e6f7a8.
struct Made {
  Results results;

  Made() {
    results.runs.push_back({"20261122T101500Z-77ab10", "5e6f7a8", "9f86d081884c7d65", "", "", "", {}});
    results.subjects = {{0, "base", "1a2b3c4", "", "", Role::kBaseline},
                        {0, "head", "5e6f7a8", "", "", Role::kPeer}};
  }

  ComparisonRow& add(const std::string& workload, Decision decision, double ratio, double low, double high) {
    const bool found = decision == Decision::kWorse || decision == Decision::kBetter;
    results.comparisons.push_back({1, "base", "malloc", workload, "cpu_time", "ns/op",
                                   "//allocators:" + workload, "", true, decision, Confirmation::kNone, ratio,
                                   low, high, found ? 0.001 : 0.5, 40, 40 * ratio, 0,
                                   std::vector<double>(12, ratio)});
    return results.comparisons.back();
  }

  ComparisonRow& time(const std::string& workload, Decision decision, double ratio) {
    return add(workload, decision, ratio, ratio - 0.005, ratio + 0.005);
  }

  ComparisonRow& slower(const std::string& workload, double ratio, Confirmation confirmation) {
    ComparisonRow& row = time(workload, Decision::kWorse, ratio);
    row.confirmation = confirmation;
    return row;
  }

  ComparisonRow& counted(const std::string& workload, Decision decision, double base, double head) {
    ComparisonRow& row = time(workload, decision, head / base);
    row.metric = "instructions", row.unit = "count";
    row.low = row.high = row.ratio;
    row.p = head == base ? 1 : 0;
    row.base_value = base, row.subject_value = head;
    row.samples = {row.ratio};
    return row;
  }
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream input(text);
  for (std::string line; std::getline(input, line);) lines.push_back(line);
  return lines;
}

// What is wrong with a document of XML 1.0, without DTD and comments; "" when it is well-formed.
std::string xml_problem(const std::string& xml) {
  std::vector<std::string> open;
  std::size_t at = 0, roots = 0;
  const auto check_text = [](const std::string& text) -> std::string {
    for (std::size_t i = 0; i < text.size(); ++i) {
      const auto c = static_cast<unsigned char>(text[i]);
      if (c < 0x20 && c != '\n' && c != '\t') return "control character " + std::to_string(c);
      if (c == '<') return "a bare <";
      if (c != '&') continue;
      const std::string entity = text.substr(i, text.find(';', i) - i);
      static const std::set<std::string> kKnown = {"&amp", "&lt", "&gt", "&quot", "&#10", "&#9"};
      if (!kKnown.contains(entity)) return "entity " + entity;
    }
    return "";
  };
  const std::string declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  if (!xml.starts_with(declaration)) return "no declaration";
  for (at = declaration.size(); at < xml.size();) {
    const std::size_t tag = std::min(xml.find('<', at), xml.size());
    const std::string text = xml.substr(at, tag - at);
    if (const std::string problem = check_text(text); !problem.empty()) return problem;
    if (open.empty() && text.find_first_not_of(" \n") != std::string::npos) return "text outside: " + text;
    if (tag == xml.size()) break;
    const std::size_t end = xml.find('>', tag);
    if (end == std::string::npos) return "a tag without end";
    std::string body = xml.substr(tag + 1, end - tag - 1);
    at = end + 1;
    if (body[0] == '/') {
      if (open.empty() || open.back() != body.substr(1)) return "unexpected end " + body;
      open.pop_back();
      continue;
    }
    const bool empty = body.back() == '/';
    if (empty) body.pop_back();
    const std::size_t name_end = std::min(body.find(' '), body.size());
    if (open.empty() && ++roots > 1) return "two roots";
    if (!empty) open.push_back(body.substr(0, name_end));
    std::set<std::string> names;
    for (std::size_t i = name_end; i < body.size();) {
      const std::size_t equals = body.find("=\"", i);
      const std::size_t close = equals == std::string::npos ? equals : body.find('"', equals + 2);
      if (body[i] != ' ' || close == std::string::npos) return "attributes of " + body;
      if (!names.insert(body.substr(i, equals - i)).second) return "an attribute twice in " + body;
      const std::string problem = check_text(body.substr(equals + 2, close - equals - 2));
      if (!problem.empty()) return problem;
      i = close + 1;
    }
  }
  return !open.empty() ? "unclosed " + open.back() : roots == 1 ? "" : "no root";
}

TEST(Verdict, NamesTheConfirmedRegressionWithItsInterval) {
  Made made;
  made.add("fast_path", Decision::kWorse, 1.031, 1.024, 1.039).confirmation = Confirmation::kConfirmed;
  for (int i = 0; i < 30; ++i) made.time("quiet" + std::to_string(i), Decision::kSame, 1);
  const Review reviewed = review(made.results);
  EXPECT_EQ(reviewed.answer, Answer::kRegression);
  EXPECT_EQ(verdict_sentence(reviewed),
            "1 confirmed regression among 31 comparisons: fast_path cpu_time +3.1 % (+2.4 … +3.9 %).");
}

TEST(Verdict, ATimeThatIsWorseIsNoRegressionUntilItIsConfirmed) {
  for (const Confirmation confirmation :
       {Confirmation::kNone, Confirmation::kImpossible, Confirmation::kRefuted}) {
    Made made;
    made.slower("fast_path", 1.03, confirmation);
    EXPECT_EQ(review(made.results).answer, Answer::kNoRegression) << name_of(confirmation);
    EXPECT_EQ(verdict_sentence(review(made.results)),
              "No confirmed regression among 1 comparison. 1 worse but not confirmed.");
  }
}

TEST(Verdict, ACountedQuantityThatIsWorseNeedsNoConfirmation) {
  Made made;
  made.counted("fast_path", Decision::kWorse, 5120044, 5220044);
  EXPECT_EQ(review(made.results).answer, Answer::kRegression);
  EXPECT_EQ(verdict_sentence(review(made.results)),
            "1 confirmed regression among 1 comparison: fast_path instructions +2.0 % (5,120,044 → "
            "5,220,044).");
}

TEST(Verdict, MentionsThreeRegressionsAndHowManyMoreThereAre) {
  Made made;
  for (int i = 1; i <= 5; ++i) made.slower("w" + std::to_string(i), 1 + 0.01 * i, Confirmation::kConfirmed);
  EXPECT_EQ(verdict_sentence(review(made.results)),
            "5 confirmed regressions among 5 comparisons: w5 cpu_time +5.0 % (+4.5 … +5.5 %), w4 cpu_time "
            "+4.0 % (+3.5 … +4.5 %), w3 cpu_time +3.0 % (+2.5 … +3.5 %) and 2 more.");
}

TEST(Verdict, CountsWhatIsBetterAndWhatIsUndecided) {
  Made made;
  made.time("a", Decision::kBetter, 0.95);
  made.time("b", Decision::kUndecided, 1.01);
  made.time("c", Decision::kUndecided, 0.99);
  EXPECT_EQ(verdict_sentence(review(made.results)),
            "No regression among 3 comparisons. 1 better, 2 undecided.");
}

TEST(Verdict, SaysUnchangedWhenEverythingIsTheSameBytes) {
  Made made;
  made.time("a", Decision::kUnchanged, 1.0004);
  made.counted("a", Decision::kUnchanged, 10, 10);
  EXPECT_EQ(review(made.results).answer, Answer::kNoRegression);
  EXPECT_EQ(verdict_sentence(review(made.results)),
            "Unchanged: base and head are the same bytes in 2 comparisons.");
}

TEST(Verdict, IsInvalidWhenNothingWasCompared) {
  const Review reviewed = review(Made().results);
  EXPECT_EQ(reviewed.answer, Answer::kInvalid);
  EXPECT_EQ(reviewed.head, "5e6f7a8");
  EXPECT_EQ(verdict_sentence(reviewed), "Invalid: nothing was compared.");
}

TEST(Verdict, AFailedControlOutweighsEveryRegression) {
  Made made;
  made.slower("fast_path", 1.03, Confirmation::kConfirmed);
  made.add("idle", Decision::kUnchanged, 1.021, 1.010, 1.030).p = 0.0001;
  const Review reviewed = review(made.results);
  EXPECT_EQ(reviewed.answer, Answer::kInvalid);
  EXPECT_EQ(reviewed.rows.front().row->workload, "idle");
  EXPECT_EQ(
      verdict_sentence(reviewed),
      "Invalid: base and head differ where they are the same bytes, so noise cannot be told from change: "
      "idle cpu_time +2.1 % (+1.0 … +3.0 %).");
}

TEST(Controls, OneThatHappensToDifferALittleIsNoFailure) {
  Made made;
  made.add("idle", Decision::kUnchanged, 1.003, 1.001, 1.005).p = 0.0001;  // below the floor of any finding
  EXPECT_EQ(review(made.results).answer, Answer::kNoRegression);
}

TEST(Controls, AreJudgedTogetherSoThatManyRaiseNoFalseAlarm) {
  Made made;
  made.time("unlucky", Decision::kUnchanged, 1.02).p = 0.009;
  EXPECT_EQ(review(made.results).answer, Answer::kInvalid);
  for (int i = 0; i < 30; ++i) made.time("idle" + std::to_string(i), Decision::kUnchanged, 1.0001);
  EXPECT_EQ(review(made.results).answer, Answer::kNoRegression);
}

TEST(Controls, AProgramThatCountsOtherwiseThoughItIsTheSameBytesFails) {
  Made made;
  made.counted("fast_path", Decision::kUnchanged, 5000, 5100);
  EXPECT_EQ(review(made.results).answer, Answer::kInvalid);
}

TEST(Controls, AreProgramsThatWereMeasuredNotRows) {
  Made made;
  made.time("a", Decision::kUnchanged, 1.0002);
  made.time("a", Decision::kUnchanged, 0.9998).metric = "wall_time";
  made.time("b", Decision::kUnchanged, 1.0001);
  made.time("c", Decision::kUnchanged, 1).samples = {1};  // identical, so nobody measured it
  EXPECT_EQ(control_text(review(made.results)), "control: 2 identical programs measured, none differs");
}

TEST(Failures, MakeTheAnswerInvalidUnlessThereIsARegression) {
  Made made;
  made.time("server", Decision::kSame, 1);
  made.results.failures.push_back({1, "malloc", "fast_path", "killed by SIGSEGV", "line 1\nline 2", 3});
  EXPECT_EQ(review(made.results).answer, Answer::kInvalid);
  EXPECT_EQ(verdict_sentence(review(made.results)),
            "Invalid: 1 measurement failed: fast_path of 5e6f7a8 (killed by SIGSEGV).");
  made.slower("soak", 1.02, Confirmation::kConfirmed);
  EXPECT_EQ(review(made.results).answer, Answer::kRegression);
  EXPECT_TRUE(verdict_sentence(review(made.results)).ends_with("(killed by SIGSEGV)."));
}

TEST(Failures, AreInEveryForm) {
  Made made;
  made.time("server", Decision::kSame, 1);
  made.results.failures.push_back({1, "malloc", "fast_path", "killed by SIGSEGV", "line 1\nline <2>", 3});
  const Review reviewed = review(made.results);
  EXPECT_TRUE(
      contains(text_table(reviewed, false, 80), "FAILED: fast_path of 5e6f7a8 (killed by SIGSEGV)\n"));
  EXPECT_TRUE(contains(markdown(reviewed), "- failed: `fast_path` of `5e6f7a8` (`killed by SIGSEGV`)\n"));
  EXPECT_TRUE(contains(junit(reviewed),
                       "<error message=\"killed by SIGSEGV\" type=\"measurement\">line 1&#10;line "
                       "&lt;2&gt;</error>"));
  EXPECT_TRUE(contains(github_annotations(reviewed),
                       "::error title=Failed%3A fast_path::5e6f7a8: killed by SIGSEGV\n"));
  EXPECT_EQ(nlohmann::json::parse(gitlab_code_quality(reviewed))[0]["check_name"], "Failed");
}

TEST(Order, IsTheWorstFirst) {
  Made made;
  made.time("same", Decision::kSame, 1);
  made.time("undecided", Decision::kUndecided, 1.02);
  made.time("better", Decision::kBetter, 0.97);
  made.time("much_better", Decision::kBetter, 0.80);
  made.slower("alleged", 1.30, Confirmation::kImpossible);
  made.slower("worse", 1.03, Confirmation::kConfirmed);
  made.slower("much_worse", 1.08, Confirmation::kConfirmed);
  ComparisonRow& from_zero = made.counted("from_zero", Decision::kWorse, 0.5, 1);
  from_zero.base_value = 0, from_zero.subject_value = 7, from_zero.ratio = 1;
  ComparisonRow& rate = made.slower("rate", 0.95, Confirmation::kConfirmed);
  rate.less_is_better = false;
  std::string order;
  const Review reviewed = review(made.results);
  for (const ReviewedRow& row : reviewed.rows) order += row.row->workload + " ";
  EXPECT_EQ(order, "from_zero much_worse rate worse alleged much_better better undecided same ");
}

TEST(Names, HaveTheirTargetWhereSeveralProgramsShareOne) {
  Made made;
  made.time("churn", Decision::kSame, 1).target = "//a:a";
  made.time("churn", Decision::kSame, 1).target = "//b:b";
  made.time("soak", Decision::kSame, 1);
  const Review reviewed = review(made.results);
  EXPECT_EQ(reviewed.rows[0].name, "//a:a churn cpu_time");
  EXPECT_EQ(reviewed.rows[1].name, "//b:b churn cpu_time");
  EXPECT_EQ(reviewed.rows[2].name, "soak cpu_time");
}

TEST(Words, AChangeHasTheDecimalsThatItNeeds) {
  Made made;
  EXPECT_EQ(change_text(made.time("a", Decision::kSame, 1.0344)), "+3.4 %");
  EXPECT_EQ(change_text(made.time("a", Decision::kSame, 0.9958)), "−0.42 %");
  EXPECT_EQ(change_text(made.time("a", Decision::kSame, 1.00001)), "±0.00 %");
  EXPECT_EQ(change_text(made.counted("a", Decision::kWorse, 5'000'000, 5'000'050)), "+0.0010 %");
  EXPECT_EQ(change_text(made.time("a", Decision::kWorse, 123.4)), "×123");
  EXPECT_EQ(range_text(made.add("a", Decision::kSame, 0.998, 0.9931, 1.0028)), "−0.69 … +0.28 %");
  EXPECT_EQ(range_text(made.add("a", Decision::kWorse, 90, 70, 123.4)), "×70 … ×123");
}

TEST(Words, WhatWasZeroHasNoPercentage) {
  Made made;
  ComparisonRow& row = made.counted("a", Decision::kWorse, 1, 2);
  row.base_value = 0;
  EXPECT_EQ(change_text(row), "from 0");
  EXPECT_EQ(values_text(row), "0 → 2");
}

TEST(Words, ValuesAreThoseOfBaseAndHeadInTheirUnit) {
  Made made;
  ComparisonRow& row = made.time("a", Decision::kSame, 1);
  const auto values = [&](double base, double head, const char* unit) {
    row.base_value = base, row.subject_value = head, row.unit = unit;
    return values_text(row);
  };
  EXPECT_EQ(values(42.4, 43.858, "ns/op"), "42.4 → 43.9 ns/op");
  EXPECT_EQ(values(1.5, 1.256, "ns/op"), "1.50 → 1.26 ns/op");
  EXPECT_EQ(values(44500, 43761.255, "ns/op"), "44,500 → 43,761 ns/op");
  EXPECT_EQ(values(5120044, 5120045, "count"), "5,120,044 → 5,120,045");
  EXPECT_EQ(values(146800640, 146804736, "bytes"), "143,360 → 143,364 KiB");
  EXPECT_EQ(values(1000, 1025, "bytes"), "1,000 → 1,025 bytes");
  EXPECT_EQ(values(1000, 2048, "bytes"), "1,000 → 2,048 bytes");
  EXPECT_EQ(values(12.5, 13.25, "bytes/burst"), "12.5 → 13.2 bytes/burst");
}

TEST(Words, ARemarkSaysWhatTheSecondBuildSaidAndWhatIsMissing) {
  Made made;
  ComparisonRow& row = made.time("a", Decision::kUndecided, 1.02);
  row.more = 1;
  EXPECT_EQ(remark_text(review(made.results).rows[0]), "about 1 more restart");
  row.confirmation = Confirmation::kRefuted, row.more = 9, row.detail = "see\nthe log";
  EXPECT_EQ(remark_text(review(made.results).rows[0]),
            "alarm refuted by a differently padded build; about 9 more restarts: see the log");
}

TEST(Words, WhatIsNoTextBecomesTheReplacementCharacter) {
  EXPECT_EQ(legible("a\033[31mb\x7f"), "a\uFFFD[31mb\uFFFD");
  EXPECT_EQ(legible("two\nlines\tand\r"), "two lines and ");
  EXPECT_EQ(legible("two\nlines", true), "two\nlines");
  EXPECT_EQ(legible("µ → 𝄞"), "µ → 𝄞");
  EXPECT_EQ(legible("\xC2\x9B"), "\uFFFD");                  // C1: CSI
  EXPECT_EQ(legible("\xC0\xAF\xFF"), "\uFFFD\uFFFD\uFFFD");  // overlong, never a lead
  EXPECT_EQ(legible("\xE0\x80\xAF"), "\uFFFD\uFFFD\uFFFD");  // overlong
  EXPECT_EQ(legible("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(legible("\xE2\x82"), "\uFFFD\uFFFD");            // cut
  EXPECT_EQ(legible("\uFFFE\u202Eabc"),
            "\uFFFD\uFFFD"
            "abc");  // no character; turns the direction
  EXPECT_EQ(legible(std::string_view("\0", 1)), "\uFFFD");
}

TEST(Words, ShorteningCountsCharactersAndCutsNone) {
  EXPECT_EQ(shortened("→→→", 3), "→→→");
  EXPECT_EQ(shortened("→→→→", 3), "→→…");
  EXPECT_EQ(shortened("ab", 1), "…");
}

constexpr const char* kTable =
    R"(1 confirmed regression among 8 comparisons: fast_path cpu_time +3.4 % (+2.9 …
+4.0 %). 1 worse but not confirmed, 1 better, 1 undecided.
base 1a2b3c4, head 5e6f7a8; times with 95 % intervals over restarts

worse      fast_path cpu_time         +3.4 %  +2.9 … +4.0 %     12 restarts
           40.0 → 41.4 ns/op, confirmed by a differently padded build
worse?     realloc_growth cpu_time    +1.0 %  +0.5 … +1.5 %     12 restarts
           40.0 → 40.4 ns/op, could not be confirmed: the padded build does not
           link
better     server instructions       −13.4 %  exact             counted
           35,831 → 31,020
undecided  thread_churn cpu_time      −1.7 %  −7.1 … +3.6 %     12 restarts
           40.0 → 39.3 ns/op, about 22 more restarts
same       handover cpu_time         −0.50 %  −1.00 … ±0.00 %   12 restarts
           40.0 → 39.8 ns/op, alarm refuted by a differently padded build

2 the same; 2 unchanged, byte for byte; control: 2 identical programs measured,
none differs.
)";

Made example() {
  Made made;
  made.add("fast_path", Decision::kWorse, 1.0344, 1.0286, 1.0402).confirmation = Confirmation::kConfirmed;
  made.slower("realloc_growth", 1.01, Confirmation::kImpossible).detail = "the padded build does not link";
  made.counted("server", Decision::kBetter, 35831, 31020);
  made.add("thread_churn", Decision::kUndecided, 0.9834, 0.929, 1.036).more = 22;
  made.time("handover", Decision::kSame, 0.995).confirmation = Confirmation::kRefuted;
  made.time("soak", Decision::kSame, 1.0001);
  made.time("idle", Decision::kUnchanged, 1.0001);
  made.time("cold_start", Decision::kUnchanged, 0.9999);
  return made;
}

TEST(TextTable, SaysTheVerdictThenTheWorstThenWhatIsUndecidedThenTheRestInOneSentence) {
  const Made made = example();
  EXPECT_EQ(text_table(review(made.results), false, 80), kTable);
}

TEST(TextTable, ColourIsAllThatColourAdds) {
  const Made made = example();
  const std::string coloured = text_table(review(made.results), true, 80);
  EXPECT_TRUE(contains(coloured, "\033[1;31mworse "));
  std::string text;
  for (std::size_t at = 0; at < coloured.size(); ++at)
    coloured[at] == '\033' ? static_cast<void>(at = coloured.find('m', at))
                           : static_cast<void>(text += coloured[at]);
  EXPECT_EQ(text, kTable);
}

TEST(TextTable, NoLineIsWiderThanTheTerminal) {
  Made made = example();
  made.slower("a", 1.02, Confirmation::kImpossible).detail = std::string(150, '.') + " a b c d";
  for (int i = 0; i < 100; ++i) made.results.comparisons.back().detail += " e";
  ComparisonRow& row = made.slower(std::string(300, 'w'), 1e9, Confirmation::kImpossible);
  row.detail = "because " + std::string(300, 'x') + " is longer than a line and so is the rest of it";
  row.low = 0.5e9, row.high = 123456789012;
  row.samples.assign(12345, 1);
  made.time("worn", Decision::kUndecided, 1.02).confirmation = Confirmation::kRefuted;
  made.results.failures.push_back({1, "malloc", std::string(200, 'f'), std::string(200, 'r'), "", 0});
  for (const std::size_t width : {60U, 80U, 100U, 200U})
    for (const std::string& line : lines_of(text_table(review(made.results), false, width)))
      EXPECT_LE(characters(line), width) << line;
}

TEST(TextTable, NothingOfAProgramReachesTheTerminalButText) {
  Made made;
  made.slower("evil\033]0;title\a", 1.05, Confirmation::kImpossible).detail = "\033[2J\nsecond line";
  made.results.subjects[1].version = "\033[8m";
  const std::string text = text_table(review(made.results), false, 80);
  EXPECT_EQ(text.find('\033'), std::string::npos);
  EXPECT_EQ(text.find('\a'), std::string::npos);
}

TEST(TextTable, ShowsTheWorstOfManyAndSaysHowManyThereAre) {
  Made made;
  for (int i = 0; i < 40; ++i)
    made.slower("w" + std::to_string(i), 1.01 + 0.001 * i, Confirmation::kConfirmed);
  const std::string text = text_table(review(made.results), false, 80);
  EXPECT_TRUE(contains(text, "w39 cpu_time"));
  EXPECT_FALSE(contains(text, "w0 cpu_time"));
  EXPECT_TRUE(contains(text, "… and 15 more worse, less changed\n"));
}

TEST(Markdown, HasTheWorstOpenAndTheRestFolded) {
  const Made made = example();
  const std::string text = markdown(review(made.results));
  EXPECT_TRUE(
      text.starts_with("### Performance: 1 confirmed regression among 8 comparisons: `fast_path cpu_time` "
                       "+3.4 % (+2.9 … +4.0 %)."));
  const std::size_t fold = text.find("<details>");
  EXPECT_LT(
      text.find("| 🔴 worse | `fast_path cpu_time` | **+3.4 %** | +2.9 … +4.0 % | 12 restarts | 40.0 → 41.4 "
                "ns/op | confirmed by a differently padded build |\n"),
      fold);
  EXPECT_LT(text.find("`realloc_growth cpu_time`"), fold);
  EXPECT_GT(text.find("`server instructions`"), fold);
  EXPECT_TRUE(contains(text, "\n<details><summary>1 undecided</summary>\n\n|"));
  EXPECT_TRUE(contains(text, "control: 2 identical programs measured, none differs\n"));
  EXPECT_EQ(occurrences(text, "<details>"), occurrences(text, "</details>"));
  EXPECT_FALSE(contains(text, "left out"));
}

TEST(Markdown, FiveThousandRowsAreCutToWhatACommentHoldsWithANote) {
  for (const Decision decision : {Decision::kWorse, Decision::kUndecided}) {
    Made made;
    for (int i = 0; i < 5000; ++i) {
      ComparisonRow& row = made.time("workload_" + std::to_string(i), decision, 1.02);
      row.confirmation = decision == Decision::kWorse ? Confirmation::kConfirmed : Confirmation::kNone;
      row.detail = "µ";
    }
    const std::string text = markdown(review(made.results));
    EXPECT_LT(text.size(), 65536U);
    EXPECT_GT(text.size(), 60000U);
    const std::size_t shown = occurrences(text, "`workload_") - (decision == Decision::kWorse ? 3 : 0);
    EXPECT_TRUE(contains(text, "*" + plural(5000 - shown, "row") + " left out: a comment holds 64 KB."));
    EXPECT_EQ(occurrences(text, "<details>"), occurrences(text, "</details>"));
  }
}

TEST(Markdown, LongTextsDoNotPushTheVerdictOut) {
  Made made;
  const std::string huge(100'000, 'x');
  made.results.subjects[0].version = huge;
  for (int i = 0; i < 100; ++i) {
    made.slower(huge + std::to_string(i), 1.02, Confirmation::kConfirmed).detail = huge;
  }
  const std::string large(1000, 'y');
  for (int i = 0; i < 1000; ++i) made.results.failures.push_back({1, "malloc", large, large, large, 0});
  const std::string text = markdown(review(made.results));
  EXPECT_LT(text.size(), 65536U);
  EXPECT_TRUE(text.starts_with("### Performance: 100 confirmed regressions"));
  EXPECT_GT(occurrences(text, "🔴"), 10U);
}

TEST(Markdown, NamesAreCodeSoThatTheyMentionNobodyAndBreakNoTable) {
  Made made;
  made.slower("@everyone | </details> `code` <img src=x>\n# heading", 1.02, Confirmation::kConfirmed).detail =
      "a|b`c";
  const std::string text = markdown(review(made.results));
  EXPECT_TRUE(contains(text, "| `@everyone ¦ </details> 'code' <img src=x> # heading cpu_time` |"));
  EXPECT_TRUE(contains(text, "| `confirmed by a differently padded build: a¦b'c` |\n"));
}

TEST(JUnit, IsOneTestCaseARow) {
  Made made;
  made.add("fast_path", Decision::kWorse, 1.0344, 1.0286, 1.0402).confirmation = Confirmation::kConfirmed;
  made.add("handover", Decision::kUndecided, 0.9834, 0.929, 1.036).more = 22;
  made.counted("server", Decision::kSame, 100, 100);
  made.results.comparisons.back().target = "";
  EXPECT_EQ(junit(review(made.results)), R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="assay" tests="3" failures="1" errors="0" skipped="1">
  <testsuite name="compare_builds" tests="3" failures="1" errors="0" skipped="1">
    <properties>
      <property name="base" value="1a2b3c4"/>
      <property name="head" value="5e6f7a8"/>
      <property name="machine" value="9f86d081884c7d65"/>
      <property name="verdict" value="1 confirmed regression among 3 comparisons: fast_path cpu_time +3.4 % (+2.9 … +4.0 %). 1 undecided."/>
      <property name="controls" value=""/>
    </properties>
    <testcase classname="//allocators:fast_path" name="fast_path cpu_time">
      <failure message="+3.4 % (+2.9 … +4.0 %, 12 restarts), 40.0 → 41.4 ns/op, confirmed by a differently padded build" type="regression"/>
      <system-out>worse: +3.4 % (+2.9 … +4.0 %, 12 restarts), 40.0 → 41.4 ns/op, confirmed by a differently padded build</system-out>
    </testcase>
    <testcase classname="//allocators:handover" name="handover cpu_time">
      <skipped message="undecided: −1.7 % (−7.1 … +3.6 %, 12 restarts), 40.0 → 39.3 ns/op, about 22 more restarts"/>
      <system-out>undecided: −1.7 % (−7.1 … +3.6 %, 12 restarts), 40.0 → 39.3 ns/op, about 22 more restarts</system-out>
    </testcase>
    <testcase classname="malloc" name="server instructions">
      <system-out>same: ±0.00 % (exact), 100 → 100</system-out>
    </testcase>
  </testsuite>
</testsuites>
)");
}

TEST(JUnit, AnUnconfirmedSlowdownIsSkippedWithTheReasonAndAFailedControlIsAnError) {
  Made made;
  made.slower("a", 1.02, Confirmation::kNone);
  made.time("b", Decision::kUnchanged, 1.05).p = 0.0001;
  const std::string xml = junit(review(made.results));
  EXPECT_TRUE(contains(xml, "failures=\"0\" errors=\"1\" skipped=\"1\""));
  EXPECT_TRUE(
      contains(xml,
               "<skipped message=\"worse: +2.0 % (+1.5 … +2.5 %, 12 restarts), 40.0 → 40.8 ns/op, not "
               "confirmed: no differently padded build was measured\"/>"));
  EXPECT_TRUE(contains(xml, "<error message=\"+5.0 % "));
}

TEST(JUnit, IsWellFormedWhateverNamesAndTextsHold) {
  Made made = example();
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  made.slower(bytes + "]]>", 1.02, Confirmation::kConfirmed).detail = "<&\"'>]]>" + bytes;
  made.results.comparisons.back().target = "//\"<" + bytes;
  made.results.failures.push_back({1, "malloc", bytes, bytes, bytes + "\n</error>", 0});
  made.results.subjects[0].version = bytes;
  const std::string xml = junit(review(made.results));
  EXPECT_EQ(xml_problem(xml), "");
  EXPECT_EQ(legible(xml, true), xml);  // valid UTF-8
}

TEST(JUnit, TheCheckForWellFormedXmlFindsWhatIsNot) {
  const std::string head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  EXPECT_EQ(xml_problem(head + "<a b=\"1\"><c/>text &amp; more</a>\n"), "");
  for (const char* wrong : {"<a>", "<a></b>", "<a/><b/>", "<a b=\"1\" b=\"2\"/>", "<a b=\"&\"/>",
                            "<a>\x01</a>", "<a b=1/>", "<a b=\"<\"/>", "text", ""})
    EXPECT_NE(xml_problem(head + wrong), "") << wrong;
}

TEST(GitHub, AnnotatesErrorsWarningsAndNotices) {
  const Made made = example();
  EXPECT_EQ(github_annotations(review(made.results)),
            "::error title=Regression%3A fast_path cpu_time::+3.4 %25 (+2.9 … +4.0 %25, 12 restarts), 40.0 → "
            "41.4 ns/op, "
            "confirmed by a differently padded build\n"
            "::warning title=Worse%2C not confirmed%3A realloc_growth cpu_time::+1.0 %25 (+0.5 … +1.5 %25, "
            "12 restarts), "
            "40.0 → 40.4 ns/op, could not be confirmed: the padded build does not link\n"
            "::warning title=Undecided%3A thread_churn cpu_time::−1.7 %25 (−7.1 … +3.6 %25, 12 restarts), "
            "40.0 → 39.3 "
            "ns/op, about 22 more restarts\n"
            "::notice title=Performance::1 confirmed regression among 8 comparisons: fast_path cpu_time +3.4 "
            "%25 (+2.9 … "
            "+4.0 %25). 1 worse but not confirmed, 1 better, 1 undecided.\n"
            "::notice title=Better%3A server instructions::−13.4 %25 (exact), 35,831 → 31,020\n"
            "::notice title=Refuted%3A handover cpu_time::−0.50 %25 (−1.00 … ±0.00 %25, 12 restarts), 40.0 → "
            "39.8 ns/op, "
            "alarm refuted by a differently padded build\n");
}

TEST(GitHub, GetsTheWorstTenOfEveryKind) {
  Made made;
  for (int i = 0; i < 15; ++i) {
    const std::string number = std::to_string(100 + i);
    made.slower("w" + number, 1.02 + 0.001 * i, Confirmation::kConfirmed);
    made.time("u" + number, Decision::kUndecided, 1.02 + 0.001 * i);
    made.time("b" + number, Decision::kBetter, 0.9 + 0.001 * i);
  }
  const std::vector<std::string> lines = lines_of(github_annotations(review(made.results)));
  for (const char* kind : {"::error ", "::warning ", "::notice "})
    EXPECT_EQ(std::count_if(lines.begin(), lines.end(), [&](auto& line) { return line.starts_with(kind); }),
              10)
        << kind;
  EXPECT_TRUE(contains(lines[0], "w114")) << lines[0];
  EXPECT_TRUE(contains(lines[9], "w105")) << lines[9];
  EXPECT_EQ(lines[10], "(5 more errors: see the table)");
}

TEST(GitHub, ANameCannotEndItsCommand) {
  Made made;
  made.slower("a::b,c%0A\n::error::x", 1.05, Confirmation::kImpossible).detail = "100%\nnext";
  made.results.failures.push_back({1, "malloc", "f", "first\nsecond", "", 0});
  const std::string text = github_annotations(review(made.results));
  EXPECT_TRUE(
      contains(text, "title=Worse%2C not confirmed%3A a%3A%3Ab%2Cc%250A %3A%3Aerror%3A%3Ax cpu_time::"));
  EXPECT_TRUE(contains(text, ": 100%25 next\n"));
  EXPECT_TRUE(contains(text, "first%0Asecond\n"));
  EXPECT_EQ(lines_of(text).size(), 3U);
}

TEST(GitLab, AnIssueNamesTheFileThatDefinesTheTarget) {
  Made made;
  made.slower("fast_path", 1.05, Confirmation::kConfirmed).target = "//allocators/arena:fast_path";
  made.slower("root", 1.04, Confirmation::kConfirmed).target = "//:root";
  made.slower("none", 1.03, Confirmation::kConfirmed).target = "";
  const auto json = nlohmann::json::parse(gitlab_code_quality(review(made.results)));
  ASSERT_EQ(json.size(), 3U);
  EXPECT_EQ(json[0]["location"]["path"], "allocators/arena/BUILD");
  EXPECT_EQ(json[1]["location"]["path"], "BUILD");
  EXPECT_EQ(json[2]["location"]["path"], "BUILD");
  EXPECT_EQ(json[0]["location"]["lines"]["begin"], 1);
  EXPECT_EQ(json[0]["severity"], "major");
  EXPECT_EQ(json[0]["check_name"], "Regression");
  EXPECT_EQ(
      json[0]["description"],
      "Regression: fast_path cpu_time: +5.0 % (+4.5 … +5.5 %, 12 restarts), 40.0 → 42.0 ns/op, confirmed by "
      "a differently padded build");
}

TEST(GitLab, AFingerprintStaysWithTheFindingAndIsItsAlone) {
  Made made;
  made.slower("a", 1.05, Confirmation::kConfirmed);
  made.slower("b", 1.04, Confirmation::kConfirmed);
  made.slower("b", 1.03, Confirmation::kConfirmed).metric = "wall_time";
  const auto before = nlohmann::json::parse(gitlab_code_quality(review(made.results)));
  std::set<std::string> fingerprints;
  for (const auto& issue : before) fingerprints.insert(issue["fingerprint"].get<std::string>());
  EXPECT_EQ(fingerprints.size(), 3U);
  made.results.subjects[1].version = "later";
  for (ComparisonRow& row : made.results.comparisons) row.ratio += 0.001, row.subject_value += 1;
  const auto after = nlohmann::json::parse(gitlab_code_quality(review(made.results)));
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(before[i]["fingerprint"], after[i]["fingerprint"]);
  EXPECT_NE(before[0]["description"], after[0]["description"]);
}

TEST(GitLab, IsJsonWhateverNamesAndTextsHold) {
  Made made;
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);
  made.slower(bytes, 1.02, Confirmation::kConfirmed).detail = bytes;
  made.results.comparisons.back().target = "//" + bytes;
  made.results.failures.push_back({1, "malloc", bytes, bytes, bytes, 0});
  EXPECT_EQ(nlohmann::json::parse(gitlab_code_quality(review(made.results))).size(), 2U);
}

TEST(GitLab, GetsTheWorstTenAndNoImprovements) {
  Made made;
  for (int i = 0; i < 15; ++i)
    made.slower("w" + std::to_string(100 + i), 1.02 + 0.001 * i, Confirmation::kConfirmed);
  made.time("better", Decision::kBetter, 0.9);
  const auto json = nlohmann::json::parse(gitlab_code_quality(review(made.results)));
  ASSERT_EQ(json.size(), 10U);
  EXPECT_TRUE(contains(json[0]["description"], "w114"));
}

TEST(Review, OfARunFromAFileNamesTheRevisions) {
  const Results results = read_results({"reports/testdata/comparison.jsonl"}, false);
  const Review reviewed = review(results);
  EXPECT_EQ(reviewed.base, "1a2b3c4");  // subjects without a version are named after the revision
  EXPECT_EQ(reviewed.head, "5e6f7a8");
  EXPECT_EQ(reviewed.answer, Answer::kRegression);
  EXPECT_EQ(reviewed.rows.size(), results.comparisons.size());
}

}  // namespace
}  // namespace assay::report
