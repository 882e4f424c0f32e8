// What a thread has at hand: for each class a magazine, the one before it, and a batch of objects that were
// never handed out since they were found free; and the runs that it freed last (large.h).
//
// I1. tops[c] and ends[c] are of the current magazine; the entries of kinds that are no class, and all of the
//     empty cache with which every thread begins, are of a magazine that is empty and full at once: the fast
//     paths need no other test to find what they cannot do.
// I2. An object in a magazine bears the mark; one that is handed out does not.
// I3. A magazine is full at first with kFirst objects, and with twice as many each time it overflows: who
//     frees little keeps little.
// I4. A short magazine, of large objects, has all its places as long as the thread takes and gives in turn,
//     and only kFacts.batch of them when it overflows again and again: who swings seldom needs more than his
//     cache, and who frees what he had leaves little behind.
//
// malloc takes from: the magazine; the previous one; the batch; the depot; the centrals. A thread that ends
// leaves its cache as it is to the next that begins, in O(1).
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "allocators/malloc/central.h"
#include "allocators/malloc/large.h"
#include "allocators/malloc/lock.h"
#include "allocators/malloc/magazine.h"
#include "allocators/malloc/metadata.h"
#include "allocators/malloc/misuse.h"
#include "allocators/malloc/quarantine.h"
#include "allocators/malloc/size_classes.h"

namespace assay::drop_in {

class ThreadCache {
 public:
  constexpr ThreadCache() : tops_{}, ends_{} {
    for (auto& top : tops_) top = const_cast<void**>(nowhere_ + kAhead);
    for (auto& end : ends_) end = const_cast<void**>(nowhere_ + kAhead);
  }

  // An object, or null if this needs more than the current magazine.
  void* pop(std::size_t size_class) noexcept {
    void** top = tops_[size_class];
    void* object = *top;
#ifdef __x86_64__
    asm("" : "+a"(object));  // the register of the result: spares a move
#endif
    if (mark_of(object) != mark_for(object, secret_)) [[unlikely]]
      return nullptr;
    move_top<-1>(size_class);
    mark_of(object) = 0;
    expect_change(*(top - kAhead));  // its mark is what a pop() will wait for
    return object;
  }

  // False if this needs more than the current magazine, or is not right. `kind` is the block map's.
  bool push(void* object, std::size_t kind) noexcept {
    void** top = tops_[kind];
    asm("" : "+r"(kind));  // or the address of the entry is computed apart
    if (top == ends_[kind]) [[unlikely]]
      return false;
    const std::uint32_t inverse = inverses_[kind];
    const auto offset = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(object) % kUnit);
    if (offset * inverse >= inverse) [[unlikely]]
      return false;
    const std::uintptr_t mark = mark_for(object, secret_);
    if (mark_of(object) == mark) [[unlikely]]
      return false;
    top[1] = object;
    mark_of(object) = mark;
    move_top<1>(kind);
    return true;
  }

  // Takes back an object that is known to be one of that class and in use, if one of the magazines has room.
  bool put(void* object, unsigned size_class) noexcept {
    if (tops_[size_class] == ends_[size_class]) {
      const Magazine& previous = slots_[size_class].previous;
      if (previous.base == nullptr || !previous.empty()) return false;
      swap(size_class);
    }
    void** top = tops_[size_class];
    top[1] = object;
    mark_of(object) = mark_for(object, secret_);
    tops_[size_class] = top + 1;
    return true;
  }

  // Where the current magazine is empty: an object of the previous one or the batch, or null if there is
  // none.
  void* next_at_hand(unsigned size_class) noexcept {
    if (*tops_[size_class] != bottom) return nullptr;
    Slot& slot = slots_[size_class];
    if (!slot.previous.empty()) {
      swap(size_class);
      return pop(size_class);
    }
    return slot.batch.mask == 0 ? nullptr : take_from(slot.batch, size_class);
  }

  // An object by whatever way there is; null when memory is exhausted.
  void* obtain(unsigned size_class) noexcept {
    if constexpr (kHardened) quarantine_.look();
    if (void* object = pop(size_class)) return object;
    if (void* object = next_at_hand(size_class)) return object;
    if (*tops_[size_class] != bottom) report_overwritten(size_class);
    Slot& slot = slots_[size_class];
    if (slot.overflows != 0) {
      slot.overflows = 0;
      slot.swings = true;
      use(size_class, {slot.base, slot.base});
    }
    Magazine full, empty = {slot.base, slot.base};
    if (depots[size_class].take(&full, &empty)) {
      std::reverse(full.base + 1, full.top + 1);  // the first one freed is the first one popped
      use(size_class, full);
      if (empty.base != nullptr) magazine_pool.give(size_class, empty);
      void* object = pop(size_class);
      if (object == nullptr) report_overwritten(size_class);
      expect_change(*tops_[size_class]);  // the one that no pop() asks for
      return object;
    }
    if (space.grown() - swept_ >= space.sweep_step()) sweep();
    slot.batch = find_room(size_class);
    return slot.batch.mask == 0 ? nullptr : take_from(slot.batch, size_class);
  }

  // Takes back an object that is known to be one of that class and in use.
  void accept(void* object, unsigned size_class) noexcept {
    if constexpr (kHardened) {
      const Quarantine::Entry leaves = quarantine_.enter(object, size_class);
      if (leaves.object == nullptr) return;
      object = leaves.object;
      size_class = leaves.size_class;
    }
    put_somewhere(object, size_class);
  }

  // The objects of a magazine back to the blocks, and the magazine to its pool.
  static void empty(const Magazine& magazine, unsigned size_class) noexcept {
    give_back(size_class, magazine);
    magazine_pool.give(size_class, {magazine.base, magazine.base});
  }

  // Everything back to the blocks.
  void flush() noexcept {
    if constexpr (kHardened)
      for (Quarantine::Entry entry; (entry = quarantine_.leave()).object != nullptr;)
        put_somewhere(entry.object, entry.size_class);
    runs.flush();
    for (unsigned c = 1; c < kClasses; ++c) flush(c);
  }

  void begin() noexcept {
    secret_ = secret;
    for (unsigned c = 1; c < kClasses; ++c)
      if (kFacts[c].units == 1) inverses_[c] = kFacts[c].inverse;
    runs.begin();
  }

  // Everything back, the magazines too, which are of use to others.
  void retire() noexcept {
    flush();
    for (unsigned c = 1; c < kClasses; ++c) {
      Slot& slot = slots_[c];
      if (slot.base == nullptr) continue;
      magazine_pool.give(c, {slot.base, slot.base});
      if (slot.previous.base != nullptr) magazine_pool.give(c, slot.previous);
      slot = {};
      tops_[c] = ends_[c] = const_cast<void**>(nowhere_ + kAhead);
    }
  }

 private:
  static constexpr std::size_t kFirst = 8;
  static constexpr std::uint16_t kOneWay = 4;  // overflows of a thread that only gives
  struct alignas(64) Slot {
    void** base;        // of the current magazine, null before there is one
    Magazine previous;  // full or empty
    Batch batch;
    void** seen_top;  // in the last sweep
    std::uint32_t seen_previous;
    std::uint16_t overflows;  // since the cache ran dry, up to kOneWay
    bool swings;
  };

  void flush(unsigned size_class) noexcept {
    Slot& slot = slots_[size_class];
    if (slot.base != nullptr) {
      give_back(size_class, {slot.base, tops_[size_class]});
      tops_[size_class] = slot.base;
      give_back(size_class, slot.previous);
      slot.previous.top = slot.previous.base;
    }
    for (; slot.batch.mask != 0; slot.batch.mask &= slot.batch.mask - 1) {
      void* object = slot.batch.base +
                     static_cast<std::size_t>(std::countr_zero(slot.batch.mask)) * class_size(size_class);
      centrals[size_class].give(size_class, &object, 1);
    }
  }

  // The heap has grown by a step: what lies idle here goes back first, and if no other thread just did that,
  // what lies idle in the depots and the free pages of sparse blocks. This is a small part of what the system
  // asks for that much memory.
  [[gnu::noinline, gnu::cold]] void sweep() noexcept {
    swept_ = space.grown();
    runs.flush();
    for (unsigned c = 1; c < kClasses; ++c) {
      Slot& slot = slots_[c];
      if (tops_[c] == slot.seen_top && slot.previous.count() == slot.seen_previous) flush(c);
      slot.seen_top = tops_[c];
      slot.seen_previous = static_cast<std::uint32_t>(slot.previous.count());
    }
    if (!space.is_first_to_sweep(swept_)) return;
    for (unsigned c = 1; c < kClasses; ++c) {
      for (Magazine idle; depots[c].take_idle(&idle);) empty(idle, c);
      centrals[c].discard_sparse();
    }
    mixed_blocks.discard_sparse();
  }

  void put_somewhere(void* object, unsigned size_class) noexcept {
    if (put(object, size_class)) return;
    make_room(size_class);
    if (put(object, size_class)) return;
    mark_of(object) = mark_for(object, secret_);  // no memory for magazines
    centrals[size_class].give(size_class, &object, 1);
  }

  // One instruction, where a compiler that has loaded the old value takes two.
  template <int kBy>
  void move_top(std::size_t kind) noexcept {
#ifdef __x86_64__
    asm("addq %1, %0" : "+m"(tops_[kind]) : "n"(kBy * 8) : "cc");
#else
    tops_[kind] += kBy;
#endif
  }

  static std::size_t most(unsigned size_class) noexcept { return kFacts[size_class].batch; }

  void* take_from(Batch& batch, unsigned size_class) noexcept {
    int at = std::countr_zero(batch.mask);
    if constexpr (kHardened) at = quarantine_.choose(batch.mask);
    batch.mask ^= std::uint64_t{1} << at;
    void* object = batch.base + static_cast<std::size_t>(at) * class_size(size_class);
    mark_of(object) = 0;
    return object;
  }

  [[noreturn, gnu::cold]] void report_overwritten(unsigned size_class) const noexcept {
    stop(Misuse::kOverwritten, *tops_[size_class], class_size(size_class));
  }

  void use(unsigned size_class, const Magazine& magazine) noexcept {
    slots_[size_class].base = magazine.base;
    tops_[size_class] = magazine.top;
    std::size_t places = most(size_class);
    if (slots_[size_class].swings && places < MagazinePool::kShort) places = MagazinePool::kShort;
    ends_[size_class] = magazine.base + std::max(places, magazine.count());
  }

  void swap(unsigned size_class) noexcept {
    Slot& slot = slots_[size_class];
    const Magazine current = {slot.base, tops_[size_class]};
    use(size_class, slot.previous);
    slot.previous = current;
  }

  void make_room(unsigned size_class) noexcept {
    Slot& slot = slots_[size_class];
    if (slot.base == nullptr) {
      const Magazine first = magazine_pool.take(size_class);
      if (first.base == nullptr) return;
      use(size_class, first);
      if (most(size_class) > kFirst) ends_[size_class] = first.base + kFirst;
      return;
    }
    const auto room = static_cast<std::size_t>(ends_[size_class] - slot.base);
    if (room < most(size_class)) {
      ends_[size_class] = slot.base + (2 * room < most(size_class) ? 2 * room : most(size_class));
      return;
    }
    if (slot.overflows < kOneWay) ++slot.overflows;
    if (slot.overflows == kOneWay) slot.swings = false;
    Magazine spare{};
    const Magazine full = slot.previous;
    if (full.base != nullptr && !depots[size_class].give(full, size_class, &spare)) {
      give_back(size_class, full);
      spare = {full.base, full.base};
    }
    if (spare.base == nullptr) spare = magazine_pool.take(size_class);
    if (spare.base == nullptr) {  // the current one is emptied instead
      slot.previous = {};
      give_back(size_class, {slot.base, tops_[size_class]});
      tops_[size_class] = slot.base;
      return;
    }
    slot.previous = spare;
    swap(size_class);
  }

  static void give_back(unsigned size_class, const Magazine& magazine) noexcept {
    if (magazine.base == nullptr || magazine.empty()) return;
    centrals[size_class].give(size_class, magazine.base + 1, magazine.count());
  }

  static inline constinit void* const nowhere_[kAhead + 1] = {bottom, bottom, bottom};

  void** tops_[kKinds];
  void** ends_[kKinds];
  std::uint32_t inverses_[kKinds]{};
  std::uintptr_t secret_ = 1;
  std::size_t swept_ = 0;  // Space::grown() then
  Slot slots_[kClasses]{};
  Quarantine quarantine_;  // only used if kHardened

  // After what the fast paths address.
 public:
  RecentRuns runs;
  ThreadCache* next = nullptr;   // in a list of threads.h
  std::uint32_t idle_since = 0;  // Space::milliseconds()
};

}  // namespace assay::drop_in
