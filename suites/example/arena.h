// A project's own arena: blocks side by side in chunks of malloc's, given up all at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "allocators/concept.h"

namespace my {

class Arena {
 public:
  static constexpr assay::AllocatorTraits kTraits{
      .frees_individually = false, .thread_safe = false, .resets = true};

  Arena() = default;
  ~Arena() { free_chunks(nullptr); }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    size += size == 0;  // each block has an address of its own
    std::uintptr_t block = align(next_, alignment);
    if (block > end_ || size > end_ - block) {
      if (!grow(size, alignment)) return nullptr;
      block = align(next_, alignment);
    }
    next_ = block + size;
    return reinterpret_cast<void*>(block);
  }

  // Keeps the newest chunk, which is the largest one.
  void reset() noexcept {
    if (newest_ == nullptr) return;
    free_chunks(newest_);
    next_ = reinterpret_cast<std::uintptr_t>(newest_ + 1);
  }

 private:
  struct Chunk {
    Chunk* older;
    std::size_t size;
  };

  static std::uintptr_t align(std::uintptr_t address, std::size_t alignment) {
    return (address + alignment - 1) & ~(alignment - 1);
  }

  bool grow(std::size_t size, std::size_t alignment) {
    if (size > PTRDIFF_MAX - sizeof(Chunk) - alignment) return false;
    std::size_t total = newest_ == nullptr ? 4096 : 2 * newest_->size;
    if (total < sizeof(Chunk) + alignment + size) total = sizeof(Chunk) + alignment + size;
    auto* chunk = static_cast<Chunk*>(std::malloc(total));
    if (chunk == nullptr) return false;
    *chunk = {newest_, total};
    newest_ = chunk;
    next_ = reinterpret_cast<std::uintptr_t>(chunk + 1);
    end_ = reinterpret_cast<std::uintptr_t>(chunk) + total;
    return true;
  }

  void free_chunks(Chunk* but) {
    for (Chunk *chunk = newest_, *older; chunk != nullptr; chunk = older) {
      older = chunk->older;
      if (chunk != but) std::free(chunk);
    }
    newest_ = but;
    if (but != nullptr) but->older = nullptr;
  }

  Chunk* newest_ = nullptr;
  std::uintptr_t next_ = 0, end_ = 0;
};

static_assert(assay::Allocator<Arena>);

}  // namespace my
