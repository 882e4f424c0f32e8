#include "reports/page/tables.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <tuple>

namespace assay::report {
namespace {

// "C-9" before "C-10": the letters first, then the number.
std::pair<std::string, unsigned long> clause_order(const std::string& id) {
  const std::size_t digits = id.find_first_of("0123456789");
  if (digits == std::string::npos) return {id, 0};
  return {id.substr(0, digits), std::strtoul(id.c_str() + digits, nullptr, 10)};
}

LogRatios paired(const Tables& tables, const Workload& workload, std::size_t column,
                 const std::string& metric) {
  if (!tables.baseline) return {};
  const Cell& subject = workload.cells[column];
  const Cell& baseline = workload.cells[*tables.baseline];
  const auto mine = subject.metrics.find(metric), theirs = baseline.metrics.find(metric);
  if (!subject.failures.empty() || !baseline.failures.empty() || mine == subject.metrics.end() ||
      theirs == baseline.metrics.end())
    return {};
  return pair_rounds(mine->second.rounds, theirs->second.rounds);
}

class Tabulation {
 public:
  explicit Tabulation(const Results& results) : results_(results) {
    for (const Subject& subject : results.subjects) {  // a run that only calibrates has none
      const Run &first = results.runs[results.subjects.front().run], &run = results.runs[subject.run];
      if (run.machine != first.machine && (results.comparisons.empty() || !results.measurements.empty()))
        throw FormatError("runs " + first.id + " and " + run.id +
                          " come from different machines, and their times cannot be compared: "
                          "make one report for each");
    }
    add_columns();
    add_verdicts();
    add_workloads();
    estimate();
    control(true);
    control(false);
  }

  Tables tables;

 private:
  void add_columns() {
    const auto key = [](const Subject& subject) {
      return std::tuple(subject.role, subject.name, subject.version, subject.digest);
    };
    std::vector<const Subject*> order;
    for (const Subject& subject : results_.subjects) order.push_back(&subject);
    std::stable_sort(order.begin(), order.end(),
                     [](const Subject* a, const Subject* b) { return a->role < b->role; });
    column_of_.resize(order.size());
    for (const Subject* subject : order) {
      auto& columns = tables.columns;
      const auto known = std::find_if(columns.begin(), columns.end(), [&](const Column& column) {
        return key(column.subject) == key(*subject);
      });
      column_of_[static_cast<std::size_t>(subject - results_.subjects.data())] =
          static_cast<std::size_t>(known - columns.begin());
      if (known == columns.end()) columns.push_back({subject->name, *subject});
    }
    label_columns();
    for (std::size_t column = 0; column < tables.columns.size(); ++column) {
      if (tables.columns[column].subject.role != Role::kBaseline) continue;
      if (tables.baseline) throw FormatError("two different baselines: make one report for each");
      tables.baseline = column;
    }
  }

  void label_columns() {
    for (Column& column : tables.columns) {
      const auto namesakes =
          std::count_if(tables.columns.begin(), tables.columns.end(),
                        [&](const Column& other) { return other.subject.name == column.subject.name; });
      if (namesakes == 1) continue;
      const Subject& subject = column.subject;
      column.label += " " + (subject.version.empty() ? subject.digest : subject.version);
    }
  }

  void add_verdicts() {
    std::map<std::string, std::size_t> known;
    for (const Verdict& verdict : results_.verdicts) {
      const auto [at, added] = known.emplace(verdict.clause, tables.clauses.size());
      if (added)
        tables.clauses.push_back({verdict.clause, verdict.sentence, verdict.source, verdict.clause_class,
                                  std::vector<const Verdict*>(tables.columns.size())});
      tables.clauses[at->second].verdicts[column_of_[verdict.subject]] = &verdict;
    }
    std::sort(tables.clauses.begin(), tables.clauses.end(), [](const Clause& a, const Clause& b) {
      return std::tuple(clause_order(a.id), a.id) < std::tuple(clause_order(b.id), b.id);
    });
    for (const Clause& clause : tables.clauses)
      for (std::size_t column = 0; column < tables.columns.size(); ++column)
        if (const Verdict* verdict = clause.verdicts[column])
          ++tables.columns[column].findings[static_cast<std::size_t>(verdict->finding)];
  }

  void add_workloads() {
    for (const Measurement& measurement : results_.measurements) {
      Workload& workload = workload_of(measurement.workload);
      workload.family = measurement.family;
      workload.sentence = measurement.sentence;
      const std::size_t column = column_of_[measurement.subject];
      Cell& cell = workload.cells[column];
      const auto [series, added] =
          (is_course(measurement.metric) ? cell.courses : cell.metrics).try_emplace(measurement.metric);
      series->second.unit = measurement.unit;
      series->second.less_is_better = measurement.less_is_better;
      series->second.rounds[{results_.subjects[measurement.subject].run, measurement.round}] =
          measurement.samples;
    }
    for (const Failure& failure : results_.failures)
      workload_of(failure.workload).cells[column_of_[failure.subject]].failures.push_back(&failure);
    add_reasons();
    for (const Workload& workload : tables.workloads)
      for (std::size_t column = 0; column < tables.columns.size(); ++column)
        tables.columns[column].failed_cells += !workload.cells[column].failures.empty();
    std::sort(tables.workloads.begin(), tables.workloads.end(), [](const Workload& a, const Workload& b) {
      return std::tie(a.family, a.name) < std::tie(b.family, b.name);
    });
  }

  // Of rows that there are: what no subject could run has none.
  void add_reasons() {
    for (std::size_t subject = 0; subject < results_.subjects.size(); ++subject)
      for (const auto& [workload, reason] : results_.subjects[subject].unavailable_workloads) {
        const auto at = workload_at_.find(workload);
        if (at == workload_at_.end()) continue;
        Cell& cell = tables.workloads[at->second].cells[column_of_[subject]];
        if (cell.metrics.empty() && cell.failures.empty()) cell.unavailable = reason;
      }
  }

  void estimate() {
    for (Workload& workload : tables.workloads)
      for (std::size_t column = 0; column < tables.columns.size(); ++column)
        for (auto& [metric, series] : workload.cells[column].metrics) {
          std::vector<double> medians;
          for (const auto& [round, samples] : series.rounds) medians.push_back(median(samples));
          series.centre = locate(medians);
          if (tables.baseline && tables.baseline != column)
            series.comparison = compare(paired(tables, workload, column, metric), series.less_is_better);
        }
  }

  // Among many comparisons some leave out 1 by chance: those that do not survive the control over their table
  // (the heat map's, and that of all other metrics) are undecided. Each further round that agrees halves p.
  void control(bool heat_map) {
    std::vector<Comparison*> compared;
    std::vector<double> p_values;
    for (Workload& workload : tables.workloads)
      for (std::size_t column = 0; column < tables.columns.size(); ++column)
        for (auto& [metric, series] : workload.cells[column].metrics) {
          if (tables.columns[column].subject.role != Role::kPeer ||
              heat_map != (metric == kTime || metric == kMemory))
            continue;
          if (!series.comparison || !series.comparison->ratio.interval) continue;
          compared.push_back(&*series.comparison);
          p_values.push_back(series.comparison->p);
        }
    const std::vector<bool> real = discoveries(p_values, kFalseShare);
    const auto found = static_cast<double>(std::count(real.begin(), real.end(), true));
    for (std::size_t i = 0; i < compared.size(); ++i) {
      Outcome& outcome = compared[i]->outcome;
      if (real[i] || (outcome != Outcome::kBetter && outcome != Outcome::kWorse)) continue;
      outcome = Outcome::kUndecided;
      const double needed = kFalseShare * (found + 1) / static_cast<double>(compared.size());
      compared[i]->more_rounds =
          static_cast<std::size_t>(std::max(1.0, std::ceil(std::log2(p_values[i] / needed))));
    }
  }

  Workload& workload_of(const std::string& name) {
    const auto [at, added] = workload_at_.emplace(name, tables.workloads.size());
    if (added) tables.workloads.push_back({name, "", "", std::vector<Cell>(tables.columns.size())});
    return tables.workloads[at->second];
  }

  const Results& results_;
  std::vector<std::size_t> column_of_;  // by subject of the results
  std::map<std::string, std::size_t> workload_at_;
};

}  // namespace

std::size_t Series::samples() const {
  std::size_t count = 0;
  for (const auto& [round, values] : rounds) count += values.size();
  return count;
}

bool Clause::differs() const {
  const Verdict* first = nullptr;
  for (const Verdict* verdict : verdicts) {
    if (verdict == nullptr) continue;
    if (first == nullptr) first = verdict;
    const bool same_choice = verdict->finding != Finding::kChoice || verdict->detail == first->detail;
    if (verdict->finding != first->finding || !same_choice) return true;
  }
  return false;
}

Tables tabulate(const Results& results) { return Tabulation(results).tables; }

std::optional<Comparison> compare_cell(const Workload& workload, std::size_t column,
                                       const std::string& metric) {
  const auto series = workload.cells[column].metrics.find(metric);
  return series == workload.cells[column].metrics.end() ? std::nullopt : series->second.comparison;
}

std::optional<Overall> compare_overall(const Tables& tables, std::size_t column, const std::string& metric,
                                       const std::string& family) {
  std::vector<LogRatios> parts;
  for (const Workload& workload : tables.workloads) {
    if (!family.empty() && workload.family != family) continue;
    LogRatios ratios = paired(tables, workload, column, metric);
    if (!ratios.empty()) parts.push_back(std::move(ratios));
  }
  const std::optional<Comparison> mean = compare(mean_of(parts), true);
  if (!mean) return std::nullopt;
  return Overall{*mean, parts.size()};
}

}  // namespace assay::report
