// Which marks of an arena are live: marks nest, so that a rewind to one makes all younger ones void.
//
// In a checked build every mark carries a ticket, unique in the program, and its arena keeps the tickets of
// its live marks, oldest first, in memory of its own (not the upstream's). Otherwise both are empty classes.
// A mark at the cursor of the newest live one gives up the same blocks: it gets the same ticket, so that a
// loop of marks and rewinds needs memory for one. A mark for whose ticket there is no memory is not checked.
// Costs: take O(1) amortised, return_to O(log n) and the tickets that it drops.
//
// All code of a process must share the counter: default visibility, lest a library built with
// -fvisibility=hidden has one of its own and gives out tickets a second time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#include "allocators/check.h"

namespace assay {

class NoLiveMarks {
 public:
  struct Ticket {};

  Ticket take(const void*) { return {}; }
  bool return_to(Ticket) { return true; }
  void clear() {}
};

class [[gnu::visibility("default")]] KeptLiveMarks {
 public:
  using Ticket = std::uint64_t;

  // For a mark at `cursor`, which no two chunks share.
  Ticket take(const void* cursor) noexcept {
    static std::atomic<Ticket> issued = kUnkept;
    if (!live_.empty() && live_.back().cursor == cursor) return live_.back().ticket;
    const Ticket ticket = 1 + issued.fetch_add(1, std::memory_order_relaxed);  // unique is all it must be
    try {
      live_.push_back({ticket, cursor});
    } catch (const std::bad_alloc&) {
      return kUnkept;
    }
    return ticket;
  }

  // False: the mark is not live.
  bool return_to(Ticket ticket) noexcept {
    if (ticket == kUnkept) return true;
    const auto found = std::lower_bound(live_.begin(), live_.end(), ticket,
                                        [](const Live& live, Ticket sought) { return live.ticket < sought; });
    if (found == live_.end() || found->ticket != ticket) return false;
    live_.erase(found + 1, live_.end());
    return true;
  }

  void clear() { live_.clear(); }
  std::size_t kept() const { return live_.size(); }

 private:
  static constexpr Ticket kUnkept = 0;
  struct Live {
    Ticket ticket;
    const void* cursor;
  };

  std::vector<Live> live_;  // by ticket, ascending
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
