// What the workloads of this family own, and what they share with those for pointers in other languages:
// every subject does the same to the same values.
#pragma once

#include <malloc.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::pointer {

struct Word {
  explicit Word(std::uint64_t mark_of_this) : mark(mark_of_this) {}
  std::uint64_t mark;
};

// A cache line.
struct Line {
  explicit Line(std::uint64_t mark) : words{mark, mark, mark, mark, mark, mark, mark, mark} {}
  std::uint64_t words[8];
};

inline std::uint64_t word_of(const Word& word) { return word.mark; }
inline std::uint64_t word_of(const Line& line) { return line.words[0] + line.words[7]; }

// The compiler must have written everything, and may keep nothing that it read: between a copy and its end
// this keeps the count's change in the program.
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

// What a pointer costs in memory, as figures beside the times: the bytes of the pointer itself, and what the
// heap was asked for beyond the object. glibc rounds a request up to a multiple of 16 less the 8 bytes of its
// own header; of two objects 8 bytes apart, one is not rounded.
template <std::size_t kWords>
struct Bulk {
  std::uint64_t words[kWords] = {};
};
// Too large for the caches of freed blocks, which count as used.
constexpr std::size_t kBulkWords = 250;
using SmallerBulk = Bulk<kBulkWords>;
using LargerBulk = Bulk<kBulkWords + 1>;

inline std::size_t heap_bytes() { return mallinfo2().uordblks; }

// The bytes beyond `size` that make() asks for, rounded up; SIZE_MAX where the heap is not glibc's.
template <class Make>
std::size_t bytes_beyond(std::size_t size, Make make) {
  constexpr std::size_t kHeader = 8;
  const std::size_t before = heap_bytes();
  [[maybe_unused]] const auto owner = make();
  escape(&owner);
  const std::size_t taken = heap_bytes() - before;
  return taken >= size + kHeader ? taken - size - kHeader : SIZE_MAX;
}

inline void report_sizes(Figures& figures, std::size_t pointer, std::size_t overhead) {
  figures.add("pointer_bytes", "bytes", static_cast<double>(pointer));
  if (overhead != SIZE_MAX) figures.add("overhead_bytes", "bytes", static_cast<double>(overhead));
}

template <template <class> class P>
std::size_t overhead_of() {
  return std::min(bytes_beyond(sizeof(SmallerBulk), [] { return P<SmallerBulk>::make(); }),
                  bytes_beyond(sizeof(LargerBulk), [] { return P<LargerBulk>::make(); }));
}

}  // namespace assay::suite::pointer
