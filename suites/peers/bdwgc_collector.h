// The Boehm-Demers-Weiser collector as one object, and what its callbacks need: roots, what was
// found unreachable, pauses. Under BdwgcHeap; suites/peers/bdwgc_heap.h says what is done how.
//
// All that the callbacks read changes only under the library's lock, which it holds while it stops the world.
#pragma once

#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <new>

#include "gc/concept.h"
#include "gc/pauses.h"
#include "suites/peers/bdwgc_stacks.h"

namespace assay::peer {

struct BdwgcMutator;

// What is to be done for an object that was found unreachable. Given the start of its cell.
struct BdwgcType {
  void (*finalize)(void* cell, BdwgcMutator& mutator);  // null: nothing
  void (*destroy)(void* cell);                          // null: nothing
  const BdwgcType* finalized;  // its type after finalize(), null if nothing is left to do
};

// A root of a mutator, which has a list of them, the last one first.
struct BdwgcRoot {
  void* object;
  BdwgcRoot* next;
};

// A link in a ring under the library's lock.
struct BdwgcLink {
  BdwgcLink *previous = this, *next = this;
  void insert_after(BdwgcLink& other) noexcept {
    GC_alloc_lock();
    previous = &other;
    next = other.next;
    previous->next = next->previous = this;
    GC_alloc_unlock();
  }
  void remove() noexcept {
    GC_alloc_lock();
    previous->next = next;
    next->previous = previous;
    GC_alloc_unlock();
  }
};
struct BdwgcPersistent : BdwgcLink {
  void* object = nullptr;
};
struct BdwgcMutator : BdwgcLink {
  BdwgcRoot* roots = nullptr;
  int constructors = 0;  // that run
};

class BdwgcCollector {
 public:
  BdwgcCollector() {
    GC_set_markers_count(1);
    GC_set_all_interior_pointers(0);
    GC_set_finalize_on_demand(1);
    GC_set_java_finalization(1);  // what an object reaches stays until its finalizer ran
    GC_set_handle_fork(1);
    GC_set_warn_proc(&GC_ignore_warn_proc);
    GC_set_no_dls(1);
    GC_INIT();
    GC_clear_roots();             // static data have none
    GC_allow_register_threads();  // by the main thread, before there are others
    GC_set_finalizer_notifier([] { due_.store(true, std::memory_order_relaxed); });
    GC_set_on_heap_resize([](GC_word) { note_held(); });
    push_others_ = GC_get_push_other_roots();
    GC_set_push_other_roots(&push_roots);
  }

  static void begin(const CollectorOptions& options, bool incremental) {
    const BdwgcRegistered registered;
    options_ = options;
    if (incremental) {
      GC_enable_incremental();
      GC_set_time_limit_tv({options.slice / 1'000'000, options.slice % 1'000'000});
    }
    const bool told = options.schedule == Schedule::kExplicit;
    GC_set_disable_automatic_collection(told);
    GC_set_allocd_bytes_per_finalizer(told ? 0 : 10'000);
    const unsigned percent = std::max(options.headroom_percent, 1u);
    GC_set_free_space_divisor(std::max(1u, (200 + percent / 2) / percent));
    GC_set_min_bytes_allocd(std::max(options.least_headroom, std::size_t{1}));
    GC_gcollect();  // the library computes the next collection's time at the end of one
    if (options.limit != 0 && options.limit < usage().heapsize_full) throw std::bad_alloc();
    GC_set_max_heap_size(options.limit);
    granted_ = in_use();
    GC_set_on_collection_event(options.pauses == nullptr ? nullptr : &on_event);
    due_.store(watchful(), std::memory_order_relaxed);
    before_ = usage();
    most_held_ = 0;
    live_ = {};
    counted_ = true;
    note_held();
  }

  static void end() {
    const BdwgcRegistered registered;
    ending_ = true;
    GC_finalize_all();
    for (std::size_t i = 0; i < count_; ++i)
      if (found_[i].type->destroy != nullptr) found_[i].type->destroy(found_[i].cell);
    ending_ = false;
    watched_ = count_ = 0;
    GC_set_on_collection_event(nullptr);
    GC_set_max_heap_size(0);
    GC_gcollect_and_unmap();
  }

  // Relaxed: whoever sees it late does later what is due.
  static bool due() noexcept { return due_.load(std::memory_order_relaxed); }
  static Schedule schedule() noexcept { return options_.schedule; }

  // What lies about in frames and registers keeps nothing, where no raw pointer is good: not those that are
  // given to a make(), nor in the constructors that call this.
  static void collect(BdwgcMutator& mutator, bool with_stack = false) {
    collect(mutator,
            with_stack || mutator.constructors != 0 ? &GC_gcollect_and_unmap : &bdwgc_collect_without_stack);
  }

  // One slice. True if it ended a collection.
  static bool step() {
    if (!stepping_) {
      const int partial = GC_get_full_freq();
      GC_set_full_freq(0);  // of the whole heap
      GC_start_incremental_collection();
      GC_set_full_freq(partial);
    }
    stepping_ = GC_collect_a_little() != 0;
    return !stepping_;
  }

  // Finalizers and destructors of what was found. False if there was nothing.
  static bool finish(BdwgcMutator& mutator) {
    const std::lock_guard lock(finishing_);
    if (busy_) return false;  // a finalizer makes or collects
    busy_ = true;
    due_.store(watchful(), std::memory_order_relaxed);
    bool any = false;
    for (std::size_t settled = 1; settled != 0;) {
      GC_invoke_finalizers();
      const auto finalizes = [](const Found& found) { return found.type->finalize != nullptr; };
      const bool finalizers = std::any_of(found_, found_ + count_, finalizes);
      std::size_t waiting = 0;  // nothing is found meanwhile, and all are roots until they are settled
      for (std::size_t i = 0; i < count_; ++i) {
        Found found = found_[i];
        if (!settle(found, finalizers, mutator)) found_[waiting++] = found;
      }
      settled = count_ - waiting;
      any = any || settled != 0;
      GC_alloc_lock();
      count_ = waiting;
      GC_alloc_unlock();
    }
    busy_ = false;
    return any;
  }

  // From now on `type` is what will be done for it. False: no memory.
  static bool watch(void* cell, const BdwgcType& type) {
    GC_alloc_lock();
    const bool room = watched_ < capacity_ || grow_found();
    if (room) ++watched_;
    GC_alloc_unlock();
    if (room && register_finalizer(cell, type)) return true;
    if (room) unwatched();
    return false;
  }
  static void forget(void* cell) {
    GC_register_finalizer_no_order(cell, nullptr, nullptr, nullptr, nullptr);
    unwatched();
  }

  // What there was no memory for may get some after a collection.
  template <class Attempt>
  [[gnu::noinline, gnu::cold]] static bool insist(BdwgcMutator& mutator, bool with_stack,
                                                  const Attempt& attempt) {
    collect(mutator, with_stack);
    return attempt();
  }

  // Whether the cell may stay, which was allocated just now: false if the heap has more blocks in use for it
  // than it may take from the system. That is known only afterwards.
  static bool admit() {
    const std::size_t used = in_use();
    if (options_.may_grow == nullptr || used <= granted_) return true;
    constexpr std::size_t kStep = std::size_t{64} << 10;
    const std::size_t bytes = (used - granted_ + kStep - 1) & ~(kStep - 1);
    if (!options_.may_grow(options_.may_grow_context, bytes)) return false;
    granted_ += bytes;
    return true;
  }

  static void link(void** slot, void* cell) {
    const auto attempt = [&] { return GC_general_register_disappearing_link(slot, cell) != GC_NO_MEMORY; };
    if (attempt()) return;
    GC_gcollect();
    if (!attempt()) throw std::bad_alloc();
  }

  static void add(BdwgcPersistent& root) noexcept { root.insert_after(persistents_); }
  static void add(BdwgcMutator& mutator) noexcept { mutator.insert_after(mutators_); }

  static void begin_pause() noexcept {
    if (depth_++ == 0) pause_began_ = thread_nanoseconds();
  }
  static void end_pause() noexcept {
    if (--depth_ == 0 && options_.pauses != nullptr)
      options_.pauses->record({pause_began_, thread_nanoseconds()});
  }

  // What lives is counted after collect() only, since it takes a walk over the heap. How many objects were
  // made and reclaimed nobody counts.
  static CollectorStats stats() {
    const GC_prof_stats_s now = usage();
    GC_alloc_lock();
    note_held();
    if (!counted_) {
      live_ = {};
      GC_enumerate_reachable_objects_inner(
          [](void*, std::size_t bytes, void*) {
            ++live_.live_objects;
            live_.live_bytes += bytes;
          },
          nullptr);
      counted_ = true;
    }
    CollectorStats stats = live_;
    stats.most_held_bytes = most_held_;
    GC_alloc_unlock();
    stats.allocated_bytes = allocated(now) - allocated(before_);
    stats.held_bytes = now.heapsize_full - now.unmapped_bytes;
    stats.major_collections = now.gc_no - before_.gc_no;
    return stats;
  }

 private:
  static void collect(BdwgcMutator& mutator, void (*once)()) {
    once();
    // What finalizers leave takes another collection, and destructors that waited for them one more.
    for (int i = 0; i < 4 && finish(mutator); ++i) once();
    counted_ = stepping_ = false;
  }

  // Every make() is looked at.
  static bool watchful() {
    return options_.schedule == Schedule::kEveryAllocation || options_.may_grow != nullptr;
  }

  struct Found {
    void* cell;
    const BdwgcType* type;
    bool waits = false;  // it is to be watched again, for which there was no memory
  };

  static void on_found(void* cell, void* type) {
    const auto* const what = static_cast<const BdwgcType*>(type);
    if (ending_) {
      if (what->destroy != nullptr) what->destroy(cell);
      return;
    }
    GC_alloc_lock();
    found_[count_++] = {cell, what};
    GC_alloc_unlock();
  }

  // False: it is to be tried again.
  static bool settle(Found& found, bool finalizers, BdwgcMutator& mutator) {
    if (found.waits) return register_finalizer(found.cell, *found.type);
    const BdwgcType& type = *found.type;
    if (type.finalize != nullptr) {
      found.type = type.finalized;
      if (found.type == nullptr)
        unwatched();
      else
        found.waits = !register_finalizer(found.cell, *found.type);
      type.finalize(found.cell, mutator);
    } else if (finalizers) {
      found.waits = !register_finalizer(found.cell, type);
    } else {
      unwatched();
      type.destroy(found.cell);
    }
    return !found.waits;
  }

  static bool register_finalizer(void* cell, const BdwgcType& type) {
    GC_finalization_proc before = &on_found;  // stays so when the library has no memory
    GC_register_finalizer_no_order(cell, &on_found, const_cast<BdwgcType*>(&type), &before, nullptr);
    return before == nullptr;
  }
  static void unwatched() {
    GC_alloc_lock();
    --watched_;
    GC_alloc_unlock();
  }
  // Room for all that are watched, so that on_found() always has some.
  static bool grow_found() {
    const std::size_t capacity = std::max(std::size_t{64}, 2 * capacity_);
    auto* const more = static_cast<Found*>(std::realloc(found_, capacity * sizeof(Found)));
    if (more == nullptr) return false;
    found_ = more;
    capacity_ = capacity;
    return true;
  }

  static void push(void*& word) { GC_push_all_eager(&word, &word + 1); }
  static void push_roots() {
    push_others_();
    for (BdwgcLink* link = persistents_.next; link != &persistents_; link = link->next)
      push(static_cast<BdwgcPersistent*>(link)->object);
    for (BdwgcLink* link = mutators_.next; link != &mutators_; link = link->next)
      for (BdwgcRoot* root = static_cast<BdwgcMutator*>(link)->roots; root != nullptr; root = root->next)
        push(root->object);
    if (count_ != 0) GC_push_all_eager(found_, found_ + count_);
  }

  static void on_event(GC_EventType event) {
    switch (event) {
      case GC_EVENT_START:
      case GC_EVENT_PRE_STOP_WORLD:
      case GC_EVENT_RECLAIM_START:
        return begin_pause();
      case GC_EVENT_END:
      case GC_EVENT_POST_START_WORLD:
      case GC_EVENT_RECLAIM_END:
        return end_pause();
      default:
        return;
    }
  }
  static std::uint64_t thread_nanoseconds() noexcept {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
  }

  static GC_prof_stats_s usage() {
    GC_prof_stats_s usage;
    GC_get_prof_stats(&usage, sizeof usage);
    return usage;
  }
  static std::uint64_t allocated(const GC_prof_stats_s& usage) {
    return usage.allocd_bytes_before_gc + usage.bytes_allocd_since_gc;
  }
  static std::size_t in_use() { return GC_get_heap_size() - GC_get_free_bytes(); }
  static void note_held() noexcept { most_held_ = std::max<std::uint64_t>(most_held_, GC_get_heap_size()); }

  static inline CollectorOptions options_;
  static inline std::atomic<bool> due_{false};
  static inline std::recursive_mutex finishing_;
  static inline bool busy_ = false;  // with finishing_
  static inline bool ending_ = false, counted_ = true, stepping_ = false;
  static inline Found* found_ = nullptr;  // unreachable, and not settled
  static inline std::size_t count_ = 0, capacity_ = 0, watched_ = 0;
  static inline BdwgcLink persistents_, mutators_;
  static inline GC_push_other_roots_proc push_others_ = nullptr;
  static inline thread_local int depth_ = 0;
  static inline thread_local std::uint64_t pause_began_ = 0;
  static inline GC_prof_stats_s before_{};  // when the heap began
  static inline std::uint64_t most_held_ = 0;
  static inline std::size_t granted_ = 0;
  static inline CollectorStats live_;
};

inline const BdwgcCollector bdwgc_started;  // by the main thread, whose stack it takes for the first one

}  // namespace assay::peer
