#include "suites/runner/board.h"

#include <algorithm>
#include <cmath>

namespace assay::suite {

Board::Board(std::size_t subjects, std::size_t workloads, std::size_t baseline)
    : subjects_(subjects), baseline_(baseline), cells_(subjects * workloads), expected_(workloads) {}

void Board::add(std::size_t subject, std::size_t workload, int round,
                const std::vector<nlohmann::ordered_json>& metrics) {
  for (const auto& metric : metrics) {
    const std::string name = metric["metric"];
    const auto& samples = metric["samples"];
    if (metric["unit"] == "hash")
      cell(subject, workload).checksums[round] =
          samples[0].is_string() ? samples[0].get<std::string>() : samples[0].dump();
    else
      cell(subject, workload).rounds[round][name] = median(samples.get<std::vector<double>>());
  }
}

std::string Board::expected_checksum(std::size_t workload) const {
  if (baseline_ != kNone && !cell(baseline_, workload).failed && !cell(baseline_, workload).checksums.empty())
    return cell(baseline_, workload).checksums.begin()->second;
  std::map<std::string, int> votes;
  for (std::size_t subject = 0; subject < subjects_; ++subject)
    if (const Cell& voter = cell(subject, workload); !voter.checksums.empty())
      ++votes[voter.checksums.begin()->second];
  const auto most = std::max_element(votes.begin(), votes.end(),
                                     [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == votes.end()) return "";
  const bool tie = std::count_if(votes.begin(), votes.end(),
                                 [&](const auto& vote) { return vote.second == most->second; }) > 1;
  return tie ? "(they differ from each other)" : most->first;  // nobody can tell who is wrong
}

std::vector<Board::Disagreement> Board::disagreements(std::size_t workload, int round) {
  if (expected_[workload].empty()) expected_[workload] = expected_checksum(workload);
  std::vector<Disagreement> found;
  for (std::size_t subject = 0; subject < subjects_; ++subject) {
    const Cell& judged = cell(subject, workload);
    const auto checksum = judged.checksums.find(round);
    if (judged.failed || checksum == judged.checksums.end() || checksum->second == expected_[workload])
      continue;
    found.push_back({subject, checksum->second, expected_[workload]});
  }
  return found;
}

std::optional<double> Board::figure(std::size_t subject, std::size_t workload,
                                    const std::string& metric) const {
  const Cell& wanted = cell(subject, workload);
  std::vector<double> values;
  for (const auto& [round, figures] : wanted.rounds)
    if (const auto found = figures.find(metric); found != figures.end()) values.push_back(found->second);
  if (wanted.failed || values.empty()) return std::nullopt;
  return median(std::move(values));
}

std::optional<double> Board::ratio(std::size_t subject, std::size_t workload,
                                   const std::string& metric) const {
  if (baseline_ == kNone || failed(subject, workload) || failed(baseline_, workload)) return std::nullopt;
  const Cell& base = cell(baseline_, workload);
  std::vector<double> ratios;
  for (const auto& [round, figures] : cell(subject, workload).rounds) {
    const auto base_figures = base.rounds.find(round);
    if (base_figures == base.rounds.end()) continue;
    const auto value = figures.find(metric), base_value = base_figures->second.find(metric);
    if (value == figures.end() || base_value == base_figures->second.end() || base_value->second <= 0)
      continue;
    ratios.push_back(value->second / base_value->second);
  }
  if (ratios.empty()) return std::nullopt;
  return median(std::move(ratios));
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::optional<double> geometric_mean(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const double value : values) sum += std::log(value);
  return std::exp(sum / static_cast<double>(values.size()));
}

}  // namespace assay::suite
