// std::deque and a list of free places as a slab: what a program writes that wants dense keys and values that
// never move.
//
// Costs: constant, but two dependent loads a lookup, and a flag beside every value. The free list allocates
// as it grows.
#pragma once

#include <concepts>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "allocators/keyed_concept.h"

namespace assay::peer {

template <class T>
class DequeSlab {
 public:
  static constexpr KeyedTraits kTraits{.checks_generations = false,
                                       .dense_keys = true,
                                       .emplaces = true,
                                       .iterates = true,
                                       .has_vacant_entry = true,
                                       .copies = std::copy_constructible<T>};
  using value_type = T;
  using Key = std::size_t;

  Key insert(T value) { return emplace(std::move(value)); }

  template <class... Arguments>
  Key emplace(Arguments&&... arguments) {
    const Key key = vacant_key();
    if (vacant_.empty()) {
      values_.emplace_back(std::in_place, std::forward<Arguments>(arguments)...);
    } else {
      values_[key].emplace(std::forward<Arguments>(arguments)...);
      vacant_.pop_back();
    }
    return key;
  }

  T* get(Key key) noexcept { return contains(key) ? &*values_[key] : nullptr; }
  const T* get(Key key) const noexcept { return contains(key) ? &*values_[key] : nullptr; }
  bool contains(Key key) const noexcept { return key < values_.size() && values_[key].has_value(); }

  std::optional<T> remove(Key key) {
    if (!contains(key)) return std::nullopt;
    std::optional<T> removed(std::move(values_[key]));
    vacant_.push_back(key);
    values_[key].reset();
    return removed;
  }

  std::size_t size() const noexcept { return values_.size() - vacant_.size(); }
  bool empty() const noexcept { return size() == 0; }
  void clear() noexcept {
    values_.clear();
    vacant_.clear();
  }

  template <class F>
  void for_each(F f) {
    Key key = 0;
    for (std::optional<T>& value : values_) {
      if (value.has_value()) f(key, *value);
      ++key;
    }
  }

  Key vacant_key() const noexcept { return vacant_.empty() ? values_.size() : vacant_.back(); }

  class VacantEntry {
   public:
    Key key() const noexcept { return slab_.vacant_key(); }
    T& insert(T value) { return *slab_.values_[slab_.insert(std::move(value))]; }

   private:
    friend class DequeSlab;
    explicit VacantEntry(DequeSlab& slab) noexcept : slab_(slab) {}
    DequeSlab& slab_;
  };
  VacantEntry vacant_entry() noexcept { return VacantEntry(*this); }

 private:
  std::deque<std::optional<T>> values_;
  std::vector<Key> vacant_;  // the last one is used first
};

static_assert(Keyed<DequeSlab<int>>);

}  // namespace assay::peer
