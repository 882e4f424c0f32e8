// How much longer than usual randomized checks are to run: the environment's ASSAY_LENGTH, a decimal number.
// Checks multiply what they do by it, and their driver the CPU time that they may use.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>

namespace assay::suite {

constexpr const char* kLengthVariable = "ASSAY_LENGTH";
constexpr std::size_t kLongest = 100'000;

// 1 if nothing is said.
inline std::size_t length_factor() {
  const char* const text = std::getenv(kLengthVariable);
  return text == nullptr ? 1 : std::clamp<std::size_t>(std::strtoull(text, nullptr, 10), 1, kLongest);
}

}  // namespace assay::suite
