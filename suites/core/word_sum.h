// The sum of a stream of bytes as 64-bit words, whatever pieces it comes in: the least that proves that every
// byte was looked at, as fast as memory gives them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace assay::suite {

class WordSum {
 public:
  void add(std::span<const std::byte> bytes) {
    if (held_ != 0) bytes = complete_word(bytes);
    const std::size_t whole = bytes.size() / sizeof(std::uint64_t) * sizeof(std::uint64_t);
    sum_ += sum_of(bytes.data(), whole);
    const std::size_t rest = bytes.size() - whole;
    if (rest == 0) return;
    std::memcpy(&word_, bytes.data() + whole, rest);
    held_ = rest;
  }

  // Bytes behind the last whole word count as a word that ends in zeros.
  std::uint64_t get() const { return sum_ + word_; }

 private:
  using Words __attribute__((vector_size(16))) = std::uint64_t;

  // Bytes that a piece left behind its last whole word, with those of the next one.
  std::span<const std::byte> complete_word(std::span<const std::byte> bytes) {
    const std::size_t taken = std::min(sizeof word_ - held_, bytes.size());
    std::memcpy(reinterpret_cast<std::byte*>(&word_) + held_, bytes.data(), taken);
    held_ += taken;
    if (held_ == sizeof word_) {
      sum_ += word_;
      word_ = held_ = 0;
    }
    return bytes.subspan(taken);
  }

  // Four sums that do not wait for one another: memory is what takes the time.
  static std::uint64_t sum_of(const std::byte* bytes, std::size_t size) {
    constexpr std::size_t kLanes = 4, kStep = kLanes * sizeof(Words);
    Words sums[kLanes] = {};
    std::size_t i = 0;
    for (; i + kStep <= size; i += kStep) {
      Words words[kLanes];
      std::memcpy(words, bytes + i, kStep);
      for (std::size_t lane = 0; lane < kLanes; ++lane) sums[lane] += words[lane];
    }
    std::uint64_t sum = 0;
    for (const Words& lane : sums) sum += lane[0] + lane[1];
    for (; i < size; i += sizeof(std::uint64_t)) {
      std::uint64_t word;
      std::memcpy(&word, bytes + i, sizeof word);
      sum += word;
    }
    return sum;
  }

  std::uint64_t sum_ = 0, word_ = 0;
  std::size_t held_ = 0;  // bytes in word_
};

}  // namespace assay::suite
