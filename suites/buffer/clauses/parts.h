// Parts of a mutable buffer: split, joined again and frozen, without moving a byte. BU-38 to BU-44.
#pragma once

#include "suites/buffer/subject.h"

namespace assay::suite::buffer {

// `front` and `back` were one buffer of `capacity` at `address`, parted at n.
template <class B, class M>
void expect_parted(const M& front, const M& back, std::size_t n, const std::byte* address,
                   std::size_t capacity, const char* when) {
  expect_at<B>(front, address, when);
  expect_at<B>(back, address + n, when);
  if constexpr (B::kTraits.shares) {
    require(back.capacity() == capacity - n,
            "%s at %zu, what is behind has a capacity of %zu instead of %zu - %zu", when, n, back.capacity(),
            capacity, n);
    require(front.capacity() <= n, "%s at %zu, the front has a capacity of %zu", when, n, front.capacity());
  }
  require(front.capacity() >= front.size() && back.capacity() >= back.size(),
          "%s, sizes of %zu and %zu exceed capacities of %zu and %zu", when, front.size(), back.size(),
          front.capacity(), back.capacity());
}

template <class Check>
void for_each_mutable_cut(const Check& check) {
  for (const std::size_t room : {0u, 1u, 50u})
    for (const std::size_t size : {1u, 2u, 17u, 64u, 4096u})
      for (const std::size_t n : {std::size_t{0}, std::size_t{1}, size / 2, size - 1, size})
        check(room, size, n);
}

template <class B>
void check_mutable_splits() {
  for_each_mutable_cut([](std::size_t room, std::size_t size, std::size_t n) {
    const Content bytes = content(size);
    auto whole = make_mutable<B>(bytes, room);
    const std::byte* address = whole.data();
    const std::size_t capacity = whole.capacity();
    const auto front = whole.split_to(n);
    expect(front, part(bytes, 0, n), "returned by split_to");
    expect(whole, part(bytes, n, size), "left by split_to");
    expect_parted<B>(front, whole, n, address, capacity, "after split_to");
    auto all = make_mutable<B>(bytes, room);
    address = all.data();
    const std::size_t all_capacity = all.capacity();
    const auto end = all.split_off(n);
    expect(all, part(bytes, 0, n), "left by split_off");
    expect(end, part(bytes, n, size), "returned by split_off");
    expect_parted<B>(all, end, n, address, all_capacity, "after split_off");
    auto filled = make_mutable<B>(bytes, room);
    address = filled.data();
    const std::size_t filled_capacity = filled.capacity();
    const auto taken = filled.split();
    expect(taken, bytes, "returned by split");
    expect(filled, {}, "left by split");
    expect_parted<B>(taken, filled, size, address, filled_capacity, "after split");
  });
}

// Who writes, and who grows, does it in the own part only.
template <class B>
void check_apart() {
  for_each_mutable_cut([](std::size_t room, std::size_t size, std::size_t n) {
    Content front_bytes = content(n), back_bytes = content(size - n, 50), grown = content(70, 60);
    auto back = make_mutable<B>(front_bytes, size - n + room);
    back.append(back_bytes);
    auto front = back.split_to(n);
    std::memset(back.spare().data(), 0x13, back.spare().size());
    expect(front, front_bytes, "after the room behind was written to");
    std::memset(front.spare().data(), 0x14, front.spare().size());
    expect(back, back_bytes, "after the room of the front was written to");
    front.append(grown);
    front_bytes.insert(front_bytes.end(), grown.begin(), grown.end());
    expect(front, front_bytes, "of a front part that grew");
    expect(back, back_bytes, "after the front part grew");
    if (n < size) std::memset(back.data(), 0x15, size - n);
    expect(front, front_bytes, "after the part behind was written to");
    const auto next = back.split();  // with no room left
    back.append(grown);
    expect(back, grown, "of the room behind, that was appended to");
    expect(next, Content(size - n, std::byte{0x15}), "after the room behind was appended to");
    expect(front, front_bytes, "after the room behind was appended to");
  });
}

template <class B>
void check_unsplit() {
  for_each_mutable_cut([](std::size_t room, std::size_t size, std::size_t n) {
    const Content bytes = content(size);
    auto back = make_mutable<B>(bytes, room);
    const std::byte* address = back.data();
    const std::size_t capacity = back.capacity();
    auto front = back.split_to(n);
    front.unsplit(std::move(back));
    expect(front, bytes, "after unsplit of neighbours");
    expect(back, {}, "of what was joined");
    if (n > 0) {  // an empty front may have let go
      expect_at<B>(front, address, "after unsplit of neighbours");
      if constexpr (B::kTraits.shares)
        require(front.capacity() == capacity || n == size,
                "after unsplit of neighbours the capacity is %zu instead of %zu", front.capacity(), capacity);
    }
    auto end = front.split_off(n);
    auto middle = end.split_to((size - n) / 2);
    front.unsplit(std::move(middle));
    front.unsplit(std::move(end));
    expect(front, bytes, "after unsplit of three neighbours");
    if (n > 0) expect_at<B>(front, address, "after unsplit of three neighbours");
    front.append(content(40, 3));
    require(
        find_damage(front.data() + size, 40, 3) == kIntact && find_damage(front.data(), size, 1) == kIntact,
        "what was joined does not grow as one");
  });
}

// Joined in other ways: the bytes of the one and then the other, and nobody else's change.
template <class B>
void check_unsplit_strangers() {
  const Content bytes = content(80);
  const auto joined = [](auto& first, auto&& second, Content expected, View more, const char* when) {
    expected.insert(expected.end(), more.begin(), more.end());
    first.unsplit(std::move(second));
    expect(first, expected, when);
    expect(second, {}, when);
    first.append(more);
    expected.insert(expected.end(), more.begin(), more.end());
    expect(first, expected, when);
  };
  const auto from = [&](std::size_t begin, std::size_t end) {
    return Content(bytes.begin() + static_cast<std::ptrdiff_t>(begin),
                   bytes.begin() + static_cast<std::ptrdiff_t>(end));
  };
  {
    auto first = make_mutable<B>(bytes), second = make_mutable<B>(content(30, 4), 10);
    joined(first, second, bytes, content(30, 4), "after unsplit of two storages");
  }
  {
    auto back = make_mutable<B>(bytes, 10);
    auto front = back.split_to(50);
    front.truncate(20);  // bytes between them
    joined(front, back, from(0, 20), part(bytes, 50, 80), "after unsplit of a truncated part");
  }
  {
    auto back = make_mutable<B>(bytes, 10);
    auto front = back.split_to(50);
    back.advance(5);  // bytes between them
    joined(front, back, from(0, 50), part(bytes, 55, 80), "after unsplit of a part that advanced");
  }
  {
    auto back = make_mutable<B>(bytes, 10);
    auto front = back.split_to(30);
    const B middle = back.split_to(20).freeze();
    joined(front, back, from(0, 30), part(bytes, 50, 80), "after unsplit over a frozen part");
    expect(middle, part(bytes, 30, 50), "of the frozen part between two that were joined");
  }
  {
    auto back = make_mutable<B>(bytes, 10);
    auto front = back.split_to(30);
    joined(back, front, from(30, 80), part(bytes, 0, 30), "after unsplit of a front part behind");
  }
  {
    auto front = make_mutable<B>(bytes, 40), end = front.split_off(50);
    front.append(content(9, 6));  // moved away from its neighbour
    Content expected = from(0, 50);
    const Content more = content(9, 6);
    expected.insert(expected.end(), more.begin(), more.end());
    joined(front, end, expected, part(bytes, 50, 80), "after unsplit of a part that grew");
  }
  {
    typename B::Mutable none;
    auto second = make_mutable<B>(bytes);
    joined(none, second, {}, bytes, "after unsplit with a default handle before");
    typename B::Mutable empty = B::Mutable::with_capacity(20);
    auto third = make_mutable<B>(bytes);
    joined(empty, third, {}, bytes, "after unsplit with only room before");
    auto fourth = make_mutable<B>(bytes);
    joined(fourth, typename B::Mutable(), bytes, {}, "after unsplit with a default handle behind");
  }
  {  // storages that happen to lie one behind the other are no neighbours
    std::vector<typename B::Mutable> many;
    for (std::uint64_t i = 0; i < 40; ++i) many.push_back(make_mutable<B>(content(16, i)));
    for (std::size_t i = 0; i + 1 < many.size(); i += 2) {
      Content expected = content(16, i);
      joined(many[i], many[i + 1], expected, content(16, i + 1), "after unsplit of small storages");
    }
  }
}

template <class B>
void check_freeze() {
  for (const std::size_t size : kSizes) {
    const Content bytes = content(size);
    auto whole = make_mutable<B>(bytes, size % 3 * 20);
    const std::byte* address = whole.data();
    const B frozen = std::move(whole).freeze();
    expect(frozen, bytes, "after freeze");
    expect_at<B>(frozen, address, "after freeze");
    expect(whole, {}, "of what was frozen");
    auto parts = make_mutable<B>(bytes, 30);
    parts.advance(size / 3);
    address = parts.data();
    const B front = parts.split_to((size - size / 3) / 2).freeze();
    expect_at<B>(front, address, "after a front part was frozen");
    address = parts.data();
    const B back = std::move(parts).freeze();
    expect(front, part(bytes, size / 3, size / 3 + front.size()), "after a front part was frozen");
    expect(back, part(bytes, size / 3 + front.size(), size), "after the part behind was frozen");
    expect_at<B>(back, address, "after the part behind was frozen");
  }
  expect(typename B::Mutable().freeze(), {}, "of a default handle, frozen");
  expect(B::Mutable::with_capacity(9).freeze(), {}, "of room only, frozen");
}

template <class B>
void check_frozen_stays() {
  const Content bytes = content(64);
  auto back = make_mutable<B>(bytes, 64);
  const B front = back.split_to(32).freeze(), copy = front.slice(8, 24);
  const auto intact = [&](const char* when) {
    expect(front, part(bytes, 0, 32), when);
    expect(copy, part(bytes, 8, 24), when);
  };
  std::memset(back.data(), 0x71, back.size());
  intact("after the bytes behind were written to");
  back.append(content(20, 2));
  intact("after what is behind was appended to");
  back.clear();
  back.append(content(40, 3));
  std::memset(back.spare().data(), 0x74, back.spare().size());
  intact("after what is behind was cleared and appended to");
  back.resize(1000, std::byte{0x72});
  intact("after what is behind was resized");
  back.clear();
  back.reserve(5000);
  std::memset(back.spare().data(), 0x73, 5000);
  intact("after what is behind reserved room");
  auto other = make_mutable<B>(content(10, 7));
  other.unsplit(std::move(back));
  other.append(content(100, 8));
  intact("after what is behind was joined elsewhere");
}

// At most a record each; the storage is a MiB.
template <class B>
void check_nothing_copied() {
  if constexpr (!B::kTraits.shares) {
    absent("claims no sharing");
  } else {
    constexpr std::size_t kSize = std::size_t{1} << 20, kRecord = 256;
    const auto counted = [](const char* what, const auto& operation) {
      const std::size_t before = Heap::allocated_bytes();
      auto result = operation();
      require(Heap::allocated_bytes() - before <= kRecord, "%s of 1 MiB allocated %zu bytes", what,
              Heap::allocated_bytes() - before);
      return result;
    };
    for (const Source source : kSources) {
      if (source == Source::kStatic) continue;
      B whole = make<B>(source, kSize);
      const B copy = counted("a copy", [&] { return whole; });
      B slice = counted("slice", [&] { return whole.slice(1, kSize); });
      const B part_of = counted("slice_of", [&] { return whole.slice_of(View(whole.data() + 9, 999)); });
      const B front = counted("split_to", [&] { return slice.split_to(kSize / 2); });
      const B back = counted("split_off", [&] { return slice.split_off(70); });
      counted("truncate, advance and clear", [&] {
        whole.advance(5);
        whole.truncate(kSize / 3);
        whole.clear();
        return 0;
      });
    }
    auto back = make_mutable<B>(content(kSize), 100);
    auto front = counted("split_to", [&] { return back.split_to(kSize / 4); });
    auto end = counted("split_off", [&] { return back.split_off(kSize / 4); });
    auto filled = counted("split", [&] { return end.split(); });
    counted("unsplit of neighbours", [&] {
      front.unsplit(std::move(back));
      front.unsplit(std::move(filled));
      return 0;
    });
    { const auto gone = std::move(end); }
    B frozen = counted("freeze", [&] { return std::move(front).freeze(); });
    const auto again = counted("try_into_mut", [&] { return std::move(frozen).try_into_mut(); });
    require(again.has_value() && again->size() == kSize, "try_into_mut of the only handle was refused");
    require_all_was_seen();
  }
}

template <class B>
struct PartClauses {
  Clause splits{"BU-38", ClauseClass::kViolation, "Assay contract Z-14",
                "split, split_to and split_off part a mutable buffer exactly; what is behind has the room",
                &check_mutable_splits<B>};
  Clause apart{"BU-39", ClauseClass::kViolation, "zerocopy/buffer_concept.h: one owner",
               "Parts that are written to, or grow, leave each other alone", &check_apart<B>};
  Clause unsplit{"BU-40", ClauseClass::kViolation, "zerocopy/buffer_concept.h: unsplit",
                 "unsplit makes neighbours one again where they lie, with the room of the latter",
                 &check_unsplit<B>};
  Clause strangers{"BU-41", ClauseClass::kViolation, "zerocopy/buffer_concept.h: unsplit",
                   "unsplit of what are no neighbours joins the bytes and leaves those between alone",
                   &check_unsplit_strangers<B>};
  Clause freeze{"BU-42", ClauseClass::kViolation, "zerocopy/buffer_concept.h: freeze",
                "freeze leaves the bytes where they are, and the mutable handle empty", &check_freeze<B>};
  Clause stays{"BU-43", ClauseClass::kViolation, "Assay contract Z-12",
               "Frozen bytes never change, whatever is done with the part behind them",
               &check_frozen_stays<B>};
  Clause nothing{"BU-44", ClauseClass::kViolation, "zerocopy/buffer_concept.h: shares",
                 "Copies, slices, splits, joins and freezing of 1 MiB allocate a small record at the most",
                 &check_nothing_copied<B>};
};

}  // namespace assay::suite::buffer
