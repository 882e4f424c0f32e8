// The finalizers of a heap: whose is to run, and running them.
//
//   finalized   1 0 1 1 0      chosen once: of cells (Cage::finalized)
//   pending     0 0 1 1 0      and has not run yet: these objects count as roots (Cage::pending)
//                   └─ taken next: words of a block from the first on, blocks from the last on
//
// What is found unreachable is chosen, and finalized later, with the world running, one object at a time. Who
// takes one looks from where the last one was; then from the beginning, since collections in between choose
// more, and move objects and blocks.
//
// Finalizers I1: pending() bits are set in Cage::pending in the blocks of the heap, each of a live object.
//
// Choosing is for who stopped the world; run() for each mutator, while it does not.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "allocators/check.h"
#include "gc/block_space.h"
#include "gc/cage.h"
#include "gc/roots.h"

namespace assay::gc {

class Finalizers {
 public:
  explicit Finalizers(BlockSpace& space) noexcept : space_(space) {}
  Finalizers(const Finalizers&) = delete;
  Finalizers& operator=(const Finalizers&) = delete;

  // How many wait.
  std::size_t pending() const noexcept { return pending_.load(std::memory_order_relaxed); }

  // f(object) for all that wait.
  template <class F>
  void for_each_pending(F f) const {
    if (pending() != 0) space_.for_each_block([&](const BlockInfo& block) { for_each_pending(block, f); });
  }
  template <class F>
  void for_each_pending(const BlockInfo& block, F f) const {
    if (block.type->finalize == nullptr) return;
    space_.for_each_cell(
        block, [](std::uint64_t live, std::uint64_t) { return live; },
        [&](void* object) {
          if (Cage::pending.test(object)) f(object);
        });
  }

  // What is not marked, all at once, before anything is marked because of it: what only another one of them
  // refers to is finalized, too. True if there is any.
  bool choose() noexcept {
    if (space_.finalizing_blocks() == 0) return false;
    bool chosen = false;
    space_.for_each_block([&](const BlockInfo& block) { chosen |= choose(block); });
    return chosen;
  }
  // Of one block.
  bool choose(const BlockInfo& block) noexcept {
    if (block.type->finalize == nullptr) return false;
    std::size_t chosen = 0;
    space_.for_each_cell(
        block, [](std::uint64_t live, std::uint64_t mark) { return live & ~mark; },
        [&](void* object) {
          if (Cage::finalized.test(object)) return;
          Cage::finalized.set(object);
          Cage::pending.set(object);
          ++chosen;
        });
    pending_.fetch_add(chosen, std::memory_order_relaxed);
    return chosen != 0;
  }

  // Runs those that wait, and those that wait when these have run, for as long as may_run(). Not within one.
  template <class Mutator, class MayRun>
  void run(Mutator& mutator, MayRun may_run) {
    if (pending() == 0 || mutator.finalizing) return;
    mutator.finalizing = true;
    while (void* const object = may_run() ? take() : nullptr) {
      RootSlot slot{object, mutator.under_construction};
      mutator.under_construction = &slot;
      Cage::type_of(object).finalize(object, &mutator);
      mutator.under_construction = slot.previous;
    }
    mutator.finalizing = false;
  }

 private:
  // One that waits no longer. Null if there is none.
  void* take() noexcept {
    const std::lock_guard lock(space_.mutex());
    if (pending() == 0) return nullptr;
    void* object = find();
    if (object == nullptr) {
      blocks_ = space_.block_count();
      word_ = 0;
      object = find();
    }
    if (object == nullptr)
      trap("Finalizers I1", "%zu objects wait for their finalizers and are not there", pending());
    Cage::pending.clear(object);
    pending_.fetch_sub(1, std::memory_order_relaxed);
    return object;
  }
  // The next from where the last one was; null if there is none up to the end.
  void* find() noexcept {
    for (blocks_ = std::min(blocks_, space_.block_count()); blocks_ > 0; --blocks_, word_ = 0) {
      const BlockInfo& block = space_.at(blocks_ - 1);
      if (block.type->finalize == nullptr) continue;
      char* const cells = space_.base(block);
      const std::uint64_t* const pending = Cage::pending.word(cells);
      for (; word_ < words_of(block); ++word_)
        if (pending[word_] != 0) return SideBits::lowest(cells, word_, pending[word_]);
    }
    return nullptr;
  }

  BlockSpace& space_;
  // Changed under the space's mutex or with the world stopped. Relaxed: who sees it late comes late.
  std::atomic<std::size_t> pending_{0};
  // Where to look: from this word of the last of the first so many blocks on.
  std::size_t blocks_ = 0, word_ = 0;
};

}  // namespace assay::gc
