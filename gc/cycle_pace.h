// When a collection in slices begins, and how long the program runs between two slices.
//
//   ├──────── trigger ────────┼── expected ──┤            allocated since the last collection ended
//   ├──────────────── headroom ──────────────┤
//                             │▂ ▂ ▂ ▂ ▂ ▂ ▂ │            slices
//
// A collection begins so early that it ends when the headroom is used up, if the program allocates meanwhile
// as much as during the last one, for each byte that there is. The collector has its share of the time, no
// more; a program that allocates much faster than was expected uses more memory, and after a while gets less
// time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "gc/block_space.h"
#include "gc/concept.h"
#include "gc/options.h"

namespace assay::gc {

class CyclePace {
 public:
  // Between two slices the program runs for so many percent of the slice; the other numbers when it has
  // allocated more than was expected by a quarter of the heap, and by all of it.
  static constexpr std::uint64_t kMutatorShare = 140, kLateMutatorShare = 100, kLastMutatorShare = 40;

  // Bytes of which the next collection begins; 0 before ended().
  std::size_t trigger() const noexcept { return trigger_; }

  // Headroom is for what survived, not for what was made meanwhile: that may be garbage.
  template <class Heap, class Cycle>
  void ended(Heap& heap, const Cycle& cycle) noexcept {
    const CollectorOptions& options = heap.options();
    const std::size_t live = heap.counters().live_bytes, beside = cycle.made_beside();
    std::size_t headroom = heap.headroom_after(live - std::min(live, beside));
    if (options.limit != 0) {
      const std::size_t held = heap.account().held() - heap.space().free_bytes();
      headroom = std::min(headroom, (options.limit - std::min(options.limit, held)) / 2);
    }
    // The next collection takes as much longer as the heap is larger.
    const double growth = static_cast<double>(live + headroom) / static_cast<double>(cycle.begun_with() + 1);
    const auto likely = static_cast<std::size_t>(static_cast<double>(beside) * growth);
    trigger_ = std::max({headroom - std::min(headroom, likely), headroom / 8, std::size_t{1}});
    expected_ = headroom - std::min(headroom, trigger_);
    headroom_ = headroom;
  }

  // How long the program is to run after a slice of that length.
  template <class Cycle>
  std::uint64_t gap(std::uint64_t slice, const Cycle& cycle, std::size_t allocated) const noexcept {
    const std::size_t late = lateness(cycle, allocated);
    return slice / 100 * (late == 0 ? kMutatorShare : late < 4 ? kLateMutatorShare : kLastMutatorShare);
  }
  // How long a slice may be: longer than wanted only if that is not enough by far. Each heap that was not
  // expected doubles it.
  template <class Cycle>
  std::uint64_t slice(std::uint64_t wanted, const Cycle& cycle, std::size_t allocated) const noexcept {
    constexpr std::size_t kMostDoublings = 16;
    if (wanted > UINT64_MAX >> kMostDoublings) return wanted;
    return wanted << std::min(lateness(cycle, allocated) / 4, kMostDoublings);
  }
  // How many quarters of the heap have been allocated that were not expected.
  template <class Cycle>
  std::size_t lateness(const Cycle& cycle, std::size_t allocated) const noexcept {
    if (!cycle.under_way()) return 0;
    const std::size_t made = allocated - std::min(allocated, cycle.made_before() + expected_);
    return made / (std::max({headroom_, cycle.begun_with(), kBlockBytes}) / 4);
  }

 private:
  std::size_t headroom_ = 0, trigger_ = 0, expected_ = 0;
};

}  // namespace assay::gc
