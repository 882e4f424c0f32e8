// Sizes as production services ask for them.
//
// The published percentiles of the ten distributions in Google's fleetbench span: p50 48-64 bytes, p90
// 192-1,664 bytes, p99 4-32 KiB, p99.9 8-96 KiB, with 59-72 % of the requests at most 64 bytes. The two
// tables below are ours, not Google's data: the lower and the upper end of those spans, joined by straight
// lines over the logarithm of the size. The smallest and the largest size are our choice.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "suites/core/random.h"

namespace assay::suite {

struct Percentile {
  double share;  // of the requests that are at most `size`
  double size;
};

constexpr std::array<Percentile, 7> kLightSizes = {
    {{0, 8}, {0.50, 48}, {0.72, 64}, {0.90, 192}, {0.99, 4096}, {0.999, 8192}, {1, 32768}}};
constexpr std::array<Percentile, 7> kHeavySizes = {
    {{0, 8}, {0.50, 56}, {0.59, 64}, {0.90, 1664}, {0.99, 32768}, {0.999, 98304}, {1, 262144}}};

// Draws from a table in constant time: the quantiles of 4,096 equal shares.
class ProductionSizes {
 public:
  explicit ProductionSizes(const std::array<Percentile, 7>& table) {
    std::size_t segment = 0;
    for (std::size_t i = 0; i < kShares; ++i) {
      const double share = (static_cast<double>(i) + 0.5) / kShares;
      while (table[segment + 1].share < share) ++segment;
      const Percentile &low = table[segment], &high = table[segment + 1];
      const double along = (share - low.share) / (high.share - low.share);
      sizes_[i] = static_cast<std::uint32_t>(low.size * std::pow(high.size / low.size, along));
    }
  }

  std::uint32_t draw(Random& random) const { return sizes_[random.next() % kShares]; }

  double mean() const {
    double sum = 0;
    for (const std::uint32_t size : sizes_) sum += size;
    return sum / kShares;
  }

 private:
  static constexpr std::size_t kShares = 4096;
  std::array<std::uint32_t, kShares> sizes_;
};

}  // namespace assay::suite
