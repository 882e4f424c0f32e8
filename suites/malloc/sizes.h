// The sizes that checks of the malloc family ask for: where allocators change their mind.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace assay::suite {

constexpr std::size_t kKiB = 1024;
constexpr std::size_t kMiB = 1024 * kKiB;
constexpr std::size_t kGiB = 1024 * kMiB;

// Both sides of the borders that size classes, pages, spans and mmap thresholds usually have.
constexpr std::size_t kBorderSizes[] = {
    1,    2,    7,     8,     9,     15,    16,    17,     23,     24,     25,     31,
    32,   33,   40,    41,    47,    48,    49,    63,     64,     65,     80,     96,
    112,  127,  128,   129,   160,   192,   255,   256,    257,    320,    511,    512,
    513,  1000, 1023,  1024,  1025,  1032,  1033,  2047,   2048,   2049,   4095,   4096,
    4097, 8192, 12289, 16384, 32769, 65535, 65537, 131047, 131072, 131073, 262145, kMiB + 1};

// Impossible requests: beyond PTRDIFF_MAX, and from there on up to where every kind of padding wraps.
constexpr std::size_t kImpossibleSizes[] = {std::size_t{PTRDIFF_MAX} + 1,
                                            SIZE_MAX - kGiB,
                                            SIZE_MAX - 65536,
                                            SIZE_MAX - 4096,
                                            SIZE_MAX - 64,
                                            SIZE_MAX - 16,
                                            SIZE_MAX};

// visit(s) and visit(s + 1) for `steps` values of s in each doubling from `low` (a power of two) to `high`.
template <class Visit>
void for_size_ladder(std::size_t low, std::size_t high, std::size_t steps, Visit visit) {
  for (std::size_t base = low; base <= high; base *= 2) {
    for (std::size_t step = 0; step < steps; ++step) {
      const std::size_t size = base + base * step / steps;
      if (size > high) return;
      visit(size);
      visit(size + 1);
    }
  }
}

}  // namespace assay::suite
