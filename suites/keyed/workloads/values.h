// What the workloads of this family put into a slab, and what they share with those for peers in other
// languages: every subject does the same to the same values, under keys of its own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::keyed {

// Four words made from a number: a small record.
struct Value {
  std::uint64_t words[4];
};

inline Value value_of_number(std::uint64_t number) {
  const std::uint64_t mark = mark_of(number);
  return {{mark, number, ~mark, mark ^ number}};
}

// Of the first and the last word, so that a value across two cache lines costs both.
inline std::uint64_t word_of(const Value& value) { return value.words[0] + value.words[3]; }

// The compiler must have written everything, and may keep nothing that it read.
inline void escape(const void* address) { asm volatile("" : : "r"(address) : "memory"); }

// 0 … count - 1 in random order.
inline std::uint32_t* shuffled(std::size_t count, std::uint64_t stream) {
  auto* order = harness_array<std::uint32_t>(count);
  Random random(stream);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t k = random.below(i + 1);
    order[i] = order[k];
    order[k] = static_cast<std::uint32_t>(i);
  }
  return order;
}

}  // namespace assay::suite::keyed
