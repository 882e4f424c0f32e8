#include "suites/runner/table.h"

#include <algorithm>
#include <cstdio>

namespace assay::suite {
namespace {

constexpr std::size_t kGap = 2;

std::string number(std::optional<double> value, const char* missing) {
  if (!value) return missing;
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", *value < 100 ? 2 : 0, *value);
  return text;
}

// Left-aligned first column, right-aligned others, each as wide as its widest text.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows)
    for (std::size_t column = 0; column < row.size(); ++column)
      widths[column] = std::max(widths[column], row[column].size());
  std::string text;
  for (const auto& row : rows) {
    text += row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (std::size_t column = 1; column < row.size(); ++column)
      text += std::string(kGap + widths[column] - row[column].size(), ' ') + row[column];
    text += '\n';
  }
  return text;
}

// The ratio to the baseline; the figure itself where the baseline has none.
std::string ratio_or_figure(const Board& board, std::size_t subject, std::size_t workload) {
  if (const auto ratio = board.ratio(subject, workload, "cpu_time")) return number(ratio, "");
  const auto figure = board.figure(subject, workload, "cpu_time");
  return figure ? number(figure, "") + " ns" : "-";
}

std::vector<std::string> means(const char* title, const char* metric, const Board& board,
                               const std::vector<Subject>& subjects, std::size_t workloads) {
  std::vector<std::string> row{title};
  for (std::size_t subject = 0; subject < subjects.size(); ++subject) {
    std::vector<double> ratios;
    for (std::size_t workload = 0; workload < workloads; ++workload)
      if (const auto ratio = board.ratio(subject, workload, metric); ratio && *ratio > 0)
        ratios.push_back(*ratio);
    row.push_back(subjects[subject].role == Role::kBaseline ? "" : number(geometric_mean(ratios), "-"));
  }
  return row;
}

}  // namespace

std::string summary_table(const Board& board, const std::vector<Subject>& subjects,
                          const std::vector<Workload>& workloads) {
  const bool ratios = std::any_of(subjects.begin(), subjects.end(),
                                  [](const Subject& subject) { return subject.role == Role::kBaseline; });
  std::vector<std::vector<std::string>> rows(1);
  rows[0].push_back(ratios ? "CPU time, ratio to" : "CPU time, ns/op");
  for (const Subject& subject : subjects)
    rows[0].push_back(subject.role == Role::kBaseline ? subject.name + ", ns/op" : subject.name);

  for (std::size_t workload = 0; workload < workloads.size(); ++workload) {
    rows.push_back({workloads[workload].name});
    for (std::size_t subject = 0; subject < subjects.size(); ++subject) {
      const bool absolute = !ratios || subjects[subject].role == Role::kBaseline;
      rows.back().push_back(board.failed(subject, workload) ? "FAILED"
                            : absolute ? number(board.figure(subject, workload, "cpu_time"), "-")
                                       : ratio_or_figure(board, subject, workload));
    }
  }
  if (ratios) {
    rows.push_back(means("geometric mean", "cpu_time", board, subjects, workloads.size()));
    rows.push_back(means("peak memory, likewise", "peak_resident", board, subjects, workloads.size()));
  }
  return aligned(rows);
}

}  // namespace assay::suite
