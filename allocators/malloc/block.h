// A uniform block: objects of one class, one after the other, and a bit for each that says whether it is
// free.
//
//   | object 0 | object 1 | … | object capacity - 1 | less than an object left over |
//   bits: 1 where free; an object in a thread's cache is not free
//
// Nothing is written into free objects: what is free is found, taken and given back without touching the
// memory, a word of 64 objects at once, in ascending order of addresses.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "allocators/malloc/block_map.h"
#include "allocators/malloc/misuse.h"
#include "allocators/malloc/os_memory.h"
#include "allocators/malloc/size_classes.h"

namespace assay::drop_in {

// Up to 64 objects of one class: base + i * size for each bit i.
struct Batch {
  char* base;
  std::uint64_t mask;
};

// std::popcount without the instruction is a call into a library that nothing else needs.
constexpr std::uint32_t count_bits(std::uint64_t mask) {
  mask -= mask >> 1 & 0x5555555555555555;
  mask = (mask & 0x3333333333333333) + (mask >> 2 & 0x3333333333333333);
  mask = (mask + (mask >> 4)) & 0x0f0f0f0f0f0f0f0f;
  return static_cast<std::uint32_t>(mask * 0x0101010101010101 >> 56);
}

// The lowest `most` bits of a mask.
constexpr std::uint64_t lowest_bits(std::uint64_t mask, unsigned most) {
  if (count_bits(mask) <= most) return mask;
  std::uint64_t rest = mask;
  for (; most > 0; --most) rest &= rest - 1;
  return mask ^ rest;
}

class UniformBlock {
 public:
  explicit UniformBlock(BlockInfo& info) : UniformBlock(info, info.size_class) {}
  UniformBlock(BlockInfo& info, unsigned size_class) : info_(info), facts_(kFacts[size_class]) {}

  // The block of that class around an address of ours, or null if there is none.
  static BlockInfo* find(const void* address, unsigned size_class) noexcept {
    const auto* start = static_cast<const char*>(address);
    if (size_class >= kFirstWide) {
      const UnitOfClass in = unit_of_class(BlockMap::kind(address));
      if (in.size_class != size_class) return nullptr;
      start -= in.unit * kUnit;
    }
    BlockInfo* block = BlockMap::info(start);
    return block->size_class == size_class ? block : nullptr;
  }

  // A run that is nobody's becomes a block whose objects are all free.
  static void make(BlockInfo& run, unsigned size_class) noexcept {
    const ClassFacts& facts = kFacts[size_class];
    run.size_class = static_cast<std::uint8_t>(size_class);
    run.free = facts.capacity;
    run.cursor = run.recent = 0;
    run.dirty = 0;
    run.classes = nullptr;
    std::memset(run.bits, 0, sizeof run.bits);
    std::size_t word = 0;
    for (; (word + 1) * 64 <= facts.capacity; ++word) run.bits[word] = ~std::uint64_t{0};
    if (facts.capacity % 64 != 0) run.bits[word] = (std::uint64_t{1} << facts.capacity % 64) - 1;
  }

  // The number of the object at that offset in its block, or capacity if none starts there.
  static std::uint32_t index(const ClassFacts& facts, std::uint64_t offset) noexcept {
    const std::uint32_t at = around(facts, offset);
    return at < facts.capacity && std::uint64_t{at} * facts.size == offset ? at : facts.capacity;
  }

  // The number of the object around that place, if there is one.
  static std::uint32_t around(const ClassFacts& facts, std::uint64_t offset) noexcept {
    return static_cast<std::uint32_t>(offset * facts.inverse >> (facts.units == 1 ? 32 : 40));
  }

  // Some free objects of a block that has any, at most `most`.
  Batch take(unsigned most) noexcept {
    std::size_t word = info_.cursor / 64u;
    while (info_.bits[word] == 0) ++word;
    const std::uint64_t mask = lowest_bits(info_.bits[word], most);
    info_.bits[word] ^= mask;
    info_.free -= count_bits(mask);
    info_.cursor = static_cast<std::uint16_t>(word * 64);
    return {info_.start + word * 64 * facts_.size, mask};
  }

  // Takes back the first of these objects that are in the block; how many that were. In a block of one unit
  // they start where objects do (ThreadCache::push), if perhaps behind the last one.
  std::uint32_t give(void* const* objects, std::size_t count) noexcept {
    const std::size_t bytes = facts_.units * kUnit;
    std::uint32_t given = 0, lowest = info_.cursor;
    for (; given < count; ++given) {
      void* object = objects[given];
      const auto offset = static_cast<std::size_t>(static_cast<char*>(object) - info_.start);
      if (offset >= bytes) break;
      const std::uint32_t at = facts_.units == 1 ? around(facts_, offset) : index(facts_, offset);
      if (at >= facts_.capacity) [[unlikely]]
        stop(Misuse::kInvalidFree, object, facts_.size);
      std::uint64_t& bits = info_.bits[at / 64];
      const std::uint64_t with = bits | std::uint64_t{1} << at % 64;
      if (with == bits) [[unlikely]]
        stop(Misuse::kDoubleFree, object, facts_.size);
      bits = with;
      lowest = at < lowest ? at : lowest;
    }
    info_.free += given;
    info_.cursor = static_cast<std::uint16_t>(lowest);
    return given;
  }

  bool is_free(std::uint32_t at) const noexcept { return (info_.bits[at / 64] >> at % 64 & 1) != 0; }
  std::uint32_t live() const noexcept { return facts_.capacity - info_.free; }

  // The pages that hold nothing but free objects go back to the system.
  void discard_free_pages() noexcept {
    const std::size_t end = info_.units * kUnit;
    std::size_t hole = 0;  // free from here on
    for (std::uint32_t at = 0; at < facts_.capacity; ++at) {
      if (is_free(at)) continue;
      discard(hole, std::size_t{at} * facts_.size);
      hole = (std::size_t{at} + 1) * facts_.size;
    }
    discard(hole, end);
  }

 private:
  void discard(std::size_t from, std::size_t to) noexcept {
    from = (from + kPage - 1) / kPage * kPage;
    to = to / kPage * kPage;
    if (from < to) OsMemory::discard(info_.start + from, to - from);
  }

  BlockInfo& info_;
  const ClassFacts& facts_;
};

// A list of blocks through their records.
class BlockList {
 public:
  BlockInfo* first() const noexcept { return first_; }
  void push(BlockInfo& block) noexcept {
    block.prev = nullptr;
    block.next = first_;
    if (first_ != nullptr) first_->prev = &block;
    first_ = &block;
  }
  void remove(BlockInfo& block) noexcept {
    (block.prev == nullptr ? first_ : block.prev->next) = block.next;
    if (block.next != nullptr) block.next->prev = block.prev;
  }

 private:
  BlockInfo* first_ = nullptr;
};

}  // namespace assay::drop_in
