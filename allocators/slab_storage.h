// The slots under Slab and GenerationalSlab: values at small indices, those vacated last reused first.
//
//   one block (slab_block.h)
//   ┌ slots ─────────────────┬ occupancy ──────────┬ free stack ───────┐
//   │ value │      │ value … │ bits and tags, see  │ 5 │ 1 │ …         │
//   │       │      │         │ slab_occupancy.h    │   indices         │
//   └───────┴──────┴─────────┴─────────────────────┴─────────▲─────────┘
//                            ▲ used_                     free_count_
//
// Vacated slots are on a stack of indices and not in a list through themselves. Such a list makes every
// insertion wait for the slot that the one before it filled, and every removal write to a slot that may never
// be read again. Pages of the stack are touched as far as it ever was full.
//
// Invariants
//   I1  used_ <= capacity_; slots at used_ and above hold nothing, and their occupancy is that of fresh ones
//   I2  a slot below used_ holds a value if and only if its occupancy does not say vacant
//   I3  the free stack names each vacant slot once, but those that the owner retired
//
// Growth doubles, and has the strong guarantee: values move only if that cannot throw, otherwise they are
// copied; where neither is possible it has the basic one, as in std::vector. An argument of an insertion may
// live in the slab that grows for it. Constructors and callbacks must not use the slab that calls them. At
// most 2^32 - 1 slots. Not thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <memory_resource>
#include <new>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "allocators/check.h"
#include "allocators/slab_block.h"
#include "allocators/slab_occupancy.h"

namespace assay {

// A value that may be moved to other storage by copying its bytes, the old ones being forgotten. Specialise
// it for types of your own that hold no pointer into themselves.
template <class T>
inline constexpr bool kTriviallyRelocatable = std::is_trivially_copyable_v<T>;

template <class T, class Occupancy>
class SlabStorage {
 public:
  SlabStorage(const SlabStorage&) = delete;
  SlabStorage& operator=(const SlabStorage&) = delete;

  std::size_t capacity() const noexcept { return capacity_; }

 protected:
  SlabStorage() noexcept : upstream_(Block::kExtends ? nullptr : std::pmr::new_delete_resource()) {}
  explicit SlabStorage(std::pmr::memory_resource* upstream) noexcept : upstream_(upstream) {}

  SlabStorage(SlabStorage&& other) noexcept : upstream_(other.upstream_) { exchange(other); }

  ~SlabStorage() {
    destroy_values();
    block_.release(upstream_, capacity_);
  }

  // The same values at the same indices, the same free stack.
  SlabStorage(const SlabStorage& other, std::pmr::memory_resource* upstream) : upstream_(upstream) {
    const std::size_t capacity = std::max(other.used_, other.kept_);
    if (capacity == 0) return;
    Block copy = Block::allocate(upstream_, capacity);
    try {
      other.template fill<kCopy>(copy, capacity);
    } catch (...) {
      copy.release(upstream_, capacity);
      throw;
    }
    adopt(copy, capacity);
    used_ = other.used_;
    free_count_ = other.free_count_;
    kept_ = other.kept_;
    marked_ = other.marked_;
  }

  void exchange(SlabStorage& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(capacity_, other.capacity_);
    std::swap(used_, other.used_);
    std::swap(free_count_, other.free_count_);
    std::swap(kept_, other.kept_);
    std::swap(marked_, other.marked_);
    std::swap(upstream_, other.upstream_);
  }

  // at < used_
  T* value_at(std::size_t at) noexcept {
    T* value = std::launder(reinterpret_cast<T*>(block_.slots + at));
    if (value == nullptr) __builtin_unreachable();  // so that callers need not test what they get
    return value;
  }
  const T* value_at(std::size_t at) const noexcept { return const_cast<SlabStorage*>(this)->value_at(at); }
  bool vacant(std::size_t at) const noexcept { return block_.occupancy.vacant(at); }
  const Occupancy& occupancy() const noexcept { return block_.occupancy; }

  std::size_t next_index() const noexcept { return free_count_ != 0 ? block_.free[free_count_ - 1] : used_; }

  // Inlined whatever its size, so that a value made of scalars
  // goes from registers to its slot.
  template <class... Arguments>
  [[gnu::always_inline]] std::size_t emplace_value(Arguments&&... arguments) {
    if (free_count_ != 0) {
      const std::size_t at = block_.free[free_count_ - 1];
      ::new (block_.slots + at) T(std::forward<Arguments>(arguments)...);
      if constexpr (Occupancy::kBitsLag) {
        if (free_count_ == marked_) [[unlikely]] {
          block_.occupancy.mark(at);
          --marked_;
        }
      }
      --free_count_;
      block_.occupancy.flip(at);
      return at;
    }
    if (used_ == capacity_) [[unlikely]] {
      if constexpr (std::is_trivially_copyable_v<T>)  // by value: a reference would keep it out of registers
        return grow_and_place(T(std::forward<Arguments>(arguments)...));
      else
        return grow_and_emplace(std::forward<Arguments>(arguments)...);
    }
    ::new (block_.slots + used_) T(std::forward<Arguments>(arguments)...);
    return use_next();
  }

  // Destroys the value; its slot is vacant then, and not on the stack.
  void evict(std::size_t at) noexcept {
    std::destroy_at(value_at(at));
    block_.occupancy.flip(at);
  }

  // A vacant slot becomes the first to be reused.
  void push_free(std::size_t at) noexcept { block_.free[free_count_++] = static_cast<SlabIndex>(at); }

  // Bits that lag are up to date then, and iteration need not look at each slot until the next insertion or
  // removal. They follow the stack, of which they have seen the lowest marked_ indices.
  void mark_vacancies() noexcept {
    for (; marked_ < free_count_; ++marked_) block_.occupancy.mark(block_.free[marked_]);
  }
  void mark_retired(std::size_t at) noexcept { block_.occupancy.mark(at); }

  // Fills a slot that is not on the stack, vacant or not.
  void replace(std::size_t at, T&& value) {
    if (!vacant(at)) evict(at);
    ::new (block_.slots + at) T(std::move(value));
    block_.occupancy.flip(at);
  }

  // To a vacant slot; the stack must be made anew then.
  void move_value(std::size_t from, std::size_t to) {
    ::new (block_.slots + to) T(std::move(*value_at(from)));
    block_.occupancy.flip(to);
    evict(from);
  }

  // Calls visit(index) for each live slot in order, or each vacant one. The visit may evict from its own
  // slot.
  template <bool kVacant = false, class Visit>
  void visit_slots(const Visit& visit) const {
    for (std::size_t group = 0, first = 0; first < used_; ++group, first += kSlabGroup) {
      std::uint64_t chosen = slots_of<kVacant>(group);
      if (chosen == ~std::uint64_t{0}) {
        for (std::size_t at = first; at < first + kSlabGroup; ++at) visit(at);
        continue;
      }
      for (; chosen != 0; chosen &= chosen - 1)
        visit(first + static_cast<std::size_t>(std::countr_zero(chosen)));
    }
  }

  // The first from `at` on; used_ when there is none.
  template <bool kVacant>
  std::size_t next_slot(std::size_t at) const noexcept {
    for (; at < used_; at = (at / kSlabGroup + 1) * kSlabGroup) {
      const std::uint64_t chosen = slots_of<kVacant>(at / kSlabGroup) >> (at % kSlabGroup);
      if (chosen != 0) return at + static_cast<std::size_t>(std::countr_zero(chosen));
    }
    return used_;
  }

  // SIZE_MAX for an address that is not the beginning of a slot in use.
  std::size_t index_of(const T* address) const noexcept {
    const std::size_t offset =
        reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(block_.slots);
    return offset < used_ * sizeof(Slot) && offset % sizeof(Slot) == 0 ? offset / sizeof(Slot) : SIZE_MAX;
  }

  // live(key), and index(key) of one that was live. Each slot that was found counts as vacant until the end,
  // so that it is not found twice.
  template <class Key, class Live, class IndexOf>
  bool get_all(std::span<const Key> keys, std::span<T*> values, const Live& live,
               const IndexOf& index) noexcept {
    if (values.size() < keys.size()) return false;
    std::size_t found = 0;
    for (; found < keys.size() && live(keys[found]); ++found)
      block_.occupancy.flip_for_now(index(keys[found]));
    for (std::size_t i = 0; i < found; ++i) block_.occupancy.flip_for_now(index(keys[i]));
    if (found < keys.size()) return false;
    for (std::size_t i = 0; i < found; ++i) values[i] = value_at(index(keys[i]));
    return true;
  }

  // The free stack anew, the lowest index on top, of all vacant slots.
  void restack() noexcept {
    free_count_ = 0;
    for (std::size_t group = slab_groups(used_); group-- > 0;) {
      for (std::uint64_t left = slots_of<true>(group); left != 0;) {
        const std::size_t bit = kSlabGroup - 1 - static_cast<std::size_t>(std::countl_zero(left));
        left ^= std::uint64_t{1} << bit;
        push_free(group * kSlabGroup + bit);
      }
    }
  }

  void destroy_values() noexcept {
    if constexpr (!std::is_trivially_destructible_v<T>)
      visit_slots([this](std::size_t at) { std::destroy_at(value_at(at)); });
  }

  // After all values were destroyed: slots are used from the first one again.
  void forget_slots() noexcept {
    if constexpr (Occupancy::kBitsLag) kept_ = std::max(kept_, used_);
    block_.occupancy.renew(used_);
    used_ = 0;
    free_count_ = 0;
    marked_ = 0;
  }

  // Of bits that lag: all stays vacant.
  void forget_free() noexcept {
    block_.occupancy.unmark_all(used_);
    free_count_ = 0;
    marked_ = 0;
  }

  // Leaves out vacant slots at the end, which become fresh; the stack must be made anew then. Whether there
  // were any.
  bool trim() noexcept {
    const std::size_t before = used_;
    while (used_ > 0 && vacant(used_ - 1)) block_.occupancy.flip(--used_);
    return used_ != before;
  }

  // Slots for `more` further insertions without growth.
  void reserve_slots(std::size_t more) {
    if (more <= free_count_ + (capacity_ - used_)) return;
    more -= free_count_;
    if (more > kMaxCapacity - used_) throw std::length_error("slab: more slots than an index can count");
    resize_to(std::max(used_ + more, std::min(2 * capacity_, kMaxCapacity)));
  }

  // Gives back unused capacity, as far as upstream has room for the smaller block.
  void fit() {
    const std::size_t least = std::max(used_, kept_);
    if (capacity_ == least) return;
    try {
      resize_to(least);
    } catch (const std::bad_alloc&) {  // what it holds is enough
    }
  }

  // Fresh slots up to `count`, all vacant and not on the stack: for the caller to fill and to restack.
  void use_vacant(std::size_t count) noexcept {
    for (; used_ < count; ++used_) block_.occupancy.flip(used_);
  }

  void check_storage(const char* i1, const char* i2, const char* i3, std::size_t retired) const {
    if (used_ > capacity_) trap(i1, "%zu slots are used of %zu", used_, capacity_);
    for (std::size_t at = used_; at < capacity_; ++at)
      if (vacant(at)) trap(i1, "slot %zu is not in use and not fresh", at);
    std::size_t vacant_slots = 0;
    visit_slots<true>([&vacant_slots](std::size_t) { ++vacant_slots; });
    if (vacant_slots != free_count_ + retired)
      trap(i2, "%zu slots are vacant, %zu of them free and %zu retired", vacant_slots, free_count_, retired);
    std::vector<bool> seen(used_);
    for (std::size_t i = 0; i < free_count_; ++i) {
      const std::size_t at = block_.free[i];
      if (at >= used_ || !vacant(at)) trap(i3, "slot %zu on the free stack is not vacant", at);
      if (seen[at]) trap(i3, "slot %zu is twice on the free stack", at);
      seen[at] = true;
    }
  }

  // Of bits that lag: whether they are set for the indices that they have seen and those retired, and no
  // others.
  bool marks_agree(std::size_t retired) const {
    std::size_t marks = 0;
    for (std::size_t group = 0; group < slab_groups(used_); ++group)
      marks += static_cast<std::size_t>(std::popcount(block_.occupancy.marks(group)));
    for (std::size_t i = 0; i < marked_; ++i)
      if (!block_.occupancy.marked(block_.free[i])) return false;
    return marked_ <= free_count_ && marks == marked_ + retired;
  }

  std::pmr::memory_resource* upstream() const noexcept { return upstream_; }  // null: the C library

  std::size_t used_ = 0;
  std::size_t free_count_ = 0;

 private:
  using Block = SlabBlock<T, Occupancy>;
  using Slot = typename Block::Slot;

  static constexpr std::size_t kFirstCapacity = 4;
  static constexpr std::size_t kMaxCapacity = Block::kMaxCapacity;

  void adopt(const Block& fresh, std::size_t capacity) noexcept {
    block_ = fresh;
    capacity_ = capacity;
  }

  static constexpr bool kCopy = true, kMove = false;

  // Copies or moves all values to a block of that capacity, and makes its records complete. When a
  // constructor throws, what it made is destroyed; those were copies, so that this slab is as it was.
  template <bool kCopies>
  void fill(Block& target, std::size_t capacity) const {
    if constexpr (kCopies ? std::is_trivially_copyable_v<T> : kTriviallyRelocatable<T>) {
      if (used_ > 0) std::memcpy(static_cast<void*>(target.slots), block_.slots, used_ * sizeof(Slot));
    } else {
      std::size_t at = 0;
      try {
        for (; at < used_; ++at) {
          if (vacant(at)) continue;
          T& from = *const_cast<T*>(value_at(at));
          if constexpr (kCopies) {
            ::new (target.slots + at) T(std::as_const(from));
          } else {
            ::new (target.slots + at) T(std::move_if_noexcept(from));
          }
        }
      } catch (...) {
        while (at-- > 0)
          if (!vacant(at)) std::destroy_at(std::launder(reinterpret_cast<T*>(target.slots + at)));
        throw;
      }
    }
    take_records(target, block_, capacity);
  }

  // `target` may be higher in the same memory, and then its slots are below the records of `from`.
  void take_records(Block& target, const Block& from, std::size_t capacity) const noexcept {
    if (free_count_ > 0) std::memmove(target.free, from.free, free_count_ * sizeof(SlabIndex));
    target.occupancy.take(from.occupancy, std::max(used_, kept_), capacity);
  }

  // All values are in `fresh` already.
  void replace_block(const Block& fresh, std::size_t capacity) noexcept {
    if constexpr (!kTriviallyRelocatable<T>) destroy_values();
    block_.release(upstream_, capacity_);
    adopt(fresh, capacity);
  }

  void extend(std::size_t capacity) {
    Block old;
    Block fresh = block_.extend(capacity_, capacity, &old);
    take_records(fresh, old, capacity);  // from the highest part to the lowest
    if (fresh.slots != old.slots)
      std::memmove(static_cast<void*>(fresh.slots), old.slots, used_ * sizeof(Slot));
    adopt(fresh, capacity);
  }

  // capacity >= used_
  [[gnu::cold, gnu::noinline]] void resize_to(std::size_t capacity) {
    if (capacity == 0) return replace_block({}, 0);
    if constexpr (Block::kExtends)
      if (upstream_ == nullptr && Block::extends(capacity_, capacity)) return extend(capacity);
    Block fresh = Block::allocate(upstream_, capacity);
    try {
      fill<kMove>(fresh, capacity);
    } catch (...) {
      fresh.release(upstream_, capacity);
      throw;
    }
    replace_block(fresh, capacity);
  }

  std::size_t grown_capacity() const {
    if (capacity_ == kMaxCapacity) throw std::bad_alloc();
    return std::max(kFirstCapacity, std::min(2 * capacity_, kMaxCapacity));
  }

  [[gnu::cold, gnu::noinline]] std::size_t grow_and_place(T value) {
    resize_to(grown_capacity());
    ::new (block_.slots + used_) T(value);
    return use_next();
  }

  // The new value first, while what its arguments may refer to is still in place.
  template <class... Arguments>
  [[gnu::cold, gnu::noinline]] std::size_t grow_and_emplace(Arguments&&... arguments) {
    const std::size_t capacity = grown_capacity();
    Block fresh = Block::allocate(upstream_, capacity);
    T* made = nullptr;
    try {
      made = ::new (fresh.slots + used_) T(std::forward<Arguments>(arguments)...);
      fill<kMove>(fresh, capacity);
    } catch (...) {
      if (made != nullptr) std::destroy_at(made);
      fresh.release(upstream_, capacity);
      throw;
    }
    replace_block(fresh, capacity);
    return use_next();
  }

  std::uint64_t vacancies_of(std::size_t group) const noexcept {
    if constexpr (Occupancy::kBitsLag)
      if (marked_ == free_count_) return block_.occupancy.marks(group);
    return block_.occupancy.vacancies(group, used_);
  }

  template <bool kVacant>
  std::uint64_t slots_of(std::size_t group) const noexcept {
    const std::uint64_t vacancies = vacancies_of(group);
    return kVacant ? vacancies : ~vacancies & slab_mask(used_ - group * kSlabGroup);
  }

  // The slot at used_ has a value now.
  std::size_t use_next() noexcept { return used_++; }

  Block block_;
  std::size_t capacity_ = 0;
  std::size_t marked_ = 0;  // of the stack, as far as bits that lag have followed it
  std::size_t kept_ = 0;    // occupancy of slots below it must not be lost, in use or not
  std::pmr::memory_resource* upstream_;
};

}  // namespace assay
