// What every check of this family is written with: the subject for one value type, and keys made printable.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory_resource>
#include <new>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "allocators/keyed_concept.h"
#include "suites/core/clause.h"
#include "suites/core/witness.h"

namespace assay::suite::keyed {

// `Of` is the SubjectOf that ASSAY_CLAUSES makes (suites/keyed/clauses.h).
template <class Of, class T>
using Store = typename Of::template type<T>;

template <class Of>
inline constexpr KeyedTraits kClaims = Store<Of, long>::kTraits;

inline long value_of(long value) { return value; }
inline long value_of(const Witness& value) { return value.value(); }

struct KeyText {
  char text[48];
};

// The number, or the bytes of a key that is none.
template <class Key>
KeyText show(const Key& key) {
  KeyText shown{};
  if constexpr (std::integral<Key>) {
    std::snprintf(shown.text, sizeof shown.text, "%llu", static_cast<unsigned long long>(key));
  } else {
    static_assert(std::is_trivially_copyable_v<Key>, "a key is a value");
    unsigned char bytes[sizeof(Key)];
    std::memcpy(bytes, &key, sizeof key);
    for (std::size_t i = 0; i < sizeof(Key) && 2 * i + 2 < sizeof shown.text; ++i)
      std::snprintf(shown.text + 2 * i, 3, "%02x", bytes[i]);
  }
  return shown;
}

template <class S>
void check_invariants(const S& slab) {
  if constexpr (requires { slab.check_invariants(); }) slab.check_invariants();
}

// Nothing when the subject is bounded, and full.
template <class S>
std::optional<typename S::Key> put_if_room(S& slab, long value) {
  try {
    return slab.insert(typename S::value_type(value));
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

// A bounded subject may be too small for a check.
template <class S>
typename S::Key put(S& slab, long value) {
  const auto key = put_if_room(slab, value);
  if (!key.has_value()) skipped("the subject holds no more than %zu values", slab.size());
  return *key;
}

template <class S>
void reserve_room(S& slab, std::size_t n) {
  try {
    return slab.reserve(n);
  } catch (const std::bad_alloc&) {
  } catch (const std::length_error&) {
  }
  skipped("with %zu values inside, the subject has no room for %zu more", slab.size(), n);
}

// A slab on the upstream, if it takes any.
template <class S>
S make_over(std::pmr::memory_resource& upstream) {
  if constexpr (std::constructible_from<S, std::pmr::memory_resource*>)
    return S(&upstream);
  else
    return S();
}

// The keys of 0, 1, … n - 1, each inserted as a value.
template <class S>
std::vector<typename S::Key> fill(S& slab, long n) {
  std::vector<typename S::Key> keys;
  for (long value = 0; value < n; ++value) keys.push_back(put(slab, value));
  return keys;
}

template <class S>
void expect(S& slab, const typename S::Key& key, long value, const char* when) {
  const auto* found = slab.get(key);
  if (found == nullptr) violated("%s, get(%s) found nothing instead of %ld", when, show(key).text, value);
  if (value_of(*found) != value)
    violated("%s, get(%s) is %ld instead of %ld", when, show(key).text, value_of(*found), value);
  if (!slab.contains(key)) violated("%s, contains(%s) is false, but get finds it", when, show(key).text);
}

template <class S>
void expect_dead(S& slab, const typename S::Key& key, const char* when) {
  if (slab.get(key) != nullptr) violated("%s, get(%s) found a value", when, show(key).text);
  if (std::as_const(slab).get(key) != nullptr)
    violated("%s, get(%s) const found a value", when, show(key).text);
  if (slab.contains(key)) violated("%s, contains(%s) is true", when, show(key).text);
}

template <class Key>
bool among(const std::vector<Key>& keys, const Key& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

}  // namespace assay::suite::keyed
