// A slab: values under small integer keys that it hands out itself.
//
// Idea. insert() returns where it put the value; the key is an index, so get() is an array access. A removed
// key is the next one to be handed out. An event loop keeps its connections so, and gives the kernel the key.
//
//     key     0     1     2     3     4     5     6 …
//   slots  │ v0  │     │ v2  │ v3  │     │ v5  │ never used        used_ = 6
//  vacant     0     1     0     0     1     0     0                one bit each
//    free  │ 4 │ 1 │                                             a stack: the next key is 1, then 4, then 6
//
// Invariants: I1, I2 and I3 of slab_storage.h, whose slots these are, and
//   I4  no slot is retired: the next key is on top of the free stack, or used_ when that is empty
//
// Costs. insert, get, remove: constant, insert amortised over doubling; get tests the index and one bit.
// for_each: one step a live value and one for 64 slots. Memory: a value, four bytes and a bit a slot; the
// four bytes are touched as far as slots were vacant at one time. At most 2^32 - 1 slots.
//
// Why so; figures are against Rust's slab crate. It has a tag beside each value (40 bytes for 32), which also
// links the vacant slots. Measured on 100,000 slots:
//   - iterating over tags guesses wrongly at every hole. Groups of 64 bits need a quarter of its time when
//     half of the slots are live, an eighth when a tenth is. A byte a slot instead of a bit was no faster in
//     get() and slower here.
//   - a list through vacant slots makes an insertion wait for the slot that the one before it filled, and a
//     removal write to it: churn took 1.05 of the crate's time with it, 0.77 to 0.87 with a stack of indices.
//   - the bit says vacant, not live, so that filling a slab writes no bits.
//   - growth is out of line and takes a small value by value: with its address taken the value goes through
//     memory on every insertion, which cost as much as all the rest.
//   - growth from nothing in fresh blocks took 6.7 of the crate's time, with realloc() as there 0.7.
// A removal in a large slab is two accesses, to the bit and to the value, and more instructions than the
// crate's: emptying half of a full slab in random order takes 1.15 of its time, and an event loop over 10,000
// connections of 96 bytes 1.13.
//
// What it does not do. A key that was removed is soon valid again, for another value: GenerationalSlab tells
// them apart. Growth moves values, so that pointers to them end; keys stay. It is cheapest with no upstream
// and a trivially copyable T (slab_storage.h). Not thread-safe.
//
// Source: the interface is that of Carl Lerche's slab crate for Rust.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <memory_resource>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "allocators/keyed_concept.h"
#include "allocators/slab_storage.h"
#include "allocators/slab_views.h"

namespace assay {

template <class T>
class Slab : private SlabStorage<T, VacancyBits> {
  using Storage = SlabStorage<T, VacancyBits>;
  using Storage::free_count_;
  using Storage::used_;
  using Storage::value_at;

 public:
  static constexpr KeyedTraits kTraits{.checks_generations = false,
                                       .dense_keys = true,
                                       .emplaces = true,
                                       .iterates = true,
                                       .has_vacant_entry = true,
                                       .reserves = true,
                                       .compacts = true,
                                       .retains = true,
                                       .finds_keys = true,
                                       .gets_many = true,
                                       .rebuilds = true,
                                       .copies = std::copy_constructible<T>,
                                       .moves = true,
                                       .traps_misuse = kChecked};
  using value_type = T;
  using Key = std::size_t;

  // Without upstream: on the C library if T is trivially copyable, on new_delete_resource() otherwise.
  Slab() noexcept = default;
  explicit Slab(std::pmr::memory_resource* upstream) noexcept : Storage(upstream) {}
  Slab(Slab&&) noexcept = default;
  Slab& operator=(Slab&& other) noexcept {
    Slab(std::move(other)).exchange(*this);
    return *this;
  }
  // Copies have the same keys, upstream and future keys.
  Slab(const Slab& other) requires std::copy_constructible<T> : Storage(other, other.upstream()) {}
  Slab& operator=(const Slab& other) requires std::copy_constructible<T> {
    if (this != &other) Slab(other).exchange(*this);
    return *this;
  }
  ~Slab() = default;

  // Throw what T or upstream throw, and change nothing then.
  [[gnu::always_inline]] Key insert(const T& value) requires std::copy_constructible<T> {
    return this->emplace_value(value);
  }
  [[gnu::always_inline]] Key insert(T&& value) { return this->emplace_value(std::move(value)); }
  template <class... Arguments>
  [[gnu::always_inline]] Key emplace(Arguments&&... arguments) {
    return this->emplace_value(std::forward<Arguments>(arguments)...);
  }

  bool contains(Key key) const noexcept { return key < used_ && !this->vacant(key); }
  T* get(Key key) noexcept { return contains(key) ? value_at(key) : nullptr; }
  const T* get(Key key) const noexcept { return contains(key) ? value_at(key) : nullptr; }

  // The key must be live.
  T& operator[](Key key) noexcept { return *value_at(checked(key)); }
  const T& operator[](Key key) const noexcept { return *value_at(checked(key)); }

  std::optional<T> remove(Key key) {
    std::optional<T> removed;
    if (contains(key)) {
      removed.emplace(std::move(*value_at(key)));
      vacate(key);
    }
    return removed;
  }

  std::size_t size() const noexcept { return used_ - free_count_; }
  bool empty() const noexcept { return size() == 0; }

  // The next key is 0 again; capacity stays.
  void clear() noexcept {
    this->destroy_values();
    this->forget_slots();
  }

  // f(key, value) for all, in increasing order of keys; f may change the value only.
  template <class F>
  void for_each(F f) {
    this->visit_slots([this, &f](std::size_t at) { f(at, *value_at(at)); });
  }
  template <class F>
  void for_each(F f) const {
    this->visit_slots([this, &f](std::size_t at) { f(at, *value_at(at)); });
  }

  // What the next insertion returns.
  Key vacant_key() const noexcept { return this->next_index(); }

  SlabVacantEntry<Slab> vacant_entry() noexcept { return SlabVacantEntry<Slab>(*this); }

  using Storage::capacity;
  // The next n insertions do not grow. Throws std::length_error, and what T and upstream throw.
  void reserve(std::size_t n) { this->reserve_slots(n); }

  // As far as it goes without changing a key.
  void shrink_to_fit() {
    if (this->trim()) this->restack();
    this->fit();
  }

  // Moves the values of the highest keys to the lowest vacant ones, after f(value, from, to) agreed to it;
  // the first refusal or exception ends it. Then as shrink_to_fit().
  template <class F>
  void compact(F f) {
    {
      const Restack at_the_end{*this};
      for (std::size_t to = 0;; this->move_value(used_ - 1, to)) {
        this->trim();
        to = this->template next_slot<true>(to);
        if (to == used_ || !f(*value_at(used_ - 1), used_ - 1, to)) break;
      }
    }
    this->fit();
  }

  // Removes the values for which keep(key, value) is false; asks once for each, in order of keys.
  template <class Predicate>
  void retain(Predicate keep) {
    this->visit_slots([this, &keep](std::size_t at) {
      if (!keep(at, *value_at(at))) vacate(at);
    });
  }

  SlabDrain<Slab> drain() noexcept { return SlabDrain<Slab>(*this); }

  // The key of a value by its address; nothing for a value that is not in this slab.
  std::optional<Key> key_of(const T& value) const noexcept {
    const std::size_t at = this->index_of(&value);
    return contains(at) ? std::optional(at) : std::nullopt;
  }

  // Fills `values` and returns true if all keys are live, no two are the same and `values` has room.
  bool get_many(std::span<const Key> keys, std::span<T*> values) noexcept {
    return this->get_all(
        keys, values, [this](Key key) { return contains(key); }, [](Key key) { return key; });
  }

  // Moves the values out of the pairs; of equal keys the last one wins. Keys between them are vacant, the
  // lowest first. Takes storage for the highest key.
  static Slab from_pairs(std::span<std::pair<Key, T>> pairs) { return fill_from(Slab(), pairs); }
  static Slab from_pairs(std::span<std::pair<Key, T>> pairs, std::pmr::memory_resource* upstream) {
    return fill_from(Slab(upstream), pairs);
  }

  // Traps when an invariant is broken. O(slots).
  void check_invariants() const { this->check_storage("Slab I1", "Slab I2", "Slab I3", 0); }

 private:
  friend class SlabDrain<Slab>;

  static Slab fill_from(Slab slab, std::span<std::pair<Key, T>> pairs) {
    std::size_t highest = 0;
    for (const auto& pair : pairs) highest = std::max(highest, pair.first);
    if (pairs.empty()) return slab;
    if (highest == SIZE_MAX) throw std::length_error("slab: a key that no slab can have");
    slab.reserve(highest + 1);
    slab.use_vacant(highest + 1);
    for (auto& [key, value] : pairs) slab.replace(key, std::move(value));
    slab.restack();
    return slab;
  }

  struct Restack {
    Slab& slab;
    ~Restack() { slab.restack(); }
  };

  void vacate(Key key) noexcept {
    this->evict(key);
    this->push_free(key);
  }

  std::optional<T> take_next(std::size_t& at) {
    at = this->template next_slot<false>(at);
    return remove(at);
  }

  Key checked(Key key) const noexcept {
    if constexpr (kChecked)
      if (!contains(key)) trap("Slab I2", "key %zu is not live", key);
    return key;
  }
};

static_assert(Keyed<Slab<int>>);

}  // namespace assay
