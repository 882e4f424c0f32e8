// Where blocks begin, one bit for each 16 bytes of a region: tells a block from every other address.
//
// Words are cleared when blocks first reach so far, so that a large region costs nothing before it is used.
// Invariant I1: the words below reach_ are valid, no address beyond it is marked.
// Costs: O(1), and one word for each 1 KiB that blocks reach for the first time. Not thread-safe.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace assay {

class BlockMarks {
 public:
  static constexpr std::size_t kGranule = 16;

  static constexpr std::size_t bytes_for(std::size_t region) {
    return (region / kWordSpan + 1) * sizeof(std::uint64_t);
  }

  // `words`: bytes_for() the region, whose contents do not matter; every mark is off.
  void place(std::uint64_t* words, const void* region) {
    words_ = words;
    first_ = reinterpret_cast<std::uintptr_t>(region);
    reach_ = 0;
  }

  void set(const void* address, std::size_t size) {
    reach(address, size);
    words_[offset(address) / kWordSpan] |= bit(address);
  }
  void unset(const void* address) { words_[offset(address) / kWordSpan] &= ~bit(address); }

  // The block at `address` has that size now.
  void reach(const void* address, std::size_t size) {
    const std::size_t end = offset(address) + size;
    if (end > reach_) [[unlikely]]
      clear_until(end);
  }

  bool has(const void* address) const {  // any address
    return offset(address) < reach_ && offset(address) % kGranule == 0 &&
           (words_[offset(address) / kWordSpan] & bit(address)) != 0;
  }

  std::size_t count() const {
    std::size_t marks = 0;
    for (std::size_t i = 0; i < reach_ / kWordSpan; ++i)
      marks += static_cast<std::size_t>(std::popcount(words_[i]));
    return marks;
  }

 private:
  static constexpr std::size_t kWordSpan = 64 * kGranule;  // bytes that a word stands for

  std::size_t offset(const void* address) const { return reinterpret_cast<std::uintptr_t>(address) - first_; }
  std::uint64_t bit(const void* address) const { return std::uint64_t{1} << offset(address) / kGranule % 64; }

  [[gnu::noinline, gnu::cold]] void clear_until(std::size_t end) {
    for (; reach_ < end; reach_ += kWordSpan) words_[reach_ / kWordSpan] = 0;
  }

  std::uint64_t* words_ = nullptr;
  std::uintptr_t first_ = 0;
  std::size_t reach_ = 0;  // in bytes
};

}  // namespace assay
