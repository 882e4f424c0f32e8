// What is known so far: for each subject and workload the figures of each round, or that it failed.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace assay::suite {

class Board {
 public:
  static constexpr std::size_t kNone = SIZE_MAX;

  // `baseline` is the index of the subject that the others are compared with, or kNone.
  Board(std::size_t subjects, std::size_t workloads, std::size_t baseline);

  void add(std::size_t subject, std::size_t workload, int round,
           const std::vector<nlohmann::ordered_json>& metrics);
  void fail(std::size_t subject, std::size_t workload) { cell(subject, workload).failed = true; }
  bool failed(std::size_t subject, std::size_t workload) const { return cell(subject, workload).failed; }

  // Subjects whose checksum in this round is not the workload's. The workload's is the first that the
  // baseline gave, or without one what most subjects gave first.
  struct Disagreement {
    std::size_t subject;
    std::string checksum, expected;
  };
  std::vector<Disagreement> disagreements(std::size_t workload, int round);

  // Median over the rounds of the median sample of `metric`; nothing for a failed cell.
  std::optional<double> figure(std::size_t subject, std::size_t workload, const std::string& metric) const;

  // Median over the rounds that both have of the ratio to the baseline.
  std::optional<double> ratio(std::size_t subject, std::size_t workload, const std::string& metric) const;

 private:
  using Figures = std::map<std::string, double>;  // by metric
  struct Cell {
    bool failed = false;
    std::map<int, Figures> rounds;
    std::map<int, std::string> checksums;
  };

  Cell& cell(std::size_t subject, std::size_t workload) { return cells_[workload * subjects_ + subject]; }
  const Cell& cell(std::size_t subject, std::size_t workload) const {
    return cells_[workload * subjects_ + subject];
  }
  std::string expected_checksum(std::size_t workload) const;

  std::size_t subjects_, baseline_;
  std::vector<Cell> cells_;
  std::vector<std::string> expected_;  // checksum of each workload, "" while unknown
};

double median(std::vector<double> values);                                // of at least one
std::optional<double> geometric_mean(const std::vector<double>& values);  // nothing for none

}  // namespace assay::suite
