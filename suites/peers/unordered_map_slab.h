// std::unordered_map as a slab: what a program writes that has no slab. Keys are counted up and never return.
//
// Costs: a node allocation an insertion, a hash and a chain a lookup. What it does not do: order, dense keys.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

#include "allocators/keyed_concept.h"

namespace assay::peer {

template <class T>
class UnorderedMapSlab {
 public:
  static constexpr KeyedTraits kTraits{.checks_generations = true,
                                       .emplaces = true,
                                       .copies = std::copy_constructible<T>,
                                       .default_key_is_null = true};
  using value_type = T;
  using Key = std::size_t;

  Key insert(T value) { return emplace(std::move(value)); }

  template <class... Arguments>
  Key emplace(Arguments&&... arguments) {
    values_.try_emplace(next_, std::forward<Arguments>(arguments)...);
    return next_++;
  }

  T* get(Key key) noexcept {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  const T* get(Key key) const noexcept {
    const auto found = values_.find(key);
    return found == values_.end() ? nullptr : &found->second;
  }
  bool contains(Key key) const noexcept { return values_.contains(key); }

  std::optional<T> remove(Key key) {
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    std::optional<T> removed(std::move(found->second));
    values_.erase(found);
    return removed;
  }

  std::size_t size() const noexcept { return values_.size(); }
  bool empty() const noexcept { return values_.empty(); }
  void clear() noexcept { values_.clear(); }

 private:
  std::unordered_map<Key, T> values_;
  Key next_ = 1;  // 0 is the null key
};

static_assert(Keyed<UnorderedMapSlab<int>>);

}  // namespace assay::peer
