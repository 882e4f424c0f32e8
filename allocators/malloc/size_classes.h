// Which sizes a block is cut into: steps of 16 bytes to 1 KiB, so that the commonest sizes waste at most 15
// bytes, then eight steps a doubling to 32 KiB, so that the others waste at most an eighth. Class 0 is no
// class.
//
//   class     1   2  …  64 | 65   66   …  72  | 73  …  104
//   bytes    16  32  … 1024| 1152 1280 … 2048 | 2304 … 32768
//
// A class of at most kNarrowLimit bytes is cut from one unit of 64 KiB, the larger ones from four units,
// where less is left over at the end.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace assay::drop_in {

constexpr std::size_t kGranule = 16, kUnit = std::size_t{64} << 10;
constexpr std::size_t kExactLimit = 1024, kNarrowLimit = 8192, kSmallLimit = 32768;
constexpr unsigned kExactClasses = kExactLimit / kGranule, kSteps = 8, kWideUnits = 4;
constexpr unsigned kClasses = kExactClasses + 5 * kSteps + 1;  // with class 0

constexpr unsigned class_of(std::size_t size) {  // at most kSmallLimit; 0 has the least block, too
  if (size <= kExactLimit) return size == 0 ? 1 : static_cast<unsigned>((size + kGranule - 1) / kGranule);
  const unsigned octave = static_cast<unsigned>(std::bit_width(size - 1)) - 1;  // 10 for 1025 … 2048
  const std::size_t step = std::size_t{1} << (octave - 3);
  const std::size_t above = (size - 1 - (std::size_t{1} << octave)) / step;
  return kExactClasses + (octave - 10) * kSteps + static_cast<unsigned>(above) + 1;
}

constexpr std::size_t compute_class_size(unsigned size_class) {
  if (size_class <= kExactClasses) return size_class * kGranule;
  const unsigned beyond = size_class - kExactClasses - 1, octave = 10 + beyond / kSteps;
  return (std::size_t{1} << octave) + (beyond % kSteps + 1) * (std::size_t{1} << (octave - 3));
}

struct ClassFacts {
  std::uint32_t size;
  std::uint32_t inverse;   // of size, times 2^32, or 2^40 for wide blocks, rounded up
  std::uint32_t capacity;  // objects in a block
  std::uint16_t units;     // in a block
  std::uint16_t batch;     // objects that a thread takes or returns at once
};

// After Lemire, Kaser and Kurz, "Faster remainder by direct computation" (2019): an offset below 2^16 is a
// multiple of the size if and only if offset * inverse, modulo 2^32, is less than inverse.
constexpr std::array<ClassFacts, kClasses> compute_facts() {
  constexpr std::size_t kBatchBytes = 16 << 10, kMostBatch = 255, kLeastBatch = 5;
  std::array<ClassFacts, kClasses> facts{};
  for (unsigned c = 1; c < kClasses; ++c) {
    const std::size_t size = compute_class_size(c);
    const std::size_t units = size <= kNarrowLimit ? 1 : kWideUnits;
    const std::size_t batch = kBatchBytes / size;
    facts[c] = {static_cast<std::uint32_t>(size),
                static_cast<std::uint32_t>(((std::uint64_t{1} << (units == 1 ? 32 : 40)) - 1) / size + 1),
                static_cast<std::uint32_t>(units * kUnit / size), static_cast<std::uint16_t>(units),
                static_cast<std::uint16_t>(batch > kMostBatch    ? kMostBatch
                                           : batch < kLeastBatch ? kLeastBatch
                                                                 : batch)};
  }
  return facts;
}
inline constexpr std::array<ClassFacts, kClasses> kFacts = compute_facts();

constexpr std::size_t class_size(unsigned size_class) { return kFacts[size_class].size; }

// What the block map says of a unit, so that free() needs no record: of which class it begins a block; that
// it is mixed; which unit of a wide block it is; that it begins a large object, and of how many units if they
// are few.
constexpr unsigned kFirstWide = class_of(kNarrowLimit) + 1, kShortUnits = 4;
constexpr unsigned kMixed = kClasses, kTails = kClasses + 1;
constexpr unsigned kLarge = kTails + (kClasses - kFirstWide) * (kWideUnits - 1);
constexpr unsigned kKinds = kLarge + 1 + kShortUnits;
static_assert(kKinds <= 256);

constexpr bool is_large(unsigned kind) { return kind >= kLarge; }
constexpr unsigned kind_of_large(std::size_t units) {
  return units <= kShortUnits ? kLarge + static_cast<unsigned>(units) : kLarge;
}
// 0 if they are more than a few.
constexpr unsigned short_units(unsigned large_kind) { return large_kind - kLarge; }

constexpr unsigned kind_of(unsigned size_class, unsigned unit) {
  return unit == 0 ? size_class : kTails + (size_class - kFirstWide) * (kWideUnits - 1) + unit - 1;
}

struct UnitOfClass {
  unsigned size_class, unit;
};
constexpr UnitOfClass unit_of_class(unsigned kind) {  // of a kind that is not large; kMixed is its own class
  if (kind < kTails) return {kind, 0};
  return {kFirstWide + (kind - kTails) / (kWideUnits - 1), (kind - kTails) % (kWideUnits - 1) + 1};
}

// The least class whose objects lie on multiples of the alignment, or 0 if none does.
constexpr unsigned aligned_class(std::size_t size, std::size_t alignment) {
  if (size > kSmallLimit || alignment > kSmallLimit) return 0;
  for (unsigned c = class_of(size < alignment ? alignment : size); c < kClasses; ++c)
    if (class_size(c) % alignment == 0) return c;
  return 0;
}

// Where objects of a class lie that are not in a block of their own class: as aligned as they would be there.
constexpr std::size_t natural_alignment(unsigned size_class) {
  return class_size(size_class) & (~class_size(size_class) + 1);
}

}  // namespace assay::drop_in
