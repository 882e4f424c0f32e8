// The hardened configuration (compiled with ASSAY_MALLOC_HARDENED): the same allocator, in which
//   - a freed object is filled with a pattern and waits in a quarantine before it can be handed out again;
//   when
//     it leaves, and now and then before, a byte that changed ends the program
//   - objects of a batch are handed out in random order
//   - a large object is followed by a unit that cannot be touched
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "allocators/malloc/magazine.h"
#include "allocators/malloc/misuse.h"
#include "allocators/malloc/size_classes.h"

namespace assay::drop_in {

#ifdef ASSAY_MALLOC_HARDENED
inline constexpr bool kHardened = true;
#else
inline constexpr bool kHardened = false;
#endif

// First in, first out, one for each thread. The objects bear the mark of free ones.
class Quarantine {
 public:
  struct Entry {
    void* object;
    unsigned size_class;
  };

  // What leaves in its place; its object may be null.
  Entry enter(void* object, unsigned size_class) noexcept {
    std::memset(object, kPattern, patterned(size_class));
    mark_of(object) = mark_for(object, secret);
    Entry& place = entries_[next_++ % kPlaces];
    check(place);
    const Entry leaves = place;
    place = {object, size_class};
    return leaves;
  }

  // Looks at two of them.
  void look() noexcept {
    check(entries_[looked_++ % kPlaces]);
    check(entries_[looked_++ % kPlaces]);
  }

  // One after the other, until its object is null.
  Entry leave() noexcept {
    for (Entry& entry : entries_) {
      if (entry.object == nullptr) continue;
      check(entry);
      const Entry leaves = entry;
      entry.object = nullptr;
      return leaves;
    }
    return {nullptr, 0};
  }

  // A random set bit of a mask.
  int choose(std::uint64_t mask) noexcept {
    if (random_ == 0) random_ = secret;
    random_ ^= random_ << 13;  // after Marsaglia, "Xorshift RNGs" (2003)
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    const int from = static_cast<int>(random_ >> 58);
    const std::uint64_t above = mask >> from << from;
    return std::countr_zero(above != 0 ? above : mask);
  }

 private:
  static constexpr std::size_t kPlaces = kHardened ? 32 : 1, kMostPatterned = 1024;
  static constexpr unsigned char kPattern = 0xdf;

  static std::size_t patterned(unsigned size_class) noexcept {
    return class_size(size_class) < kMostPatterned ? class_size(size_class) : kMostPatterned;
  }

  static void check(const Entry& entry) noexcept {
    if (entry.object == nullptr) return;
    const auto* bytes = static_cast<const unsigned char*>(entry.object);
    const std::size_t count = patterned(entry.size_class);
    const auto filled = [&](std::size_t from, std::size_t to) {
      return from >= to ||
             (bytes[from] == kPattern && std::memcmp(bytes + from, bytes + from + 1, to - from - 1) == 0);
    };
    const bool intact = filled(0, sizeof(std::uintptr_t)) && filled(2 * sizeof(std::uintptr_t), count) &&
                        mark_of(entry.object) == mark_for(entry.object, secret);
    if (!intact) stop(Misuse::kOverwritten, entry.object, class_size(entry.size_class));
  }

  Entry entries_[kPlaces]{};
  std::size_t next_ = 0, looked_ = 0;
  std::uint64_t random_ = 0;
};

}  // namespace assay::drop_in
