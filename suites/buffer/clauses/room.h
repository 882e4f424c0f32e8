// Room: what reserve and try_reclaim promise, and where it comes from. BU-33 to
// BU-37, BU-46.
#pragma once

#include <algorithm>
#include <new>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "suites/buffer/subject.h"

namespace assay::suite::buffer {

// A mutable buffer in each of the states that room is counted from, with 30 known bytes, and what else
// refers to its storage.
template <class B>
struct Reserving {
  typename B::Mutable bytes;
  Content expected;
  std::optional<B> shared;  // bytes of the same storage
  Content shared_expected;

  void expect_kept(const char* when) const {
    expect(bytes, expected, when);
    if (shared.has_value()) expect(*shared, shared_expected, "of another part");
  }
};

constexpr int kStates = 8;

template <class B>
Reserving<B> reserving(int state) {
  const Content all = content(100);
  const auto mid = [&](std::size_t begin) {
    const View view = part(all, begin, begin + 30);
    return Content(view.begin(), view.end());
  };
  auto whole = make_mutable<B>(all, 28);
  switch (state) {
    case 0:  // as it was made
      whole.truncate(30);
      return {std::move(whole), mid(0), {}, {}};
    case 1:  // behind bytes that nobody has
      whole.advance(70);
      return {std::move(whole), mid(70), {}, {}};
    case 2: {  // behind bytes that are left
      B front = whole.split_to(70).freeze();
      return {std::move(whole), mid(70), std::move(front), content(70)};
    }
    case 3:  // behind bytes that were left by others
      whole.split_to(70);
      return {std::move(whole), mid(70), {}, {}};
    case 4: {  // before bytes that are left
      B end = whole.split_off(30).freeze();
      return {std::move(whole), mid(0), std::move(end), Content(all.begin() + 30, all.end())};
    }
    case 5:  // before bytes that were left by others
      whole.split_off(30);
      return {std::move(whole), mid(0), {}, {}};
    case 6: {  // a part of frozen bytes that is mutable again
      B frozen = std::move(whole).freeze().slice(40, 70);
      auto again = std::move(frozen).try_into_mut();
      if (again.has_value()) return {std::move(*again), mid(40), {}, {}};
      return {make_mutable<B>(mid(40)), mid(40), {}, {}};
    }
    default: {  // joined from parts
      auto front = whole.split_to(20);
      auto end = whole.split_off(30);
      end.clear();
      whole.unsplit(std::move(end));
      return {std::move(whole), mid(20), front.split().freeze(), content(20)};
    }
  }
}

template <class B>
void check_reserve() {
  for (int state = 0; state < kStates; ++state) {
    const std::size_t room = reserving<B>(state).bytes.spare().size();
    for (const std::size_t more : {std::size_t{0}, std::size_t{1}, room, room + 1, room + 69, room + 70,
                                   std::size_t{97}, std::size_t{98}, std::size_t{99}, std::size_t{1000}}) {
      Reserving<B> all = reserving<B>(state);
      auto& bytes = all.bytes;
      bytes.reserve(more);
      require(bytes.spare().size() >= more && bytes.capacity() >= 30 + more,
              "in state %d, after reserve(%zu) there is room for %zu", state, more, bytes.spare().size());
      all.expect_kept("after reserve");
      const std::byte* address = bytes.data();
      const std::size_t capacity = bytes.capacity();
      const Content appended = content(more, 8);
      bytes.append(appended);
      all.expected.insert(all.expected.end(), appended.begin(), appended.end());
      require(bytes.data() == address && bytes.capacity() == capacity,
              "in state %d, append(%zu) moved the bytes in spite of reserve", state, more);
      all.expect_kept("after reserve and append");
      std::memset(bytes.spare().data(), 0x5b, bytes.spare().size());  // to the last byte of it
      all.expect_kept("after reserve and writing to all of spare()");
    }
  }
  typename B::Mutable none;
  none.reserve(0);
  none.reserve(33);
  require(none.spare().size() >= 33, "a default handle has room for %zu after reserve(33)",
          none.spare().size());
}

// In the room that there is, and in room that is made while it is read.
template <class B>
void check_own_bytes() {
  constexpr std::pair<std::size_t, std::size_t> kParts[] = {{0, 30}, {0, 1}, {7, 25}, {29, 30}};
  for (int state = 0; state < kStates; ++state)
    for (const auto& [begin, end] : kParts) {
      Reserving<B> all = reserving<B>(state);
      for (int i = 0; i < 12; ++i) {
        const View own = part(all.expected, begin, end);
        const Content copy(own.begin(), own.end());
        all.bytes.append(View(all.bytes.data() + begin, end - begin));
        all.expected.insert(all.expected.end(), copy.begin(), copy.end());
        all.expect_kept("after bytes of its own were appended");
      }
      const Content twice = all.expected;  // all at once: from here on it doubles
      all.bytes.append(View(all.bytes.data(), all.bytes.size()));
      all.expected.insert(all.expected.end(), twice.begin(), twice.end());
      all.expect_kept("after all of its bytes were appended");
    }
}

// Refused with the handle as it was.
template <class B, class Operation>
void require_refused(Reserving<B>& all, const char* what, std::size_t n, const Operation& operation) {
  const std::byte* address = all.bytes.data();
  const std::size_t capacity = all.bytes.capacity();
  bool refused = false;
  try {
    operation(all.bytes);
  } catch (const std::length_error&) {
    refused = true;
  } catch (const std::bad_alloc&) {
    refused = true;
  }
  require(refused, "%s(%zu) of 30 bytes returned, with a capacity of %zu", what, n, all.bytes.capacity());
  require(all.bytes.data() == address && all.bytes.capacity() == capacity,
          "%s(%zu) was refused and changed the handle", what, n);
  all.expect_kept("after a size that cannot be was refused");
}

template <class B>
void check_impossible_sizes() {
  constexpr std::size_t kHalf = PTRDIFF_MAX;
  for (int state = 0; state < kStates; ++state) {
    Reserving<B> all = reserving<B>(state);
    for (std::size_t k = 0; k < 140; ++k)
      for (const std::size_t n : {SIZE_MAX - k, kHalf - k, kHalf + 1 + k, SIZE_MAX / 4 * 3 + k})
        require_refused(all, "reserve", n, [n](auto& bytes) { bytes.reserve(n); });
    for (const std::size_t n : {SIZE_MAX, SIZE_MAX - 40, kHalf, kHalf + 1}) {
      require_refused(all, "resize", n, [n](auto& bytes) { bytes.resize(n, std::byte{1}); });
      require_refused(all, "with_capacity", n, [n](auto&) { B::Mutable::with_capacity(n); });
      require(!all.bytes.try_reclaim(n), "try_reclaim(%zu) succeeded", n);
      all.expect_kept("after try_reclaim of a size that cannot be");
    }
    all.bytes.reserve(10);
    all.expect_kept("after a reserve that can be");
  }
}

template <class B>
void check_try_reclaim() {
  for (int state = 0; state < kStates; ++state) {
    const std::size_t room = reserving<B>(state).bytes.spare().size();
    for (const std::size_t more : {std::size_t{0}, room / 2, room, room + 1, room + 68, room + 70,
                                   std::size_t{98}, std::size_t{99}, std::size_t{4000}}) {
      Reserving<B> all = reserving<B>(state);
      const std::byte* address = all.bytes.data();
      const std::size_t before = Heap::allocations(), capacity = all.bytes.capacity();
      const bool reclaimed = all.bytes.try_reclaim(more);
      require(Heap::allocations() == before, "try_reclaim(%zu) allocated", more);
      require(reclaimed || more > room, "try_reclaim(%zu) says no, with room for %zu", more, room);
      require(!reclaimed || all.bytes.spare().size() >= more,
              "in state %d, try_reclaim(%zu) says yes, with room for %zu", state, more,
              all.bytes.spare().size());
      require(reclaimed || (all.bytes.data() == address && all.bytes.capacity() == capacity),
              "try_reclaim(%zu) says no and has changed the handle", more);
      all.expect_kept("after try_reclaim");
      std::memset(all.bytes.spare().data(), 0x5b, all.bytes.spare().size());
      all.expect_kept("after try_reclaim and writing to all of spare()");
    }
  }
  require_all_was_seen();
}

template <class B>
void check_reclaimed_room() {
  if constexpr (!B::kTraits.reclaims) {
    absent("claims not to reclaim");
  } else {
    for (const std::size_t kept : {0u, 1u, 100u, 400u})
      for (const int how : {0, 1, 2}) {
        const Content bytes = content(1000);
        auto buffer = make_mutable<B>(bytes);
        const std::size_t capacity = buffer.capacity();
        if (how == 0) {  // by a part that was dropped
          buffer.split_to(1000 - kept);
        } else if (how == 1) {  // by one that was frozen, copied and dropped
          const B frozen = buffer.split_to(1000 - kept).freeze(), copy = frozen;
          require(!buffer.try_reclaim(capacity - kept), "try_reclaim took room that others have");
          expect(copy, part(bytes, 0, 1000 - kept), "after try_reclaim was refused");
        } else {
          buffer.advance(1000 - kept);
        }
        const std::size_t before = Heap::allocations();
        if (how == 1)
          require(buffer.try_reclaim(capacity - kept),
                  "try_reclaim(%zu) does not find the room of %zu bytes that others left", capacity - kept,
                  capacity);
        else
          buffer.reserve(capacity - kept);
        require(Heap::allocations() == before, "reserve(%zu) allocated beside room that others left",
                capacity - kept);
        expect(buffer, part(bytes, 1000 - kept, 1000), "after room was reclaimed");
        require(buffer.spare().size() >= capacity - kept, "%zu of %zu bytes were reclaimed",
                buffer.spare().size(), capacity - kept);
      }
    require_all_was_seen();
  }
}

// A connection: messages come in at the back and are handed on from the front; `held` of them are kept.
template <class B>
void receive_messages(std::size_t held, bool advances) {
  constexpr std::size_t kRounds = 100'000, kMessage = 48, kCapacity = 1024;
  const auto mark = [](std::size_t round) { return static_cast<std::byte>(round % 251); };
  auto buffer = B::Mutable::with_capacity(kCapacity);
  std::vector<B> kept(held + 1);
  const long blocks = Heap::live_blocks();
  const std::size_t allocated = Heap::allocated_bytes();
  std::size_t most = 0;
  for (std::size_t round = 0; round < kRounds; ++round) {
    buffer.reserve(kMessage);
    std::memset(buffer.spare().data(), static_cast<int>(mark(round)), kMessage);
    buffer.commit(kMessage);
    most = std::max(most, buffer.capacity());
    if (advances) {
      require(buffer.data()[0] == mark(round), "round %zu reads the bytes of another", round);
      buffer.advance(kMessage);
    } else {
      kept[round % kept.size()] = buffer.split().freeze();
      if (round < held) continue;
      B& oldest = kept[(round - held) % kept.size()];
      require(oldest.size() == kMessage && oldest.data()[0] == mark(round - held) &&
                  oldest.data()[kMessage - 1] == mark(round - held),
              "round %zu reads the bytes of another", round);
      oldest = B();
    }
  }
  require(most <= 8 * kCapacity, "with %zu messages of %zu bytes kept, capacity() grew from %zu to %zu", held,
          kMessage, kCapacity, most);
  require(Heap::live_blocks() <= blocks + 2 * static_cast<long>(held) + 20,
          "%zu rounds left %ld blocks behind", kRounds, Heap::live_blocks() - blocks);
  if (held == 0)
    require(Heap::allocated_bytes() - allocated <= 8 * kRounds,
            "%zu rounds with nothing kept allocated %zu bytes", kRounds, Heap::allocated_bytes() - allocated);
}

template <class B>
void check_no_growth() {
  if constexpr (!B::kTraits.reclaims) {
    absent("claims not to reclaim");
  } else {
    receive_messages<B>(0, false);
    receive_messages<B>(0, true);
    receive_messages<B>(3, false);
    receive_messages<B>(40, false);
  }
}

template <class B>
struct RoomClauses {
  Clause reserve{"BU-33", ClauseClass::kViolation, "zerocopy/buffer_concept.h: reserve",
                 "After reserve(n) there is room for n bytes, really, and all bytes are as they were",
                 &check_reserve<B>};
  Clause impossible{"BU-34", ClauseClass::kViolation, "Assay contract Z-14; RUSTSEC-2026-0007",
                    "Sizes that cannot be are refused from every state, and the handle is as it was",
                    &check_impossible_sizes<B>};
  Clause try_reclaim{
      "BU-35", ClauseClass::kViolation, "zerocopy/buffer_concept.h: try_reclaim",
      "try_reclaim never allocates, says yes if there is room then, and says no without a trace",
      &check_try_reclaim<B>};
  Clause reclaimed{"BU-36", ClauseClass::kViolation, "zerocopy/buffer_concept.h: reclaims; bytes #544",
                   "Room that other handles have left is found again, without allocating and byte for byte",
                   &check_reclaimed_room<B>};
  Clause growth{"BU-37", ClauseClass::kViolation, "Assay contract Z-14; bytes #559",
                "100,000 rounds of append, split and reserve do not let a buffer grow", &check_no_growth<B>};
  Clause own{"BU-46", ClauseClass::kViolation, "zerocopy/buffer_concept.h: append",
             "Bytes of a buffer itself can be appended to it, also when it has to make room for them",
             &check_own_bytes<B>};
};

}  // namespace assay::suite::buffer
