// One slab and its oracle, for programs that a model makes and for tests that are pasted from them.
//
// Every value has a number of its own, and the oracle knows the key of each. Every operation is valid in
// every state: `which` counts live values around, and what a subject does not claim does nothing.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "suites/core/mapped_memory.h"
#include "suites/core/witness.h"
#include "suites/keyed/model/vacancies.h"
#include "suites/keyed/store.h"

namespace assay::suite::keyed {

template <class S>
class Run {
 public:
  using T = typename S::value_type;
  using Key = typename S::Key;
  static constexpr KeyedTraits kTraits = S::kTraits;
  static constexpr std::size_t kMost = 400;  // live values

  void insert(std::size_t n) {
    while (n-- > 0) add([this](long number) { return slab_.insert(T(number)); });
  }
  void emplace(std::size_t n) {
    if constexpr (kTraits.emplaces)
      while (n-- > 0) add([this](long number) { return slab_.emplace(number); });
  }
  void insert_vacant(std::size_t n) {
    if constexpr (kTraits.has_vacant_entry) {
      while (n-- > 0)
        add([this](long number) {
          auto entry = slab_.vacant_entry();
          const Key key = entry.key();
          entry.insert(T(number));
          return key;
        });
    }
  }
  void drop_vacant() {
    if constexpr (kTraits.has_vacant_entry) static_cast<void>(slab_.vacant_entry().key());
  }
  void remove(std::size_t which, std::size_t n) {
    for (; n > 0 && !live_.empty(); --n) {
      const auto at = nth(which);
      const std::optional<T> removed = slab_.remove(at->second);
      require(removed.has_value(), "remove(%s) of a live key gave nothing", show(at->second).text);
      require(value_of(*removed) == at->first, "remove(%s) gave value %ld instead of %ld",
              show(at->second).text, value_of(*removed), at->first);
      if constexpr (kTraits.dense_keys) vacancies_.removed(static_cast<std::size_t>(at->second));
      died(at->second);
      live_.erase(at);
    }
    check_size();
  }
  void remove_dead(std::size_t which) {
    const auto& dead = dead_[which % dead_.size()];
    if (dead.has_value() && !is_live(*dead))
      require(!slab_.remove(*dead).has_value(), "remove(%s) of a dead key gave a value", show(*dead).text);
  }
  void get_many(std::size_t which, std::size_t n) {
    if constexpr (kTraits.gets_many) {
      std::vector<Key> keys;
      if (live_.empty()) return;
      for (auto at = nth(which); keys.size() < n && keys.size() < live_.size();) {
        keys.push_back(at->second);
        if (++at == live_.end()) at = live_.begin();
      }
      std::vector<T*> values(keys.size());
      require(slab_.get_many(keys, values), "get_many of %zu live keys failed", keys.size());
      for (std::size_t i = 0; i < keys.size(); ++i)
        require(values[i] == slab_.get(keys[i]), "get_many's value for %s is not that of get",
                show(keys[i]).text);
      keys.push_back(keys[which % keys.size()]);
      values.push_back(nullptr);
      require(!slab_.get_many(keys, values), "get_many of %zu keys accepted one twice", keys.size());
    }
  }
  void find_key(std::size_t which) {
    if constexpr (kTraits.finds_keys) {
      if (live_.empty()) return;
      const Key key = nth(which)->second;
      const T* value = slab_.get(key);
      require(value != nullptr, "get(%s) of a live key found nothing", show(key).text);
      const std::optional<Key> found = slab_.key_of(*value);
      require(found.has_value() && *found == key, "key_of the value at %s found another", show(key).text);
    }
  }
  void reserve(std::size_t n) {
    if constexpr (kTraits.reserves) {
      try {
        slab_.reserve(n);
      } catch (const std::bad_alloc&) {
        return;
      } catch (const std::length_error&) {
        return;
      }
      require(slab_.capacity() >= slab_.size() + n, "reserve(%zu) with %zu values: capacity() is %zu", n,
              slab_.size(), slab_.capacity());
      check();
    }
  }
  void shrink() {
    if constexpr (kTraits.reserves) {
      slab_.shrink_to_fit();
      reordered();
      check();
    }
  }
  // The callback refuses its n-th move, throws, or agrees to all; `answer` says which.
  void compact(std::size_t answer, std::size_t n) {
    if constexpr (kTraits.compacts) {
      try {
        slab_.compact([&](T& value, const Key& from, const Key& to) {
          const auto at = live_.find(value_of(value));
          require(at != live_.end() && at->second == from, "compact told of value %ld at %s, not its key",
                  value_of(value), show(from).text);
          require(!is_live(to), "compact moves to %s, which is live", show(to).text);
          if (answer % 3 != 0 && --n == 0) {
            if (answer % 3 == 1) return false;
            throw Stop();
          }
          died(from);
          at->second = to;
          return true;
        });
      } catch (const Stop&) {
      }
      reordered();
      check();
    }
  }
  // Keeps values unless their number is a multiple of `modulus`; the predicate throws at the n-th value.
  void retain(std::size_t modulus, std::size_t n) {
    if constexpr (kTraits.retains) {
      std::vector<long> unwanted;
      std::size_t shown = 0;
      bool stopped = false;
      try {
        slab_.retain([&](const Key& key, T& value) {
          const auto at = live_.find(value_of(value));
          require(at != live_.end() && at->second == key, "retain showed value %ld at %s, not its key",
                  value_of(value), show(key).text);
          if (--n == 0) throw Stop();
          ++shown;
          const bool wanted = value_of(value) % static_cast<long>(modulus % 7 + 1) != 0;
          if (!wanted) unwanted.push_back(value_of(value));
          return wanted;
        });
      } catch (const Stop&) {
        stopped = true;
      }
      require(stopped || shown == live_.size(), "retain showed %zu of %zu values", shown, live_.size());
      for (const long number : unwanted) {
        const auto at = live_.find(number);
        if (stopped && slab_.contains(at->second)) continue;  // may have been removed only at the end
        died(at->second);
        live_.erase(at);
      }
      reordered();
      check();
    }
  }
  void drain(std::size_t n) {
    if constexpr (kTraits.retains) {
      {
        auto drain = slab_.drain();
        for (; n > 0; --n) {
          const std::optional<T> value = drain.next();
          require(value.has_value() == !live_.empty(), "drain ended with %zu values left", live_.size());
          if (!value.has_value()) break;
          const auto at = live_.find(value_of(*value));
          require(at != live_.end(), "drain yielded value %ld, which is not live", value_of(*value));
          died(at->second);
          live_.erase(at);
        }
      }
      forget_all();
      reordered();
      check();
    }
  }
  void clear() {
    slab_.clear();
    forget_all();
    if constexpr (kTraits.dense_keys) vacancies_.cleared();
    check();
  }
  // Goes on with a copy that was made, assigned over `n` other values, or moved.
  void copy(std::size_t how, std::size_t n) {
    if constexpr (kTraits.copies) {
      if (how % 3 == 0) {
        S copy = slab_;
        std::swap(copy, slab_);
      } else if (how % 3 == 1) {
        S copy;
        for (; n > 0 && copy.size() < kMost; --n)
          if (!put_if_room(copy, -1).has_value()) break;
        copy = slab_;
        slab_ = copy;
      } else {
        S copy = std::move(slab_);
        slab_ = std::move(copy);
      }
      check();
    }
  }
  void rebuild() {
    if constexpr (kTraits.rebuilds) {
      std::vector<std::pair<Key, T>> pairs;
      std::size_t frontier = 0;
      for (const auto& [number, key] : live_) {
        pairs.emplace_back(key, T(number));
        frontier = std::max(frontier, static_cast<std::size_t>(key) + 1);
      }
      slab_ = S::from_pairs(pairs);
      pairs.clear();
      vacancies_.reordered(frontier, [this](std::size_t key) { return is_live(static_cast<Key>(key)); });
      check();
    }
  }
  void iterate() {
    if constexpr (kTraits.iterates) {
      std::size_t visited = 0;
      std::optional<Key> previous;
      slab_.for_each([&](const Key& key, T& value) {
        const auto at = live_.find(value_of(value));
        require(at != live_.end() && at->second == key, "for_each gave value %ld at %s, not its key",
                value_of(value), show(key).text);
        if constexpr (std::integral<Key>) {
          if (previous.has_value() && !(*previous < key))
            violated("for_each went down to %s", show(key).text);
        }
        previous = key;
        ++visited;
      });
      require(visited == live_.size(), "for_each visited %zu of %zu values", visited, live_.size());
    }
  }

  void check() {
    check_size();
    check_invariants(slab_);
    for (const auto& [number, key] : live_) expect(slab_, key, number, "beside the oracle");
    for (const auto& dead : dead_)
      if (dead.has_value() && !is_live(*dead)) expect_dead(slab_, *dead, "beside the oracle");
    if constexpr (std::same_as<T, Witness>)
      require(Witness::live == static_cast<long>(live_.size()), "%ld objects are alive for %zu values",
              Witness::live, live_.size());
  }

 private:
  struct Stop {};
  using Live = std::map<long, Key, std::less<>, MappedAllocator<std::pair<const long, Key>>>;

  template <class Insert>
  void add(const Insert& insert) {
    if (live_.size() >= kMost) return;
    std::optional<Key> predicted;
    if constexpr (kTraits.has_vacant_entry) predicted = std::as_const(slab_).vacant_key();
    std::optional<Key> key;
    try {
      key = insert(next_);
    } catch (const std::bad_alloc&) {  // a bounded subject is full
      check();
      return;
    }
    if (is_live(*key)) violated("insert gave %s, the key of a live value", show(*key).text);
    if (predicted.has_value() && !(*predicted == *key))
      violated("vacant_key() was %s, insert gave %s", show(*predicted).text, show(*key).text);
    if constexpr (kTraits.dense_keys) vacancies_.inserted(static_cast<std::size_t>(*key));
    if constexpr (kTraits.checks_generations)
      for (const auto& dead : dead_)
        if (dead.has_value() && *dead == *key) violated("insert gave the dead key %s", show(*key).text);
    live_.emplace(next_, *key);
    expect(slab_, *key, next_, "inserted");
    ++next_;
    check_size();
  }

  void check_size() {
    require(slab_.size() == live_.size(), "size() is %zu, with %zu live values", slab_.size(), live_.size());
  }

  // Other keys than integers have no order to find them by.
  bool is_live(const Key& wanted) const {
    for (const auto& [number, key] : live_)
      if (key == wanted) return true;
    return false;
  }

  typename Live::iterator nth(std::size_t which) {
    auto at = live_.lower_bound(static_cast<long>(which % static_cast<std::size_t>(next_)));
    return at == live_.end() ? live_.begin() : at;
  }

  void died(const Key& key) { dead_[deaths_++ % dead_.size()] = key; }

  void forget_all() {
    for (const auto& [number, key] : live_) died(key);
    live_.clear();
  }

  void reordered() {
    if constexpr (kTraits.dense_keys)
      vacancies_.reordered(vacancies_.frontier(),
                           [this](std::size_t key) { return is_live(static_cast<Key>(key)); });
  }

  S slab_;
  Live live_;  // number of a value -> its key
  long next_ = 1;
  Vacancies vacancies_;
  std::array<std::optional<Key>, 48> dead_;  // the latest
  std::size_t deaths_ = 0;
};

}  // namespace assay::suite::keyed
