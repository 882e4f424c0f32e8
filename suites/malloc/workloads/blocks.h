// Blocks of a workload: allocated, marked with words that depend on their number, checked and freed.
//
// A mark is a word at the start of the block, one in each further page (so that what is live is resident),
// one in its last eight aligned bytes, and its highest byte in the last byte of all. Reading it back finds
// blocks that overlap, moved or were recycled while live, at a cost of a few cache lines and not of the whole
// block.
#pragma once

#include <stdlib.h>

#include <cstddef>
#include <cstdint>

#include "suites/core/workload.h"

namespace assay::suite {

constexpr std::size_t kPage = 4096;

inline std::uint64_t& word_at(void* block, std::size_t offset) {
  return *reinterpret_cast<std::uint64_t*>(static_cast<char*>(block) + offset);
}

inline unsigned char& byte_at(void* block, std::size_t offset) {
  return static_cast<unsigned char*>(block)[offset];
}

inline std::size_t last_word(std::size_t size) { return (size - 8) & ~std::size_t{7}; }

inline void* allocate(std::size_t size) {
  void* block = malloc(size);
  if (block == nullptr) fail("malloc(%zu) returned null", size);
  return block;
}

inline void write_mark(void* block, std::size_t size, std::uint64_t number) {
  const std::uint64_t mark = mark_of(number);
  byte_at(block, size - 1) = static_cast<unsigned char>(mark >> 56);  // where a word ends there, its own
  for (std::size_t offset = 0; offset + 8 <= size; offset += kPage) word_at(block, offset) = mark;
  word_at(block, last_word(size)) = mark;
}

// What was read of the marks, and the size, once every copy is found as write_mark left it.
inline std::uint64_t read_mark(void* block, std::size_t size, std::uint64_t number) {
  const std::uint64_t mark = mark_of(number);
  const std::uint64_t last = word_at(block, last_word(size)), end = byte_at(block, size - 1);
  std::uint64_t read = last + end + size, difference = (last ^ mark) | (end ^ mark >> 56);
  for (std::size_t offset = 0; offset + 8 <= size; offset += kPage) {
    const std::uint64_t word = word_at(block, offset);
    read += word;
    difference |= word ^ mark;
  }
  if (difference != 0) fail("a live block of %zu bytes at %p lost its contents", size, block);
  return read;
}

struct Block {
  void* address;
  std::uint32_t size;  // at least 8
  std::uint32_t number;
};

// The live blocks of one thread: what is live, at most was live, and the checksum of all that was read back.
class LiveSet {
 public:
  void fill(Block& block, std::size_t size, std::size_t number) {
    block = {allocate(size), static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(number)};
    write_mark(block.address, size, block.number);
    live_ += size;
    if (live_ > peak_) peak_ = live_;
  }

  void drain(Block& block) {
    checksum_ = fold(checksum_, read_mark(block.address, block.size, block.number));
    free(block.address);
    block.address = nullptr;
    live_ -= block.size;
  }

  void drain(Block* blocks, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      if (blocks[i].address != nullptr) drain(blocks[i]);
  }

  std::size_t live() const { return live_; }
  std::size_t peak() const { return peak_; }
  std::uint64_t take_checksum() {
    const std::uint64_t checksum = checksum_;
    checksum_ = 0;
    return checksum;
  }

 private:
  std::size_t live_ = 0, peak_ = 0;
  std::uint64_t checksum_ = 0;
};

}  // namespace assay::suite
