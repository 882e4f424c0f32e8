// Two containers of each of six kinds, over unequal allocators where there are such, beside an oracle of
// their contents. Each operation is valid in every state; when an allocation fails, be it on request or since
// the subject refuses so much, single insertions leave everything as it was and all others leave valid
// containers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <new>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "suites/standard_allocator/clauses/propagation.h"
#include "suites/standard_allocator/watched.h"

namespace assay::suite::standard_allocator {

using Contents = std::vector<long, MappedAllocator<long>>;  // of maps: the keys, in order

template <class C>
constexpr bool kKeyed = requires {
  typename C::mapped_type;
};

template <class C>
Contents contents(const C& container) {
  Contents all;
  for (const auto& element : container) {
    if constexpr (kKeyed<C>) {
      require(element.second == ~element.first, "the value of key %ld is %ld", element.first, element.second);
      all.push_back(element.first);
    } else {
      all.push_back(static_cast<long>(element));
    }
  }
  require(all.size() == container.size(), "size() is %zu, and %zu elements are visited", container.size(),
          all.size());
  if constexpr (kKeyed<C>) std::sort(all.begin(), all.end());
  return all;
}

template <class Of, class C>
class ContainerPair {
 public:
  using A = typename C::allocator_type;
  using AllocatorTraits = std::allocator_traits<A>;
  using Element = std::conditional_t<kKeyed<C>, long, typename C::value_type>;

  ContainerPair(Of& factory, Ledger<Of>& ledger)
      : ledger_(ledger),
        containers_{C(A(factory.template make<typename A::value_type>(0), ledger)),
                    C(A(factory.template make<typename A::value_type>(1), ledger))} {}

  void insert(std::size_t which, std::size_t place, long value) {
    value = static_cast<long>(static_cast<Element>(value));
    C& container = containers_[which];
    Contents& expected = expected_[which];
    const bool failed = fails([&] {
      if constexpr (kKeyed<C>) {
        container.emplace(value, ~value);
      } else {
        const std::size_t at = expected.empty() ? 0 : place % (expected.size() + 1);
        container.insert(std::next(container.begin(), static_cast<std::ptrdiff_t>(at)),
                         static_cast<Element>(value));
      }
    });
    if (failed) return check(which);
    if constexpr (kKeyed<C>) {
      const auto at = std::lower_bound(expected.begin(), expected.end(), value);
      if (at == expected.end() || *at != value) expected.insert(at, value);
    } else {
      const std::size_t at = expected.empty() ? 0 : place % (expected.size() + 1);
      expected.insert(expected.begin() + static_cast<std::ptrdiff_t>(at), value);
    }
  }

  void erase(std::size_t which, std::size_t place) {
    C& container = containers_[which];
    Contents& expected = expected_[which];
    if (expected.empty()) return;
    const auto at = expected.begin() + static_cast<std::ptrdiff_t>(place % expected.size());
    if constexpr (kKeyed<C>) {
      require(container.erase(*at) == 1, "key %ld is not found", *at);
    } else {
      container.erase(std::next(container.begin(), at - expected.begin()));
    }
    expected.erase(at);
  }

  void append_many(std::size_t which, std::size_t count, long value) {
    C& container = containers_[which];
    const bool failed = fails([&] {
      for (std::size_t i = 0; i < count; ++i) {
        if constexpr (kKeyed<C>)
          container.emplace(value + static_cast<long>(i), ~(value + static_cast<long>(i)));
        else
          container.push_back(static_cast<Element>(value + static_cast<long>(i)));
      }
      if constexpr (requires { container.reserve(count); }) container.reserve(container.size() + count);
      if constexpr (requires { container.shrink_to_fit(); }) container.shrink_to_fit();
    });
    for (std::size_t i = 0; i < count && !failed; ++i) {
      const long appended = static_cast<long>(static_cast<Element>(value + static_cast<long>(i)));
      Contents& expected = expected_[which];
      const auto at =
          kKeyed<C> ? std::lower_bound(expected.begin(), expected.end(), appended) : expected.end();
      if (!kKeyed<C> || at == expected.end() || *at != appended) expected.insert(at, appended);
    }
    if (failed) accept(which);
  }

  void clear(std::size_t which) {
    containers_[which].clear();
    expected_[which].clear();
  }

  void copy(std::size_t to) {
    if (fails([&] { containers_[to] = std::as_const(containers_[1 - to]); }))
      accept(to);
    else
      expected_[to] = expected_[1 - to];
    check(1 - to);
  }

  void move(std::size_t to) {
    if (fails([&] { containers_[to] = std::move(containers_[1 - to]); }))
      accept(to);
    else
      expected_[to] = expected_[1 - to];
    clear(1 - to);
  }

  void exchange() {
    const bool equal = containers_[0].get_allocator() == containers_[1].get_allocator();
    if (!equal && !AllocatorTraits::propagate_on_container_swap::value) return;
    containers_[0].swap(containers_[1]);
    std::swap(expected_[0], expected_[1]);
  }

  void check(std::size_t which) const {
    const Contents found = contents(containers_[which]);
    for (std::size_t i = 0; i < found.size() && i < expected_[which].size(); ++i)
      require(found[i] == expected_[which][i], "element %zu is %ld instead of %ld", i, found[i],
              expected_[which][i]);
    require(found.size() == expected_[which].size(), "there are %zu elements instead of %zu", found.size(),
            expected_[which].size());
  }

 private:
  template <class Body>
  static bool fails(const Body& body) {
    try {
      body();
      return false;
    } catch (const std::bad_alloc&) {
      return true;
    }
  }

  // After a failure that may have changed contents: they must be readable, and count from now on.
  void accept(std::size_t which) { expected_[which] = contents(containers_[which]); }

  Ledger<Of>& ledger_;
  C containers_[2];
  Contents expected_[2];
};

template <class Of>
class ContainerProgram {
 public:
  static constexpr std::size_t kKinds = 6;

  Ledger<Of>& ledger() { return ledger_; }

  void insert(std::size_t kind, std::size_t which, std::size_t place, long value) {
    with(kind, [&](auto& pair) { pair.insert(which, place, value); });
  }
  void erase(std::size_t kind, std::size_t which, std::size_t place) {
    with(kind, [&](auto& pair) { pair.erase(which, place); });
  }
  void append_many(std::size_t kind, std::size_t which, std::size_t count, long value) {
    with(kind, [&](auto& pair) { pair.append_many(which, count, value); });
  }
  void clear(std::size_t kind, std::size_t which) {
    with(kind, [&](auto& pair) { pair.clear(which); });
  }
  void copy(std::size_t kind, std::size_t to) {
    with(kind, [&](auto& pair) { pair.copy(to); });
  }
  void move(std::size_t kind, std::size_t to) {
    with(kind, [&](auto& pair) { pair.move(to); });
  }
  void exchange(std::size_t kind) {
    with(kind, [](auto& pair) { pair.exchange(); });
  }
  void check() {
    for (std::size_t kind = 0; kind < kKinds; ++kind)
      with(kind, [](auto& pair) {
        pair.check(0);
        pair.check(1);
      });
  }

 private:
  using Entry = std::pair<const long, long>;
  using Deque = std::deque<long, Watched<long, Of>>;
  using Hashed = std::unordered_map<long, long, std::hash<long>, std::equal_to<>, Watched<Entry, Of>>;
  using String = std::basic_string<char, std::char_traits<char>, Watched<char, Of>>;

  template <class Body>
  void with(std::size_t kind, const Body& body) {
    switch (kind) {
      case 0:
        return body(vectors_);
      case 1:
        return body(deques_);
      case 2:
        return body(lists_);
      case 3:
        return body(maps_);
      case 4:
        return body(hashed_);
      default:
        return body(strings_);
    }
  }

  struct Balance {  // looked at when everything below has ended
    ~Balance() { require(ledger.live_blocks() == 0, "%zu blocks never came back", ledger.live_blocks()); }
    Ledger<Of> ledger;
  };

  Of factory_;
  Balance balance_;
  Ledger<Of>& ledger_ = balance_.ledger;
  ContainerPair<Of, WatchedVector<Of>> vectors_{factory_, ledger_};
  ContainerPair<Of, Deque> deques_{factory_, ledger_};
  ContainerPair<Of, WatchedList<Of>> lists_{factory_, ledger_};
  ContainerPair<Of, WatchedMap<Of>> maps_{factory_, ledger_};
  ContainerPair<Of, Hashed> hashed_{factory_, ledger_};
  ContainerPair<Of, String> strings_{factory_, ledger_};
};

}  // namespace assay::suite::standard_allocator
