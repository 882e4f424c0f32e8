// create_array(count, make): side by side, the i-th made from make(i), whatever the count.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/object/logged.h"
#include "suites/object/subject.h"

namespace assay::suite::object {

constexpr const char* kNoArrays = "creates no arrays";

template <class Of>
void check_arrays() {
  using S = Subject<Of, Logged>;
  if constexpr (!S::kTraits.creates_arrays) {
    absent("%s", kNoArrays);
  } else {
    Upstream upstream;
    auto subject = make_subject<S>(upstream);
    for (const std::size_t count : {1u, 2u, 3u, 31u, 32u, 33u, 64u, 127u, 500u, 1u, 4097u, 2u, 1024u}) {
      std::size_t made = 0;
      const Logged* array = subject.create_array(count, [&](std::size_t i) {
        require(i == made, "make(%zu) was called after %zu objects were made", i, made);
        ++made;
        return Logged(static_cast<long>(i));
      });
      if (array == nullptr) continue;
      require(made == count, "an array of %zu came from %zu calls of make", count, made);
      for (std::size_t i = 0; i < count; ++i)
        require(array[i].id() == static_cast<long>(i), "element %zu of %zu was made from make(%ld)", i, count,
                array[i].id());
    }
  }
}

template <class Of>
void check_extreme_counts() {
  using S = Subject<Of, Logged>;
  if constexpr (!S::kTraits.creates_arrays) {
    absent("%s", kNoArrays);
  } else {
    Upstream upstream;
    auto subject = make_subject<S>(upstream);
    for (const std::size_t count :
         {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / sizeof(Logged), SIZE_MAX / sizeof(Logged) + 1,
          SIZE_MAX / sizeof(Logged) + 2, SIZE_MAX / 2 / sizeof(Logged) + 1, std::size_t{PTRDIFF_MAX}}) {
      const Logged* array = subject.create_array(count, [&](std::size_t) -> Logged {
        violated("an array of %zu objects of %zu bytes was begun", count, sizeof(Logged));
      });
      require(array == nullptr, "an array of %zu objects of %zu bytes is at %p", count, sizeof(Logged),
              static_cast<const void*>(array));
    }
    const Logged* object = subject.create(7);
    require(object == nullptr || object->id() == 7, "an object made after failures is not as made");
  }
}

template <class Of>
void check_empty_array() {
  using S = Subject<Of, Logged>;
  if constexpr (!S::kTraits.creates_arrays) {
    absent("%s", kNoArrays);
  } else {
    Upstream upstream;
    auto subject = make_subject<S>(upstream);
    const auto never = [](std::size_t i) -> Logged { violated("an array of none called make(%zu)", i); };
    const bool null = subject.create_array(0, never) == nullptr;
    subject.create(1);
    const bool null_later = subject.create_array(0, never) == nullptr;
    chose("an array of none is %s", null && null_later   ? "null"
                                    : null || null_later ? "sometimes null"
                                                         : "not null");
  }
}

template <class Of>
struct ArrayClauses {
  Clause arrays{
      "A-04", ClauseClass::kViolation, "allocators/object_concept.h; bumpalo",
      "An array of any length lies side by side, element i made by the call make(i), in ascending order",
      &check_arrays<Of>};
  Clause extremes{"A-05", ClauseClass::kViolation, "allocators/object_concept.h; bumpalo 3.12.1",
                  "Arrays above PTRDIFF_MAX bytes are null: no size arithmetic wraps",
                  &check_extreme_counts<Of>};
  Clause empty{"A-03", ClauseClass::kImplementation, "allocators/object_concept.h; bumpalo",
               "An array of no objects calls nothing", &check_empty_array<Of>};
};

}  // namespace assay::suite::object
