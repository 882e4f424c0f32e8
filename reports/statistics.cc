#include "reports/statistics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

namespace assay::report {
namespace {

// Twice the rank of each value's distance from 0, averaged over ties: integers.
std::vector<std::size_t> doubled_ranks(std::vector<double> distances) {
  std::sort(distances.begin(), distances.end());
  std::vector<std::size_t> ranks;
  for (std::size_t first = 0, end = 0; first < distances.size(); first = end) {
    while (end < distances.size() && distances[end] == distances[first]) ++end;
    ranks.insert(ranks.end(), end - first, first + 1 + end);  // 2 × the mean of first + 1 … end
  }
  return ranks;
}

// A page asks for the same few sizes many thousand times.
const std::vector<double>& known_distribution(std::size_t n) {
  thread_local std::map<std::size_t, std::vector<double>> known;
  std::vector<double>& distribution = known[n];
  if (distribution.empty()) distribution = signed_rank_distribution(n);
  return distribution;
}

}  // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

std::vector<double> signed_rank_distribution(std::size_t n) {
  // Rank r is in the sum or not, each with probability 1/2, whatever the others do.
  std::vector<double> probability(n * (n + 1) / 2 + 1, 0.0);
  probability[0] = 1;
  for (std::size_t rank = 1, most = 1; rank <= n; most += ++rank)
    for (std::size_t sum = most + 1; sum-- > 0;)
      probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0)) / 2;
  for (std::size_t sum = 1; sum < probability.size(); ++sum) probability[sum] += probability[sum - 1];
  return probability;
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

double signed_rank_p(const std::vector<double>& values) {
  std::vector<double> signed_values, distances;
  for (const double value : values)
    if (value != 0) signed_values.push_back(value), distances.push_back(std::abs(value));
  if (distances.empty()) return 1;
  std::sort(signed_values.begin(), signed_values.end(),
            [](double a, double b) { return std::abs(a) < std::abs(b); });
  const std::vector<std::size_t> ranks = doubled_ranks(distances);
  const std::size_t total = std::accumulate(ranks.begin(), ranks.end(), std::size_t{0});
  std::size_t positive = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) positive += signed_values[i] > 0 ? ranks[i] : 0;

  const std::size_t smaller = std::min(positive, total - positive);
  const bool ties = std::adjacent_find(ranks.begin(), ranks.end()) != ranks.end();
  if (!ties) return std::min(1.0, 2 * known_distribution(ranks.size())[smaller / 2]);

  std::vector<double> probability(total + 1, 0.0);  // of each sum
  probability[0] = 1;
  std::size_t most = 0;
  for (const std::size_t rank : ranks) {
    most += rank;
    for (std::size_t sum = most + 1; sum-- > 0;)
      probability[sum] = (probability[sum] + (sum >= rank ? probability[sum - rank] : 0)) / 2;
  }
  const auto end = probability.begin() + static_cast<std::ptrdiff_t>(smaller) + 1;
  return std::min(1.0, 2 * std::accumulate(probability.begin(), end, 0.0));
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
