// A garbage-collected heap as a composition: the parts below, and a policy that says when and how they are
// used.
//
//   Mutator ─► BlockSpace ─► Cage          allocation: runs of free cells, blocks, address space
//   Roots, Persistents ─► Marker           what is reachable: marks in the cage's tables
//   Finalizers                             what is to be finalized before it goes: roots, too
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
// and if it has a use for them:
//   may_finalize(heap, mutator)            asked before each finalizer
//   initialised(const Reference&)          a constructor stored to a Member or Weak
//   discarded(const void*)                 a constructor threw: what collections found there is no object
//   before_verify(heap), verify(heap), check_reachable(heap, object)
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
// Invariants:
//   I1  a mark bit, when marking is finished, is set for what is reachable from roots or from an object whose
//       finalizer waits, and after a full cycle for nothing else
//   I2  mutators, and Persistents, end before the heap
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

#include "allocators/check.h"
#include "gc/block_space.h"
#include "gc/cage.h"
#include "gc/concept.h"
#include "gc/finalizers.h"
#include "gc/marker.h"
#include "gc/member.h"
#include "gc/memory_account.h"
#include "gc/mutator.h"
#include "gc/options.h"
#include "gc/pauses.h"
#include "gc/roots.h"
#include "gc/safepoints.h"
#include "gc/slice_clock.h"
#include "gc/verify.h"

namespace assay::gc {

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
      : options_((Cage::open(), options)),
        account_(options),
        space_(account_),
        marker_(account_),
        finalizers_(space_) {
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
  Finalizers& finalizers() noexcept { return finalizers_; }
  MemoryAccount& account() noexcept { return account_; }
  // Under the space's mutex, or with the world stopped.
  CollectorStats& counters() noexcept { return stats_; }

  class Stop {
   public:
    explicit Stop(Heap& heap) : heap_(heap), begin_(heap.options_.pauses != nullptr ? now() : 0) {
      heap.safepoints_.stop();
    }
    ~Stop() {
      if (heap_.options_.pauses != nullptr) heap_.options_.pauses->record({begin_, now()});
      heap_.safepoints_.resume();
    }
    Stop(const Stop&) = delete;
    Stop& operator=(const Stop&) = delete;

   private:
    static std::uint64_t now() noexcept { return read_clock(CLOCK_THREAD_CPUTIME_ID); }

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
    space_.for_each_block([this](const BlockInfo& block) { space_.clear_marks(block); });
  }
  // f(void*&) for everything that keeps an object but other objects.
  template <class F>
  void for_each_root(F f) {
    for_each_mutator([&](Mutator& mutator) {
      for (RootSlot* slot = mutator.roots; slot != nullptr; slot = slot->previous) f(slot->object);
    });
    for_each_in_use([&](void* object) { f(object); });
    for_each_persistent(f);
    finalizers_.for_each_pending([&](void* object) { f(object); });
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
    for_each_under_construction(f);
    for_each_mutator([&](Mutator& mutator) {
      for (const RawArguments* raw = mutator.raw_arguments(); raw != nullptr; raw = raw->outer)
        for (std::size_t i = 0; i < raw->size; ++i)
          if (void* const object = raw->begin[i]; space_.is_object(object)) f(object);
    });
  }
  // Weak references to what has no bit there.
  void clear_weak(const SideBits& kept) noexcept {
    marker_.clear_weak_all(space_, [&kept](const void* object) { return kept.test(object); });
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
    const bool chosen = finalizers_.choose();
    clear_weak(Cage::mark);
    if (!chosen) return;
    // Weak references to what only finalizers reach are cleared, too: those in objects that are not yet
    // traced.
    space_.for_each_block([this](const BlockInfo& block) {
      const char* const cells = space_.base(block);
      std::copy_n(Cage::mark.word(cells), words_of(block), Cage::reached.word(cells));
    });
    finalizers_.for_each_pending([this](void* object) { marker_.mark(object); });
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
      const std::size_t rest = free - excess / (paced ? 32 : 8);
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

  // A policy that collects in slices may put them off.
  void run_finalizers(Mutator& mutator) {
    finalizers_.run(mutator, [&] {
      if constexpr (requires(Heap & heap) { P::may_finalize(heap, mutator); })
        return P::may_finalize(*this, mutator);
      else
        return true;
    });
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
  std::size_t run_bytes() const noexcept { return at_every_allocation() ? 1 : kRunBytes; }
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
  const CollectorOptions options_;
  MemoryAccount account_;
  mutable BlockSpace space_;
  Marker marker_;
  Finalizers finalizers_;
  Safepoints safepoints_;
  Mutator* mutators_ = nullptr;
  CollectorStats stats_{};
  const bool paced_ = options_.schedule != Schedule::kExplicit;
  // Relaxed everywhere: who sees it late collects late.
  std::atomic<bool> due_{at_every_allocation()};
  static constexpr double kCostOfLeafByte = 0.5;
  double cost_of_byte_ = 1;  // of the live ones on average, where one of objects with references costs 1
  std::size_t headroom_ = 0, allocated_since_ = 0;  // since the last full cycle, as published
  std::size_t due_at_ = 0;
};

}  // namespace assay::gc
