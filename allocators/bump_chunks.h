// The chunks of a BumpArena, and all that it does out of its fast path. Invariants are those of bump_arena.h.
//
// The slow functions are static and work on a copy of the state, which the arena takes back afterwards: see
// there why.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>
#include <utility>

#include "allocators/check.h"
#include "allocators/chunk_growth.h"

namespace assay {

struct BumpChunks {
  static constexpr std::size_t kStep = 8;  // of the cursor
  static constexpr std::size_t kChunkAlignment = 16;

  struct alignas(kChunkAlignment) Chunk {
    Chunk* older;
    std::size_t size;       // in bytes, with this header
    std::byte* filled;      // the cursor when the next chunk was begun
    std::size_t alignment;  // that was asked of upstream

    std::byte* begin() const { return const_cast<std::byte*>(reinterpret_cast<const std::byte*>(this + 1)); }
    std::byte* end() const { return const_cast<std::byte*>(reinterpret_cast<const std::byte*>(this)) + size; }
  };

  // Pointers, never integers: a store of an integer through a block cannot alias them.
  std::byte* cursor = nullptr;
  std::byte* end = nullptr;
  Chunk* chunk = nullptr;
  Chunk* spare = nullptr;  // empty
  std::pmr::memory_resource* upstream;
  std::size_t reserved = 0;
  std::size_t limit = SIZE_MAX;

  static std::size_t padding_of(const std::byte* address, std::size_t alignment) {
    return -reinterpret_cast<std::uintptr_t>(address) & (alignment - 1);
  }
  static constexpr std::size_t rounded(std::size_t size) { return (size + kStep - 1) & ~(kStep - 1); }

  std::size_t left() const { return limit - std::min(limit, reserved); }

  static void use(BumpChunks& state, Chunk* chunk, std::byte* cursor) {
    state.chunk = chunk;
    state.cursor = cursor;
    state.end = chunk == nullptr ? nullptr : chunk->end();
  }

  static void* place(BumpChunks& state, std::size_t size, std::size_t alignment) {
    const auto room = static_cast<std::size_t>(state.end - state.cursor);
    const std::size_t padding = padding_of(state.cursor, alignment);
    if (padding > room || rounded(size) > room - padding) return nullptr;
    std::byte* const block = state.cursor + padding;
    state.cursor = block + rounded(size);
    return block;
  }

  [[gnu::noinline, gnu::cold]] static void* allocate_slowly(BumpChunks& state, std::size_t size,
                                                            std::size_t alignment) noexcept {
    constexpr std::size_t kMost = PTRDIFF_MAX - sizeof(Chunk) - kChunkAlignment;
    size = std::max<std::size_t>(size, 1);
    if (size > kMost || alignment > kMost - size) return nullptr;
    if (state.chunk != nullptr)
      if (void* const block = place(state, size, alignment); block != nullptr) return block;
    const std::size_t slack = alignment > kChunkAlignment ? alignment - kChunkAlignment : 0;
    Chunk* const chunk = get_chunk(state, sizeof(Chunk) + rounded(size) + slack);
    if (chunk == nullptr) return nullptr;
    if (state.chunk != nullptr) state.chunk->filled = state.cursor;
    chunk->older = state.chunk;
    use(state, chunk, chunk->begin());
    return place(state, size, alignment);
  }

  // A chunk of at least `needed` bytes that is in no list.
  static Chunk* get_chunk(BumpChunks& state, std::size_t needed) {
    needed = (needed + kChunkAlignment - 1) & ~(kChunkAlignment - 1);
    if (state.spare != nullptr && state.spare->size >= needed) return std::exchange(state.spare, nullptr);
    if (needed > state.left()) {
      const std::size_t without_spare = state.reserved - (state.spare == nullptr ? 0 : state.spare->size);
      if (needed > state.limit - std::min(state.limit, without_spare)) return nullptr;
      give_back(state, std::exchange(state.spare, nullptr));
    }
    const std::size_t left = state.left();
    const std::size_t grown = std::min(next_chunk_size(state.chunk == nullptr ? 0 : state.chunk->size), left);
    const std::size_t size = std::max(needed, grown & ~(kChunkAlignment - 1));
    return get_storage(state, size, needed);
  }

  // Of `size` bytes, or of half when upstream refuses, and so on down to `least`.
  static Chunk* get_storage(BumpChunks& state, std::size_t size, std::size_t least) {
    std::size_t alignment = chunk_alignment(size, kChunkAlignment);
    for (;;) {
      try {
        void* const storage = state.upstream->allocate(size, alignment);
        advise_huge_pages(storage, size, alignment);
        state.reserved += size;
        return ::new (storage)
            Chunk{.older = nullptr, .size = size, .filled = nullptr, .alignment = alignment};
      } catch (...) {
        if (size > least) {
          size = std::max(least, size / 2 & ~(kChunkAlignment - 1));
          alignment = chunk_alignment(size, kChunkAlignment);
        } else if (alignment > kChunkAlignment) {
          alignment = kChunkAlignment;
        } else {
          return nullptr;
        }
      }
    }
  }

  static void give_back(BumpChunks& state, Chunk* chunk) noexcept {
    if (chunk == nullptr) return;
    state.reserved -= chunk->size;
    state.upstream->deallocate(chunk, chunk->size, chunk->alignment);
  }

  // What was given up; nothing where the cursor was below, after a block shrank.
  static void overwrite(std::byte* from, std::byte* to) {
    if constexpr (kChecked) {
      if (from < to) std::memset(from, 0xdb, static_cast<std::size_t>(to - from));
    }
  }

  // Takes chunks off the list down to `chunk`; the larger of each and the spare stays.
  [[gnu::noinline]] static void rewind_slowly(BumpChunks& state, Chunk* chunk, std::byte* cursor) noexcept {
    while (state.chunk != chunk) {
      Chunk* const emptied = state.chunk;
      overwrite(emptied->begin(), state.cursor);
      use(state, emptied->older, emptied->older == nullptr ? nullptr : emptied->older->filled);
      const bool keep = state.spare == nullptr || emptied->size > state.spare->size;
      give_back(state, keep ? std::exchange(state.spare, emptied) : emptied);
    }
    if (cursor != nullptr) overwrite(cursor, state.cursor);
    state.cursor = cursor;
  }

  [[gnu::noinline]] static void reset_slowly(BumpChunks& state) noexcept {
    rewind_slowly(state, nullptr, nullptr);
    Chunk* const kept = std::exchange(state.spare, nullptr);
    if (kept == nullptr) return;
    kept->older = nullptr;
    use(state, kept, kept->begin());
  }

  [[gnu::noinline]] static void release(BumpChunks& state) noexcept {
    rewind_slowly(state, nullptr, nullptr);
    give_back(state, state.spare);
  }

  // The cursor of `of`.
  std::byte* top(const Chunk* of) const { return of == chunk ? cursor : of->filled; }

  std::size_t live_bytes() const {
    std::size_t live = 0;
    for (const Chunk* at = chunk; at != nullptr; at = at->older)
      live += static_cast<std::size_t>(top(at) - at->begin());
    return live;
  }

  // [address, address + size) lies in storage that has been given out. O(chunks).
  bool contains(const void* address, std::size_t size) const {
    const auto begin = reinterpret_cast<std::uintptr_t>(address);
    for (const Chunk* at = chunk; at != nullptr; at = at->older) {
      const auto low = reinterpret_cast<std::uintptr_t>(at->begin());
      const auto high = reinterpret_cast<std::uintptr_t>(top(at));
      if (begin >= low && begin < high) return size <= high - begin;
    }
    return false;
  }

  void check_invariants() const {
    std::size_t held = spare == nullptr ? 0 : spare->size;
    for (const Chunk* at = chunk; at != nullptr; at = at->older) {
      held += at->size;
      if (held > reserved) trap("BumpArena I1", "more than %zu bytes in chunks", reserved);
      if (reinterpret_cast<std::uintptr_t>(at) % kChunkAlignment != 0 || at->size % kChunkAlignment != 0 ||
          at->size <= sizeof(Chunk))
        trap("BumpArena I3", "a chunk of %zu bytes at %p", at->size, static_cast<const void*>(at));
      if (at == spare) trap("BumpArena I4", "the spare is in use");
      if (top(at) < at->begin() || top(at) > at->end())
        trap("BumpArena I2", "a cursor of %p in the chunk at %p", static_cast<const void*>(top(at)),
             static_cast<const void*>(at));
    }
    if (held != reserved) trap("BumpArena I1", "%zu bytes in chunks, %zu reserved", held, reserved);
    if (end != (chunk == nullptr ? nullptr : chunk->end()) || (chunk == nullptr && cursor != nullptr))
      trap("BumpArena I2", "the end %p is not that of the chunk", static_cast<const void*>(end));
    if (reinterpret_cast<std::uintptr_t>(cursor) % kStep != 0)
      trap("BumpArena I3", "the cursor is %p", static_cast<const void*>(cursor));
  }
};

}  // namespace assay
