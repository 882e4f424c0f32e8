// A value that one thread replaces now and then, and any number of threads read at any time.
//
// Idea. A ring of places and a count of versions. The writer fills the place after the newest one and then
// counts up; a reader copies the newest place and then looks whether the writer can have come round to it.
//
//   version_ = 6     │ 4 │ 5 │ 6 │ 3 │       version 6 is in place 6 mod 4; the writer is at work on version
//   7
//
// Invariants
//   I1  version v is in place v mod 4, and the writer begins to write over it only when v + 3 is complete
//   I2  so a copy of version v is whole if version_ is at most v + 2 after it was made
//
// Costs. A reader: two loads of the count and one for each word; no locked instruction, no store, so that any
// number of readers share the cache lines. A writer: one store for each word and one more. Neither waits for
// the other: a writer that is stopped half-way stops nobody, since the newest complete place stays. A reader
// copies again if the writer completed three versions meanwhile. Four times the value's words, and eight
// bytes.
//
// What it does not do. One writer at a time (trapped if kChecked and seen): writers in turn need a Mutex.
// Only values that may be copied byte by byte. load() does not wait for news.
//
// Sources: Kopetz, Reisinger, "The non-blocking write protocol NBW" (1993); Boehm, "Can seqlocks get along
// with programming language memory models?" (2012), for the orderings: each word is an atomic, written with
// release and read with acquire, so that there is no data race and no fence.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "allocators/check.h"

namespace assay {

template <class T>
requires std::is_trivially_copyable_v<T>
class LatestValue {
 public:
  using value_type = T;

  explicit LatestValue(const T& first) noexcept { write(places_[0], first); }
  LatestValue(const LatestValue&) = delete;
  LatestValue& operator=(const LatestValue&) = delete;

  // By one thread at a time. Wait-free.
  void store(const T& value) noexcept {
    if constexpr (kChecked)
      if (writing_.exchange(true, std::memory_order_relaxed))  // relaxed: it only tells misuse
        trap("LatestValue I1", "two threads store at one time");
    // Relaxed: only writers change it, and they come one after another.
    const std::uint64_t next = version_.load(std::memory_order_relaxed) + 1;
    write(places_[next % kPlaces], value);
    // Release: pairs with the first acquire in load().
    version_.store(next, std::memory_order_release);
    if constexpr (kChecked) writing_.store(false, std::memory_order_relaxed);  // relaxed: as above
  }

  // The newest complete value, or one that was it during the call. Any thread.
  T load() const noexcept {
    for (;;) {
      // Acquire: pairs with the release in store(), so that the place is complete.
      const std::uint64_t version = version_.load(std::memory_order_acquire);
      const T value = read(places_[version % kPlaces]);
      // Relaxed: the words' acquires come before it. Had one of them been of version + 4, its release would
      // have shown version + 3 here.
      if (version_.load(std::memory_order_relaxed) - version < kPlaces - 1) [[likely]]
        return value;
    }
  }

  // How many values have been stored. Any thread.
  std::uint64_t version() const noexcept {
    return version_.load(std::memory_order_acquire);  // pairs with the release in store()
  }

 private:
  static constexpr std::size_t kPlaces = 4;
  static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;
  using Place = std::array<std::atomic<std::uint64_t>, kWords>;

  static void write(Place& place, const T& value) noexcept {
    std::uint64_t words[kWords] = {};
    std::memcpy(words, &value, sizeof(T));
    // Release: pairs with the acquires in read(): who sees a word of this version sees the count before it.
    for (std::size_t i = 0; i < kWords; ++i) place[i].store(words[i], std::memory_order_release);
  }
  static T read(const Place& place) noexcept {
    std::uint64_t words[kWords];
    // Acquire: pairs with the releases in write().
    for (std::size_t i = 0; i < kWords; ++i) words[i] = place[i].load(std::memory_order_acquire);
    alignas(T) unsigned char bytes[sizeof(T)];
    std::memcpy(bytes, words, sizeof(T));
    return std::bit_cast<T>(bytes);
  }

  struct Unchecked {};
  std::atomic<std::uint64_t> version_{0};
  std::array<Place, kPlaces> places_{};
  [[no_unique_address]] std::conditional_t<kChecked, std::atomic<bool>, Unchecked> writing_{};
};

}  // namespace assay
