// Storage: where it comes from, what happens when there is none, and that it is used again.
#pragma once

#include <cstddef>
#include <vector>

#include "suites/core/random.h"
#include "suites/object/clauses/placement.h"
#include "suites/object/subject.h"

namespace assay::suite::object {

// How many objects the arena holds when upstream never fails, up to `most`.
template <class S>
std::size_t capacity(std::size_t most) {
  Upstream upstream;
  S subject(&upstream);
  std::size_t objects = 0;
  while (objects < most && subject.create() != nullptr) ++objects;
  return objects;
}

template <class Of>
void check_upstream_failure() {
  using S = Subject<Of, long>;
  if constexpr (!S::kTraits.takes_upstream) {
    absent("takes no upstream");
  } else {
    const std::size_t most = capacity<S>(4000);
    for (const bool for_good : {false, true}) {
      for (std::size_t n = 0; n < 12; ++n) {
        Upstream upstream;
        S subject(&upstream);
        std::vector<long*> objects;
        const auto create = [&] {
          try {
            long* object = subject.create(static_cast<long>(objects.size()));
            if (object != nullptr) objects.push_back(object);
            return object != nullptr;
          } catch (const std::bad_alloc&) {
            violated("an exception of the upstream passed through create()");
          }
        };
        upstream.fail_after(n, for_good);
        for (int i = 0; i < 3000 && upstream.failures() == 0; ++i) create();
        if constexpr (S::kTraits.creates_arrays) {
          if (for_good && upstream.failures() > 0)
            require(subject.create_array(100'000, [](std::size_t) { return 0L; }) == nullptr,
                    "an array came from an upstream that fails");
        }
        upstream.never_fail();
        for (int i = 0; i < 100 && objects.size() < most; ++i)
          require(create(), "create() is null for object %zu of %zu, though upstream fails no more",
                  objects.size(), most);
        for (std::size_t i = 0; i < objects.size(); ++i)
          require(*objects[i] == static_cast<long>(i), "object %zu of %zu holds %ld after a failure", i,
                  objects.size(), *objects[i]);
        require_invariants(subject);
      }
    }
  }
}

template <class Of>
void check_upstream_balance() {
  using S = Subject<Of, Sized<24, 8>>;
  if constexpr (!S::kTraits.takes_upstream) {
    absent("takes no upstream");
  } else {
    for (const int count : {0, 1, 100, 3000}) {
      Upstream upstream;  // finds blocks that come back otherwise than they went
      {
        S subject(&upstream);
        const auto require_own = [&](const void* object, std::size_t size) {
          require(object == nullptr || upstream.contains(object, size),
                  "an object at %p is in no block of the upstream", object);
        };
        for (int i = 0; i < count; ++i) {
          require_own(subject.create(), 24);
          if constexpr (S::kTraits.creates_arrays)
            if (i % 50 == 0)
              require_own(subject.create_array(static_cast<std::size_t>(i) + 1,
                                               [](std::size_t) { return Sized<24, 8>(); }),
                          24 * (static_cast<std::size_t>(i) + 1));
        }
      }
      require(upstream.live_blocks() == 0, "%zu blocks of %zu bytes never came back to the upstream",
              upstream.live_blocks(), upstream.live_bytes());
    }
  }
}

template <class Of>
void check_clear() {
  using S = Subject<Of, Sized<1024, 8>>;
  if constexpr (!S::kTraits.clears) {
    absent("claims no clear()");
  } else {
    Upstream upstream;
    auto subject = make_subject<S>(upstream);
    Holding<S> holding(upstream);
    std::size_t settled = 0;
    for (int cycle = 0; cycle < 400; ++cycle) {
      for (int i = 0; i < 150; ++i)
        if (Sized<1024, 8>* object = subject.create()) fill_pattern(object, sizeof *object, 1);
      subject.clear();
      require_invariants(subject);
      if (cycle != 20) continue;  // chunks have grown to what a cycle needs
      settled = upstream.allocations();
      holding.remember();
    }
    holding.require_no_growth("after hundreds of equal cycles");
    require(upstream.allocations() == settled,
            "each of 379 equal cycles between two clear() went upstream: %zu calls",
            upstream.allocations() - settled);
  }
}

// Unlike deallocation in an arena, which may do nothing.
template <class Of>
void check_reuse() {
  using S = Subject<Of, Sized<512>>;
  if constexpr (!S::kTraits.destroys_individually) {
    absent("destroys nothing individually");
  } else {
    Upstream upstream;
    auto subject = make_subject<S>(upstream);
    Holding<S> holding(upstream);
    Random random(seed());
    std::vector<Sized<512>*> objects;
    for (int cycle = 0; cycle < 300; ++cycle) {
      for (int i = 0; i < 100; ++i)
        if (Sized<512>* object = subject.create()) {
          fill_pattern(object, sizeof *object, 1);
          objects.push_back(object);
        }
      if (cycle == 4) holding.remember();
      while (!objects.empty()) {
        const std::size_t victim = cycle % 3 == 0   ? 0
                                   : cycle % 3 == 1 ? objects.size() - 1
                                                    : random.below(objects.size());
        subject.destroy(objects[victim]);
        objects.erase(objects.begin() + static_cast<std::ptrdiff_t>(victim));
      }
      require_invariants(subject);
    }
    holding.require_no_growth("after hundreds of cycles of creation and destruction");
  }
}

template <class Of>
struct StorageClauses {
  Clause failure{
      "A-07", ClauseClass::kViolation, "allocators/object_concept.h; bumpalo",
      "When upstream fails, create() is null; what was created is intact and more can be created later",
      &check_upstream_failure<Of>};
  Clause clear{"A-09", ClauseClass::kViolation, "allocators/object_concept.h; bumpalo",
               "clear() keeps the storage: equal cycles go upstream no more", &check_clear<Of>};
  Clause reuse{"A-23", ClauseClass::kViolation, "allocators/object_concept.h; unlike bumpalo",
               "destroy() makes storage available again, in any order", &check_reuse<Of>};
  Clause balance{"R-06", ClauseClass::kViolation, "[mem.res.private]",
                 "All storage comes from upstream and goes back at the end, with its size and alignment",
                 &check_upstream_balance<Of>};
};

}  // namespace assay::suite::object
