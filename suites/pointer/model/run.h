// The operations of a random program over a graph of owners, and of the tests that are pasted from one.
//
// Every operation is valid in every state: an index counts around, an operation on what is not there does
// nothing, and no owner is stored where it would close a cycle. Each operation is followed by a comparison
// of what was destroyed; check() compares the rest.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "suites/core/witness.h"
#include "suites/pointer/model/graph.h"

namespace assay::suite::pointer::model {

template <class Of>
class Run : public Graph<Of> {
 public:
  using typename Graph<Of>::T;
  using typename Graph<Of>::P;
  using Graph<Of>::kTraits;

  void make(std::size_t a) {
    if (!room(1)) return;
    adopt(a % kPointers, P::make(Oracle::number(oracle_.next())));
    settle("make");
  }
  // Each owns the next; the last owns what the pointer owned.
  void make_chain(std::size_t a, std::size_t length) {
    const std::size_t at = a % kPointers;
    if (!room(static_cast<long>(length))) return;
    for (; length > 0; --length) {
      P made = P::make(Oracle::number(oracle_.next()));
      const int object = oracle_.make(made.get());
      made.get()->children[0] = std::move(pointers_[at]);
      oracle_[object].children[0] = owned_[at];
      pointers_[at] = std::move(made);
      owned_[at] = object;
    }
    settle("make_chain");
  }
  void make_in(std::size_t a) {
    if constexpr (requires(Source & source) {
                    { P::make_in(source, 1L) } -> std::same_as<P>;
                  }) {
      if (!room(1)) return;
      adopt(a % kPointers, P::make_in(source_, Oracle::number(oracle_.next())));
      settle("make_in");
    }
  }
  void make_derived(std::size_t a, std::size_t b) {
    if constexpr (kTraits.converts) {
      if (!room(1)) return;
      auto derived = Subject<Of, DerivedNode<Of>>::make(Oracle::number(oracle_.next()));
      const bool copies = kTraits.shares && b % 2 == 0;
      if constexpr (kTraits.shares)
        if (copies) adopt(a % kPointers, P(derived));
      if (!copies) adopt(a % kPointers, P(std::move(derived)));
      oracle_[owned_[a % kPointers]].derived = true;
      derived.reset();
      settle("make_derived");
    }
  }
  void make_cyclic(std::size_t a) {
    if constexpr (kTraits.makes_cyclic) {
      if (!room(1)) return;
      const int object = oracle_.next();
      adopt(a % kPointers, P::make_cyclic([&](const typename P::Weak& self) {
              require(!self.upgrade(), "the Weak of an object that is not yet made gave an owner");
              T node(Oracle::number(object));
              node.set_link(self, true);
              return node;
            }));
      oracle_[object].link = object;
      settle("make_cyclic");
    }
  }

  void copy(std::size_t a, std::size_t b) {
    if constexpr (kTraits.shares) {
      const std::size_t to = a % kPointers, from = b % kPointers;
      if (full(owned_[from])) return;
      pointers_[to] = std::as_const(pointers_[from]);
      owned_[to] = owned_[from];
      settle("copy");
    }
  }
  void move(std::size_t a, std::size_t b) {
    const std::size_t to = a % kPointers, from = b % kPointers;
    pointers_[to] = std::move(pointers_[from]);
    if (to != from) owned_[to] = std::exchange(owned_[from], kNone);
    settle("move");
  }
  void swap(std::size_t a, std::size_t b) {
    std::swap(pointers_[a % kPointers], pointers_[b % kPointers]);
    std::swap(owned_[a % kPointers], owned_[b % kPointers]);
    settle("swap");
  }
  void reset(std::size_t a) {
    pointers_[a % kPointers].reset();
    owned_[a % kPointers] = kNone;
    settle("reset");
  }
  // Many owners of one object, which come and go.
  void crowd(std::size_t a, std::size_t count) {
    if constexpr (kTraits.shares) {
      const int object = owned_[a % kPointers];
      if (object == kNone || full(object, count)) return;
      std::vector<P> owners(count, pointers_[a % kPointers]);
      if constexpr (kTraits.counts)
        require(owners[0].use_count() == oracle_.owners(object) + count,
                "object %d has %zu owners, use_count() is %zu", object, oracle_.owners(object) + count,
                owners[0].use_count());
      for (; !owners.empty(); owners.pop_back()) std::swap(owners[owners.size() / 2], owners.back());
      settle("crowd");
    }
  }
  void compare(std::size_t a, std::size_t b) {
    require((pointers_[a % kPointers] == pointers_[b % kPointers]) ==
                (owned_[a % kPointers] == owned_[b % kPointers]),
            "owners of objects %d and %d compare wrongly (%d owns nothing)", owned_[a % kPointers],
            owned_[b % kPointers], kNone);
  }

  // An owner in an object: a copy, or the owner itself.
  void put(std::size_t a, std::size_t b, std::size_t slot) {
    const std::size_t in = a % kPointers, from = b % kPointers;
    if (owned_[in] == kNone || oracle_.reaches(owned_[from], owned_[in]) || full(owned_[from])) return;
    P& child = pointers_[in].get()->children[slot % 2];
    oracle_[owned_[in]].children[slot % 2] = owned_[from];
    if constexpr (kTraits.shares) {
      child = pointers_[from];
    } else {
      child = std::move(pointers_[from]);
      owned_[from] = kNone;
    }
    settle("put");
  }
  // Out of an object that may end by it: p = std::move(p.get()->children[0]).
  void take(std::size_t a, std::size_t b, std::size_t slot) {
    const std::size_t from = a % kPointers, to = b % kPointers;
    if (owned_[from] == kNone) return;
    const int child = std::exchange(oracle_[owned_[from]].children[slot % 2], kNone);
    pointers_[to] = std::move(pointers_[from].get()->children[slot % 2]);
    owned_[to] = child;
    settle("take");
  }
  void follow(std::size_t a, std::size_t b, std::size_t slot) {
    if constexpr (kTraits.shares) {
      const std::size_t from = a % kPointers, to = b % kPointers;
      if (owned_[from] == kNone) return;
      const int child = oracle_[owned_[from]].children[slot % 2];
      if (full(child)) return;
      pointers_[to] = std::as_const(pointers_[from].get()->children[slot % 2]);
      owned_[to] = child;
      settle("follow");
    }
  }

  void downgrade(std::size_t w, std::size_t a) {
    if constexpr (kTraits.has_weak) {
      if (owned_[a % kPointers] == kNone) return;
      weaks_[w % kWeaks] = pointers_[a % kPointers].downgrade();
      watched_[w % kWeaks] = owned_[a % kPointers];
      settle("downgrade");
    }
  }
  void upgrade(std::size_t a, std::size_t w) {
    if constexpr (kTraits.has_weak) {
      const int object = watched_[w % kWeaks];
      if (full(object)) return;
      pointers_[a % kPointers] = weaks_[w % kWeaks].upgrade();
      owned_[a % kPointers] = alive(object) ? object : kNone;
      settle("upgrade");
    }
  }
  void copy_weak(std::size_t w, std::size_t from) {
    if constexpr (kTraits.has_weak) {
      weaks_[w % kWeaks] = weaks_[from % kWeaks];
      watched_[w % kWeaks] = watched_[from % kWeaks];
      settle("copy_weak");
    }
  }
  void drop_weak(std::size_t w) {
    if constexpr (kTraits.has_weak) {
      weaks_[w % kWeaks] = typename P::Weak();
      watched_[w % kWeaks] = kNone;
      settle("drop_weak");
    }
  }
  void link(std::size_t a, std::size_t w) {
    if constexpr (kTraits.has_weak) {
      const int object = owned_[a % kPointers];
      if (object == kNone) return;
      pointers_[a % kPointers].get()->set_link(weaks_[w % kWeaks], watched_[w % kWeaks] == object);
      oracle_[object].link = watched_[w % kWeaks];
      settle("link");
    }
  }

  void try_unwrap(std::size_t a) {
    if constexpr (kTraits.unwraps) {
      const std::size_t at = a % kPointers;
      const int object = owned_[at];
      if (object == kNone || oracle_[object].derived) return;
      const bool only = oracle_.owners(object) == 1;
      {
        std::optional<T> value = P::try_unwrap(std::move(pointers_[at]));
        require(value.has_value() == only, "try_unwrap of object %d, which has %zu owners, gave %s", object,
                oracle_.owners(object), value.has_value() ? "the value" : "nothing");
        require(T::ended.empty(), "try_unwrap destroyed object %ld", T::ended.empty() ? 0 : T::ended[0]);
        if (only) {
          require(value->number() == Oracle::number(object), "try_unwrap of object %d gave value %ld", object,
                  value->number());
          owned_[at] = kNone;
          if constexpr (kTraits.has_weak)
            for (std::size_t w = 0; w < kWeaks; ++w)
              require(watched_[w] != object || !weaks_[w].upgrade(),
                      "a Weak of object %d, which was unwrapped, gave an owner", object);
        }
      }
      settle("try_unwrap");
    }
  }
  void get_mut(std::size_t a) {
    if constexpr (kTraits.proves_unique) {
      P& pointer = pointers_[a % kPointers];
      const int object = owned_[a % kPointers];
      if (object == kNone) return;
      const std::size_t owners = oracle_.owners(object), watchers = oracle_.watchers(object);
      const T* expected = owners == 1 && watchers == 0 ? pointer.get() : nullptr;
      require(pointer.get_mut() == expected, "get_mut() of object %d with %zu owners and %zu Weaks is wrong",
              object, owners, watchers);
    }
  }
  void make_mut(std::size_t a) {
    if constexpr (kTraits.copies_on_write && kTraits.shares) {
      P& pointer = pointers_[a % kPointers];
      int& owned = owned_[a % kPointers];
      if (owned == kNone || oracle_[owned].derived) return;
      if (full(oracle_[owned].children[0]) || full(oracle_[owned].children[1])) return;
      const std::size_t owners = oracle_.owners(owned), watchers = oracle_.watchers(owned);
      const long copied = Witness::copied;
      T& value = pointer.make_mut();
      require(&value == pointer.get(), "make_mut() of object %d returned another object", owned);
      require(Witness::copied - copied == (owners > 1),
              "make_mut() of object %d with %zu owners made %ld copies", owned, owners,
              Witness::copied - copied);
      require(value.number() == Oracle::number(owned), "make_mut() of object %d gave value %ld", owned,
              value.number());
      if (owners > 1 || watchers > 0) {
        const int object = oracle_.make(&value);
        for (const int slot : {0, 1}) oracle_[object].children[slot] = oracle_[owned].children[slot];
        oracle_[object].link = oracle_[owned].link;
        if (owners == 1) {  // the value moved, and its Weaks refer to nothing
          oracle_[owned].alive = false;
          for (int& child : oracle_[owned].children) child = kNone;
        }
        value.rename(Oracle::number(object));
        owned = object;
      }
      settle("make_mut");
    }
  }

  void into_raw(std::size_t r, std::size_t a) {
    if constexpr (kTraits.gives_raw) {
      const int object = owned_[a % kPointers];
      if (object == kNone || oracle_[object].derived || raw_[r % kRaws] != kNone) return;
      raws_[r % kRaws] = pointers_[a % kPointers].into_raw();
      require(raws_[r % kRaws] == oracle_[object].address, "into_raw() of object %d gave another address",
              object);
      require(!pointers_[a % kPointers], "after into_raw() the pointer owns something");
      raw_[r % kRaws] = std::exchange(owned_[a % kPointers], kNone);
      settle("into_raw");
    }
  }
  void from_raw(std::size_t a, std::size_t r) {
    if constexpr (kTraits.gives_raw) {
      if (raw_[r % kRaws] == kNone) return;
      pointers_[a % kPointers] = P::from_raw(raws_[r % kRaws]);
      owned_[a % kPointers] = std::exchange(raw_[r % kRaws], kNone);
      settle("from_raw");
    }
  }
  void alias(std::size_t l, std::size_t a) {
    if constexpr (kTraits.aliases) {
      const std::size_t to = l % kAliases, from = a % kPointers;
      if (owned_[from] == kNone || full(owned_[from])) return;
      int* part = &pointers_[from].get()->part;
      aliases_[to].reset();
      aliased_[to] = kNone;
      settle("the end of an alias");
      if constexpr (kTraits.shares) {
        aliases_[to].emplace(P(pointers_[from]).alias(part));
        aliased_[to] = owned_[from];
      } else {
        aliases_[to].emplace(std::move(pointers_[from]).alias(part));
        aliased_[to] = std::exchange(owned_[from], kNone);
      }
      settle("alias");
    }
  }
  void copy_alias(std::size_t l, std::size_t m) {
    if constexpr (kTraits.aliases && kTraits.shares) {
      const std::size_t to = l % kAliases, from = m % kAliases;
      if (to == from || full(aliased_[from])) return;
      aliases_[to].reset();
      if (aliases_[from].has_value()) aliases_[to].emplace(std::as_const(*aliases_[from]));
      aliased_[to] = aliased_[from];
      settle("copy_alias");
    }
  }
  void drop_alias(std::size_t l) {
    if constexpr (kTraits.aliases) {
      aliases_[l % kAliases].reset();
      aliased_[l % kAliases] = kNone;
      settle("the end of an alias");
    }
  }
  void retain(std::size_t a, std::size_t b) {
    if constexpr (kTraits.intrusive && kTraits.shares) {
      const int object = owned_[b % kPointers];
      if (object == kNone || oracle_[object].derived || full(object)) return;
      pointers_[a % kPointers] =
          P(static_cast<typename P::object_type*>(pointers_[b % kPointers].get()), kRetain);
      owned_[a % kPointers] = object;
      settle("retain");
    }
  }
  void owner_of(std::size_t a, std::size_t b) {
    if constexpr (kTraits.finds_owner) {
      const int object = owned_[b % kPointers];
      if (object == kNone || oracle_[object].derived || full(object)) return;
      pointers_[a % kPointers] = P::owner_of(*pointers_[b % kPointers].get());
      owned_[a % kPointers] = object;
      settle("owner_of");
    }
  }

  void make_array(std::size_t a, std::size_t length) {
    if constexpr (kTraits.has_arrays) {
      const std::size_t at = a % kRows;
      if (!room(static_cast<long>(length))) return;
      auto made = Rows::make_array(length);
      const int object = oracle_.make(made.get(), static_cast<long>(length));
      for (std::size_t i = 0; i < length; ++i) made[i].rename(Oracle::number(object, static_cast<long>(i)));
      rows_[at] = std::move(made);
      rows_owned_[at] = object;
      settle("make_array");
    }
  }
  void copy_array(std::size_t a, std::size_t b) {
    if constexpr (kTraits.has_arrays && kTraits.shares) {
      rows_[a % kRows] = std::as_const(rows_[b % kRows]);
      rows_owned_[a % kRows] = rows_owned_[b % kRows];
      settle("copy_array");
    }
  }
  void reset_array(std::size_t a) {
    if constexpr (kTraits.has_arrays) {
      rows_[a % kRows].reset();
      rows_owned_[a % kRows] = kNone;
      settle("reset_array");
    }
  }

 private:
  using Graph<Of>::kPointers;
  using Graph<Of>::kWeaks;
  using Graph<Of>::kAliases;
  using Graph<Of>::kRaws;
  using Graph<Of>::kRows;
  using Graph<Of>::pointers_;
  using Graph<Of>::owned_;
  using Graph<Of>::weaks_;
  using Graph<Of>::watched_;
  using Graph<Of>::aliases_;
  using Graph<Of>::aliased_;
  using Graph<Of>::raws_;
  using Graph<Of>::raw_;
  using Graph<Of>::rows_;
  using Graph<Of>::rows_owned_;
  using Graph<Of>::oracle_;
  using Graph<Of>::source_;
  using Graph<Of>::room;
  using Graph<Of>::alive;
  using Graph<Of>::full;
  using Graph<Of>::adopt;
  using Graph<Of>::settle;
  using typename Graph<Of>::Rows;
};

}  // namespace assay::suite::pointer::model
