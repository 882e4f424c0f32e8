// Arrays: SP-20.
#pragma once

#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

// Knows its place in the order of construction, and notes when it is destroyed.
struct Element {
  Element() : number(next++) {}
  Element(const Element&) { violated("make_array copied an element"); }
  ~Element() { destroyed.push_back(number); }

  static inline long next = 0;
  static inline std::vector<long> destroyed;
  long number;
  Witness witness;
  unsigned char bytes[200] = {};
};

// Of `count` elements, from the last constructed to the first.
inline void expect_destroyed_in_reverse(std::size_t count, const char* when) {
  const std::vector<long>& destroyed = Element::destroyed;
  require(destroyed.size() == count, "%s, %zu of %zu elements were destroyed", when, destroyed.size(), count);
  for (std::size_t i = 0; i < count; ++i)
    require(destroyed[i] == static_cast<long>(count - 1 - i), "%s, element %ld was destroyed in place %zu",
            when, destroyed[i], i);
  Element::destroyed.clear();
  Element::next = 0;
  expect_alive(0, when);
}

template <class P>
void make_elements() {
  for (const std::size_t count : {0u, 1u, 2u, 3u, 17u, 100u}) {
    {
      P array = P::make_array(count);
      require(array.size() == count, "size() of %zu elements is %zu", count, array.size());
      expect_alive(static_cast<long>(count), "after make_array");
      for (std::size_t i = 0; i < count; ++i)
        require(&array[i] == &array[0] + i && array[i].number == static_cast<long>(i) &&
                    array[i].witness.value() == 0,
                "element %zu of %zu is not the one constructed in its place", i, count);
      P moved = std::move(array);
      require(moved.size() == count, "a move changed the size of an array");
      if constexpr (P::kTraits.shares) {
        P copy = moved;
        require(copy.size() == count && (count == 0 || &copy[0] == &moved[0]),
                "a copied owner of an array has another array");
        moved.reset();
        expect_alive(static_cast<long>(count), "with a copied owner of an array left");
        require(Element::destroyed.empty(), "elements were destroyed with an owner left");
        copy.reset();
      } else {
        moved.reset();
      }
      require(moved.size() == 0, "size() after reset() is %zu", moved.size());
    }
    expect_destroyed_in_reverse(count, "after the last owner of an array");
  }
  require(P().size() == 0, "size() of a pointer to nothing is not 0");
}

template <class P>
void fail_in_elements() {
  Element::destroyed.reserve(10);
  for (const std::size_t count : {1u, 2u, 6u}) {
    for (std::size_t failing = 0; failing < count; ++failing) {
      require_no_growth("an element's constructor threw", [&] {
        bool threw = false;
        Witness::throw_after = static_cast<long>(failing);
        try {
          P::make_array(count);
        } catch (const WitnessThrow&) {
          threw = true;
        }
        Witness::throw_after = -1;
        require(threw, "what an element's constructor threw did not arrive");
        require(Element::destroyed.size() == failing,
                "a constructor threw after %zu elements, and %zu were destroyed", failing,
                Element::destroyed.size());
        expect_alive(0, "after an element's constructor threw");
        Element::destroyed.clear();
      });
    }
  }
}

template <std::size_t kAlignment>
struct alignas(kAlignment) Aligned {
  Aligned() { std::memset(bytes, 5, sizeof bytes); }
  unsigned char bytes[kAlignment];
};

template <class Of, std::size_t kAlignment>
void align_elements() {
  using P = Subject<Of, Aligned<kAlignment>[]>;
  for (std::size_t count = 1; count < 5; ++count) {
    const P array = P::make_array(count), another = P::make_array(1);
    for (std::size_t i = 0; i < count; ++i)
      require(reinterpret_cast<std::uintptr_t>(&array[i]) % kAlignment == 0 && array[i].bytes[0] == 5,
              "element %zu at %p is not aligned to %zu", i, static_cast<const void*>(&array[i]), kAlignment);
  }
}

struct Sixteen {
  Sixteen() { bytes[0] = 1; }
  unsigned char bytes[16];
};

// More than there can be, also where the size wraps around.
template <class Of>
void refuse_too_many_elements() {
  for (const std::size_t count : {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 16 + 2, SIZE_MAX / 16,
                                  std::size_t{PTRDIFF_MAX} / 16 + 1, std::size_t{1} << 42}) {
    bool refused = false;
    try {
      const auto array = Subject<Of, Sixteen[]>::make_array(count);
      asm volatile("" : : "g"(array.get()) : "memory");  // or nothing is allocated at all
    } catch (const std::bad_alloc&) {
      refused = true;
    }
    require(refused, "make_array(%zu) of 16 bytes each threw no std::bad_alloc", count);
  }
}

template <class Of>
void check_arrays() {
  if constexpr (!kClaims<Of>.has_arrays) {
    absent("claims no arrays");
  } else {
    using P = Subject<Of, Element[]>;
    make_elements<P>();
    fail_in_elements<P>();
    align_elements<Of, 1>();
    align_elements<Of, 64>();
    align_elements<Of, 4096>();
    const Ending ending = run_forked([] { refuse_too_many_elements<Of>(); });
    require(ending.clean(), "make_array of more than there can be ended the program: %s", describe(ending));
  }
}

template <class Of>
struct ArrayClauses {
  Clause arrays{
      "SP-20", ClauseClass::kViolation, "[util.smartptr.shared.create]",
      "Of an array all elements are constructed and destroyed in reverse order, size() is their number, "
      "and a throwing element leaks nothing",
      &check_arrays<Of>};
};

}  // namespace assay::suite::pointer
