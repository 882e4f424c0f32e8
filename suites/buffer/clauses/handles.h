// Handles: how they are made, copied, moved and compared. BU-01 to BU-06.
#pragma once

#include <algorithm>
#include <compare>

#include "suites/buffer/subject.h"

namespace assay::suite::buffer {

template <class B>
void check_static() {
  const View bytes = static_content(kMostStatic);
  const long blocks = Heap::live_blocks();
  const std::size_t allocations = Heap::allocations();
  for (const std::size_t size : kSizes) {
    const B handle = B::from_static(bytes.first(size));
    expect(handle, bytes.first(size), "of from_static");
    expect_at<B>(handle, bytes.data(), "of from_static");
  }
  expect(B::from_static({}), {}, "of from_static of nothing");
  expect(B(), {}, "of a default handle");
  if constexpr (B::kTraits.shares)
    require(Heap::allocations() == allocations, "handles to static bytes took %zu blocks",
            Heap::allocations() - allocations);
  {
    B handle = B::from_static(bytes);
    const B copy = handle, end = handle.split_off(kMostStatic - 1);
    handle.clear();
    expect(end, bytes.last(1), "of a part of static bytes");
  }
  require(find_damage(bytes.data(), bytes.size(), 1) == kIntact, "the last handle wrote to static bytes");
  require(Heap::live_blocks() <= blocks, "handles to static bytes left %ld blocks behind",
          Heap::live_blocks() - blocks);
}

template <class B>
void check_copy_of() {
  for (const std::size_t size : kSizes) {
    Content source = content(size);
    const B handle = B::copy_of(source);
    require(handle.data() != source.data(), "copy_of refers to the source instead of a copy");
    std::fill(source.begin(), source.end(), std::byte{0x11});
    expect(handle, content(size), "after the source of copy_of changed");
  }
  expect(B::copy_of({}), {}, "of copy_of of nothing");
}

template <class B>
void check_copies() {
  for (const Source source : kSources) {
    const Content bytes = content(100);
    B handle = make<B>(source, 100);
    const std::byte* address = handle.data();
    {
      const B copy = handle;
      expect(copy, bytes, "of a copy");
      expect_at<B>(copy, address, "of a copy");
      B assigned = B::copy_of(content(5, 2));
      assigned = copy;
      expect(assigned, bytes, "of a handle that was assigned to");
      expect_at<B>(assigned, address, "of a handle that was assigned to");
      B cleared = copy;
      cleared.clear();
      cleared = assigned;
      expect(cleared, bytes, "of an empty handle that was assigned to");
      B& self = assigned;
      assigned = self;
      expect(assigned, bytes, "after self-assignment");
    }
    B& self = handle;
    handle = self;  // alone: who lets go first has nothing left to take
    expect(handle, bytes, "after self-assignment of the only handle");
    handle = handle.slice(10, 90);  // of its own storage
    expect(handle, part(bytes, 10, 90), "of a handle that was assigned a slice of itself");
    expect_at<B>(handle, address + 10, "of a handle that was assigned a slice of itself");
  }
}

template <class B>
void check_moves() {
  for (const Source source : kSources) {
    const Content bytes = content(100);
    B handle = make<B>(source, 100);
    const std::byte* address = handle.data();
    B taken = std::move(handle);
    expect(taken, bytes, "of a handle that was moved");
    expect_at<B>(taken, address, "of a handle that was moved");
    expect(handle, {}, "of a handle that was moved from");
    B other = B::copy_of(content(9, 3));
    other = std::move(taken);
    expect(other, bytes, "of a handle that was move-assigned");
    expect_at<B>(other, address, "of a handle that was move-assigned");
    expect(taken, {}, "of a handle that was move-assigned from");
    taken = other;
    expect(taken, bytes, "of a moved-from handle that was assigned to");
    std::swap(taken, handle);
    expect(handle, bytes, "after a swap");
    expect(taken, {}, "after a swap");
    B& self = other;
    other = std::move(self);
    require(other.empty() || std::ranges::equal(View(other.data(), other.size()), bytes),
            "after self-move-assignment a handle has %zu other bytes", other.size());
    other = handle;
    expect(other, bytes, "assigned to after its self-move-assignment");
  }
}

template <class B>
void expect_order(const B& a, const B& b, std::strong_ordering order, const char* what) {
  const bool less = order < 0, equal = order == 0;
  require((a == b) == equal && (a != b) == !equal, "%s: == says %d", what, a == b);
  require((a < b) == less && (a <= b) == (less || equal) && (a > b) == (!less && !equal) && (a >= b) == !less,
          "%s: < says %d, <= %d, > %d, >= %d", what, a<b, a <= b, a> b, a >= b);
}

template <class B>
void check_comparisons() {
  const auto bytes = [](std::initializer_list<int> values) {
    Content made;
    for (const int value : values) made.push_back(static_cast<std::byte>(value));
    return B::copy_of(made);
  };
  using Order = std::strong_ordering;
  expect_order(bytes({1, 2, 3}), bytes({1, 2, 3}), Order::equal, "equal bytes in two places");
  expect_order(bytes({1, 2, 3}), bytes({1, 2, 4}), Order::less, "a smaller last byte");
  expect_order(bytes({2, 0, 0}), bytes({1, 9, 9}), Order::greater, "a greater first byte");
  expect_order(bytes({1, 2}), bytes({1, 2, 0}), Order::less, "a prefix and the whole");
  expect_order(bytes({2}), bytes({1, 5, 5}), Order::greater, "one greater byte and three");
  expect_order(bytes({0x80}), bytes({0x7f}), Order::greater, "0x80 and 0x7f");
  expect_order(bytes({}), bytes({0}), Order::less, "nothing and a zero");
  expect_order(B(), B::from_static({}), Order::equal, "nothing and nothing");
  B cleared = bytes({1});
  cleared.clear();
  expect_order(cleared, B(), Order::equal, "nothing from two places");
  const B whole = bytes({1, 2, 1, 2, 1, 3});
  expect_order(whole, whole, Order::equal, "a handle and itself");
  expect_order(whole.slice(0, 2), whole.slice(2, 4), Order::equal, "equal slices of one storage");
  expect_order(whole.slice(2, 4), whole.slice(4, 6), Order::less, "slices of one storage");
  expect_order(whole.slice(1, 3), whole.slice(1, 4), Order::less, "slices that begin together");
  for (const Source source : kSources)
    expect_order(make<B>(source, 300), B::copy_of(content(300)), Order::equal, name_of(source));
}

template <class B>
void check_small_handles() {
  if constexpr (!B::kTraits.small_handles) {
    absent("claims no small handles");
  } else {
    require(sizeof(B) <= 4 * sizeof(void*), "a shared handle has %zu bytes", sizeof(B));
    require(sizeof(typename B::Mutable) <= 4 * sizeof(void*), "a mutable handle has %zu bytes",
            sizeof(typename B::Mutable));
  }
}

template <class B>
struct HandleClauses {
  Clause statics{"BU-01", ClauseClass::kViolation, "zerocopy/buffer_concept.h: from_static",
                 "Handles to static bytes refer to them, allocate nothing and never free them",
                 &check_static<B>};
  Clause copy_of{"BU-02", ClauseClass::kViolation, "zerocopy/buffer_concept.h: copy_of",
                 "copy_of has the bytes that its source had, whatever becomes of the source",
                 &check_copy_of<B>};
  Clause copies{"BU-03", ClauseClass::kViolation, "zerocopy/buffer_concept.h: copies",
                "A copy of a handle has the same bytes at the same address, also assigned to itself",
                &check_copies<B>};
  Clause moves{"BU-04", ClauseClass::kViolation, "zerocopy/buffer_concept.h: moves leave it empty",
               "A move takes the bytes where they are and leaves an empty handle that can be used again",
               &check_moves<B>};
  Clause comparisons{"BU-05", ClauseClass::kViolation, "zerocopy/buffer_concept.h: == and <=>",
                     "Comparisons are those of the bytes, unsigned and in order, wherever they lie",
                     &check_comparisons<B>};
  Clause small{"BU-06", ClauseClass::kViolation, "zerocopy/buffer_concept.h: small_handles",
               "Who claims small handles has handles of four words at most", &check_small_handles<B>};
};

}  // namespace assay::suite::buffer
