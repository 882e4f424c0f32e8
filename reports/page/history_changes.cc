#include "reports/page/history_changes.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "reports/history/gate.h"
#include "reports/history/points.h"
#include "reports/page/history_listing.h"
#include "reports/page/markup.h"

namespace assay::report {
namespace {

constexpr std::size_t kMentioned = 3;
constexpr std::size_t kShown = 200;  // rows in the document

std::size_t distance(std::size_t a, std::size_t b) { return a > b ? a - b : b - a; }

FoundChange found_change(const History& history, std::size_t index, const Change& change) {
  const HistorySeries& series = history.series[index];
  const double size = change.before > 0 && change.after > 0 ? std::log(change.after / change.before)
                                                            : change.after - change.before;
  const double badness = series.less_is_better ? size : -size;
  return {index, change, badness > 0 ? acceptance(history, series, change) : nullptr, badness, false};
}

// The end of a series, as the gate would load it.
HistorySeries latest_of(const HistorySeries& series) {
  HistorySeries end{series.machine,
                    series.suite,
                    series.workload,
                    series.subject,
                    series.metric,
                    series.unit,
                    series.less_is_better,
                    series.counted,
                    {},
                    {},
                    {}};
  const auto from = static_cast<std::ptrdiff_t>(series.values.size() -
                                                std::min(series.values.size(), window_of(GateSettings())));
  end.runs.assign(series.runs.begin() + from, series.runs.end());
  end.values.assign(series.values.begin() + from, series.values.end());
  return end;
}

struct Judged {
  std::vector<FoundChange> open;
  std::size_t times = 0, counted = 0;
};

// A machine's series are judged apart from the others', which would otherwise be looked at once for each
// machine; the limit for p, which depends on all counted series, is applied afterwards.
Judged judge_each_machine(const History& history) {
  std::map<std::string, std::vector<std::size_t>> of_machine;
  for (std::size_t i = 0; i < history.series.size(); ++i)
    if (history.series[i].values.size() >= kLeastValues) of_machine[history.series[i].machine].push_back(i);
  History latest{history.runs, {}, history.acknowledgements};
  std::vector<std::pair<FoundChange, std::size_t>> found;  // with the times judged beside it
  Judged judged;
  for (const auto& [machine, members] : of_machine) {
    latest.series.clear();
    for (const std::size_t i : members) latest.series.push_back(latest_of(history.series[i]));
    GateSettings settings;
    settings.machine = machine;
    const GateFindings judgement = judge(&latest, settings);
    judged.times += judgement.times;
    judged.counted += judgement.counted;
    for (const Regression& regression : judgement.regressions) {
      if (regression.accepted != nullptr) continue;
      Change change = regression.change;
      const std::size_t index = members[regression.series];
      change.index += history.series[index].values.size() - latest.series[regression.series].values.size();
      found.emplace_back(found_change(history, index, change), judgement.times);
    }
  }
  for (const auto& [one, times] : found)
    if (one.change.p <= kAlarms / static_cast<double>(times + judged.counted)) judged.open.push_back(one);
  return judged;
}

std::string range_of(const History& history, const FoundChange& found) {
  const HistorySeries& series = history.series[found.series];
  return join(commit_of(history.runs[series.runs[found.change.index - 1]]), "..",
              commit_of(history.runs[series.runs[found.change.index]]));
}

std::string size_text(const Change& change) {
  return change.before == 0 ? "from 0" : percent(change.after / change.before);
}

// Without the nines that nobody counts.
std::string confidence(double p) {
  return p < 1e-5 ? "&gt; 99.999\u00a0%" : join(fixed(100 * (1 - p), 3), "\u00a0%");
}

std::string acknowledged(const FoundChange& found) {
  if (found.accepted != nullptr) {
    const Acknowledgement& one = *found.accepted;
    return join(escape(one.reason), "<small>", escape(one.author), one.author.empty() ? "" : ", ",
                date_of(one.time), "</small>");
  }
  return found.open      ? "<span class=\"alarm\">no</span><small>among the latest runs</small>"
         : found.worse() ? "no"
                         : "–";
}

std::string row(const History& history, const FoundChange& found, std::size_t at) {
  const HistorySeries& series = history.series[found.series];
  const HistoryRun& bad = history.runs[series.runs[found.change.index]];
  const Change& change = found.change;
  const char* kind = found.worse() ? "worse" : "better";
  return join("<tr data-at=\"", std::to_string(at), "\" class=\"", kind, "-row\">", series_cells(series),
              number_cell(change.before == 0 ? change.after * 1e300 : change.after / change.before,
                          join("<span class=\"decision ", kind, "\">", size_text(change), "</span><small>",
                               kind, "</small>")),
              "<td class=\"answer\">", acknowledged(found), "</td>",
              number_cell(change.before, join(quantity(change.before, series.unit), " → ",
                                              quantity(change.after, series.unit))),
              "<td><code>", range_of(history, found), "</code></td>",
              number_cell(series.runs[change.index], date_of(bad.time)),
              number_cell(-change.p, confidence(change.p)), "</tr>\n");
}

}  // namespace

FoundChanges changes_of(const History& history) {
  const Judged judged = judge_each_machine(history);
  FoundChanges found{{}, judged.times, judged.times + judged.counted, judged.open.size()};
  for (std::size_t i = 0; i < history.series.size(); ++i)
    for (const Change& change : history.series[i].changes)
      found.all.push_back(found_change(history, i, change));
  // The gate looks at the end of a series only and may see a change some places away from here.
  std::map<std::size_t, std::vector<std::size_t>> of_series;
  for (std::size_t i = 0; i < found.all.size(); ++i) of_series[found.all[i].series].push_back(i);
  for (const FoundChange& open : judged.open) {
    FoundChange* same = nullptr;
    for (const std::size_t i : of_series[open.series]) {
      FoundChange& one = found.all[i];
      if (one.worse() && !one.open && distance(one.change.index, open.change.index) <= kMoves) same = &one;
    }
    if (same == nullptr) same = &found.all.emplace_back(open);
    same->open = true;
    same->accepted = nullptr;
  }
  std::stable_sort(found.all.begin(), found.all.end(), [](const FoundChange& a, const FoundChange& b) {
    return a.open != b.open ? a.open : a.badness > b.badness;
  });
  return found;
}

std::string history_verdict(const History& history, const FoundChanges& changes) {
  if (history.runs.empty())
    return "<p class=\"verdict\">The history is empty: <code>track record</code> adds runs to it.</p>\n";
  std::set<std::string> machines;
  for (const HistoryRun& run : history.runs) machines.insert(run.machine);
  const std::string within = std::to_string(GateSettings().within);
  std::string text;
  if (changes.judged == 0) {
    text = join("<strong>Nothing to judge yet</strong>: no series has ", std::to_string(kLeastValues),
                " values.");
  } else if (changes.open == 0) {
    text = join("<strong>No change for the worse</strong> in the latest ", within,
                " runs waits to be acknowledged.");
  } else {
    std::vector<std::string> items;
    for (std::size_t i = 0; i < std::min(changes.open, kMentioned); ++i) {
      const FoundChange& one = changes.all[i];
      const HistorySeries& series = history.series[one.series];
      items.push_back(join("<a href=\"#", series_id(series), "\">", escape(series.workload), "</a> ",
                           escape(series.metric), " of ", escape(series.subject), " <strong>",
                           size_text(one.change), "</strong> in <code>", range_of(history, one), "</code>"));
    }
    if (changes.open > kMentioned) items.push_back(counted(changes.open - kMentioned, "more change"));
    text = join("<strong>", counted(changes.open, "change"), " for the worse</strong> in the latest ", within,
                " runs ", changes.open == 1 ? "is" : "are", " not acknowledged: ", list(items), ".");
  }
  return join("<p class=\"verdict\">", text,
              "</p>\n<p>Examined: ", grouped(static_cast<double>(changes.judged)), " of ",
              grouped(static_cast<double>(history.series.size())), " series, ",
              counted(changes.times, "time"), " among them, in the latest ", within, " runs of each of ",
              counted(machines.size(), "machine"), "; ", counted(history.runs.size(), "run"), " from ",
              date_of(history.runs.front().time), " to ", date_of(history.runs.back().time),
              ". A time that also stands as a ratio to a baseline is judged by the ratio.</p>\n");
}

std::string history_changes_section(const History& history, const FoundChanges& changes) {
  std::string content = "<p>No series has changed its level.</p>\n";
  if (!changes.all.empty()) {
    std::vector<Heading> headings = kSeriesHeadings;
    headings.insert(headings.end(), {{"Change"},
                                     {"Acknowledged"},
                                     {"Before → after"},
                                     {"Last good..first bad"},
                                     {"Date"},
                                     {"Confidence"}});
    std::vector<std::string> rows;
    for (const FoundChange& one : changes.all) rows.push_back(row(history, one, rows.size()));
    content = join(
        "<p>Places where a series changed its level: for the worse among the latest runs and not "
        "acknowledged "
        "first, then worst first. Confidence is 1 − p of the test between the levels. A case leads to its "
        "chart.</p>\n",
        listing("changes", "Changes, worst first", headings, rows, kShown, history,
                "<label><input type=\"checkbox\" name=\"worse\"> only for the worse</label>\n"));
  }
  return join("<section id=\"changes\">\n<h2>Changes, worst first</h2>\n", content, "</section>\n");
}

}  // namespace assay::report
