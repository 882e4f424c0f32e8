// A random program of heap operations: made from a seed, run, shrunk, and printed as C++.
#pragma once

#include <cstddef>
#include <cstdint>

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
  std::size_t largest_size;
  unsigned slots;  // live blocks at a time, at most Blocks::kSlots
  bool aligned;    // aligned allocation and arrays too
};

// A program in memory of its own, so that making and shrinking it leaves the subject's heap alone.
class Program {
 public:
  Program(std::uint64_t seed, const Dialect& dialect, std::size_t length);

  void run() const;  // in this process; concludes violated() when the oracle objects
  bool fails(char* message, std::size_t size) const;  // runs it in a forked child; how it ended, if it fails

  // Leaves out operations and reduces sizes while the program still fails: a local minimum (delta debugging,
  // Zeller and Hildebrandt, 2002), after `attempts` runs at the most.
  void shrink(int attempts);

  // As a clause to paste into a file of suites/malloc/model/, on standard error.
  void print(std::uint64_t seed) const;

  std::size_t length() const { return length_; }

 private:
  bool try_without(std::size_t begin, std::size_t count);

  Operation* operations_;
  Operation* attempt_;
  std::size_t length_;
};

}  // namespace assay::suite
