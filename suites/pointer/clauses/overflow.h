// The end of a narrow count: SP-04.
#pragma once

#include "suites/core/trap.h"
#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

// As many owners of one object as there may be; room for one more.
template <class P>
std::vector<P> most_owners_of(P first) {
  std::vector<P> owners;
  owners.reserve(P::kTraits.most_owners + 1);
  owners.push_back(std::move(first));
  while (owners.size() < P::kTraits.most_owners) owners.push_back(owners.front());
  return owners;
}

// Whether `another` of an owner is counted. Both are leaked, for the case that it is not.
template <class P, class Another>
bool counts_one_more(P pointer, const Another& another) {
  const P* const owner = new P(std::move(pointer));
  const P* const second = new P(another(*owner));
  return second->use_count() == 2;
}

template <class Of>
struct Known : Subject<Of, Known<Of>>::OwnerAware {};

template <class Of>
void check_overflow() {
  if constexpr (!kClaims<Of>.shares) {
    absent("claims no shared ownership");
  } else if constexpr (kClaims<Of>.most_owners == 0) {
    absent("claims that its count is out of reach");
  } else if constexpr (kClaims<Of>.most_owners > 100'000) {
    skipped("%zu owners are too many to make", kClaims<Of>.most_owners);
  } else {
    using P = Subject<Of, Witness>;
    constexpr std::size_t kMost = kClaims<Of>.most_owners;
    const Ending ending = run_forked([] {
      for (int i = 0; i < 2; ++i) {
        std::vector<P> owners = most_owners_of(P::make(3L));
        owners.pop_back();
        owners.push_back(owners.back());  // again up to the limit
        while (owners.size() > 1) owners.pop_back();
        expect_value(owners.front(), 3, "with one owner left of most_owners");
        owners.clear();
        expect_alive(0, "after most_owners owners went");
      }
    });
    require(ending.clean(), "%zu owners, as many as there may be, ended the program: %s", kMost,
            describe(ending));

    require_trap("a copy beyond most_owners", [] {
      std::vector<P> owners = most_owners_of(P::make(3L));
      owners.push_back(owners.front());
    });
    require_trap("a copy assignment beyond most_owners", [] {
      const std::vector<P> owners = most_owners_of(P::make(3L));
      P another = P::make(4L);
      another = owners.front();
    });
    if constexpr (kClaims<Of>.has_weak)
      require_trap("an upgrade beyond most_owners", [] {
        const std::vector<P> owners = most_owners_of(P::make(3L));
        const P another = owners.front().downgrade().upgrade();
      });
    // These only where they count at all, which is the business of other clauses.
    if constexpr (kClaims<Of>.intrusive && kClaims<Of>.counts) {
      const auto retain = [](const P& owner) {
        return P(static_cast<typename P::object_type*>(owner.get()), kRetain);
      };
      if (counts_one_more<P>(P::make(3L), retain))
        require_trap("a retain beyond most_owners", [&] {
          const std::vector<P> owners = most_owners_of(P::make(3L));
          const P another = retain(owners.front());
        });
    }
    if constexpr (kClaims<Of>.finds_owner && kClaims<Of>.counts) {
      using Q = Subject<Of, Known<Of>>;
      const auto find = [](const Q& owner) { return Q::owner_of(*owner.get()); };
      if (counts_one_more<Q>(Q::make(), find))
        require_trap("an owner_of beyond most_owners", [&] {
          const std::vector<Q> owners = most_owners_of(Q::make());
          const Q another = find(owners.front());
        });
    }
  }
}

template <class Of>
struct OverflowClauses {
  Clause overflow{"SP-04", ClauseClass::kViolation, "pointers/concept.h: most_owners",
                  "One owner more than most_owners ends the program before the count wraps",
                  &check_overflow<Of>};
};

}  // namespace assay::suite::pointer
