// What a keyed store of values claims and owes: a slab whose insert() hands out the key.
//
//   template <class T> class MySlab {
//     static constexpr assay::KeyedTraits kTraits{.checks_generations = false};
//     using value_type = T;
//     using Key = std::size_t;
//     Key insert(T value);                         // throws std::bad_alloc, and is then as it was
//     T* get(Key) noexcept;                        // null unless the key is live; const too
//     std::optional<T> remove(Key);                // nothing unless the key is live
//     bool contains(Key) const noexcept;
//     std::size_t size() const noexcept;
//     void clear() noexcept;
//   };
//   static_assert(assay::Keyed<MySlab<int>>);
//
// A claim obliges: the concept demands the members that it needs, and suites/keyed/ runs the clauses.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

namespace assay {

struct KeyedTraits {
  bool checks_generations;        // a key that was removed is never valid again, as long as its period lasts
  bool dense_keys = false;        // integers from 0, the vacated one first that was removed last
  bool emplaces = false;          // emplace(arguments…)
  bool iterates = false;          // for_each(f(key, value)), in increasing order of keys
  bool has_vacant_entry = false;  // vacant_key(), vacant_entry()
  bool reserves = false;          // reserve(n), capacity(), shrink_to_fit()
  bool compacts = false;          // compact(f(value, from, to) -> bool)
  bool retains = false;           // retain(predicate(key, value)), drain()
  bool finds_keys = false;        // key_of(value)
  bool gets_many = false;         // get_many(keys): all or nothing, no two the same
  bool rebuilds = false;          // constructible from pairs of key and value (dense keys)
  bool copies = false;            // copies have the same keys and give the same future keys
  bool moves = false;             // a move takes keys and values along; what it leaves is empty and usable
  bool default_key_is_null = false;  // Key{} is never valid
  bool traps_misuse = false;         // slab[key] of a dead key ends the program and names the invariant
};

template <class S>
concept KeyedCore = std::default_initializable<S> && std::equality_comparable<typename S::Key> &&
    requires(S slab, const S constant, typename S::Key key, typename S::value_type value) {
  { S::kTraits } -> std::convertible_to<const KeyedTraits&>;
  { slab.insert(std::move(value)) } -> std::same_as<typename S::Key>;
  { slab.get(key) }
  noexcept->std::same_as<typename S::value_type*>;
  { constant.get(key) }
  noexcept->std::same_as<const typename S::value_type*>;
  { constant.contains(key) }
  noexcept->std::same_as<bool>;
  { slab.remove(key) } -> std::same_as<std::optional<typename S::value_type>>;
  { constant.size() }
  noexcept->std::same_as<std::size_t>;
  { slab.clear() }
  noexcept;
};

template <class S>
concept IteratesKeys = requires(S slab) {
  slab.for_each([](typename S::Key, typename S::value_type&) {});
};

// vacant_entry() reserves nothing: an entry that is dropped without insert() leaves the slab as it was.
template <class S>
concept HasVacantEntry = requires(S slab, const S constant, typename S::value_type value) {
  { constant.vacant_key() } -> std::same_as<typename S::Key>;
  { slab.vacant_entry().key() } -> std::same_as<typename S::Key>;
  { slab.vacant_entry().insert(std::move(value)) } -> std::same_as<typename S::value_type&>;
};

template <class S>
concept Reserves = requires(S slab, const S constant, std::size_t n) {
  slab.reserve(n);  // n further insertions do not allocate; throws std::bad_alloc or std::length_error
  slab.shrink_to_fit();
  { constant.capacity() }
  noexcept->std::same_as<std::size_t>;
};

// Moves values to lower keys; the callback is told before each move and may refuse it, or throw.
template <class S>
concept Compacts = requires(S slab) {
  slab.compact([](typename S::value_type&, typename S::Key, typename S::Key) { return true; });
};

// drain() is a range that removes what it yields; whatever is left when it dies is removed then.
template <class S>
concept Retains = requires(S slab) {
  slab.retain([](typename S::Key, typename S::value_type&) { return true; });
  { slab.drain().next() } -> std::same_as<std::optional<typename S::value_type>>;
};

template <class S>
concept FindsKeys = requires(const S slab, const typename S::value_type& value) {
  { slab.key_of(value) } -> std::same_as<std::optional<typename S::Key>>;
};

// Fills `values` and returns true, or returns false and leaves it alone.
template <class S>
concept GetsMany = requires(S slab, std::span<const typename S::Key> keys,
                            std::span<typename S::value_type*> values) {
  { slab.get_many(keys, values) }
  noexcept->std::same_as<bool>;
};

template <class S>
concept Rebuilds = requires(std::span<std::pair<typename S::Key, typename S::value_type>> pairs) {
  { S::from_pairs(pairs) } -> std::same_as<S>;  // moves the values out; of equal keys the last one wins
};

template <class S>
concept Emplaces = requires(S slab) {
  { slab.emplace() } -> std::same_as<typename S::Key>;
};

// slab[key] of a key that is not live ends the program.
template <class S>
concept TrapsMisuse = requires(S slab, typename S::Key key) {
  { slab[key] } -> std::same_as<typename S::value_type&>;
};

// clang-format off
template <class S>
concept Keyed = KeyedCore<S> &&
    (!S::kTraits.emplaces || Emplaces<S>) &&
    (!S::kTraits.iterates || IteratesKeys<S>) &&
    (!S::kTraits.has_vacant_entry || HasVacantEntry<S>) &&
    (!S::kTraits.reserves || Reserves<S>) &&
    (!S::kTraits.compacts || Compacts<S>) &&
    (!S::kTraits.retains || Retains<S>) &&
    (!S::kTraits.finds_keys || FindsKeys<S>) &&
    (!S::kTraits.gets_many || GetsMany<S>) &&
    (!S::kTraits.rebuilds || Rebuilds<S>) &&
    (!S::kTraits.copies || std::copyable<S>) &&
    (!S::kTraits.moves || std::movable<S>) &&
    (!S::kTraits.traps_misuse || TrapsMisuse<S>);
// clang-format on

}  // namespace assay
