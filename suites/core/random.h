// Random numbers for tests and workloads: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom
// number generators", 2014). Eight bytes of state, the same stream on every platform, never allocates.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::suite {

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) : state_(seed) {}

  constexpr std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound); bound > 0. Multiply-shift: bias below bound / 2^64.
  constexpr std::uint64_t below(std::uint64_t bound) {
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }

  // Uniform in [low, high].
  constexpr std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + below(high - low + 1);
  }

  constexpr bool one_in(std::uint64_t n) { return below(n) == 0; }

  // Log-uniform in [low, high], low > 0: every power of two is equally likely, as sizes are in programs.
  constexpr std::uint64_t log_between(std::uint64_t low, std::uint64_t high) {
    const auto low_bits = 63 - __builtin_clzll(low), high_bits = 63 - __builtin_clzll(high);
    const auto bits = between(static_cast<std::uint64_t>(low_bits), static_cast<std::uint64_t>(high_bits));
    const std::uint64_t value = (std::uint64_t{1} << bits) | below(std::uint64_t{1} << bits);
    return value < low ? low : value > high ? high : value;
  }

 private:
  std::uint64_t state_;
};

}  // namespace assay::suite
