// Which sends without a copy the kernel still reads from. It numbers them, 32 bits wide, and tells in ranges
// of numbers what it has done with; ranges come in any order.
//
//   numbers   … 7    8    9    10   11    next_ = 12
//   sizes_      0  │ s8 │ s9 │ 0  │ s11 │             0: free; the place is number % kPlaces
//
// Invariants: I1  outstanding() is what was issued and not completed; nothing is finished before it is 0
//             I2  a place belongs to one outstanding number: has_room() says whether the next one's is free
#pragma once

#include <array>
#include <cstdint>

namespace assay::zerocopy {

class CompletionLedger {
 public:
  static constexpr std::uint32_t kPlaces = 64;

  // first: the number that the kernel gives the next send.
  explicit CompletionLedger(std::uint32_t first = 0) noexcept : next_(first) {}

  std::uint32_t outstanding() const noexcept { return outstanding_; }
  bool has_room() const noexcept { return sizes_[next_ % kPlaces] == 0; }

  // A send was accepted, of at least one byte.
  void issue(std::uint32_t bytes) noexcept {
    sizes_[next_++ % kPlaces] = bytes;
    ++outstanding_;
  }

  // Numbers from first to last are done with, both included; last may have wrapped around. Returns their
  // bytes. Those of them that are not outstanding are somebody else's. O(kPlaces), however long the range.
  std::uint64_t complete(std::uint32_t first, std::uint32_t last, std::uint32_t& sends) noexcept {
    std::uint64_t bytes = 0;
    sends = 0;
    for (std::uint32_t back = 1; back <= kPlaces && outstanding_ != 0; ++back) {
      const std::uint32_t number = next_ - back;
      std::uint32_t& size = sizes_[number % kPlaces];
      if (size == 0 || number - first > last - first) continue;
      bytes += size;
      size = 0;
      --outstanding_;
      ++sends;
    }
    return bytes;
  }

 private:
  std::array<std::uint32_t, kPlaces> sizes_{};
  std::uint32_t next_;
  std::uint32_t outstanding_ = 0;
};

}  // namespace assay::zerocopy
