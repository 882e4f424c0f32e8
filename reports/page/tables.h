// What the page shows, computed from the results and in the order in which it is shown. Knows no HTML.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "reports/compare.h"
#include "reports/read.h"

namespace assay::report {

inline constexpr const char* kTime = "cpu_time";
inline constexpr const char* kMemory = "peak_resident";
inline constexpr double kFalseShare =
    0.05;  // of “better” and “worse” over a table: at most this is expected to be chance

// A subject over all runs: runs that had the same name, version and library share one column.
struct Column {
  std::string label;  // its name, with the version where two columns share the name
  Subject subject;
  std::array<std::size_t, kFindings> findings{};  // clauses by finding
  std::size_t failed_cells = 0;

  std::size_t count(Finding finding) const { return findings[static_cast<std::size_t>(finding)]; }
  bool checked() const { return findings != decltype(findings){}; }  // against any clause
};

struct Series {
  std::string unit;
  bool less_is_better;
  Rounds rounds;
  Estimate centre;                       // of the medians of the rounds
  std::optional<Comparison> comparison;  // with the baseline's, false discoveries controlled over the page;
                                         // nothing where one of them failed or was not measured

  std::size_t samples() const;
};

struct Cell {  // one subject on one workload
  std::map<std::string, Series> metrics;
  std::map<std::string, Series> courses;  // of which is_course()
  std::vector<const Failure*> failures;   // any: the cell has no figure
  std::string unavailable;                // why nothing was measured, "" where something was or nobody says
};

struct Workload {
  std::string name, family, sentence;
  std::vector<Cell> cells;  // by column
};

struct Clause {
  std::string id, sentence, source;
  char clause_class;
  std::vector<const Verdict*> verdicts;  // by column, null where not checked; the latest run's

  bool differs() const;  // some subjects keep it and others do not, or they choose differently
};

struct Tables {
  std::vector<Column> columns;  // baseline first, null allocators last
  std::optional<std::size_t> baseline;
  std::vector<Workload> workloads;  // by family and name
  std::vector<Clause> clauses;      // by id, numbers in their order
};

// Refers to `results`. Throws FormatError when the runs cannot stand on one page: two machines, two
// baselines.
Tables tabulate(const Results& results);

// Series::comparison, nothing where there is no such series.
std::optional<Comparison> compare_cell(const Workload& workload, std::size_t column,
                                       const std::string& metric);

// Geometric mean of the workloads of `family`, or of all when it is empty.
struct Overall {
  Comparison mean;
  std::size_t workloads;  // that it is over
};
std::optional<Overall> compare_overall(const Tables& tables, std::size_t column, const std::string& metric,
                                       const std::string& family = "");

}  // namespace assay::report
