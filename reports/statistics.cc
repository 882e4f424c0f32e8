#include "reports/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace assay::report {
namespace {

// Twice the rank of each value, sorted by the distance from 0; averaged over ties, hence twice.
std::vector<std::size_t> doubled_ranks(const std::vector<double>& sorted) {
  std::vector<std::size_t> ranks;
  for (std::size_t first = 0, end = 0; first < sorted.size(); first = end) {
    while (end < sorted.size() && std::abs(sorted[end]) == std::abs(sorted[first])) ++end;
    ranks.insert(ranks.end(), end - first, first + 1 + end);  // 2 × the mean of first + 1 … end
  }
  return ranks;
}

// P(sum ≤ t): each score is in the sum or not, with probability 1/2, whatever the others do.
std::vector<double> distribution_of(const std::vector<std::size_t>& scores) {
  std::vector<double> probability(std::accumulate(scores.begin(), scores.end(), std::size_t{1}), 0.0);
  probability[0] = 1;
  std::size_t most = 0;
  for (const std::size_t score : scores) {
    most += score;
    for (std::size_t sum = most + 1; sum-- > 0;)
      probability[sum] = (probability[sum] + (sum >= score ? probability[sum - score] : 0)) / 2;
  }
  std::partial_sum(probability.begin(), probability.end(), probability.begin());
  return probability;
}

// A page asks for the same few sizes many thousand times.
const std::vector<double>& known_distribution(std::size_t n, std::size_t bound = kUnbounded) {
  thread_local std::map<std::pair<std::size_t, std::size_t>, std::vector<double>> known;
  std::vector<double>& distribution = known[{n, bound}];
  if (distribution.empty()) distribution = signed_rank_distribution(n, bound);
  return distribution;
}

// The sum of the ranks of what lies above `centre`.
std::size_t sum_above(const std::vector<double>& values, double centre, std::size_t bound) {
  std::vector<double> sorted;
  for (const double value : values) sorted.push_back(value - centre);
  std::sort(sorted.begin(), sorted.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  std::size_t sum = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) sum += sorted[i] > 0 ? std::min(i + 1, bound) : 0;
  return sum;
}

// The centre up to which the sum is at least `least`: the sum falls as the centre rises.
double centre_with(const std::vector<double>& values, std::size_t least, std::size_t bound) {
  auto [low, high] = std::pair(*std::min_element(values.begin(), values.end()),
                               *std::max_element(values.begin(), values.end()));
  for (int halvings = 0; halvings < 60; ++halvings) {
    const double middle = low + (high - low) / 2;
    (sum_above(values, middle, bound) >= least ? low : high) = middle;
  }
  return low;
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> signed_rank_distribution(std::size_t n, std::size_t bound) {
  std::vector<std::size_t> scores;
  for (std::size_t rank = 1; rank <= n; ++rank) scores.push_back(std::min(rank, bound));
  return distribution_of(scores);
}

Estimate locate(const std::vector<double>& values, double tail) {
  std::vector<double> means;  // Walsh averages
  means.reserve(values.size() * (values.size() + 1) / 2);
  for (std::size_t i = 0; i < values.size(); ++i)
    for (std::size_t j = i; j < values.size(); ++j) means.push_back((values[i] + values[j]) / 2);
  const auto place = [&](std::size_t at) { return means.begin() + static_cast<std::ptrdiff_t>(at); };
  const auto at = [&](std::size_t rank) {
    std::nth_element(means.begin(), place(rank), means.end());
    return means[rank];
  };
  const std::size_t middle = means.size() / 2;
  const double upper = at(middle);
  const double centre =
      means.size() % 2 == 1 ? upper : (*std::max_element(means.begin(), place(middle)) + upper) / 2;
  Estimate estimate{centre, std::nullopt, values.size()};
  const std::vector<double>& distribution = known_distribution(values.size());
  if (distribution[0] > tail) return estimate;
  std::size_t cut = 0;  // means to leave out at each end: the tail beyond them is at most `tail`
  while (distribution[cut + 1] <= tail) ++cut;
  estimate.interval = Interval{at(cut), at(means.size() - 1 - cut)};
  return estimate;
}

double signed_rank_p(const std::vector<double>& values, std::size_t bound) {
  std::vector<double> sorted;
  for (const double value : values)
    if (value != 0) sorted.push_back(value);
  if (sorted.empty()) return 1;
  std::sort(sorted.begin(), sorted.end(), [](double a, double b) { return std::abs(a) < std::abs(b); });
  std::vector<std::size_t> scores = doubled_ranks(sorted);
  const bool ties = std::adjacent_find(scores.begin(), scores.end()) != scores.end();
  if (bound != kUnbounded)
    for (std::size_t& score : scores) score = std::min(score, 2 * bound);
  std::size_t positive = 0, total = 0;
  for (std::size_t i = 0; i < scores.size(); ++i)
    positive += sorted[i] > 0 ? scores[i] : 0, total += scores[i];
  const std::size_t smaller = std::min(positive, total - positive);
  return std::min(1.0, 2 * (ties ? distribution_of(scores)[smaller]
                                 : known_distribution(scores.size(), bound)[smaller / 2]));
}

Estimate locate_bounded(const std::vector<double>& values, double tail, std::size_t bound) {
  const std::vector<double>& distribution = known_distribution(values.size(), bound);
  const std::size_t total = distribution.size() - 1;
  const double centre =
      (centre_with(values, (total + 1) / 2, bound) + centre_with(values, total / 2 + 1, bound)) / 2;
  Estimate estimate{centre, std::nullopt, values.size()};
  if (distribution[0] > tail) return estimate;
  std::size_t cut = 0;  // sums to reject at each end
  while (distribution[cut + 1] <= tail) ++cut;
  estimate.interval = Interval{centre_with(values, total - cut, bound), centre_with(values, cut + 1, bound)};
  return estimate;
}

std::vector<bool> discoveries(const std::vector<double>& p_values, double q) {
  std::vector<double> sorted = p_values;
  std::sort(sorted.begin(), sorted.end());
  double cut = -1;  // the largest p that is at most its share of q
  for (std::size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] <= q * static_cast<double>(i + 1) / static_cast<double>(sorted.size())) cut = sorted[i];
  std::vector<bool> rejected;
  for (const double p : p_values) rejected.push_back(p <= cut);
  return rejected;
}

}  // namespace assay::report
