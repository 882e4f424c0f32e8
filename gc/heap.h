// A garbage-collected heap as a composition: the parts below, and a policy that says when and how they are
// used.
//
//   Mutator ─► BlockSpace ─► Cage          allocation: runs of free cells, blocks, address space
//   Roots, Persistents ─► Marker           what is reachable: marks in the cage's tables
//   Member, Weak ─► Policy::assign         the barrier
//   Safepoints                             how the world stops
//   Policy::collect, at_allocation, …      the order of it all
//
// A policy is a class with these members, all static:
//   kTraits                                what the heap claims
//   kAtomicMarks                           whether other threads set mark bits while the marker runs
//   State, MutatorState                    what it adds to each heap and mutator
//   assign(Reference&, void*)              every store to a Member or Weak, but those of constructors
//   read_weak(const Reference&)            what Weak::get() returns
//   collect(heap, mutator, Collection)     all of a collection, but finalizers
//   at_allocation(heap, mutator)           allocated as much as the pacer allows (or a schedule wants it)
//   at_safepoint(heap, mutator)            a schedule wants a collection
//   entered(heap, mutator, BlockInfo&)     the mutator begins to allocate in the block (space mutex held)
//   attached(heap, mutator), detached(…)   a mutator begins or ends
//   step(heap, mutator)                    only if it is incremental
//
// Parts of a collection, for policies; all but stopping want the world stopped, or a policy that knows
// better:
//   Stop               stops the world for a scope and records the pause
//   flush()            every object has its live bit, mutators have no runs. Before marks are looked at in
//                      bulk, and before and after space().allocate_black changes
//   clear_marks()      a new cycle: all objects are white
//   mark_roots()       roots, persistents, objects under construction, finalizers that are still to run
//   finish_marking()   drains; chooses finalizable objects; clears weak references; marks what finalizers see
//   sweep()            ends what is not marked; counts what is
//   run_finalizers()   with the world running
//
// Heap I1: a mark bit, when marking is finished, is set for what is reachable from roots or from an object
// whose finalizer waits, and after a full cycle for nothing else.
#pragma once

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "allocators/check.h"
#include "gc/block_space.h"
#include "gc/cage.h"
#include "gc/concept.h"
#include "gc/marker.h"
#include "gc/member.h"
#include "gc/memory_account.h"
#include "gc/mutator.h"
#include "gc/options.h"
#include "gc/pauses.h"
#include "gc/roots.h"
#include "gc/safepoints.h"
#include "gc/verify.h"

namespace assay::gc {

// Of the calling thread, in nanoseconds.
inline std::uint64_t thread_cpu_time() noexcept {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

template <class P>
class Heap : public PersistentList {
 public:
  using Policy = P;
  using Mutator = BasicMutator<Heap>;
  using Marker = gc::Marker<P::kAtomicMarks>;
  template <class T>
  using Member = BasicMember<P, T, false>;
  template <class T>
  using Weak = BasicMember<P, T, true>;
  template <class T>
  using Root = gc::Root<T>;
  template <class T>
  using Persistent = gc::Persistent<T>;
  static constexpr CollectorTraits kTraits = P::kTraits;

  Heap() : Heap(CollectorOptions{}) {}
  // Throws std::bad_alloc.
  explicit Heap(const CollectorOptions& options)
      : options_((Cage::open(), options)), account_(options), space_(account_), marker_(account_) {
    begin_headroom();
  }
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;
  // Mutators and Persistents have ended. Destroys what is left.
  ~Heap() {
    if constexpr (kChecked)
      if (mutators_ != nullptr) trap("Heap I2", "a heap ends before its mutators");
  }

  // Of objects as of when their mutators last needed memory; exact after collect(kMajor) until then.
  CollectorStats stats() const {
    const std::lock_guard lock(space_.mutex());
    CollectorStats stats = stats_;
    stats.held_bytes = account_.held();
    stats.most_held_bytes = account_.most_held();
    return stats;
  }

  // For policies and mutators.

  const CollectorOptions& options() const noexcept { return options_; }
  BlockSpace& space() noexcept { return space_; }
  Marker& marker() noexcept { return marker_; }
  MemoryAccount& account() noexcept { return account_; }
  CollectorStats& counters() noexcept {
    return stats_;
  }  // under the space's mutex, or with the world stopped

  class Stop {
   public:
    explicit Stop(Heap& heap) : heap_(heap), begin_(heap.options_.pauses != nullptr ? thread_cpu_time() : 0) {
      heap.safepoints_.stop();
    }
    ~Stop() {
      if (heap_.options_.pauses != nullptr) heap_.options_.pauses->record({begin_, thread_cpu_time()});
      heap_.safepoints_.resume();
    }
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;

   private:
    Heap& heap_;
    const std::uint64_t begin_;
  };

  template <class F>
  void for_each_mutator(F f) {
    for (Mutator* mutator = mutators_; mutator != nullptr; mutator = mutator->next_mutator) f(*mutator);
  }

  void flush() noexcept {
    for_each_mutator([](Mutator& mutator) { mutator.flush(); });
  }
  void clear_marks() noexcept {
    for (std::size_t i = 0; i < space_.block_count(); ++i) space_.clear_marks(space_.at(i));
  }
  // f(void*&) for everything that keeps an object but other objects.
  template <class F>
  void for_each_root(F f) {
    for_each_mutator([&](Mutator& mutator) {
      for (RootSlot* slot = mutator.roots; slot != nullptr; slot = slot->previous) f(slot->object);
    });
    for_each_in_use([&](void* object) { f(object); });
    for_each_persistent(f);
    for_each_pending([&](void* object) { f(object); });
  }
  template <class F>
  void for_each_under_construction(F f) {
    for_each_mutator([&](Mutator& mutator) {
      for (RootSlot* slot = mutator.under_construction; slot != nullptr; slot = slot->previous)
        f(slot->object);
    });
  }
  // Those of them that code has the addresses of: whose constructors or finalizers run, and what a make()
  // that must collect first was given.
  template <class F>
  void for_each_in_use(F f) {
    for_each_mutator([&](Mutator& mutator) {
      for (RootSlot* slot = mutator.under_construction; slot != nullptr; slot = slot->previous)
        f(slot->object);
      for (const RawArguments* raw = mutator.raw_arguments(); raw != nullptr; raw = raw->outer)
        for (std::size_t i = 0; i < raw->size; ++i)
          if (void* const object = raw->begin[i]; space_.is_object(object)) f(object);
    });
  }
  template <class F>
  void for_each_pending(F f) {
    if (pending_.load(std::memory_order_relaxed) == 0) return;
    for (std::size_t i = 0; i < space_.block_count(); ++i) {
      const BlockInfo& block = space_.at(i);
      if (block.type->finalize == nullptr) continue;
      space_.for_each_cell(
          block, [](std::uint64_t live, std::uint64_t) { return live; },
          [&](void* object) {
            if (Cage::pending.test(object)) f(object);
          });
    }
  }

  // All at once, before anything is marked because of them: what only another one of them refers to is
  // finalized, too. True if there are any.
  bool choose_finalizable() noexcept {
    if (space_.finalizing_blocks() == 0) return false;
    std::size_t chosen = 0;
    for (std::size_t i = 0; i < space_.block_count(); ++i) chosen += choose_finalizable(space_.at(i));
    return chosen != 0;
  }
  // Of one block. How many.
  std::size_t choose_finalizable(const BlockInfo& block) noexcept {
    if (block.type->finalize == nullptr) return 0;
    std::size_t chosen = 0;
    space_.for_each_cell(
        block, [](std::uint64_t live, std::uint64_t mark) { return live & ~mark; },
        [&](void* object) {
          if (Cage::finalized.test(object)) return;
          Cage::finalized.set(object);
          Cage::pending.set(object);
          ++chosen;
        });
    pending_from_ = space_.block_count();
    pending_.fetch_add(chosen, std::memory_order_relaxed);
    return chosen;
  }
  std::size_t pending_finalizers() const noexcept { return pending_.load(std::memory_order_relaxed); }

  // Weak references to what only finalizers reach are cleared, too: those in objects that are not yet traced.
  void remember_reached() noexcept {
    for (std::size_t i = 0; i < space_.block_count(); ++i) {
      const BlockInfo& block = space_.at(i);
      const char* const cells = space_.base(block);
      std::copy_n(Cage::mark.word(cells), block.state == BlockState::kLarge ? 1 : kWordsPerBlock,
                  Cage::reached.word(cells));
    }
  }
  void clear_weak(const SideBits& kept) noexcept {
    const auto is_kept = [&kept](void* object) { return kept.test(object); };
    marker_.clear_weak(is_kept);
    if (!marker_.lost_weak()) return;
    marker_.forget_lost_weak();
    const EdgeVisitor visitor{const_cast<SideBits*>(&kept), [](void* bits, Reference& reference, bool weak) {
                                if (!weak) return;
                                void* const object = reference.load();
                                if (object != nullptr && !static_cast<const SideBits*>(bits)->test(object))
                                  reference.store(nullptr);
                              }};
    for (std::size_t i = 0; i < space_.block_count(); ++i) {
      const BlockInfo& block = space_.at(i);
      if (block.type->leaf) continue;
      space_.for_each_cell(
          block, [](std::uint64_t, std::uint64_t mark) { return mark; },
          [&](void* object) { block.type->edges(object, visitor); });
    }
  }
  void mark_roots() noexcept {
    for_each_root([this](void* object) { marker_.mark(object); });
  }
  void drain() noexcept {
    marker_.drain();
    marker_.rescan_all(space_);
  }
  void finish_marking() noexcept {
    drain();
    const bool chosen = choose_finalizable();
    if (chosen) remember_reached();
    clear_weak(Cage::mark);
    if (!chosen) return;
    for_each_pending([this](void* object) { marker_.mark(object); });
    drain();
    clear_weak(Cage::reached);
  }
  void sweep() noexcept {
    const std::lock_guard lock(space_.mutex());
    BlockSpace::Swept all;
    for (std::size_t i = space_.block_count(); i-- > 0;) {
      const BlockSpace::Swept swept = space_.sweep_block(i);
      all.objects += swept.objects;
      all.bytes += swept.bytes;
      all.leaf_bytes += swept.leaf_bytes;
    }
    finished_cycle(all);
  }

  // The numbers of a full cycle. The next one is due when the headroom has been allocated, or what is held
  // and free, if that is more: memory that a phase of the program has left costs nothing until it is given
  // back.
  void finished_cycle(const BlockSpace::Swept& live) noexcept {
    const bool paced = is_due();
    count_cycle(live);
    const std::size_t free = space_.free_bytes();
    if (free > headroom_) {
      // Little by little, since phases come again; faster if the program asked for the collection.
      const std::size_t excess = free - headroom_;
      const std::size_t rest = headroom_ + (paced ? excess - excess / 32 : excess / 2);
      space_.trim(rest);
      due_after(rest);
    }
    marker_.trim();
  }
  void count_cycle(const BlockSpace::Swept& live) noexcept {
    stats_.live_objects = live.objects;
    stats_.live_bytes = live.bytes;
    stats_.reclaimed_objects = stats_.allocated_objects - live.objects;
    ++stats_.major_collections;
    if (live.bytes != 0)
      cost_of_byte_ =
          1 - (1 - kCostOfLeafByte) * static_cast<double>(live.leaf_bytes) / static_cast<double>(live.bytes);
    begin_headroom();
  }
  void begin_headroom() noexcept {
    allocated_since_ = 0;
    headroom_ = headroom_after(stats_.live_bytes);
    due_after(headroom_);
  }
  // What may be allocated until the next full cycle if so much has survived the last one: in proportion to
  // what that cycle will cost, and objects without references cost little.
  std::size_t headroom_after(std::size_t live) const noexcept {
    const double percent = cost_of_byte_ * options_.headroom_percent;
    return std::max(options_.least_headroom,
                    static_cast<std::size_t>(static_cast<double>(live) * (percent / 100)));
  }
  // at_allocation() comes when so many bytes more have been allocated. In steps of a block.
  void due_after(std::size_t bytes) noexcept {
    due_at_ = allocated_since_ + bytes;
    if (!at_every_allocation()) due_.store(false, std::memory_order_relaxed);
  }

  // Runs the finalizers that wait, and those that wait when these have run. Not within one.
  void run_finalizers(Mutator& mutator) {
    if (pending_.load(std::memory_order_relaxed) == 0 || mutator.finalizing) return;
    mutator.finalizing = true;
    while (void* const object = may_finalize(mutator) ? take_pending() : nullptr) {
      RootSlot slot{object, mutator.under_construction};
      mutator.under_construction = &slot;
      Cage::type_of(object).finalize(object, &mutator);
      mutator.under_construction = slot.previous;
    }
    mutator.finalizing = false;
  }

  // Asked before each finalizer: a policy that collects in slices may put it off.
  bool may_finalize(Mutator& mutator) noexcept {
    if constexpr (requires(Heap & heap) { P::may_finalize(heap, mutator); })
      return P::may_finalize(*this, mutator);
    else
      return true;
  }

  // Before make() returns null.
  void collect_for_memory(Mutator& mutator) {
    P::collect(*this, mutator, kTraits.moves ? Collection::kCompact : Collection::kMajor);
    run_finalizers(mutator);
  }

  bool wants_collection() const noexcept {
    return due_.load(std::memory_order_relaxed) || safepoints_.wanted();
  }
  bool is_due() const noexcept { return due_.load(std::memory_order_relaxed); }
  void at_allocation(Mutator& mutator) {
    if (safepoints_.wanted()) safepoints_.wait_here();
    if (!is_due()) return;
    P::at_allocation(*this, mutator);
    run_finalizers(mutator);
  }
  bool wants_safepoint() const noexcept {
    return safepoints_.wanted() || options_.schedule == Schedule::kEverySafepoint;
  }
  [[gnu::noinline, gnu::cold]] void at_safepoint(Mutator& mutator) {
    if (safepoints_.wanted()) safepoints_.wait_here();
    if (options_.schedule != Schedule::kEverySafepoint) return;
    P::at_safepoint(*this, mutator);
    run_finalizers(mutator);
  }

  // A heap that works in slices does one at every allocation, too, when there is to be one in every barrier.
  bool at_every_allocation() const noexcept {
    return options_.schedule == Schedule::kEveryAllocation ||
           ((kTraits.incremental || kTraits.concurrent) && options_.schedule == Schedule::kEveryBarrier);
  }
  // How much a mutator takes at a time.
  std::size_t run_bytes() const noexcept { return at_every_allocation() ? 1 : BlockSpace::kRunBytes; }
  // Under the space's mutex.
  void count_allocated(std::uint64_t objects, std::uint64_t bytes) noexcept {
    stats_.allocated_objects += objects;
    stats_.allocated_bytes += bytes;
    allocated_since_ += bytes;
    if (paced_ && allocated_since_ >= due_at_) due_.store(true, std::memory_order_relaxed);
  }
  void count_discarded(std::size_t bytes) noexcept {
    --stats_.allocated_objects;
    stats_.allocated_bytes -= bytes;
  }
  std::size_t headroom() const noexcept { return headroom_; }
  std::size_t allocated_since() const noexcept { return allocated_since_; }

  void attach(Mutator& mutator) {
    safepoints_.attach([&] {
      mutator.next_mutator = mutators_;
      if (mutators_ != nullptr) mutators_->previous_mutator = &mutator;
      mutators_ = &mutator;
      P::attached(*this, mutator);
    });
  }
  void detach(Mutator& mutator) {
    safepoints_.detach([&] {
      P::detached(*this, mutator);
      mutator.flush();
      (mutator.previous_mutator != nullptr ? mutator.previous_mutator->next_mutator : mutators_) =
          mutator.next_mutator;
      if (mutator.next_mutator != nullptr) mutator.next_mutator->previous_mutator = mutator.previous_mutator;
    });
  }
  void park() {
    safepoints_.detach([] {});
  }
  void unpark() {
    safepoints_.attach([] {});
  }

  void verify() {
    if constexpr (requires(Heap & heap) { P::before_verify(heap); }) P::before_verify(*this);
    flush();
    HeapVerifier<Heap>(*this).verify();
    if constexpr (requires(Heap & heap) { P::verify(heap); }) P::verify(*this);
  }

  typename P::State state{};

 private:
  void* take_pending() noexcept {
    const std::lock_guard lock(space_.mutex());
    if (pending_.load(std::memory_order_relaxed) == 0) return nullptr;
    if (pending_from_ > space_.block_count()) pending_from_ = space_.block_count();
    for (bool again = false;; again = true) {
      for (; pending_from_ > 0; --pending_from_) {
        const BlockInfo& block = space_.at(pending_from_ - 1);
        if (block.type->finalize == nullptr) continue;
        void* object = nullptr;
        space_.for_each_cell(
            block, [](std::uint64_t live, std::uint64_t) { return live; },
            [&](void* cell) {
              if (object == nullptr && Cage::pending.test(cell)) object = cell;
            });
        if (object == nullptr) continue;
        Cage::pending.clear(object);
        pending_.fetch_sub(1, std::memory_order_relaxed);
        return object;
      }
      // Blocks have changed places since.
      if (again)
        trap("Heap I3", "%zu objects wait for their finalizers and are not there",
             pending_.load(std::memory_order_relaxed));
      pending_from_ = space_.block_count();
    }
  }

  const CollectorOptions options_;
  MemoryAccount account_;
  mutable BlockSpace space_;
  Marker marker_;
  Safepoints safepoints_;
  Mutator* mutators_ = nullptr;
  CollectorStats stats_{};
  const bool paced_ = options_.schedule != Schedule::kExplicit;
  // Relaxed everywhere: who sees it late collects late.
  std::atomic<bool> due_{at_every_allocation()};
  static constexpr double kCostOfLeafByte = 1.0 / 3;
  double cost_of_byte_ = 1;  // of the live ones on average, where one of objects with references costs 1
  std::size_t headroom_ = 0, allocated_since_ = 0;  // since the last full cycle, as published
  std::size_t due_at_ = 0;
  // Finalizers: how many wait, and where to look for them. Changed under the space's mutex or with the world
  // stopped; relaxed, since who sees it late comes late.
  std::atomic<std::size_t> pending_{0};
  std::size_t pending_from_ = 0;
};

}  // namespace assay::gc
