// The marker: from a reference to all that can be reached from it, without recursion.
//
//   reference ─► found: 16 ─► mark bit ─► stack ─► window: 8 ─► trace: its references
//               bit prefetched                    object prefetched
//
// Idea. An object is marked soon after the first reference to it is seen, and put on the stack if it has
// references itself: so each is there at most once, and an object without references is never touched. What
// is taken from the stack is prefetched and traced eight objects later, when it has come into the cache
// (Cher, Hosking, Vitek, "Software Prefetching for Mark-Sweep Garbage Collection", ASPLOS 2004). So are mark
// bits, sixteen references later: where references lead anywhere in 1 GB this takes a third off the time.
//
// Large arrays are traced in slices: the stack holds the array with the low bit set, and the next element
// below. Weak references are noted; clear_weak() ends those whose objects were not reached.
//
// Invariants:
//   I1  what a traced object refers to is marked, or among the found
//   I2  what is marked and has references was traced, is on the stack or in the window, or overflowed() holds
//   I3  when the stack cannot grow, what should be on it stays marked; marking is complete after rescan()
//
// Not thread-safe; kAtomic: mark bits are set atomically, so that another thread may set some too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "gc/block_space.h"
#include "gc/cage.h"
#include "gc/member.h"
#include "gc/segmented_stack.h"
#include "gc/type.h"

namespace assay::gc {

template <bool kAtomic>
class Marker {
 public:
  explicit Marker(MemoryAccount& account) noexcept : stack_(account), weaks_(account) {}

  // What trace() calls for each reference.
  template <class R>
  [[gnu::always_inline]] void operator()(R& reference) noexcept {
    if constexpr (R::kWeak)
      note_weak(reference);
    else
      find(kAtomic ? reference.load_ordered() : reference.load());
  }

  // The object stays, with all that it reaches. Null is nothing.
  [[gnu::always_inline]] void mark(void* object) noexcept {
    if (object == nullptr) return;
    if (Cage::mark.test_and_set<kAtomic>(object)) return;
    if ((Cage::type_word(object) & 1) != 0) return;
    if (!stack_.push(reinterpret_cast<std::uintptr_t>(object))) [[unlikely]]
      overflowed_ = true;
  }
  // At once, if it is not marked, and not later on.
  void trace_now(void* object) noexcept {
    if (object == nullptr || Cage::mark.test_and_set<kAtomic>(object)) return;
    if ((Cage::type_word(object) & 1) == 0) Cage::type_of(object).mark(this, object);
  }
  // What was marked by others: its references.
  void push_marked(void* object) noexcept {
    if ((Cage::type_word(object) & 1) == 0 && !stack_.push(reinterpret_cast<std::uintptr_t>(object)))
      overflowed_ = true;
  }

  // The rest of an array is to be traced later, from `next` on: what is found before comes first, so that the
  // stack does not grow with the array. False: there is no room to note it.
  bool push_slice(void* array, std::size_t next) noexcept {
    if (!stack_.push(next)) return false;
    if (stack_.push(reinterpret_cast<std::uintptr_t>(array) | 1)) return true;
    stack_.pop();
    return false;
  }

  // Traces about so many objects or slices of arrays. True if none is left.
  bool drain(std::size_t steps = SIZE_MAX) noexcept {
    for (; steps > 0; --steps) {
      if (!stack_.empty()) {
        const std::uintptr_t item = stack_.pop();
        if ((item & 1) != 0) [[unlikely]] {
          void* const object = reinterpret_cast<void*>(item & ~std::uintptr_t{1});
          Cage::type_of(object).mark_slice(this, object, stack_.pop());
          continue;
        }
        __builtin_prefetch(reinterpret_cast<void*>(item));
        __builtin_prefetch(reinterpret_cast<char*>(item) + 64);  // its second line, or a neighbour's first
        window_[(oldest_ + waiting_) % kWindow] = reinterpret_cast<void*>(item);
        if (++waiting_ < kWindow) continue;
      } else if (waiting_ == 0) {
        if (!mark_found()) return true;
        continue;
      }
      void* const object = window_[oldest_];
      oldest_ = (oldest_ + 1) % kWindow;
      --waiting_;
      reinterpret_cast<const TypeInfo*>(Cage::type_word(object))->mark(this, object);
    }
    return stack_.empty() && waiting_ == 0 && found_count_ == 0;
  }

  bool overflowed() const noexcept { return overflowed_; }
  void note_overflow() noexcept { overflowed_ = true; }
  // After a drain() that overflowed: traces again what is marked in one block.
  void rescan(const BlockSpace& space, const BlockInfo& block) noexcept {
    if (block.type->leaf) return;
    space.for_each_cell(
        block, [](std::uint64_t, std::uint64_t marked) { return marked; },
        [&](void* object) {
          block.type->mark(this, object);
          drain();
        });
  }
  // Until nothing overflows any more. Each round marks at least what the last one had no room for.
  void rescan_all(const BlockSpace& space) noexcept {
    while (overflowed_) {
      overflowed_ = false;
      space.for_each_block([&](const BlockInfo& block) { rescan(space, block); });
    }
  }
  void begin_rescan() noexcept { overflowed_ = false; }

  // To be looked at by clear_weak().
  void note_weak(Reference& reference) noexcept {
    if (reference.load() != nullptr && !weaks_.push(&reference)) lost_weak_ = true;
  }
  // Clears the weak references that were noted and whose objects kept(object) does not say to stay, at most
  // `most`. True if none is left.
  template <class Kept>
  bool clear_weak(const Kept& kept, std::size_t most = SIZE_MAX) noexcept {
    for (; !weaks_.empty(); --most) {
      if (most == 0) return false;
      clear_unless(kept, *weaks_.pop());
    }
    return true;
  }
  // Likewise all those in what is marked in one block.
  template <class Kept>
  static void clear_weak(const BlockSpace& space, const BlockInfo& block, Kept kept) noexcept {
    if (block.type->leaf) return;
    const EdgeVisitor visitor{&kept, [](void* stays, Reference& reference, bool weak) {
                                if (weak) clear_unless(*static_cast<const Kept*>(stays), reference);
                              }};
    space.for_each_cell(
        block, [](std::uint64_t, std::uint64_t marked) { return marked; },
        [&](void* object) { block.type->edges(object, visitor); });
  }
  template <class Kept>
  void clear_weak_all(const BlockSpace& space, const Kept& kept) noexcept {
    clear_weak(kept);
    if (!std::exchange(lost_weak_, false)) return;
    space.for_each_block([&](const BlockInfo& block) { clear_weak(space, block, kept); });
  }
  // Weak references that could not be noted: all of the heap must be looked at.
  bool lost_weak() const noexcept { return lost_weak_; }
  void note_lost_weak() noexcept { lost_weak_ = true; }
  void forget_lost_weak() noexcept { lost_weak_ = false; }

  // Gives so many unused parts of the stacks back to the system. True if none is left.
  bool trim(std::size_t most = SIZE_MAX) noexcept { return stack_.trim(most) && weaks_.trim(most); }

 private:
  static constexpr std::size_t kWindow = 8, kFound = 16;

  // As mark(), a little later: when the mark bit has come into the cache.
  [[gnu::always_inline]] void find(void* object) noexcept {
    if (object == nullptr) return;
    __builtin_prefetch(Cage::mark.word(object), 1);
    if (found_count_ < kFound) {
      found_[(first_found_ + found_count_++) % kFound] = object;
      return;
    }
    mark(std::exchange(found_[first_found_], object));
    first_found_ = (first_found_ + 1) % kFound;
  }
  // The first that find() has put off. False if there is none.
  bool mark_found() noexcept {
    if (found_count_ == 0) return false;
    mark(found_[first_found_]);
    first_found_ = (first_found_ + 1) % kFound;
    --found_count_;
    return true;
  }

  template <class Kept>
  static void clear_unless(const Kept& kept, Reference& reference) noexcept {
    void* const object = reference.load();
    if (object != nullptr && !kept(object)) reference.store(nullptr);
  }

  SegmentedStack<std::uintptr_t> stack_;
  void* window_[kWindow] = {};
  std::size_t oldest_ = 0, waiting_ = 0;
  void* found_[kFound] = {};
  std::size_t first_found_ = 0, found_count_ = 0;
  bool overflowed_ = false, lost_weak_ = false;
  SegmentedStack<Reference*> weaks_;
};

}  // namespace assay::gc
