#include "reports/history/gate_text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

namespace assay::report {
namespace {

using Json = nlohmann::ordered_json;
using Cells = std::vector<std::string>;

std::string print(const char* format, double number) {
  char text[64];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

std::string percent(const Change& change) {
  const double size = 100 * size_of(change);
  if (std::isinf(size)) return "from 0";
  return print(std::abs(size) < 9.95 ? "%+.2f %%" : "%+.0f %%", size);
}

// 1 − p without the nines that nobody counts.
std::string confidence(double p) { return p < 1e-5 ? "> 99.999 %" : print("%.3f %%", 100 * (1 - p)); }

std::string commit_of(const HistoryRun& run) {
  return run.commit.empty() ? "(unknown)" : run.commit.substr(0, 12);
}

std::string date_of(const HistoryRun& run) {
  const std::time_t time = run.time;
  char text[32] = "";
  std::tm parts;
  if (gmtime_r(&time, &parts) != nullptr) std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

// Names come from files that anybody may have written: no escape sequence of theirs reaches a terminal.
std::string visible(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

std::size_t width_of(const std::string& text) {  // one for each character of UTF-8
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string table(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths;
  for (const Cells& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text;
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += "  " + visible(row[i]);
      if (i + 1 < row.size()) text.append(widths[i] - width_of(row[i]), ' ');
    }
    text += '\n';
  }
  return text;
}

const Cells kHeadings = {"change",     "before → after", "workload",
                         "subject",    "metric",         "last good..first bad",
                         "confidence", "machine",        "accepted"};

Cells cells_of(const History& history, const HistorySeries& series, const Change& change,
               const Acknowledgement* accepted) {
  return {percent(change),
          print("%.6g → ", change.before) + print("%.6g ", change.after) + series.unit,
          series.suite + "/" + series.workload,
          series.subject,
          series.metric,
          commit_of(history.runs[series.runs[change.index - 1]]) + ".." +
              commit_of(history.runs[series.runs[change.index]]),
          confidence(change.p),
          series.machine,
          accepted == nullptr
              ? ""
              : accepted->reason + (accepted->author.empty() ? "" : " (" + accepted->author + ")")};
}

// As one word of a shell.
std::string quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

std::string count(std::size_t number, const char* one, const char* many) {
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

}  // namespace

std::string gate_text(const History& history, const GateFindings& judgement, const GateSettings& settings) {
  const auto fresh = static_cast<std::size_t>(
      std::count_if(judgement.regressions.begin(), judgement.regressions.end(),
                    [](const Regression& regression) { return regression.accepted == nullptr; }));
  std::ostringstream text;
  text << (fresh == 0 ? "no new regression" : count(fresh, "new regression", "new regressions"))
       << " in the latest " << settings.within << " runs: examined "
       << count(judgement.counted, "counted series", "counted series") << " of every machine and "
       << count(judgement.times, "time", "times") << " of " << judgement.machine << ", "
       << count(history.runs.size(), "run", "runs");
  if (judgement.regressions.size() > fresh)
    text << "; " << judgement.regressions.size() - fresh << " accepted";
  text << '\n';
  if (judgement.regressions.empty()) return text.str();
  std::vector<Cells> rows = {kHeadings};
  for (const Regression& regression : judgement.regressions)
    rows.push_back(
        cells_of(history, history.series[regression.series], regression.change, regression.accepted));
  text << table(rows);
  if (fresh > 0 && !history.runs[judgement.regressions.front().bad].commit.empty()) {
    const Regression& worst = judgement.regressions.front();
    const HistorySeries& series = history.series[worst.series];
    text << visible("accept the first one: acknowledge --case=" + quoted(series.workload) +
                    " --metric=" + quoted(series.metric) + " --suite=" + quoted(series.suite) +
                    " --subject=" + quoted(series.subject) + " --machine=" + quoted(series.machine) +
                    " --commit=" + quoted(history.runs[worst.bad].commit) + " --reason='…'")
         << '\n';
  }
  return text.str();
}

std::string gate_json(const History& history, const GateFindings& judgement) {
  Json regressions = Json::array();
  bool pass = true;
  for (const Regression& regression : judgement.regressions) {
    const HistorySeries& series = history.series[regression.series];
    const Change& change = regression.change;
    Json accepted;
    if (regression.accepted != nullptr)
      accepted = {{"reason", regression.accepted->reason},
                  {"author", regression.accepted->author},
                  {"time", regression.accepted->time}};
    else
      pass = false;
    regressions.push_back({{"machine", series.machine},
                           {"suite", series.suite},
                           {"case", series.workload},
                           {"subject", series.subject},
                           {"metric", series.metric},
                           {"unit", series.unit},
                           {"before", change.before},
                           {"after", change.after},
                           {"size", size_of(change)},  // null: from 0
                           {"p", change.p},
                           {"last_good", history.runs[regression.good].commit},
                           {"first_bad", history.runs[regression.bad].commit},
                           {"first_bad_run", history.runs[regression.bad].id},
                           {"acknowledged", accepted}});
  }
  const Json json = {{"verdict", judgement.times + judgement.counted == 0 ? "nothing to judge"
                                 : pass                                   ? "pass"
                                                                          : "regression"},
                     {"machine", judgement.machine},
                     {"runs", history.runs.size()},
                     {"counted", judgement.counted},
                     {"times", judgement.times},
                     {"regressions", regressions}};
  return json.dump(2) + "\n";
}

std::string history_text(const History& history) {
  std::ostringstream text;
  if (history.runs.empty()) return "the history is empty\n";
  std::set<std::string> machines;
  for (const HistoryRun& run : history.runs) machines.insert(run.machine);
  std::vector<std::pair<const HistorySeries*, const Change*>> changes;
  std::size_t values = 0;
  for (const HistorySeries& series : history.series) {
    values += series.values.size();
    for (const Change& change : series.changes) changes.emplace_back(&series, &change);
  }
  std::stable_sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) {
    return a.first->runs[a.second->index] > b.first->runs[b.second->index];
  });
  text << count(history.runs.size(), "run", "runs") << " of " << count(machines.size(), "machine", "machines")
       << ", " << date_of(history.runs.front()) << " to " << date_of(history.runs.back()) << "; "
       << count(history.series.size(), "series", "series") << " with " << count(values, "value", "values")
       << "; " << count(changes.size(), "change", "changes") << (changes.empty() ? "" : ", the latest first:")
       << '\n';
  if (changes.empty()) return text.str();
  std::vector<Cells> rows = {kHeadings};
  rows.front().back() = "date";
  for (const auto& [series, change] : changes) {
    rows.push_back(cells_of(history, *series, *change, nullptr));
    rows.back().back() = date_of(history.runs[series->runs[change->index]]);
  }
  text << table(rows);
  return text.str();
}

}  // namespace assay::report
