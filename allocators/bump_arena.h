// BumpArena: blocks of any size and alignment side by side, given up all at once.
//
// Idea. An allocation moves a cursor up through a chunk of storage. Nothing is freed singly: reset() gives up
// everything, rewind(mark) what came after a mark.
//
//   chunk (newest)                             older                             spare (or none)
//   ┌────────┬──────────────┬───────────┐      ┌────────┬────────────────┬──┐    ┌────────┬─────────┐
//   │ header │ blocks       │ free      │ ───→ │ header │ blocks         │  │    │ header │ free    │
//   └────────┴──────────────┴───────────┘      └────────┴────────────────┴──┘    └────────┴─────────┘
//            begin       cursor       end               begin         filled
//
// I1  `reserved` is the sum of the sizes of the chunks in the list and of the spare.
// I2  begin <= cursor <= end, which is the end of the newest chunk; without a chunk both are null.
// I3  cursor is a multiple of 8, begin and end are multiples of 16; in older chunks begin <= filled <= end.
// I4  The spare is not in the list.
// I5  A mark is rewound to only while it is live: taken from this arena, and neither reset() nor a rewind to
//     an older mark came in between. (Checked build; what is given up is overwritten with 0xdb there.)
//
// Costs. allocate: O(1); n bytes take O(log n) chunks (chunk_growth.h). reset, rewind: O(1) within a chunk.
// Why it is fast, each choice measured against the other, on a million objects of 16 bytes:
// - Upwards in steps of 8: a constant alignment of up to 8 needs no mask in the chain from one cursor to the
//   next, which is the cost of a bump loop. (Downwards, as in bumpalo, masks always: 5 % slower.)
// - `size - 1 < room` is the only comparison: size 0, sizes beyond PTRDIFF_MAX and an arena without a chunk
//   take the slow path as well. The limit is looked at only when a chunk is needed.
// - The slow path works on a copy of the state, so that the address of an arena never leaves its inlined
//   members. The compiler may then keep the cursor of a local arena in a register although every block
//   escapes; otherwise each allocation stores the cursor and the next one waits for that store. Half the
//   time. An arena behind a reference has its cursor in memory like any other.
// - The line 512 bytes further up is prefetched, as JVMs do in their allocation buffers: storage that is
//   larger than the cache costs a fifth less. Further ahead gains 5 % more there, but in a new arena each
//   prefetch of a page that is not there yet costs a walk of the page table.
//
// It does not run destructors (and takes only types without), free single blocks, use the tail of a chunk
// that was too short, or serve two threads. Each block is rounded up to 8 bytes.
// Source: Hanson, "Fast allocation and deallocation of memory based on object lifetimes" (1990).
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allocators/bump_chunks.h"
#include "allocators/check.h"
#include "allocators/concept.h"
#include "allocators/live_marks.h"

namespace assay {

// Not thread-safe. 56 bytes and no storage at first (80 bytes in a checked build).
class BumpArena {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = false,
                                           .thread_safe = false,
                                           .resets = true,
                                           .rewinds = true,
                                           .resizes = true,
                                           .counts = true,
                                           .limits = true,
                                           .takes_upstream = true,
                                           .moves = true,
                                           .traps_misuse = kChecked};

  class Mark {
    friend BumpArena;
    BumpChunks::Chunk* chunk;
    std::byte* cursor;
    [[no_unique_address]] LiveMarks::Ticket ticket;
  };

  BumpArena() : BumpArena(std::pmr::new_delete_resource()) {}
  explicit BumpArena(std::pmr::memory_resource* upstream) : state_{.upstream = upstream} {}

  // The other one is left empty, with its upstream and its limit.
  [[gnu::always_inline]] BumpArena(BumpArena&& other) noexcept
      : state_(other.state_), marks_(std::move(other.marks_)) {
    other.forget();
  }
  [[gnu::always_inline]] BumpArena& operator=(BumpArena&& other) noexcept {
    if (this == &other) return *this;
    give_up();
    state_ = other.state_;
    marks_ = std::move(other.marks_);
    other.forget();
    return *this;
  }
  [[gnu::always_inline]] ~BumpArena() { give_up(); }

  // A block of size 0 has an address of its own. Null: upstream or the limit refused.
  [[gnu::always_inline]] void* allocate(std::size_t size, std::size_t alignment) noexcept {
    const std::size_t room = static_cast<std::size_t>(state_.end - state_.cursor);
    std::size_t padding = 0;
    bool fits;
    if (__builtin_constant_p(alignment <= State::kStep) && alignment <= State::kStep) {
      fits = size - 1 < room;
    } else {
      padding = State::padding_of(state_.cursor, alignment);
      fits = size - 1 < room - padding && (is_small(alignment) || padding <= room);
    }
    if (!fits) [[unlikely]] {
      State state = state_;
      void* const fresh = State::allocate_slowly(state, size, alignment);
      state_ = state;
      return fresh;
    }
    std::byte* const block = state_.cursor + padding;
    state_.cursor = block + State::rounded(size);
    __builtin_prefetch(reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(block) + kAhead), 1);
    return block;
  }

  // Keeps the largest chunk and gives the others back to upstream.
  [[gnu::always_inline]] void reset() noexcept {
    marks_.clear();
    if constexpr (!kChecked) {
      if (state_.chunk != nullptr && state_.chunk->older == nullptr && state_.spare == nullptr) {
        state_.cursor = state_.chunk->begin();
        return;
      }
    }
    State state = state_;
    State::reset_slowly(state);
    state_ = state;
  }

  [[gnu::always_inline]] Mark mark() noexcept {
    Mark mark;
    mark.chunk = state_.chunk;
    mark.cursor = state_.cursor;
    mark.ticket = marks_.take(state_.cursor);
    return mark;
  }

  // The mark stays live. A block that was resized since the mark counts as allocated since: it is given up,
  // wherever it lies. Of the chunks that become empty the largest is kept for the next ones.
  [[gnu::always_inline]] void rewind(const Mark& mark) noexcept {
    if (!marks_.return_to(mark.ticket))
      trap("BumpArena I5", "a rewind to a mark that is not live, or from another arena");
    if constexpr (!kChecked) {
      if (mark.chunk == state_.chunk) {
        state_.cursor = mark.cursor;
        return;
      }
    }
    State state = state_;
    State::rewind_slowly(state, mark.chunk, mark.cursor);
    state_ = state;
  }

  // In place where the block is the latest and the chunk has room, or where it shrinks; otherwise the
  // contents move, and the old storage is lost until the arena is reset or rewound.
  [[gnu::always_inline]] void* resize(void* block, std::size_t size, std::size_t alignment,
                                      std::size_t new_size, std::size_t new_alignment) noexcept {
    std::byte* const begin = static_cast<std::byte*>(block);
    if constexpr (kChecked) {
      if (!state_.contains(block, size)) trap("BumpArena I2", "%p is not a block of this arena", block);
    }
    if (State::padding_of(begin, new_alignment) == 0) {
      if (begin + State::rounded(std::max<std::size_t>(size, 1)) == state_.cursor) {
        const auto room = static_cast<std::size_t>(state_.end - begin);
        if (new_size <= room) {
          if (new_size < size) State::overwrite(begin + new_size, begin + size);
          state_.cursor = begin + State::rounded(std::max<std::size_t>(new_size, 1));
          return block;
        }
      } else if (new_size <= size) {
        State::overwrite(begin + new_size, begin + size);
        return block;
      }
    }
    void* const moved = allocate(new_size, std::max(alignment, new_alignment));
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, block, std::min(size, new_size));
    State::overwrite(begin, begin + size);
    return moved;
  }

  // O(chunks). live_bytes includes the rounding and the padding between blocks.
  AllocatorCounts counts() const noexcept {
    const State state = state_;
    return {.live_blocks = 0, .live_bytes = state.live_bytes(), .reserved = state.reserved};
  }

  // Of the bytes taken from upstream; what is held already stays.
  void set_limit(std::size_t bytes) noexcept { state_.limit = bytes; }

  // --- Beyond the concept. All return null, or a span of null, when no storage can be had. ---

  // What T's constructor throws passes through and leaves the arena as it was, but for blocks that the
  // constructor itself allocated.
  template <class T, class... Arguments>
  [[gnu::always_inline]] T* create(Arguments&&... arguments) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors: see TypedArena");
    const State before = state_;
    void* const block = allocate(sizeof(T), alignof(T));
    if (block == nullptr) return nullptr;
    if constexpr (std::is_nothrow_constructible_v<T, Arguments...>) {
      return construct<T>(block, std::forward<Arguments>(arguments)...);
    } else {
      try {
        return construct<T>(block, std::forward<Arguments>(arguments)...);
      } catch (...) {
        take_back(block, sizeof(T), before);
        throw;
      }
    }
  }

  // `count` objects, the i-th made from make(i), which may use the arena. When it throws, as in create().
  template <std::invocable<std::size_t> Make, class T = std::invoke_result_t<Make&, std::size_t>>
  [[gnu::always_inline]] std::span<T> fill_slice(std::size_t count, Make make) {
    static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors: see TypedArena");
    if (count > PTRDIFF_MAX / sizeof(T)) return {};
    const State before = state_;
    T* const items = static_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    if (items == nullptr) return {};
    try {
      for (std::size_t i = 0; i < count; ++i) ::new (static_cast<void*>(items + i)) T(make(i));
    } catch (...) {
      take_back(items, count * sizeof(T), before);
      throw;
    }
    return {items, count};
  }

  template <class T>
  [[gnu::always_inline]] std::span<T> default_slice(std::size_t count) {
    return fill_slice(count, [](std::size_t) { return T(); });
  }

  template <class T>
  [[gnu::always_inline]] std::span<std::remove_const_t<T>> copy_slice(std::span<T> source) {
    using Item = std::remove_const_t<T>;
    if constexpr (std::is_trivially_copyable_v<Item>) {
      void* const block = allocate(source.size_bytes(), alignof(Item));
      if (block == nullptr) return {};
      if (!source.empty()) std::memcpy(block, source.data(), source.size_bytes());
      return {static_cast<Item*>(block), source.size()};
    } else {
      return fill_slice(source.size(), [&](std::size_t i) { return Item(source[i]); });
    }
  }

  // Without a terminating zero.
  [[gnu::always_inline]] std::string_view copy_string(std::string_view text) noexcept {
    const std::span<char> copy = copy_slice(std::span<const char>(text.data(), text.size()));
    return {copy.data(), copy.size()};
  }

  void check_invariants() const {
    const State state = state_;
    state.check_invariants();
  }

 private:
  using State = BumpChunks;

  static constexpr std::size_t kAhead = 512;  // bytes from a block to what is prefetched

  static constexpr bool is_small(std::size_t alignment) {
    return __builtin_constant_p(alignment <= State::kChunkAlignment) && alignment <= State::kChunkAlignment;
  }
  [[gnu::always_inline]] void give_up() noexcept {
    if (state_.chunk == nullptr && state_.spare == nullptr) return;
    State state = state_;
    State::release(state);
  }

  [[gnu::always_inline]] void forget() noexcept {
    state_ = State{.upstream = state_.upstream, .limit = state_.limit};
    marks_.clear();
  }

  // After a throwing initialiser: the block goes, if it is still the latest, and its padding.
  [[gnu::always_inline]] void take_back(void* block, std::size_t size, const State& before) noexcept {
    if (static_cast<std::byte*>(block) + State::rounded(std::max<std::size_t>(size, 1)) != state_.cursor)
      return;
    std::byte* const end = state_.cursor;
    state_.cursor = state_.chunk == before.chunk ? before.cursor : state_.chunk->begin();
    State::overwrite(state_.cursor, end);
  }

  // Aggregates from their members in braces too: parentheses do not make one in clang 14.
  template <class T, class... Arguments>
  [[gnu::always_inline]] static T* construct(void* block, Arguments&&... arguments) {
    if constexpr (std::is_constructible_v<T, Arguments...>)
      return ::new (block) T(std::forward<Arguments>(arguments)...);
    else
      return ::new (block) T{std::forward<Arguments>(arguments)...};
  }

  State state_;
  [[no_unique_address]] LiveMarks marks_;
};

static_assert(Allocator<BumpArena>);

}  // namespace assay
