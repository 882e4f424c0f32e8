// Where objects and arrays lie, and how large they are: GC-52 to GC-55.
#pragma once

#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "suites/collector/subject.h"
#include "suites/core/pattern.h"

namespace assay::suite::collector {

template <class H, std::size_t kAlignment>
struct alignas(kAlignment) Aligned {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
  }
  Member<H, Aligned> next;
};
template <std::size_t kAlignment>
struct alignas(kAlignment) Element {
  unsigned char bytes[kAlignment] = {};
};

template <std::size_t kAlignment>
bool lies_well(const void* address) {
  return reinterpret_cast<std::uintptr_t>(address) % kAlignment == 0;
}

template <class H, std::size_t kAlignment>
void check_alignment_of(Mutator<H>& mutator) {
  using Object = Aligned<H, kAlignment>;
  Root<H, Object> list(mutator);
  Root<H, Array<Element<kAlignment>>> array(mutator);
  for (std::size_t i = 0; i < 150; ++i) {
    Object* const object = made<Object>(mutator);
    require(lies_well<kAlignment>(object), "an object of alignment %zu lies at %p", kAlignment,
            static_cast<const void*>(object));
    object->next = i % 10 == 0 ? nullptr : list.get();
    list = object;
    // Others between them, so that where one fits the next does not.
    made<Node<H>>(mutator, kRubbish);
    made_array<char>(mutator, i % 40);
    const std::size_t size = i == 149 ? 3000 : i % 12;
    array = made_array<Element<kAlignment>>(mutator, size);
    require(lies_well<kAlignment>(array.get()->data()), "elements of alignment %zu lie at %p", kAlignment,
            static_cast<const void*>(array.get()->data()));
    for (std::size_t at = 0; at < size; ++at) (*array.get())[at].bytes[kAlignment - 1] = 7;
    if (i % 50 == 20) mutator.collect(Collection::kMajor);
    if (i % 50 == 40) mutator.collect(Collection::kCompact);
    for (const Object* each = list.get(); each != nullptr; each = each->next.get())
      require(lies_well<kAlignment>(each), "an object of alignment %zu lies at %p after a collection",
              kAlignment, static_cast<const void*>(each));
    require(lies_well<kAlignment>(array.get()->data()),
            "elements of alignment %zu lie at %p after a collection", kAlignment,
            static_cast<const void*>(array.get()->data()));
  }
}

template <class H>
void check_alignment() {
  H heap(told());
  Mutator<H> mutator(heap);
  check_alignment_of<H, 8>(mutator);
  check_alignment_of<H, 16>(mutator);
  check_alignment_of<H, 32>(mutator);
  check_alignment_of<H, 64>(mutator);
}

template <class H>
struct Plain {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(reference);
  }
  long number;
  Member<H, Node<H>> reference;
  double fraction;
};

template <class H>
void check_elements() {
  H heap(told());
  Mutator<H> mutator(heap);
  Root<H, Array<long>> numbers(mutator), kept(mutator);
  Root<H, References<H>> references(mutator);
  Root<H, Array<Plain<H>>> structures(mutator);
  Root<H, Node<H>> node(mutator);
  node = made<Node<H>>(mutator, 1);
  kept = made_array<long>(mutator, 0);
  for (int round = 0; round < 3; ++round) {
    for (const std::size_t size : {0u, 1u, 2u, 3u, 7u, 30u, 100u, 511u, 3000u, 9000u, 40'000u}) {
      numbers = made_array<long>(mutator, size);
      require(static_cast<std::size_t>(numbers.get()->end() - numbers.get()->begin()) == size,
              "an array of %zu numbers does not end after them", size);
      for (long& number : *numbers.get()) {
        require(number == 0, "an array of %zu numbers does not begin with zeros", size);
        number = -1;
      }
      references = made_array<Member<H, Node<H>>>(mutator, size);
      for (auto& reference : *references.get()) {
        require(reference.get() == nullptr, "an array of %zu references does not begin with nulls", size);
        reference = node.get();
      }
      structures = made_array<Plain<H>>(mutator, size / 3);
      for (Plain<H>& each : *structures.get()) {
        require(each.number == 0 && each.reference.get() == nullptr && each.fraction == 0,
                "an array of %zu structures does not begin with zeros", size / 3);
        each.number = -1;
        each.reference = node.get();
        each.fraction = -1;
      }
      if (size == 100 || size == 3000) mutator.collect(Collection::kMinor);
    }
    numbers = nullptr;
    references = nullptr;
    structures = nullptr;
    collect_all(mutator);
    require(kept.get()->size() == 0 && kept.get()->begin() == kept.get()->end(), "an empty array was lost");
  }
}

struct Sixteen {
  long words[2];
};
struct Large {
  char bytes[1000];
};

// Sizes in bytes that wrap to small ones, with and without what an array adds.
template <class T, class M>
void expect_refused(M& mutator) {
  constexpr std::size_t kMost = SIZE_MAX / sizeof(T);
  for (const std::size_t size : {kMost + 1, kMost + 2, kMost + 20, kMost, kMost - 1, kMost - 5, kMost / 2 + 1,
                                 kMost / 2 + 2, static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(T) + 1,
                                 SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 8, SIZE_MAX - 16, SIZE_MAX / 2 + 1}) {
    // Of single bytes the first of these wrap themselves.
    if (size <= static_cast<std::size_t>(PTRDIFF_MAX) / sizeof(T)) continue;
    const auto* const array = mutator.template make_array<T>(size);
    require(array == nullptr, "an array of %zu elements of %zu bytes was made", size, sizeof(T));
  }
}

template <class H>
void check_huge_arrays() {
  H heap(told());
  Mutator<H> mutator(heap);
  Root<H, Node<H>> kept(mutator);
  make_chain<Node<H>>(mutator, kept, 0, 100);
  expect_refused<char>(mutator);
  expect_refused<long>(mutator);
  expect_refused<Member<H, Node<H>>>(mutator);
  expect_refused<Sixteen>(mutator);
  expect_refused<Large>(mutator);
  overwrite<Node<H>>(mutator);
  mutator.collect(Collection::kMajor);
  expect_chain(kept.get(), 0, 100, "after arrays that are too large");
  require(made_array<Sixteen>(mutator, 100)->size() == 100,
          "after arrays that are too large none can be made");
}

template <std::size_t kBytes>
struct Bytes {
  Bytes() {}
  unsigned char bytes[kBytes];
};

template <class H, std::size_t kSize, std::size_t... kOthers>
void check_bytes(Mutator<H>& mutator, std::uint64_t pattern) {
  Root<H, Bytes<kSize>> first(mutator), second(mutator);
  first = made<Bytes<kSize>>(mutator);
  fill_pattern(first.get()->bytes, kSize, pattern + kSize);
  made<Bytes<kSize>>(mutator);
  second = made<Bytes<kSize>>(mutator);
  fill_pattern(second.get()->bytes, kSize, pattern - kSize);
  if constexpr (sizeof...(kOthers) > 0) {
    check_bytes<H, kOthers...>(mutator, pattern);
  } else {
    for (const Collection kind : {Collection::kMinor, Collection::kMajor, Collection::kCompact}) {
      mutator.collect(kind);
      overwrite<Node<H>>(mutator, 100);
    }
  }
  std::size_t damage = find_damage(first.get()->bytes, kSize, pattern + kSize);
  if (damage == kIntact) damage = find_damage(second.get()->bytes, kSize, pattern - kSize);
  require(damage == kIntact, "byte %zu of an object of %zu bytes was changed", damage, kSize);
}

// Arrays of random sizes, of which some go each time.
template <class H>
void check_bytes_of_arrays(Mutator<H>& mutator, Random& random) {
  constexpr std::size_t kArrays = 60;
  Root<H, Array<Member<H, Array<char>>>> arrays(mutator);
  arrays = made_array<Member<H, Array<char>>>(mutator, kArrays);
  std::vector<std::size_t> sizes(kArrays, 0);
  for (int round = 0; round < 4; ++round) {
    for (std::size_t i = 0; i < kArrays; ++i) {
      if (round > 0 && random.below(3) > 0) continue;
      sizes[i] = random.log_between(1, random.one_in(20) ? std::size_t{1} << 20 : 60'000);
      Array<char>* const array = made_array<char>(mutator, sizes[i]);
      fill_pattern(array->data(), sizes[i], i);
      (*arrays.get())[i] = array;
    }
    mutator.collect(round % 2 == 0 ? Collection::kMajor : Collection::kMinor);
    overwrite<Node<H>>(mutator, 100);
    for (std::size_t i = 0; i < kArrays; ++i) {
      const Array<char>* const array = (*arrays.get())[i].get();
      require(array->size() == sizes[i], "an array of %zu bytes has %zu", sizes[i], array->size());
      const std::size_t damage = find_damage(array->data(), sizes[i], i);
      require(damage == kIntact, "byte %zu of an array of %zu bytes was changed", damage, sizes[i]);
    }
  }
}

template <class H>
void check_sizes() {
  H heap(told());
  Mutator<H> mutator(heap);
  for (const std::uint64_t pattern : {1'000'000'000u, 2'000'000'000u})
    check_bytes<H, 1, 2, 3, 8, 9, 16, 17, 33, 100, 129, 500, 1025, 4000, 8193, 33'000, 65'537, 1 << 20>(
        mutator, pattern);
  Random random(seed());
  check_bytes_of_arrays<H>(mutator, random);
}

template <class H>
struct ObjectClauses {
  Clause alignment{"GC-52", ClauseClass::kViolation, "[basic.align]; gc/array.h",
                   "Objects and elements are aligned as their types ask", &check_alignment<H>};
  Clause elements{
      "GC-53", ClauseClass::kViolation, "gc/array.h",
      "Elements of an array begin value-initialised, also in memory used before; there may be none",
      &check_elements<H>};
  Clause huge{"GC-54", ClauseClass::kViolation, "CONTRACT C-20; gc/concept.h",
              "An array whose size overflows is refused and changes nothing", &check_huge_arrays<H>};
  Clause sizes{"GC-55", ClauseClass::kViolation, "gc/concept.h",
               "Objects of 1 byte to 1 MiB keep their bytes and share none", &check_sizes<H>};
};

}  // namespace assay::suite::collector
