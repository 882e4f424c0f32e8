// What the workloads of this family put into cells, and what they share with those in Rust.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::cell {

// Four words made from a number: a small record.
struct Value {
  std::uint64_t words[4];
};

inline Value value_of_number(std::uint64_t number) {
  const std::uint64_t mark = mark_of(number);
  return {{mark, number, ~mark, mark ^ number}};
}

// The compiler must have written everything, and may keep nothing that it read.
inline void escape(const void* address) { asm volatile("" : : "r"(address) : "memory"); }

// `count` objects in the harness's memory, each made by make(index).
template <class T, class Make>
T* make_objects(std::size_t count, const Make& make) {
  auto* objects = static_cast<T*>(harness_memory(count * sizeof(T)));
  for (std::size_t i = 0; i < count; ++i) new (objects + i) T(make(i));
  return objects;
}

// Random numbers below `bound`.
inline std::uint32_t* random_numbers(std::size_t count, std::uint64_t bound, std::uint64_t stream) {
  auto* numbers = harness_array<std::uint32_t>(count);
  Random random(stream);
  for (std::size_t i = 0; i < count; ++i) numbers[i] = static_cast<std::uint32_t>(random.below(bound));
  return numbers;
}

}  // namespace assay::suite::cell
