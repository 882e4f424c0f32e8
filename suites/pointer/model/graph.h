// The places of a random program that own or refer to objects, and the oracle's view of each.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "suites/core/upstream.h"
#include "suites/pointer/model/node.h"
#include "suites/pointer/model/oracle.h"
#include "suites/pointer/subject.h"

namespace assay::suite::pointer::model {

template <class P, bool kHas>
struct AliasOf {
  struct type {};
};
template <class P>
struct AliasOf<P, true> {
  using type = decltype(std::declval<P>().alias(std::declval<int*>()));
};

template <class Of, class T, bool kHas>
struct RowsOf {
  struct type {};
};
template <class Of, class T>
struct RowsOf<Of, T, true> {
  using type = Subject<Of, T[]>;
};

template <class Of>
class Graph {
 public:
  using T = Node<Of>;
  using P = Subject<Of, T>;
  static constexpr PointerTraits kTraits = kClaims<Of>;

  Graph() {
    for (const std::span<int> places : {std::span<int>(owned_), {aliased_}, {raw_}, {rows_owned_}})
      for (int& place : places) oracle_.add_owner(&(place = kNone));
    for (int& place : watched_) oracle_.add_watcher(&(place = kNone));
  }
  Graph(const Graph&) = delete;
  // Everything goes, and nothing may be left.
  ~Graph() {
    check();
    for (std::size_t i = 0; i < kPointers; ++i) {
      pointers_[i].reset();
      owned_[i] = kNone;
    }
    if constexpr (kTraits.gives_raw)
      for (std::size_t i = 0; i < kRaws; ++i)
        if (std::exchange(raw_[i], kNone) != kNone) static_cast<void>(P::from_raw(raws_[i]));
    for (std::size_t i = 0; i < kAliases; ++i) {
      aliases_[i].reset();
      aliased_[i] = kNone;
    }
    for (std::size_t i = 0; i < kRows; ++i) {
      rows_[i] = Rows();
      rows_owned_[i] = kNone;
    }
    settle("the end of all owners");
    for (std::size_t i = 0; i < kWeaks; ++i) {
      weaks_[i] = Link();
      watched_[i] = kNone;
    }
    check();
    require(oracle_.live() == 0, "all owners are gone, and %ld values are alive", oracle_.live());
    require(upstream_.live_blocks() == 0, "all owners and Weaks are gone, and %zu blocks were not given back",
            upstream_.live_blocks());
  }

  void check() {
    for (std::size_t i = 0; i < kPointers; ++i) check(pointers_[i], owned_[i]);
    if constexpr (kTraits.has_weak) {
      for (std::size_t w = 0; w < kWeaks; ++w) {
        if (full(watched_[w])) continue;
        const P found = weaks_[w].upgrade();
        require(static_cast<bool>(found) == alive(watched_[w]), "a Weak of object %d, which is %s, gave %s",
                watched_[w], alive(watched_[w]) ? "alive" : "dead", found ? "an owner" : "nothing");
        if (found)
          require(found.get() == oracle_[watched_[w]].address, "a Weak of object %d gave another",
                  watched_[w]);
      }
    }
    if constexpr (kTraits.aliases)
      for (std::size_t l = 0; l < kAliases; ++l)
        require(aliased_[l] == kNone || *aliases_[l]->get() == static_cast<int>(Oracle::number(aliased_[l])),
                "an alias to a part of object %d reads another value", aliased_[l]);
    if constexpr (kTraits.has_arrays) {
      for (std::size_t i = 0; i < kRows; ++i) {
        require(static_cast<bool>(rows_[i]) == (rows_owned_[i] != kNone), "an owner of array %d is wrong",
                rows_owned_[i]);
        if (rows_owned_[i] == kNone) continue;
        const long length = oracle_[rows_owned_[i]].elements;
        require(rows_[i].size() == static_cast<std::size_t>(length), "size() of array %d is %zu, not %ld",
                rows_owned_[i], rows_[i].size(), length);
        for (long element = 0; element < length; ++element)
          require(
              rows_[i][static_cast<std::size_t>(element)].number() == Oracle::number(rows_owned_[i], element),
              "element %ld of array %d has another value", element, rows_owned_[i]);
      }
    }
    require(T::live == oracle_.live(), "%ld values are alive instead of %ld", T::live, oracle_.live());
    if constexpr (kTraits.converts)
      require(DerivedNode<Of>::live == oracle_.live_derived(), "%ld derived objects are alive instead of %ld",
              DerivedNode<Of>::live, oracle_.live_derived());
  }

 protected:
  static constexpr std::size_t kPointers = 10, kWeaks = 5, kAliases = 3, kRaws = 2, kRows = 3;
  static constexpr long kMost = 80;  // live values

  using Link = typename T::Link;
  using Alias = typename AliasOf<P, kTraits.aliases>::type;
  using Rows = typename RowsOf<Of, T, kTraits.has_arrays>::type;

  bool room(long values) { return oracle_.live() + values <= kMost; }
  bool alive(int object) { return object != kNone && oracle_[object].alive; }

  // So many owners more would end the program.
  bool full(int object, std::size_t more = 1) {
    return kTraits.most_owners != 0 && object != kNone && oracle_.owners(object) + more > kTraits.most_owners;
  }

  void adopt(std::size_t at, P made) {
    const int object = oracle_.make(made.get());
    pointers_[at] = std::move(made);
    owned_[at] = object;
  }

  void settle(const char* after) { oracle_.settle(after, T::ended); }

  void check(const P& pointer, int object) {
    require(
        static_cast<bool>(pointer) == (object != kNone) && (pointer.get() != nullptr) == (object != kNone),
        "get() of an owner of object %d is %p (%d owns nothing)", object,
        static_cast<const void*>(pointer.get()), kNone);
    if (object == kNone) return;
    require(pointer.get() == oracle_[object].address, "object %d is at another address than when it was made",
            object);
    require(pointer.get()->number() == Oracle::number(object), "object %d has value %ld", object,
            pointer.get()->number());
    if constexpr (kTraits.counts)
      require(pointer.use_count() == oracle_.owners(object), "object %d has %zu owners, use_count() is %zu",
              object, oracle_.owners(object), pointer.use_count());
    for (const int slot : {0, 1}) {
      const int child = oracle_[object].children[slot];
      const T* owned = pointer.get()->children[slot].get();
      require(owned == (child == kNone ? nullptr : oracle_[child].address), "child %d of object %d is wrong",
              slot, object);
    }
  }

  Upstream upstream_;  // outlives what is in it
  Source source_{upstream_};
  P pointers_[kPointers];
  Link weaks_[kWeaks];
  std::optional<Alias> aliases_[kAliases];
  T* raws_[kRaws] = {};
  Rows rows_[kRows];
  int owned_[kPointers], watched_[kWeaks], aliased_[kAliases], raw_[kRaws], rows_owned_[kRows];
  Oracle oracle_;
};

}  // namespace assay::suite::pointer::model
