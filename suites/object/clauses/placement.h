// Where objects are put: aligned as their type asks, apart from each other, however small they are.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/core/live_map.h"
#include "suites/core/random.h"
#include "suites/object/subject.h"

namespace assay::suite::object {

template <std::size_t kSize, std::size_t kAlignment = 1>
struct alignas(kAlignment) Sized {
  unsigned char bytes[kSize];
};

template <class Of, class T>
void check_alignment_of() {
  constexpr int kObjects = 300;  // enough for several chunks
  Upstream upstream;
  auto subject = make_subject<Subject<Of, T>>(upstream);
  const auto require_aligned = [](const void* object) {
    require(reinterpret_cast<std::uintptr_t>(object) % alignof(T) == 0,
            "an object of %zu bytes, alignment %zu, is at %p", sizeof(T), alignof(T), object);
  };
  for (int i = 0; i < kObjects; ++i) {
    require_aligned(subject.create());
    if constexpr (Subject<Of, T>::kTraits.creates_arrays)
      if (i % 16 == 0)
        require_aligned(
            subject.create_array(static_cast<std::size_t>(i % 7 + 1), [](std::size_t) { return T(); }));
  }
  require_invariants(subject);
}

template <class Of>
void check_alignment() {
  check_alignment_of<Of, char>();
  check_alignment_of<Of, Sized<3>>();
  check_alignment_of<Of, Sized<6, 2>>();
  check_alignment_of<Of, long>();
  check_alignment_of<Of, Sized<16, 16>>();
  check_alignment_of<Of, Sized<96, 32>>();
  check_alignment_of<Of, Sized<64, 64>>();
  check_alignment_of<Of, Sized<256, 256>>();
  check_alignment_of<Of, Sized<4096, 4096>>();
}

// Creation, and destruction where the subject claims it, beside the oracle of ranges and contents.
template <class Of, class T>
void check_contents_of() {
  using S = Subject<Of, T>;
  constexpr int kOperations = 4000;
  Upstream upstream;
  auto subject = make_subject<S>(upstream);
  LiveMap live;
  T* slots[128] = {};
  Random random(seed());
  const auto require_intact = [](const char* problem) { require(problem == nullptr, "%s", problem); };
  for (int i = 0; i < kOperations; ++i) {
    T*& slot = slots[random.below(128)];
    if (slot != nullptr) {
      if constexpr (S::kTraits.destroys_individually) {
        require_intact(live.remove(slot));
        subject.destroy(slot);
        slot = nullptr;
      } else {
        require_intact(live.check(slot));
      }
    }
    if (random.one_in(4) && slot != nullptr) continue;
    slot = subject.create();
    if (slot != nullptr) require_intact(live.add(slot, sizeof(T), sizeof(T), 1));
    if constexpr (S::kTraits.creates_arrays) {
      if (!random.one_in(64)) continue;
      const auto count = static_cast<std::size_t>(random.between(1, 20));
      T* array = subject.create_array(count, [](std::size_t) { return T(); });
      if (array != nullptr) require_intact(live.add(array, count * sizeof(T), count * sizeof(T), 1));
    }
  }
  for (const T* slot : slots)
    if (slot != nullptr) require_intact(live.check(slot));
  require_invariants(subject);
}

template <class Of>
void check_disjointness() {
  check_contents_of<Of, Sized<40>>();
  check_contents_of<Of, Sized<200, 8>>();
}

template <class Of>
void check_tiny_objects() {
  check_contents_of<Of, char>();
  check_contents_of<Of, short>();
  check_contents_of<Of, Sized<3>>();
  check_contents_of<Of, int>();
  check_contents_of<Of, Sized<7>>();
}

template <class Of>
struct PlacementClauses {
  Clause alignment{"P-01", ClauseClass::kViolation, "allocators/object_concept.h; pjsip/pjproject#980, #1037",
                   "Every object is aligned as its type asks, in the first and every later chunk",
                   &check_alignment<Of>};
  Clause disjointness{"P-02", ClauseClass::kViolation, "allocators/object_concept.h",
                      "Live objects never overlap and keep their contents", &check_disjointness<Of>};
  Clause tiny{"P-05", ClauseClass::kViolation, "allocators/object_concept.h; foonathan/memory@bd799f1",
              "Objects smaller than a pointer keep their contents: no record of the arena spills into them",
              &check_tiny_objects<Of>};
};

}  // namespace assay::suite::object
