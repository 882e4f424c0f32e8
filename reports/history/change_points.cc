#include "reports/history/change_points.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace assay::report {
namespace {

using Values = std::span<const double>;

constexpr std::size_t kLeastStretch = 2;  // one value is never a level
constexpr std::size_t kLeastWindow = 8;
constexpr double kReach = 3;                // further from its level, in units of the noise, a value is wild
constexpr double kWorth = kReach * kReach;  // what a value can say at most: its squared distance
constexpr double kExactWorth = 16;          // … where no value on either side leaves its level at all
constexpr double kWeak = 10;                // times the level: enough to be proposed by a window
constexpr double kRounding = 1e-12;         // noise below this part of the level is that of arithmetic
constexpr double kSmallest = std::numeric_limits<double>::min();  // … and where the level is 0

// Of normal values: standard deviation ÷ median distance from the mean; variance of those within kReach.
constexpr double kDeviation = 1.4826, kWithinReach = 0.97334;

double middle(std::vector<double>& values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), half, values.end());
  if (values.size() % 2 == 1) return *half;
  const double below = *std::max_element(values.begin(), half);
  return below + (*half - below) / 2;
}

// Mean of the values within reach of it, from a first guess on; exact where they are equal.
double level_near(Values values, double level, double reach) {
  for (int round = 0; round < 6; ++round) {
    double sum = 0, count = 0;
    for (const double value : values) {
      const bool near = std::abs(value - level) <= reach;
      sum += near ? value - level : 0;
      count += near ? 1 : 0;
    }
    if (sum == 0) break;
    level += sum / count;
    if (std::abs(sum) < count * reach / 1000) break;
  }
  return level;
}

double loss(Values values, double level, double noise, double worth) {
  double sum = 0;
  for (const double value : values) sum += std::min(std::pow((value - level) / noise, 2), worth);
  return sum;
}

// The incomplete beta function I(x; a, b) by its continued fraction (Abramowitz and Stegun 26.5.8), which
// converges fast for x below (a + 1) ÷ (a + b + 2).
double incomplete_beta(double a, double b, double x) {
  double c = 1, d = 1 / (1 - (a + b) / (a + 1) * x), fraction = d;
  for (int m = 1; m < 500 && std::abs(c * d - 1) > 1e-12; ++m) {
    const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d), c = 1 + even / c;
    fraction *= c * d;
    const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d), c = 1 + odd / c;
    fraction *= c * d;
  }
  const double logs = std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b);
  return std::exp(logs + a * std::log(x) + b * std::log1p(-x)) * fraction / a;
}

// P(|T| > t) of Student's t.
double student_tails(double t_squared, double freedom) {
  if (t_squared <= 0) return 1;
  const double a = freedom / 2, x = freedom / (freedom + t_squared);
  return x < (a + 1) / (a + 2.5) ? incomplete_beta(a, 0.5, x) : 1 - incomplete_beta(0.5, a, 1 - x);
}

class Finder {
 public:
  Finder(Values values, const ChangeSettings& settings)
      : values_(values),
        settings_(settings),
        window_(std::clamp(settings.window, kLeastWindow, values.size() + kLeastWindow)) {}

  std::vector<Change> find();

 private:
  struct Node {  // of a Fenwick tree over the ranks
    double count, sum;
  };

  Change test(std::size_t begin, std::size_t at, std::size_t end);
  std::size_t best_split(std::size_t begin, std::size_t end);
  void split(std::size_t begin, std::size_t end);
  void retest(std::size_t which);
  void merge();

  Values values_;
  const ChangeSettings& settings_;
  const std::size_t window_;
  std::vector<Change> changes_;
  std::vector<std::pair<double, std::size_t>> sorted_;
  std::vector<double> scratch_, clamped_, up_to_;
  std::vector<std::size_t> rank_;
  std::vector<Node> tree_;
};

// The bounded t-test between [begin, at) and [at, end).
Change Finder::test(std::size_t begin, std::size_t at, std::size_t end) {
  const Values left = values_.subspan(begin, at - begin), right = values_.subspan(at, end - at);
  const Values both = values_.subspan(begin, end - begin);
  const auto median = [&](Values of) { return scratch_.assign(of.begin(), of.end()), middle(scratch_); };
  Change change{at, median(left), median(right), 1};
  if (left.size() < kLeastStretch || right.size() < kLeastStretch) return change;

  scratch_.clear();
  for (const double value : left) scratch_.push_back(std::abs(value - change.before));
  for (const double value : right) scratch_.push_back(std::abs(value - change.after));
  const double rounding =
      std::max(kRounding * std::max(std::abs(change.before), std::abs(change.after)), kSmallest);
  double noise = std::max(kDeviation * middle(scratch_), rounding);
  change.before = level_near(left, change.before, kReach * noise);
  change.after = level_near(right, change.after, kReach * noise);

  double inliers = 0, squares = 0, products = 0;  // of neighbours
  const auto gather = [&](Values of, double level) {
    double previous = 0;
    for (const double value : of) {
      const double rest = value - level;
      const bool inlier = std::abs(rest) <= kReach * noise;
      if (inlier) squares += rest * rest, products += rest * previous, ++inliers;
      previous = inlier ? rest : 0;
    }
  };
  gather(left, change.before);
  gather(right, change.after);
  if (inliers <= 2) return change;
  noise = std::max(std::sqrt(squares / (inliers - 2) / kWithinReach), rounding);

  // What the longer side has shown before is no news.
  const bool left_longer = left.size() >= right.size();
  const double home = left_longer ? change.before : change.after;
  const double away = left_longer ? change.after : change.before;
  double seen = 1;
  for (const double value : left_longer ? left : right)
    if (std::abs(value - home) > kReach * noise && std::abs(value - away) <= kReach * noise) ++seen;
  const double longer = static_cast<double>(std::max(left.size(), right.size()));
  double worth = std::clamp(2 * std::log((longer + 1 - seen) / seen), 0.0, kWorth);
  if (noise == rounding && inliers == static_cast<double>(both.size())) worth = kExactWorth;

  const double apart = loss(left, change.before, noise, worth) + loss(right, change.after, noise, worth);
  const double between =
      (change.before * static_cast<double>(left.size()) + change.after * static_cast<double>(right.size())) /
      static_cast<double>(both.size());
  double together = loss(both, between, noise, worth);
  for (const double guess : {between, change.before, change.after})
    together = std::min(together, loss(both, level_near(both, guess, kReach * noise), noise, worth));
  const double correlation = squares > 0 ? std::max(0.0, products / squares - 1 / std::sqrt(inliers)) : 0;
  const double gain = (together - apart) * (1 - correlation) / (1 + correlation);
  const double places = static_cast<double>(both.size() - 1);
  change.p = std::min(1.0, places * student_tails(gain, inliers - 2));
  return change;
}

// The place in [begin, end) that maximises the energy distance between both sides. A value that moves from
// the right to the left takes its distances to all others with it; their sum over the left comes from a
// Fenwick tree over ranks, that over all values from the sorted values.
std::size_t Finder::best_split(std::size_t begin, std::size_t end) {
  const Values values = values_.subspan(begin, end - begin);
  const std::size_t n = values.size();
  sorted_.clear();
  for (std::size_t i = 0; i < n; ++i) sorted_.push_back({values[i], i});
  std::sort(sorted_.begin(), sorted_.end());
  const double centre = sorted_[n / 2].first;
  scratch_.clear();
  for (const double value : values) scratch_.push_back(std::abs(value - centre));
  const double reach =
      std::max(kReach * std::max(kDeviation * middle(scratch_), kRounding * std::abs(centre)), kSmallest);

  clamped_.resize(n), rank_.resize(n), up_to_.resize(n + 1);
  double pairs = 0, sum = 0;  // of the distances of all pairs; of the values so far
  for (std::size_t rank = 0; rank < n; ++rank) {
    const auto [value, i] = sorted_[rank];
    rank_[i] = rank;
    clamped_[i] = std::clamp(value - centre, -reach, reach);
    pairs += clamped_[i] * static_cast<double>(rank) - sum;
    up_to_[rank] = sum;
    sum += clamped_[i];
  }

  tree_.assign(n + 1, {0, 0});
  double in_left = 0, in_right = pairs, left_sum = 0, best = -std::numeric_limits<double>::infinity();
  std::size_t place = kLeastStretch;
  for (std::size_t i = 0; i + kLeastStretch < n; ++i) {
    const double value = clamped_[i], left = static_cast<double>(i), right = static_cast<double>(n - i);
    Node below{0, 0};  // those on the left that are less
    for (std::size_t k = rank_[i]; k > 0; k &= k - 1)
      below.count += tree_[k].count, below.sum += tree_[k].sum;
    const double to_left = value * (2 * below.count - left) + left_sum - 2 * below.sum;
    const double to_all =
        value * (2 * static_cast<double>(rank_[i]) - left - right) + sum - 2 * up_to_[rank_[i]];
    in_left += to_left;
    in_right -= to_all - to_left;
    left_sum += value;
    for (std::size_t k = rank_[i] + 1; k <= n; k += k & (~k + 1)) ++tree_[k].count, tree_[k].sum += value;
    if (i + 1 < kLeastStretch) continue;
    const double a = left + 1, b = right - 1;
    const double energy = (pairs - in_left - in_right) - in_left * b / a - in_right * a / b;
    if (energy > best) best = energy, place = i + 1;
  }
  return begin + place;
}

void Finder::split(std::size_t begin, std::size_t end) {
  if (end - begin < 2 * kLeastStretch) return;
  const Change change = test(begin, best_split(begin, end), end);
  if (change.p >= kWeak * settings_.level) return;
  changes_.push_back(change);
  split(begin, change.index);
  split(change.index, end);
}

// Between the changes next to it, as they are now.
void Finder::retest(std::size_t which) {
  const std::size_t at = changes_[which].index;
  const std::size_t from = which == 0 ? 0 : changes_[which - 1].index;
  const std::size_t to = which + 1 == changes_.size() ? values_.size() : changes_[which + 1].index;
  changes_[which] = test(std::max(from, at - std::min(at, window_)), at, std::min(to, at + window_));
}

// Leaves out the change that is least of one, until each is enough of one.
void Finder::merge() {
  const auto less_certain = [](const Change& a, const Change& b) { return a.p > b.p; };
  const auto size = [](const Change& c) { return std::abs(c.after - c.before) / std::abs(c.before); };
  const auto smaller = [&](const Change& a, const Change& b) { return size(a) < size(b); };
  while (!changes_.empty()) {
    auto weakest = std::min_element(changes_.begin(), changes_.end(), less_certain);
    if (weakest->p < settings_.level) {
      weakest = std::min_element(changes_.begin(), changes_.end(), smaller);
      if (size(*weakest) >= settings_.least) return;
    }
    const auto place = static_cast<std::size_t>(weakest - changes_.begin());
    changes_.erase(weakest);
    if (place > 0) retest(place - 1);
    if (place < changes_.size()) retest(place);
  }
}

std::vector<Change> Finder::find() {
  // A wanted change is tested against a window before it; the windows that reach into that one are needed.
  const std::size_t n = values_.size(), step = window_ / 2;
  std::size_t begin = settings_.from > 2 * window_ ? (settings_.from - 2 * window_) / step * step : 0;
  for (; begin < n; begin += step) {
    split(begin, std::min(begin + window_, n));
    if (begin + window_ >= n) break;
  }
  const auto earlier = [](const Change& a, const Change& b) { return a.index < b.index; };
  const auto same = [](const Change& a, const Change& b) { return a.index == b.index; };
  std::sort(changes_.begin(), changes_.end(), earlier);
  changes_.erase(std::unique(changes_.begin(), changes_.end(), same), changes_.end());
  for (std::size_t i = 0; i < changes_.size(); ++i) retest(i);
  merge();
  std::erase_if(changes_, [&](const Change& change) { return change.index < settings_.from; });
  return changes_;
}

}  // namespace

std::vector<Change> find_changes(Values values, const ChangeSettings& settings) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  if (largest == 0) return {};
  int exponent = 0;
  std::frexp(largest, &exponent);
  std::vector<double> scaled;  // by a power of two, which rounds nothing, so that no sum overflows
  for (const double value : values) scaled.push_back(std::ldexp(value, -exponent));
  std::vector<Change> changes = Finder(scaled, settings).find();
  for (Change& change : changes) {
    change.before = std::ldexp(change.before, exponent);
    change.after = std::ldexp(change.after, exponent);
  }
  return changes;
}

}  // namespace assay::report
