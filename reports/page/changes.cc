#include "reports/page/changes.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

constexpr std::size_t kDrawn = 30;      // rows of the drawing; the table has all
constexpr std::size_t kMentioned = 3;   // in the sentence
constexpr int kRow = 38, kMiddle = 26;  // pixels

// By Decision: a shape beside the colour.
constexpr std::array<const char*, kDecisions> kGlyphs = {"▼", "▲", "=", "?", "≡"};
constexpr std::array<int, kDecisions> kOrder = {1, 0, 3, 2, 4};

std::size_t index_of(Decision decision) { return static_cast<std::size_t>(decision); }

double badness(const ComparisonRow& row) {
  const double log = row.ratio > 0 ? std::log(row.ratio) : 0;
  return row.less_is_better ? log : -log;
}

// Several subjects or bases on one page are told apart, a single one is named once.
struct Pairs {
  std::set<std::string> subjects, bases;

  explicit Pairs(const Results& results) {
    for (const ComparisonRow& row : results.comparisons) {
      subjects.insert(results.subjects[row.subject].name);
      bases.insert(row.base);
    }
  }

  // "mimalloc", "÷ glibc", "mimalloc ÷ glibc", or nothing.
  std::string name(const Results& results, const ComparisonRow& row) const {
    return join(subjects.size() > 1 ? escape(results.subjects[row.subject].name) : "",
                subjects.size() > 1 && bases.size() > 1 ? " " : "",
                bases.size() > 1 ? "÷ " + escape(row.base) : "");
  }
  bool one() const { return subjects.size() == 1 && bases.size() == 1; }
};

std::string range(const ComparisonRow& row) {
  const std::string low = percent(row.low), high = percent(row.high);
  return low == high ? "" : join(low, " to ", high);
}

std::string change_link(const Results& results, const ComparisonRow& row) {
  return join("<a href=\"#", change_id(results, row), "\">", escape(row.workload), "</a>");
}

// "worse: a +3.1 % (+2.4 % to +3.9 %), b …"
std::string mention(const Results& results, Decision decision) {
  const Pairs pairs(results);
  std::vector<std::string> items;
  std::size_t count = 0;
  for (const ComparisonRow* row : worst_first(results)) {
    if (row->decision != decision || ++count > kMentioned) continue;
    const std::string interval = range(*row), pair = pairs.name(results, *row);
    items.push_back(join(pair.empty() ? "" : pair + " on ", change_link(results, *row), " ",
                         words(row->metric), " <strong>", percent(row->ratio), "</strong>",
                         interval.empty() ? "" : join(" (", interval, ")")));
  }
  if (count > kMentioned) items.push_back(join(std::to_string(count - kMentioned), " more"));
  return list(items);
}

std::size_t count_of(const Results& results, Decision decision) {
  return static_cast<std::size_t>(
      std::count_if(results.comparisons.begin(), results.comparisons.end(),
                    [&](const ComparisonRow& row) { return row.decision == decision; }));
}

// A time by a padded build; what is counted is exact and needs none.
std::string confirmed(const Results& results, std::size_t worse) {
  const auto count = static_cast<std::size_t>(
      std::count_if(results.comparisons.begin(), results.comparisons.end(), [](const ComparisonRow& row) {
        const bool exact = row.low == row.high;
        return row.decision == Decision::kWorse && (exact || row.confirmation == Confirmation::kConfirmed);
      }));
  return count == 0       ? counted(worse, "regression")
         : count == worse ? counted(worse, "confirmed regression")
                          : join(counted(worse, "regression"), ", ", std::to_string(count), " confirmed,");
}

struct Drawing {
  double reach;  // logarithm at the edges; 1 is in the middle
  std::string svg;
  int top = 0;

  std::string at(double log) const { return fixed(50 + 48 * std::clamp(log / reach, -1.0, 1.0), 2) + "%"; }

  void line(const char* kind, double x1, double x2, int y1, int y2) {
    svg += join("<line class=\"", kind, "\" x1=\"", at(x1), "\" x2=\"", at(x2), "\" y1=\"",
                std::to_string(y1), "\" y2=\"", std::to_string(y2), "\"/>");
  }

  void row(const ComparisonRow& row, const std::string& label, bool plain) {
    const double low = std::log(row.low), high = std::log(row.high);
    const int middle = top + kMiddle;
    svg += join("<g class=\"", plain ? "hint" : name_of(row.decision), "\"><text x=\"0\" y=\"",
                std::to_string(top + 13), "\">", label, "  <tspan>", percent(row.ratio), "</tspan></text>");
    line("whisker", low, high, middle, middle);
    for (const double end : {low, high})
      if (std::fabs(end) < reach) line("whisker", end, end, middle - 4, middle + 4);  // a cut line has no end
    svg += join("<circle cx=\"", at(std::log(row.ratio)), "\" cy=\"", std::to_string(middle),
                "\" r=\"4\"/></g>");
    top += kRow;
  }
};

// Wide intervals of undecided rows are cut, so that they do not press the others into the middle.
double reach_of(const std::vector<const ComparisonRow*>& rows) {
  double reach = 0.005, centres = 0.005;
  for (const ComparisonRow* row : rows) {
    centres = std::max(centres, std::fabs(std::log(row->ratio)));
    reach = std::max({reach, std::fabs(std::log(row->low)), std::fabs(std::log(row->high))});
  }
  return 1.05 * std::min(reach, 3 * centres);
}

std::string forest(const Results& results, std::vector<const ComparisonRow*> rows, bool hints) {
  const Pairs pairs(results);
  std::erase_if(rows,
                [](const ComparisonRow* row) { return !(row->low > 0 && row->ratio > 0 && row->high > 0); });
  if (rows.size() > kDrawn) rows.resize(kDrawn);
  if (rows.empty()) return "";
  Drawing drawing{reach_of(rows), ""};
  std::string description;
  for (const ComparisonRow* row : rows) {
    const std::string pair = pairs.name(results, *row);
    const std::string label =
        join(escape(row->workload), " · ", words(row->metric), pair.empty() ? "" : " · ", pair);
    drawing.row(*row, label, hints);
    description += join(label, " ", percent(row->ratio), ", ", range(*row), ". ");
  }
  const std::string bottom = std::to_string(drawing.top + 18);
  drawing.line("unit", 0, 0, 0, drawing.top);
  for (const double edge : {-drawing.reach, 0.0, drawing.reach})
    drawing.svg +=
        join("<text class=\"tick ",
             edge < 0   ? ""
             : edge > 0 ? "end"
                        : "middle",
             "\" x=\"", drawing.at(edge), "\" y=\"", bottom, "\">", percent(std::exp(edge)), "</text>");
  const char* title = hints ? "Times, with 95 % intervals" : "Changes, with 95 % intervals";
  return join(
      "<figure class=\"chart forest\" data-chart=\"forest\">\n<figcaption>", title,
      results.comparisons.size() > rows.size() ? join(": the first ", std::to_string(rows.size())) : "",
      "</figcaption>\n<svg width=\"100%\" height=\"", std::to_string(drawing.top + 24),
      "\" role=\"img\" aria-label=\"", title, ". ", description, "\">", drawing.svg, "</svg>\n</figure>\n");
}

std::string number(double value, const std::string& text) {
  return join("<td class=\"number\" data-value=\"", fixed(value, 9), "\">", text, "</td>");
}

std::string table_row(const Results& results, const Pairs& pairs, const ComparisonRow& row, bool hints) {
  const std::string id = change_id(results, row);
  std::string text = join("<tr id=\"", id, "\" class=\"change\"><th scope=\"row\">", escape(row.workload),
                          "</th><td>", words(row.metric), "</td>");
  if (!pairs.one()) text += join("<td>", pairs.name(results, row), "</td>");
  text += number(row.ratio, join("<b>", percent(row.ratio), "</b><small>", range(row), "</small>"));
  if (!hints) {
    text += join(
        "<td><span class=\"decision ", name_of(row.decision), "\"><span aria-hidden=\"true\">",
        kGlyphs[index_of(row.decision)], "</span> ", name_of(row.decision), "</span>",
        row.more == 0 ? ""
                      : join("<small>about ", grouped(static_cast<double>(row.more)), " more values</small>"),
        "</td><td>", row.confirmation == Confirmation::kNone ? "–" : name_of(row.confirmation), "</td>");
  }
  text += number(row.base_value, quantity(row.base_value, row.unit)) +
          number(row.subject_value, quantity(row.subject_value, row.unit));
  text += number(static_cast<double>(row.samples.size()),
                 join("<a href=\"#", id, "\">", grouped(static_cast<double>(row.samples.size())), "</a>"));
  if (!hints) text += number(row.p, row.p < 0.0001 ? "&lt; 0.0001" : fixed(row.p, 4));
  return join(
      text, "<td>", escape(row.detail),
      row.target.empty() ? "" : join(row.detail.empty() ? "" : " ", "<code>", escape(row.target), "</code>"),
      "</td></tr>\n");
}

std::string head(const Pairs& pairs, bool hints) {
  std::vector<const char*> names = {"Case", "Metric"};
  if (!pairs.one()) names.push_back("Of");
  names.push_back("Change, 95 % interval");
  if (!hints) names.insert(names.end(), {"Outcome", "Confirmation"});
  names.insert(names.end(), {"Base", "Subject", "Values"});
  if (!hints) names.push_back("p");
  names.push_back("Remarks");
  std::string text = "<tr>";
  for (std::size_t at = 0; at < names.size(); ++at)
    text += join("<th scope=\"col\" data-sort=\"", std::to_string(at), "\">", names[at], "</th>");
  return text + "</tr>\n";
}

const char* introduction(Source source) {
  switch (source) {
    case Source::kTurns:
      return "<p>The ratio of a row is its subject’s figure over the base’s, taken in turns: the "
             "Hodges–Lehmann estimate over "
             "the restarts, with the 95 % interval of Wilcoxon’s signed-rank test with bounded ranks. A "
             "counted quantity has "
             "no interval: it is the same whenever it is counted. The number of values leads to them.</p>\n";
    case Source::kRuns:
      return "<p>The ratio of a row is its figure in the second run over that in the first, for what is "
             "counted or measured in "
             "bytes. Where rounds differ it is the Hodges–Lehmann estimate over them, with the interval that "
             "Wilcoxon’s "
             "signed-rank test does not reject at 5 %; better and worse are controlled over the table: at "
             "most one in twenty "
             "of them is expected to be chance. The number of values leads to them.</p>\n";
    default:
      return "<p>These two runs did not take turns: whatever the machine did in between is in these figures, "
             "and no statistics "
             "can take it out. They say where to look, and decide nothing; <code>./bazelw run "
             "//:compare_builds</code> "
             "decides.</p>\n";
  }
}

}  // namespace

std::vector<const ComparisonRow*> worst_first(const Results& results) {
  std::vector<const ComparisonRow*> rows;
  for (const ComparisonRow& row : results.comparisons) rows.push_back(&row);
  const auto key = [](const ComparisonRow* row) {
    const double bad = badness(*row);
    return std::tuple(kOrder[index_of(row->decision)], row->decision == Decision::kBetter ? bad : -bad);
  };
  std::stable_sort(rows.begin(), rows.end(), [&](auto* a, auto* b) { return key(a) < key(b); });
  return rows;
}

std::string change_id(const Results& results, const ComparisonRow& row) {
  const Subject& subject = results.subjects[row.subject];
  return join("change-", anchor(row.workload), "-", anchor(subject.name), "-", anchor(row.metric), "-",
              anchor(row.base), results.runs.size() == 1 ? "" : "-" + anchor(results.runs[subject.run].id));
}

std::string changes_sentence(const Results& results) {
  if (results.comparisons.empty()) return "";
  const std::size_t worse = count_of(results, Decision::kWorse),
                    better = count_of(results, Decision::kBetter);
  const std::string among = join(" among ", counted(results.comparisons.size(), "comparison"));
  std::string text = worse == 0 ? join("<strong>No regression</strong>", among, ".")
                                : join("<strong>", confirmed(results, worse), "</strong>", among, ": ",
                                       mention(results, Decision::kWorse), ".");
  if (better != 0)
    text += join(" ", counted(better, "improvement"), ": ", mention(results, Decision::kBetter), ".");
  std::vector<std::string> rest;
  for (const auto& [decision, name] : {std::pair{Decision::kSame, "the same"},
                                       {Decision::kUnchanged, "unchanged, byte for byte"},
                                       {Decision::kUndecided, "undecided"}})
    if (const std::size_t count = count_of(results, decision))
      rest.push_back(join(std::to_string(count), " ", name));
  if (!rest.empty()) text += join(" ", list(rest), ".");
  return text;
}

std::string with_version(const Results& results, const std::string& name) {
  for (const Subject& subject : results.subjects)
    if (subject.name == name && !subject.version.empty()) return join(name, " ", subject.version);
  return name;
}

std::string changes_section(const Results& results, Source source) {
  if (results.comparisons.empty()) return "";
  const bool hints = source == Source::kHints;
  const Pairs pairs(results);
  const std::vector<const ComparisonRow*> rows = worst_first(results);
  std::string body = "<tbody>\n", names;
  for (const ComparisonRow* row : rows) body += table_row(results, pairs, *row, hints);
  const char* title = hints ? "Times, as hints" : "Changes, worst first";
  if (pairs.bases.size() == 1)
    names += join("Base: <strong>", escape(with_version(results, *pairs.bases.begin())), "</strong>. ");
  if (pairs.subjects.size() == 1)
    names += join("Subject: <strong>", escape(with_version(results, *pairs.subjects.begin())), "</strong>.");
  return join("<section id=\"", hints ? "hints" : "changes", "\">\n<h2>", title, "</h2>\n",
              introduction(source), "<p>", names, "</p>\n", forest(results, rows, hints),
              framed_table(title, "changes", head(pairs, hints), body + "</tbody>\n"), "</section>\n");
}

}  // namespace assay::report
