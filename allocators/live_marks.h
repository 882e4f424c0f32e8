// Which marks of an arena are live: marks nest, so that a rewind to one makes all younger ones void.
//
// In a checked build every mark carries a ticket, unique in the program, and its arena keeps the tickets of
// its live marks, oldest first, in memory of its own (not the upstream's). Otherwise both are empty classes.
// Costs: take O(1) amortised, return_to O(log n) and the tickets that it drops.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <vector>

#include "allocators/check.h"

namespace assay {

class NoLiveMarks {
 public:
  struct Ticket {};

  Ticket take() { return {}; }
  bool return_to(Ticket) { return true; }
  void clear() {}
};

class KeptLiveMarks {
 public:
  using Ticket = std::uint64_t;

  Ticket take() {
    static std::atomic<Ticket> issued = 0;
    live_.push_back(issued.fetch_add(1, std::memory_order_relaxed));  // unique is all that it must be
    return live_.back();
  }

  // False: the mark is not live.
  bool return_to(Ticket ticket) {
    const auto found = std::lower_bound(live_.begin(), live_.end(), ticket);
    if (found == live_.end() || *found != ticket) return false;
    live_.erase(found + 1, live_.end());
    return true;
  }

  void clear() { live_.clear(); }

 private:
  std::vector<Ticket> live_;  // ascending
};

template <bool kept>
struct LiveMarksOf {
  using Type = NoLiveMarks;
};
template <>
struct LiveMarksOf<true> {
  using Type = KeptLiveMarks;
};
using LiveMarks = LiveMarksOf<kChecked>::Type;

}  // namespace assay
