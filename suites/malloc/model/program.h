// The language of the malloc model's programs: heap operations on numbered slots (blocks.h).
#pragma once

#include <cstddef>

#include "suites/core/random.h"
#include "suites/malloc/model/blocks.h"

namespace assay::suite {

struct Operation {
  enum Kind : unsigned char {
    kMalloc,
    kCalloc,
    kRealloc,
    kFree,
    kCheck,
    kReallocArray,
    kAlignedAlloc,
    kMemalign,
    kPosixMemalign,
  };
  Kind kind;
  unsigned char slot;
  std::size_t size;   // of one element
  std::size_t other;  // element count or alignment, where the kind has one
};

struct Dialect {
  using Operation = suite::Operation;

  std::size_t largest_size;
  unsigned slots;  // live blocks at a time, at most Blocks::kSlots
  bool aligned;    // aligned allocation and arrays too

  void generate(Random& random, Operation* operations, std::size_t count) const;
  void run(const Operation* operations, std::size_t count) const;
  void print(const Operation& operation) const;
  const char* opening() const { return "  Blocks blocks;\n"; }
};

}  // namespace assay::suite
