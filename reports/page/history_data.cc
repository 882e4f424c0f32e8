#include "reports/page/history_data.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "reports/page/compressed.h"
#include "reports/page/history_listing.h"
#include "reports/page/markup.h"

namespace assay::report {
namespace {

constexpr std::size_t kSpread = 60;      // earlier whole runs of a machine
constexpr std::size_t kStretches = 100;  // of a series, three values each

template <class... Format>
void add(std::string* text, double value, const Format&... format) {
  char digits[40];
  text->append(digits, std::to_chars(digits, std::end(digits), value, format...).ptr);
}

void exact(std::string* text, double value) { add(text, value); }
void rounded(std::string* text, double value) { add(text, value, std::chars_format::general, 4); }

// "[a,b,…]"
template <class Range, class Write>
std::string array(const Range& range, const Write& write) {
  std::string text = "[";
  for (const auto& one : range) {
    if (text.size() > 1) text += ',';
    write(&text, one);
  }
  return text + "]";
}

// Each number less the one before it: small ones pack better.
template <class Range, class Get>
std::string steps(const Range& range, const Get& get) {
  std::int64_t last = 0;
  return array(range, [&](std::string* text, const auto& one) {
    const auto number = static_cast<std::int64_t>(get(one));
    text->append(std::to_string(number - last));
    last = number;
  });
}

std::vector<bool> whole_runs(const History& history) {
  std::map<std::string, std::vector<std::size_t>> of_machine;
  for (std::size_t i = 0; i < history.runs.size(); ++i) of_machine[history.runs[i].machine].push_back(i);
  std::vector<bool> whole(history.runs.size());
  for (const auto& [machine, runs] : of_machine) {
    const std::size_t early = runs.size() <= kWhole ? 0 : runs.size() - kLatest;
    for (std::size_t i = early; i < runs.size(); ++i) whole[runs[i]] = true;
    for (std::size_t i = 0; i < std::min(early, kSpread); ++i) whole[runs[i * early / kSpread]] = true;
  }
  return whole;
}

struct Selection {  // indices into the values of a series, ascending
  std::vector<std::size_t> exact, rounded;
};

Selection select(const HistorySeries& series, const std::vector<const Change*>& changes,
                 const std::vector<bool>& whole) {
  const std::vector<double>& values = series.values;
  const std::size_t n = values.size();
  std::vector<bool> is_exact(n, n <= kWhole);
  if (n > kWhole) {
    is_exact.front() = true;
    for (std::size_t i = 0; i < n; ++i)
      if (whole[series.runs[i]]) is_exact[i] = true;
    for (const Change* change : changes) is_exact[change->index] = is_exact[change->index - 1] = true;
  }
  Selection selection;
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < n; ++i) (is_exact[i] ? selection.exact : others).push_back(i);
  const auto begin = others.begin();
  const auto less = [&](std::size_t a, std::size_t b) { return values[a] < values[b]; };
  for (std::size_t stretch = 0; stretch < kStretches; ++stretch) {
    const auto first = begin + static_cast<std::ptrdiff_t>(stretch * others.size() / kStretches);
    const auto last = begin + static_cast<std::ptrdiff_t>((stretch + 1) * others.size() / kStretches);
    if (first == last) continue;
    const auto middle = first + (last - first) / 2;
    std::nth_element(first, middle, last, less);
    std::vector<std::size_t> three = {*std::min_element(first, middle + 1, less), *middle,
                                      *std::max_element(middle, last, less)};
    std::sort(three.begin(), three.end());
    three.erase(std::unique(three.begin(), three.end()), three.end());
    selection.rounded.insert(selection.rounded.end(), three.begin(), three.end());
  }
  return selection;
}

const char* truth(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string history_data(const History& history, const FoundChanges& changes) {
  std::map<std::string, std::size_t> machines;
  for (const HistoryRun& run : history.runs) machines.emplace(run.machine, 0);
  for (const HistorySeries& series : history.series) machines.emplace(series.machine, 0);
  std::size_t number = 0;
  for (auto& [machine, at] : machines) at = number++;
  const std::vector<bool> whole = whole_runs(history);
  std::vector<std::size_t> whole_indices;
  for (std::size_t i = 0; i < whole.size(); ++i)
    if (whole[i]) whole_indices.push_back(i);
  const auto quote = [](std::string* text, const std::string& name) { *text += json_text(name); };

  // The scripts of every page name the files they save after the runs.
  std::string text = join(
      "{\"runs\":[{\"id\":\"history\"}],\n\"machines\":",
      array(machines, [&](std::string* to, const auto& entry) { quote(to, entry.first); }), ",\n\"commits\":",
      array(history.runs, [&](std::string* to, const HistoryRun& run) { quote(to, run.commit); }),
      ",\n\"times\":", steps(history.runs, [](const HistoryRun& run) { return run.time; }),
      ",\n\"machineOf\":",
      array(history.runs,
            [&](std::string* to, const HistoryRun& run) { *to += std::to_string(machines[run.machine]); }),
      ",\n\"whole\":", steps(whole_indices, [](std::size_t i) { return i; }), ",\n\"ids\":",
      array(whole_indices, [&](std::string* to, std::size_t i) { quote(to, history.runs[i].id); }),
      ",\n\"changes\":", array(changes.all, [&](std::string* to, const FoundChange& one) {
        const HistorySeries& series = history.series[one.series];
        to->append(join("\n{\"series\":", std::to_string(one.series),
                        ",\"good\":", std::to_string(series.runs[one.change.index - 1]),
                        ",\"bad\":", std::to_string(series.runs[one.change.index]),
                        ",\"worse\":", truth(one.worse()), ",\"open\":", truth(one.open),
                        ",\"reason\":", one.accepted ? json_text(one.accepted->reason) : "null",
                        ",\"author\":", one.accepted ? json_text(one.accepted->author) : "null",
                        ",\"before\":"));
        exact(to, one.change.before);
        *to += ",\"after\":";
        exact(to, one.change.after);
        *to += ",\"p\":";
        exact(to, one.change.p);
        *to += '}';
      }));
  std::vector<std::vector<const Change*>> of_series(history.series.size());
  for (const FoundChange& one : changes.all) of_series[one.series].push_back(&one.change);
  text += ",\n\"series\":[";
  for (std::size_t i = 0; i < history.series.size(); ++i) {
    const HistorySeries& series = history.series[i];
    const Selection selected = select(series, of_series[i], whole);
    const auto run = [&](std::size_t at) { return series.runs[at]; };
    text += join(
        i == 0 ? "\n{" : ",\n{", "\"suite\":", json_text(series.suite),
        ",\"case\":", json_text(series.workload), ",\"subject\":", json_text(series.subject),
        ",\"metric\":", json_text(series.metric), ",\"unit\":", json_text(series.unit),
        ",\"machine\":", std::to_string(machines[series.machine]), ",\"less\":", truth(series.less_is_better),
        ",\"counted\":", truth(series.counted), ",\"count\":", std::to_string(series.values.size()),
        ",\"runs\":", steps(selected.exact, run), ",\"values\":",
        array(selected.exact, [&](std::string* to, std::size_t at) { exact(to, series.values[at]); }),
        ",\"aboutRuns\":", steps(selected.rounded, run), ",\"about\":",
        array(selected.rounded, [&](std::string* to, std::size_t at) { rounded(to, series.values[at]); }),
        "}");
  }
  return json_script("id=\"data\"", text + "]}\n");
}

}  // namespace assay::report
