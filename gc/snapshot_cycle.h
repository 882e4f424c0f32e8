// A collection in pieces, none of which takes long, for a heap with the barrier of gc/snapshot_barrier.h.
//
//   clear marks ─► snapshot of the roots ─► mark ─► clear Weaks ─► choose what is finalized ─┐
//                                            ▲          │                                    ▼
//                                            │          └──── 2nd time ──┐        condemn, revive
//                                            └───────────────────────────│───────────────────┘
//                                                                        ▼
//   count ◄─ trim ◄─────────────────────────────────────────────────── sweep
//
// Between two pieces the program runs. What it makes from the snapshot until the sweep has ended is marked
// from the beginning. Finalizers: what is to be finalized is chosen when Weaks to it read as null already, so
// that the program cannot come by it; all that was not marked then is condemned (Cage::reached holds these
// bits), and Weaks among what finalizers will see are cleared where they refer to it.
//
// Invariants:
//   I1  from the snapshot until marking ends, what was reachable in the snapshot is marked, or can be reached
//       from an object that waits to be traced through objects that are not marked
//   I2  when marking has ended, what the program or a finalizer can reach is marked; blocks from position_ on
//       are swept, and what lies there was marked or is new
//   I3  no mark bit is set when the snapshot is taken
//
// Pieces are bounded but for: the roots and the mutator's cursors, which are looked at in one go; the memory
// of one large object that is given back; one object's references, if it is no array; a retry in which the
// mark stack could not grow.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "allocators/check.h"
#include "gc/block_space.h"
#include "gc/cage.h"
#include "gc/concept.h"
#include "gc/member.h"
#include "gc/slice_clock.h"
#include "gc/snapshot_barrier.h"

namespace assay::gc {

// `Barrier`: a SnapshotBarrier.
template <class Barrier>
class SnapshotCycle {
 public:
  Barrier& barrier() noexcept { return barrier_; }
  bool under_way() const noexcept { return phase_ != Phase::kIdle; }
  // References are followed; that may be done by another thread until the next run().
  bool marking() const noexcept { return phase_ == Phase::kMarking; }
  // From when finalizers are chosen until all that they may look at is marked, none must run.
  bool prepares_finalizers() const noexcept {
    return phase_ == Phase::kChoosing || phase_ == Phase::kCondemning ||
           (revived_ && phase_ < Phase::kSweeping);
  }
  // Bytes that were made while the last collection was under way, of those that it left.
  std::size_t made_beside() const noexcept { return made_beside_; }
  // Bytes that had been made since the last one when it began.
  std::size_t made_before() const noexcept { return made_before_; }
  // Bytes that there were when it began.
  std::size_t begun_with() const noexcept { return begun_with_; }

  // Works until the clock says so, at least one piece. True if the collection has ended. Begins one if none
  // is under way. With the world stopped, while no raw reference to an object counts.
  template <class Heap>
  bool run(Heap& heap, SliceClock& clock) {
    do {
      if (piece(heap)) return true;
    } while (!clock.over());
    return false;
  }

  // What verify() asks of each object that it reaches.
  void check_reachable(const void* object) const {
    if (phase_ == Phase::kSweeping && Cage::info_of(object).position < position_ && !Cage::mark.test(object))
      trap("SnapshotCycle I2", "%p is reachable, not marked, and will be swept", object);
  }

 private:
  enum class Phase : std::uint8_t {
    kIdle,
    kClearing,  // marks
    kMarking,
    kRetracing,   // the mark stack could not grow
    kWeak,        // those that were noted
    kAllWeak,     // some could not be noted
    kChoosing,    // finalizers
    kCondemning,  // what is not marked, before finalizers revive it
    kReviving,
    kSweeping,
    kTrimming,
  };
  // How much a piece does.
  static constexpr std::size_t kSteps = 16, kWeaks = 256, kBlocks = 64, kSwept = 32, kDestroyed = 8,
                               kTrimmed = 4;

  template <class Heap>
  bool piece(Heap& heap) {
    BlockSpace& space = heap.space();
    switch (phase_) {
      case Phase::kIdle:
        made_before_ = heap.allocated_since();
        begun_with_ = heap.counters().live_bytes + made_before_;
        old_blocks_ = space.block_count();
        return enter(Phase::kClearing);
      case Phase::kClearing:
        if (walk(space, kBlocks, [&](BlockInfo& block) { space.clear_marks(block); })) take_snapshot(heap);
        return false;
      case Phase::kMarking:
        if (heap.marker().drain(kSteps) && !barrier_.hand_over()) drained(heap);
        return false;
      case Phase::kRetracing:
        if (walk(space, 1, [&](BlockInfo& block) { heap.marker().rescan(space, block); }))
          enter(Phase::kMarking);
        return false;
      case Phase::kWeak:
        if (!heap.marker().clear_weak(stays(), kWeaks)) return false;
        if (!heap.marker().lost_weak()) return ended_weak(heap);
        heap.marker().forget_lost_weak();
        return enter(Phase::kAllWeak);
      case Phase::kAllWeak:
        if (walk(space, 1, [&](BlockInfo& block) { Heap::Marker::clear_weak(space, block, stays()); }))
          ended_weak(heap);
        return false;
      case Phase::kChoosing:
        if (!walk(space, kBlocks, [&](BlockInfo& block) { chosen_ |= heap.finalizers().choose(block); }))
          return false;
        return chosen_ ? enter(Phase::kCondemning) : begin_sweep();
      case Phase::kCondemning:
        if (!walk(space, kBlocks, [&](BlockInfo& block) { condemn(space, block); })) return false;
        revived_ = true;
        return enter(Phase::kReviving);
      case Phase::kReviving:
        if (walk(space, kBlocks, [&](BlockInfo& block) { revive(heap, block); })) enter(Phase::kMarking);
        return false;
      case Phase::kSweeping:
        if (sweep(heap)) {
          count(heap);
          enter(Phase::kTrimming);
        }
        return false;
      case Phase::kTrimming:
        if (!heap.marker().trim(kTrimmed) || !barrier_.trim(kTrimmed) || !trim(heap)) return false;
        phase_ = Phase::kIdle;
        return true;
    }
    return false;
  }

  bool enter(Phase phase) noexcept {
    phase_ = phase;
    position_ = 0;
    return false;
  }
  // f(block) for the next `most` blocks of those that are not new. True if there are no more. What lies in
  // new ones is marked, and refers to what is marked or in the snapshot: so a program that makes blocks
  // faster than they can be looked at does not keep the collection from its end.
  template <class F>
  bool walk(const BlockSpace& space, std::size_t most, F f) {
    for (; most > 0 && position_ < old_blocks_; --most) f(space.at(position_++));
    return position_ >= old_blocks_;
  }

  template <class Heap>
  void take_snapshot(Heap& heap) {
    heap.flush();
    heap.space().allocate_black = true;
    old_blocks_ = heap.space().block_count();
    revived_ = chosen_ = false;
    // What their constructors store from now on is no part of the snapshot: nobody needs to see it.
    heap.for_each_under_construction([&](void* object) { heap.marker().trace_now(object); });
    heap.mark_roots();
    barrier_.set(Barrier::Mode::kMarks);
    enter(Phase::kMarking);
  }

  template <class Heap>
  void drained(Heap& heap) {
    if (heap.marker().overflowed()) {
      heap.marker().begin_rescan();
      enter(Phase::kRetracing);
      return;
    }
    if (!revived_) barrier_.set(Barrier::Mode::kAsks);
    enter(Phase::kWeak);
  }

  // Whether Weaks to an object stay.
  auto stays() const noexcept {
    return [this](const void* object) {
      if (!revived_) return Cage::mark.test(object);
      // What has been made since lies in cells that were free, or in new blocks.
      return !Cage::reached.test(object) || Cage::info_of(object).position >= old_blocks_;
    };
  }
  template <class Heap>
  bool ended_weak(Heap& heap) {
    if (revived_) return begin_sweep();
    barrier_.set(Barrier::Mode::kOff);
    if (heap.space().finalizing_blocks() == 0) return begin_sweep();
    return enter(Phase::kChoosing);
  }

  static void condemn(const BlockSpace& space, const BlockInfo& block) noexcept {
    const char* const cells = space.base(block);
    const std::uint64_t *const live = Cage::live.word(cells), *const mark = Cage::mark.word(cells);
    std::uint64_t* const condemned = Cage::reached.word(cells);
    for (std::size_t word = 0; word < words_of(block); ++word) condemned[word] = live[word] & ~mark[word];
  }
  template <class Heap>
  static void revive(Heap& heap, const BlockInfo& block) noexcept {
    heap.finalizers().for_each_pending(block, [&](void* object) { heap.marker().mark(object); });
  }

  bool begin_sweep() noexcept {
    enter(Phase::kSweeping);
    swept_ = {};
    position_ = old_blocks_;
    revived_ = false;
    return false;
  }
  template <class Heap>
  bool sweep(Heap& heap) {
    BlockSpace& space = heap.space();
    const typename Barrier::Destroying destroying;
    for (std::size_t left = kSwept; left > 0 && position_ > 0;) {
      const BlockInfo& block = space.at(position_ - 1);
      // Cells of its run are marked, and perhaps no objects.
      if (block.in_cursor) heap.flush();
      const std::lock_guard lock(space.mutex());
      const std::uint64_t dead = count_dead(space, block);
      reclaimed_ += dead;
      reclaimed_bytes_ += dead * block.cell_bytes;
      left -= block.type->destroy == nullptr ? 1 : std::min(kDestroyed, left);
      const BlockSpace::Swept swept = space.sweep_block(--position_);
      swept_.bytes += swept.bytes;
      swept_.leaf_bytes += swept.leaf_bytes;
    }
    return position_ == 0;
  }
  static std::uint64_t count_dead(const BlockSpace& space, const BlockInfo& block) noexcept {
    const char* const cells = space.base(block);
    const std::uint64_t *const live = Cage::live.word(cells), *const mark = Cage::mark.word(cells);
    std::uint64_t dead = 0;
    for (std::size_t word = 0; word < words_of(block); ++word) dead += count_bits(live[word] & ~mark[word]);
    return dead;
  }
  // What is there now, not only what was swept.
  template <class Heap>
  void count(Heap& heap) {
    heap.flush();
    const std::lock_guard lock(heap.space().mutex());
    heap.space().allocate_black = false;
    made_beside_ = heap.allocated_since() - made_before_;
    const CollectorStats& stats = heap.counters();
    const std::uint64_t live = stats.allocated_bytes - reclaimed_bytes_;
    const double leaf_share = static_cast<double>(swept_.leaf_bytes) / static_cast<double>(swept_.bytes + 1);
    heap.count_cycle({stats.allocated_objects - reclaimed_, live,
                      static_cast<std::uint64_t>(static_cast<double>(live) * leaf_share)});
  }

  template <class Heap>
  bool trim(Heap& heap) {
    BlockSpace& space = heap.space();
    const std::lock_guard lock(space.mutex());
    // As much as will be allocated until the next collection is kept, at most.
    const std::size_t keep = heap.headroom(), held = space.free_bytes();
    if (held > keep) space.trim(std::max(keep, held - std::min(held, kTrimmed * BlockSpace::kCost)));
    return space.free_bytes() <= keep;
  }

  Barrier barrier_;
  Phase phase_ = Phase::kIdle;
  bool revived_ = false;  // what finalizers will see is being marked, or has been
  bool chosen_ = false;   // there is something to be finalized
  std::size_t position_ = 0;
  std::size_t old_blocks_ = 0;  // those behind them were added since the snapshot
  std::size_t made_before_ = 0, made_beside_ = 0, begun_with_ = 0;  // bytes
  BlockSpace::Swept swept_;                                         // of the blocks that are swept
  std::uint64_t reclaimed_ = 0, reclaimed_bytes_ = 0;               // ever
};

}  // namespace assay::gc
