#include "reports/history/gate.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "reports/history/parallel.h"
#include "reports/history/points.h"

namespace assay::report {
namespace {

bool matches(const std::string& pattern, const std::string& text) {
  return pattern == "*" || pattern == text;
}

class Judge {
 public:
  Judge(History* history, const GateSettings& settings) : history_(*history), settings_(settings) {
    judgement_.machine = settings.machine;
    if (judgement_.machine.empty() && !history_.runs.empty())
      judgement_.machine = history_.runs.back().machine;
    find_recent_runs();
    for (const HistorySeries& series : history_.series)
      if (is_relative(series.metric))
        relative_.emplace(series.machine, series.suite, series.workload, series.subject,
                          absolute_metric(series.metric));
  }

  GateFindings run() {
    std::vector<std::size_t> judged;
    for (std::size_t i = 0; i < history_.series.size(); ++i) {
      const HistorySeries& series = history_.series[i];
      if (series.values.size() < kLeastValues || !is_judged(series)) continue;
      judged.push_back(i);
      ++(series.counted ? judgement_.counted : judgement_.times);
    }
    in_parallel(judged.size(), [&](std::size_t i) {
      HistorySeries& series = history_.series[judged[i]];
      series.changes = find_changes(series.values);
    });
    for (const std::size_t i : judged) look_at(i);
    std::stable_sort(judgement_.regressions.begin(), judgement_.regressions.end(),
                     [](const auto& a, const auto& b) {
                       const bool a_accepted = a.accepted != nullptr, b_accepted = b.accepted != nullptr;
                       if (a_accepted != b_accepted) return b_accepted;
                       return std::abs(size_of(a.change)) > std::abs(size_of(b.change));
                     });
    return judgement_;
  }

 private:
  void find_recent_runs() {
    recent_.resize(history_.runs.size());
    std::map<std::string, std::size_t> seen;
    for (std::size_t i = history_.runs.size(); i-- > 0;)
      recent_[i] = ++seen[history_.runs[i].machine] <= settings_.within &&
                   history_.runs[i].time >= history_.runs.back().time - kRecent;
  }

  bool is_judged(const HistorySeries& series) const {
    if (series.unit == "counter" && !series.metric.ends_with("_per_second")) return false;
    if (series.counted) return true;
    return series.machine == judgement_.machine &&
           !relative_.contains(
               {series.machine, series.suite, series.workload, series.subject, series.metric});
  }

  void look_at(std::size_t index) {
    const HistorySeries& series = history_.series[index];
    const double least = series.counted ? settings_.least_counted : settings_.least_time;
    const auto worse = [&](double before, double after) {  // by at least `least`
      const double size = size_of({0, before, after, 0});
      return (series.less_is_better ? size : -size) >= least && before != after;
    };
    for (const Change& change : series.changes) {
      const std::size_t bad = series.runs[change.index];
      if (!recent_[bad] || !worse(change.before, change.after)) continue;
      if (!worse(change.before, series.changes.back().after)) continue;  // made good again
      if (change.p > kAlarms / static_cast<double>(judgement_.times + judgement_.counted)) continue;
      judgement_.regressions.push_back(
          {index, change, series.runs[change.index - 1], bad, acceptance(history_, series, change)});
    }
  }

  History& history_;
  const GateSettings& settings_;
  std::vector<bool> recent_;  // by run
  std::set<std::tuple<std::string, std::string, std::string, std::string, std::string>> relative_;
  GateFindings judgement_;
};

}  // namespace

std::size_t window_of(const GateSettings& settings) {
  return std::max<std::size_t>(250, 4 * settings.within);
}

GateFindings judge(History* history, const GateSettings& settings) { return Judge(history, settings).run(); }

const Acknowledgement* acceptance(const History& history, const HistorySeries& series, const Change& change) {
  const std::size_t first = change.index - std::min(change.index, kMoves);
  const std::size_t last = std::min(change.index + kMoves, series.runs.size() - 1);
  for (const Acknowledgement& one : history.acknowledgements) {
    if (!matches(one.machine, series.machine) || !matches(one.suite, series.suite) ||
        !matches(one.workload, series.workload) || !matches(one.subject, series.subject) ||
        !(matches(one.metric, series.metric) || one.metric == absolute_metric(series.metric)))
      continue;
    for (std::size_t i = first; i <= last; ++i)
      if (same_commit(one.commit, history.runs[series.runs[i]].commit)) return &one;
  }
  return nullptr;
}

bool same_commit(const std::string& a, const std::string& b) {
  const std::string x = a.substr(0, a.find('+')), y = b.substr(0, b.find('+'));
  return !x.empty() && !y.empty() && (x.starts_with(y) || y.starts_with(x));
}

double size_of(const Change& change) { return (change.after - change.before) / std::abs(change.before); }

}  // namespace assay::report
