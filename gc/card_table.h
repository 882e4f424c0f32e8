// Which parts of a heap were written to: a byte for each card of 1 KiB, set by every store to a Member.
//
//   addresses   │ card │ card │ card │ …     64 GiB of the cage, as far as it reaches
//   cards         0      1      0            (address / 1024) mod 2^26
//
// Idea. A store costs a shift, a mask and a store, and no branch: the barrier does not ask what was written
// or where. All heaps lie in one cage of at most 64 GiB (gc/cage.h), so that no two of its cards share a
// byte; a Member on a stack dirties some byte, which costs one look at a card and harms nobody.
//
// 64 MiB of zeros in programs that use it, of which only touched pages take memory: 1 byte for 1 KiB. Relaxed
// throughout: cards are read while the world is stopped, which orders them.
//
// Source: Wilson, Moher, "A 'card-marking' scheme for controlling intergenerational references in
// generation-based garbage collection on stock hardware", SIGPLAN Notices 24(5), 1989.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gc/cage.h"

namespace assay::gc {

class CardTable {
 public:
  static constexpr std::size_t kCardBytes = 1024;
  static constexpr std::size_t kCardsPerBlock = kBlockBytes / kCardBytes;

  [[gnu::always_inline]] static void dirty(const volatile void* address) noexcept {
    store(reinterpret_cast<std::uintptr_t>(address), 1);
  }
  static void dirty(const void* begin, std::size_t bytes) noexcept {
    const auto from = reinterpret_cast<std::uintptr_t>(begin);
    for (std::uintptr_t card = from & ~(kCardBytes - 1); card < from + bytes; card += kCardBytes)
      store(card, 1);
  }
  static bool is_dirty(const void* address) noexcept {
    return load(reinterpret_cast<std::uintptr_t>(address)) != 0;
  }

  // f(card's begin) for each dirty card of a block, which is clean from then on.
  template <class F>
  static void take_dirty(const char* block, F f) noexcept {
    const auto first = reinterpret_cast<std::uintptr_t>(block);
    if (!any(first)) [[likely]]
      return;
    for (std::size_t i = 0; i < kCardsPerBlock; ++i) {
      if (load(first + i * kCardBytes) == 0) continue;
      store(first + i * kCardBytes, 0);
      f(block + i * kCardBytes);
    }
  }

 private:
  static constexpr std::size_t kCards = std::size_t{1} << 26;

  // Not std::atomic: compilers should not have to construct 64 million of them.
  [[gnu::always_inline]] static std::uint8_t* at(std::uintptr_t address) noexcept {
    return &cards_[address / kCardBytes % kCards];
  }
  [[gnu::always_inline]] static void store(std::uintptr_t address, std::uint8_t value) noexcept {
    __atomic_store_n(at(address), value, __ATOMIC_RELAXED);
  }
  static std::uint8_t load(std::uintptr_t address) noexcept {
    return __atomic_load_n(at(address), __ATOMIC_RELAXED);
  }
  static bool any(std::uintptr_t block) noexcept {
    const auto* const words = reinterpret_cast<const std::uint64_t*>(at(block));
    std::uint64_t all = 0;
    for (std::size_t i = 0; i < kCardsPerBlock / 8; ++i) all |= __atomic_load_n(words + i, __ATOMIC_RELAXED);
    return all != 0;
  }

  alignas(64) static inline constinit std::uint8_t cards_[kCards] = {};
};

}  // namespace assay::gc
