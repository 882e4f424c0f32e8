// Fills and checks whole blocks with bytes that depend on a seed and on the position, so that a shifted,
// swapped, truncated or foreign byte is seen. Byte i of a block is the (i mod 8)th byte of mix(seed + i / 8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace assay::suite {

constexpr std::size_t kIntact = SIZE_MAX;  // find_damage: every byte is as written

constexpr std::uint64_t pattern_word(std::uint64_t seed, std::size_t index) {
  std::uint64_t z = (seed + index) * 0x9e3779b97f4a7c15;
  z ^= z >> 29;
  return z * 0xbf58476d1ce4e5b9;
}

inline void fill_pattern(void* block, std::size_t size, std::uint64_t seed) {
  auto* bytes = static_cast<unsigned char*>(block);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    const std::uint64_t word = pattern_word(seed, i / 8);
    std::memcpy(bytes + i, &word, 8);
  }
  if (i < size) {
    const std::uint64_t word = pattern_word(seed, i / 8);
    std::memcpy(bytes + i, &word, size - i);
  }
}

// Offset of the first byte of [0, size) that is not as fill_pattern(block, ≥ size, seed) wrote it, or
// kIntact.
inline std::size_t find_damage(const void* block, std::size_t size, std::uint64_t seed) {
  const auto* bytes = static_cast<const unsigned char*>(block);
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = pattern_word(seed, i / 8);
    const std::size_t length = size - i < 8 ? size - i : 8;
    if (std::memcmp(bytes + i, &word, length) == 0) continue;
    unsigned char expected[8];
    std::memcpy(expected, &word, 8);
    for (std::size_t k = 0; k < length; ++k)
      if (bytes[i + k] != expected[k]) return i + k;
  }
  return kIntact;
}

}  // namespace assay::suite
