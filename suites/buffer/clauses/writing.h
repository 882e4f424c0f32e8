// A mutable buffer: what is written is what is read, exactly. BU-27 to BU-32.
#pragma once

#include "suites/buffer/subject.h"
#include "suites/core/trap.h"

namespace assay::suite::buffer {

template <class B>
void check_appending() {
  using Mutable = typename B::Mutable;
  expect(Mutable(), {}, "of a default mutable handle");
  for (const std::size_t capacity : {0u, 1u, 7u, 64u, 5000u}) {
    Mutable bytes = Mutable::with_capacity(capacity);
    expect(bytes, {}, "of with_capacity");
    require(bytes.capacity() >= capacity, "with_capacity(%zu) has room for %zu", capacity, bytes.capacity());
    Content expected;
    for (std::size_t n = 0; n < 40; ++n) {
      const Content more = content(n * n % 97, n);
      bytes.append(more);
      expected.insert(expected.end(), more.begin(), more.end());
      expect(bytes, expected, "after append");
      require(bytes.capacity() >= bytes.size(), "%zu bytes in a capacity of %zu", bytes.size(),
              bytes.capacity());
    }
    bytes.append({});
    expect(bytes, expected, "after nothing was appended");
    bytes.append(content(70'000, 9));
    const Content large = content(70'000, 9);
    expected.insert(expected.end(), large.begin(), large.end());
    expect(bytes, expected, "after much was appended");
  }
  // The bytes of a handle to the same storage, which may move or grow under them.
  Mutable bytes = make_mutable<B>(content(60));
  const B front = bytes.split_to(40).freeze();
  for (int i = 0; i < 5; ++i) bytes.append(View(front.data(), front.size()));
  require(find_damage(front.data(), 40, 1) == kIntact, "what was appended elsewhere changed");
  for (std::size_t i = 0; i < 5; ++i)
    require(find_damage(bytes.data() + 20 + 40 * i, 40, 1) == kIntact,
            "bytes of a part that was split off were not appended");
}

template <class B>
void check_spare() {
  using Mutable = typename B::Mutable;
  for (const std::size_t size : {0u, 1u, 30u}) {
    Mutable bytes = make_mutable<B>(content(size), 80);
    const std::span<std::byte> spare = bytes.spare();
    require(spare.size() == bytes.capacity() - bytes.size(), "spare() has %zu bytes, of %zu in %zu",
            spare.size(), bytes.size(), bytes.capacity());
    require(spare.data() == bytes.data() + bytes.size(), "spare() does not begin behind the bytes");
    const Content more = content(50, 6);
    std::memcpy(spare.data(), more.data(), 50);
    Content expected = content(size);
    for (const std::size_t n : {0u, 1u, 30u, 19u}) {
      const std::size_t at = bytes.size() - size;
      bytes.commit(n);
      expected.insert(expected.end(), more.begin() + static_cast<std::ptrdiff_t>(at),
                      more.begin() + static_cast<std::ptrdiff_t>(at + n));
      expect(bytes, expected, "after commit");
    }
    const std::size_t left = bytes.spare().size();
    std::memset(bytes.spare().data(), 0x21, left);
    bytes.commit(left);
    require(bytes.size() == bytes.capacity() && bytes.spare().empty(),
            "with all committed, spare() has %zu bytes", bytes.spare().size());
  }
  require(Mutable().spare().size() == Mutable().capacity(),
          "spare() of a default handle is not its capacity");
}

template <class B>
void check_resize() {
  auto bytes = make_mutable<B>(content(40), 10);
  std::memset(bytes.spare().data(), 0x66, bytes.spare().size());
  Content expected = content(40);
  std::uint8_t fill = 0x80;
  for (const std::size_t size : {40u, 41u, 45u, 20u, 60u, 500u, 0u, 1u, 9000u, 3u}) {
    bytes.resize(size, static_cast<std::byte>(++fill));
    expected.resize(size, static_cast<std::byte>(fill));
    expect(bytes, expected, "after resize");
  }
  typename B::Mutable none;
  none.resize(5, std::byte{7});
  expect(none, Content(5, std::byte{7}), "of a default handle, after resize");
}

template <class B>
void check_mutable_shortening() {
  for (const std::size_t size : {1u, 2u, 17u, 300u})
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, size / 2, size - 1, size}) {
      const Content bytes = content(size);
      auto handle = make_mutable<B>(bytes, 8);
      const std::byte* address = handle.data();
      handle.advance(n);
      expect(handle, part(bytes, n, size), "after advance");
      expect_at<B>(handle, address + n, "after advance");
      handle.append(part(bytes, 0, n));  // into the room that was behind, or elsewhere
      Content expected(bytes.begin() + static_cast<std::ptrdiff_t>(n), bytes.end());
      expected.insert(expected.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
      expect(handle, expected, "after advance and append");
      handle.truncate(n);
      expect(handle, part(expected, 0, n), "after truncate");
      handle.append(part(bytes, 0, 1));
      expected.resize(n);
      expected.push_back(bytes[0]);
      expect(handle, expected, "after truncate and append");
      handle.clear();
      expect(handle, {}, "after clear");
      handle.append(bytes);
      expect(handle, bytes, "after clear and append");
    }
}

template <class B>
void check_mutable_moves() {
  using Mutable = typename B::Mutable;
  const Content bytes = content(90);
  Mutable first = make_mutable<B>(bytes, 10);
  const std::byte* address = first.data();
  Mutable second = std::move(first);
  expect(second, bytes, "of a mutable handle that was moved");
  expect_at<B>(second, address, "of a mutable handle that was moved");
  expect(first, {}, "of a mutable handle that was moved from");
  first.append(content(100, 4));  // has storage of its own
  expect(second, bytes, "after the handle it came from was written to");
  expect(first, content(100, 4), "of a moved-from handle that was written to");
  first = std::move(second);
  expect(first, bytes, "of a mutable handle that was move-assigned");
  second.resize(100, std::byte{9});
  expect(first, bytes, "after the handle it was assigned from was written to");
  std::swap(first, second);
  expect(second, bytes, "after a swap");
  expect(first, Content(100, std::byte{9}), "after a swap");
  Mutable& self = second;
  second = std::move(self);
  if (!second.empty()) expect(second, bytes, "after self-move-assignment");
  second.append(bytes);
  const auto frozen = std::move(first).freeze();
  expect(first, {}, "of a mutable handle that was frozen");
  first.append(content(100, 5));
  expect(frozen, Content(100, std::byte{9}), "after the handle it came from was written to");
}

template <class B>
void check_mutable_misuse() {
  const auto trapped = [](const char* what, const auto& misuse) {
    require_trap(what, [&] {
      auto bytes = make_mutable<B>(content(60), 10);
      const auto front = bytes.split_to(20), end = bytes.split_off(20);
      misuse(bytes);  // bytes 20 … 40
    });
    require_trap(what, [&] {
      auto bytes = make_mutable<B>(content(20), 30);
      misuse(bytes);
    });
  };
  using Mutable = typename B::Mutable;
  trapped("commit() of more than spare()", [](Mutable& bytes) { bytes.commit(bytes.spare().size() + 1); });
  trapped("commit(SIZE_MAX)", [](Mutable& bytes) { bytes.commit(SIZE_MAX); });
  trapped("advance() beyond the end", [](Mutable& bytes) { bytes.advance(21); });
  trapped("advance(SIZE_MAX)", [](Mutable& bytes) { bytes.advance(SIZE_MAX); });
  trapped("split_to() beyond the end", [](Mutable& bytes) { bytes.split_to(21); });
  trapped("split_to(SIZE_MAX)", [](Mutable& bytes) { bytes.split_to(SIZE_MAX); });
  trapped("split_off() beyond the end", [](Mutable& bytes) { bytes.split_off(21); });
  trapped("split_off(SIZE_MAX)", [](Mutable& bytes) { bytes.split_off(SIZE_MAX); });
  require_trap("commit() without room", [] {
    Mutable none;
    none.commit(none.capacity() + 1);
  });
}

template <class B>
struct WritingClauses {
  Clause appending{"BU-27", ClauseClass::kViolation, "zerocopy/buffer_concept.h: append",
                   "with_capacity has the room, and append adds exactly the bytes, of any origin",
                   &check_appending<B>};
  Clause spare{"BU-28", ClauseClass::kViolation, "zerocopy/buffer_concept.h: spare, commit",
               "spare is all the room behind the bytes, and commit makes the first of it bytes",
               &check_spare<B>};
  Clause resize{"BU-29", ClauseClass::kViolation, "zerocopy/buffer_concept.h: resize",
                "resize fills what is new and nothing else", &check_resize<B>};
  Clause shortening{
      "BU-30", ClauseClass::kViolation, "Assay contract Z-14",
      "truncate, advance and clear of a mutable buffer are exact, also for what is appended then",
      &check_mutable_shortening<B>};
  Clause moves{"BU-31", ClauseClass::kViolation, "zerocopy/buffer_concept.h: one owner",
               "A mutable buffer that was moved or frozen is empty and shares nothing with its successor",
               &check_mutable_moves<B>};
  Clause misuse{"BU-32", ClauseClass::kViolation, "zerocopy/buffer_concept.h: misuse",
                "A commit, advance or split beyond the end ends the program and names the invariant",
                &check_mutable_misuse<B>};
};

}  // namespace assay::suite::buffer
