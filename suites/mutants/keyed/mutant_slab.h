// A plain slab in which every defect that a clause S-01 to S-23 stands for can be switched on.
//
// Idea. Slots in a vector, each an optional value and the index of the vacant slot below it on the free list.
// Nothing is optimised: whatever a clause says should be easy to see here, and so should its opposite.
//
// Invariants
//   I1  size_ is the number of slots that hold a value
//   I2  the free list from free_ visits each slot without a value once
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "allocators/check.h"
#include "allocators/keyed_concept.h"
#include "suites/mutants/keyed/slab_defects.h"

namespace assay::mutant {

template <class T>
class MutantSlab {
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
                                       .traps_misuse = true};
  using value_type = T;
  using Key = std::size_t;

  MutantSlab() = default;
  explicit MutantSlab(std::pmr::memory_resource* upstream) : slots_(upstream) {}
  MutantSlab(const MutantSlab& other)
      : slots_(other.slots_, other.slots_.get_allocator()), free_(other.free_), size_(other.size_) {
    if (copy_orders_vacancies_anew) relink();
  }
  MutantSlab(MutantSlab&& other) noexcept : slots_(other.slots_.get_allocator()) {
    exchange(other);
    if (moved_from_keeps_size) other.size_ = size_;
  }
  MutantSlab& operator=(const MutantSlab& other) {
    if (throwing_copy_counts_all) size_ = other.size_;
    if (copy_assignment_between_upstreams_leaks && slots_.get_allocator() != other.slots_.get_allocator())
      new MutantSlab(std::move(*this));
    become(MutantSlab(other));
    return *this;
  }
  MutantSlab& operator=(MutantSlab&& other) noexcept {
    if (this == &other) return *this;
    if (move_assignment_leaks) new MutantSlab(std::move(*this));
    if (move_assignment_keeps_upstream) {
      clear();
      exchange(other);  // of vectors with unequal allocators: the storage changes owner, the allocator stays
    } else {
      become(std::move(other));
    }
    return *this;
  }

  Key insert(T value) { return emplace(std::move(value)); }

  template <class... Arguments>
  Key emplace(Arguments&&... arguments) {
    const bool appends = thousandth_insertion_appends && ++insertions_ % 1000 == 0;
    if (free_ == kNone || appends) append_vacancy();
    const Key key = first_vacant();
    try {
      slots_[key].value.emplace(std::forward<Arguments>(arguments)...);
    } catch (...) {
      if (throwing_emplace_loses_vacancy) unlink(key);
      throw;
    }
    ++size_;
    if (!long_free_list_keeps_its_head || slots_.size() - size_ < 48) unlink(key);
    return key;
  }

  bool contains(Key key) const noexcept { return live(key_of_slot(key)); }
  T* get(Key key) noexcept { return const_cast<T*>(std::as_const(*this).get(key)); }
  const T* get(Key key) const noexcept {
    const std::size_t slot = key_of_slot(key);
    return live(slot) ? &*slots_[slot].value : nullptr;
  }
  T& operator[](Key key) {
    if (!contains(key) && !dead_key_is_read) trap("MutantSlab I2", "key %zu is not live", key);
    static T nobody = *slots_[0].value;
    return contains(key) ? *get(key) : nobody;
  }

  std::optional<T> remove(Key key) {
    if (!live(key)) {
      if (failed_remove_decrements_size && key < slots_.size()) --size_;
      if constexpr (std::is_arithmetic_v<T>)
        if (second_remove_succeeds && key < slots_.size()) return T{};
      return std::nullopt;
    }
    std::optional<T> removed(std::move(slots_[key].value));
    vacate(key);
    return removed;
  }

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  void clear() noexcept {
    if (clear_leaks_values) {
      const std::size_t capacity = slots_.capacity();
      new std::pmr::vector<Slot>(std::move(slots_));
      slots_.clear();
      slots_.reserve(capacity);
    }
    if (clear_keeps_next_key) return vacate_all();
    slots_.clear();
    if (clear_frees_capacity) slots_.shrink_to_fit();
    free_ = kNone;
    size_ = 0;
  }

  template <class F>
  void for_each(F f) {
    const std::size_t end = iteration_stops_at_size ? size_ : slots_.size();
    for (Key key = 0; key < end; ++key)
      if (live(key)) f(key, *slots_[key].value);
  }

  Key vacant_key() const noexcept {
    if (vacant_key_ignores_vacancies) return slots_.size();
    if (vacant_key_stale_after_shrink && key_before_shrink_ != kNone) return key_before_shrink_;
    return next_key();
  }

  class VacantEntry {
   public:
    Key key() const { return key_; }
    T& insert(T value) {
      if (dropped_vacant_entry_is_lost) slab_.push_vacant(key_);
      return slab_.slots_[slab_.insert(std::move(value))].value.value();
    }

   private:
    friend class MutantSlab;
    explicit VacantEntry(MutantSlab& slab)
        : slab_(slab), key_(dropped_vacant_entry_is_lost ? slab.take_vacancy() : slab.next_key()) {}
    MutantSlab& slab_;
    Key key_;
  };
  VacantEntry vacant_entry() { return VacantEntry(*this); }

  std::size_t capacity() const noexcept { return slots_.capacity(); }
  void reserve(std::size_t n) {
    const std::size_t wanted = reserve_counts_live_values_in ? n : size_ + n;
    if (wanted < size_ && !reserve_overflow_wraps && !reserve_counts_live_values_in)
      throw std::length_error("slab: reserve");
    slots_.reserve(wanted);
  }

  void shrink_to_fit() {
    key_before_shrink_ = next_key();
    trim();
    slots_.shrink_to_fit();
    if (shrink_forgets_vacancies) free_ = kNone;
  }

  template <class F>
  void compact(F f) {
    const Relinked at_the_end{*this};
    Key to = 0;
    for (trim(); size_ < slots_.size(); trim()) {
      while (live(to)) ++to;
      const Key from = slots_.size() - 1;
      bool agreed = false;
      try {
        agreed = f(*slots_[from].value, from, to);
      } catch (...) {
        if (throwing_compact_loses_value) {
          slots_.pop_back();
          --size_;
        }
        throw;
      }
      if (!agreed && !compact_ignores_refusal) return;
      slots_[to].value.emplace(std::move(*slots_[from].value));
      slots_[from].value.reset();
    }
  }

  template <class Predicate>
  void retain(Predicate keep) {
    for (Key key = 0; key < slots_.size(); ++key) {
      if (!live(key)) continue;
      bool kept = true;
      try {
        kept = keep(key, *slots_[key].value);
      } catch (...) {
        if (throwing_predicate_loses_value) vacate(key);
        throw;
      }
      if (kept) continue;
      vacate(key);
      if (retain_skips_after_removal) ++key;
    }
  }

  class Drain {
   public:
    explicit Drain(MutantSlab& slab) : slab_(slab) {}
    Drain(const Drain&) = delete;
    ~Drain() {
      if (abandoned_drain_keeps_the_rest && taken_) return;
      slab_.vacate_all();
      if (drain_frees_capacity) slab_ = MutantSlab();
    }
    std::optional<T> next() {
      while (at_ < slab_.slots_.size() && !slab_.live(at_)) ++at_;
      taken_ = true;
      return slab_.remove(at_);
    }

   private:
    MutantSlab& slab_;
    Key at_ = drain_skips_first_slot ? 1 : 0;
    bool taken_ = false;
  };
  Drain drain() { return Drain(*this); }

  std::optional<Key> key_of(const T& value) const {
    const auto address = reinterpret_cast<std::uintptr_t>(&value);
    for (Key key = 0; key < slots_.size(); ++key)
      if (address == reinterpret_cast<std::uintptr_t>(std::addressof(slots_[key].value)) &&
          (live(key) || key_of_finds_vacated_value))
        return key;
    if (key_of_takes_any_address_for_inside && !slots_.empty()) return address % slots_.size();
    return std::nullopt;
  }

  bool get_many(std::span<const Key> keys, std::span<T*> values) noexcept {
    if (values.size() < keys.size()) return false;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (get_many_bounds_by_capacity && keys[i] >= slots_.size() && keys[i] < capacity()) continue;
      if (!live(keys[i])) return false;
      const bool twice =
          std::count(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(i), keys[i]) != 0;
      if (twice && !get_many_gives_one_value_twice) return false;
      if (get_many_fills_before_it_fails) values[i] = get(keys[i]);
    }
    for (std::size_t i = 0; i < keys.size(); ++i) values[i] = get(keys[i]);
    return true;
  }

  static MutantSlab from_pairs(std::span<std::pair<Key, T>> pairs) {
    MutantSlab slab;
    for (auto& [key, value] : pairs) {
      if (key >= slab.slots_.size()) slab.slots_.resize(key + 1);
      Slot& slot = slab.slots_[key];
      if (slot.value.has_value() && rebuild_keeps_first_duplicate) continue;
      slab.size_ += !slot.value.has_value();
      slot.value.reset();
      slot.value.emplace(std::move(value));
    }
    if (!rebuild_forgets_gaps) slab.relink();
    return slab;
  }

  void check_invariants() const {
    std::size_t live_slots = 0, vacancies = 0;
    for (const Slot& slot : slots_) live_slots += slot.value.has_value();
    if (live_slots != size_) trap("MutantSlab I1", "%zu live values, counted as %zu", live_slots, size_);
    for (Key key = free_; key != kNone; key = slots_[key].below)
      if (live(key) || ++vacancies > slots_.size())
        trap("MutantSlab I2", "slot %zu is on the free list", key);
    if (vacancies + size_ != slots_.size()) trap("MutantSlab I2", "%zu slots are in no list", slots_.size());
  }

 private:
  static constexpr Key kNone = SIZE_MAX;

  struct Slot {
    std::optional<T> value;
    Key below = kNone;  // next of the free list
  };

  struct Relinked {
    MutantSlab& slab;
    ~Relinked() { slab.relink(); }
  };

  bool live(Key key) const noexcept { return key < slots_.size() && slots_[key].value.has_value(); }
  static Key key_of_slot(Key key) noexcept {
    return key_truncated_to_32_bits ? static_cast<std::uint32_t>(key) : key;
  }

  // The one that the next insertion takes, where there is one: the top of the list.
  Key first_vacant() const noexcept {
    Key key = free_;
    if (reuses_oldest_vacancy_first)
      while (key != kNone && slots_[key].below != kNone) key = slots_[key].below;
    return key;
  }
  Key next_key() const noexcept { return free_ == kNone ? slots_.size() : first_vacant(); }

  void append_vacancy() {
    if (growth_swaps_values && slots_.size() == 256) std::swap(slots_[0].value, slots_[1].value);
    try {
      slots_.emplace_back();
    } catch (const std::bad_alloc&) {
      if (failed_growth_counts_a_value) ++size_;
      throw;
    }
    push_vacant(slots_.size() - 1);
    if (growth_gives_second_key_first && slots_.size() == 96) append_vacancy();
  }

  void unlink(Key key) noexcept {
    key_before_shrink_ = kNone;
    Key* link = &free_;
    while (*link != key) link = &slots_[*link].below;
    *link = slots_[key].below;
  }

  Key take_vacancy() {
    if (free_ == kNone) append_vacancy();
    const Key key = first_vacant();
    unlink(key);
    return key;
  }

  void push_vacant(Key key) noexcept {
    slots_[key].below = free_;
    free_ = key;
  }

  void vacate(Key key) noexcept {
    slots_[key].value.reset();
    push_vacant(key);
    --size_;
  }

  void vacate_all() noexcept {
    for (Key key = 0; key < slots_.size(); ++key)
      if (live(key)) vacate(key);
  }

  // The free list anew, lowest key first.
  void relink() noexcept {
    free_ = kNone;
    for (Key key = slots_.size(); key-- > 0;)
      if (!live(key)) push_vacant(key);
  }

  void trim() {
    while (!slots_.empty() && !live(slots_.size() - 1)) slots_.pop_back();
    relink();
  }

  // The upstream comes along, which no assignment of std::pmr::vector does.
  void become(MutantSlab&& other) noexcept {
    std::destroy_at(this);
    std::construct_at(this, std::move(other));
  }

  // Of slabs on one upstream.
  void exchange(MutantSlab& other) noexcept {
    std::swap(slots_, other.slots_);
    std::swap(free_, other.free_);
    std::swap(size_, other.size_);
  }

  std::pmr::vector<Slot> slots_{std::pmr::new_delete_resource()};
  Key free_ = kNone;
  std::size_t size_ = 0;
  Key key_before_shrink_ = kNone;  // for vacant_key_stale_after_shrink
  std::size_t insertions_ = 0;     // for thousandth_insertion_appends
};

static_assert(Keyed<MutantSlab<int>>);

}  // namespace assay::mutant
