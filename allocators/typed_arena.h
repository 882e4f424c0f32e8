// TypedArena<T>: objects of one type, created one after another, destroyed all together.
//
// Idea. A cursor moves up through chunks that hold nothing but objects, so that they can be visited and
// destroyed without a record for each. clear() runs the destructors and keeps the chunks.
//
//   oldest                                     newest
//   ┌────────┬───┬───┬───┬───┬───┬──────┐ ───→ ┌────────┬───┬───┬───┬──────────┬──────┐     spare chunks:
//   │ header │ T │ T │ T │   │   │ bits │ ←─── │ header │ T │ T │ T │ free     │ bits │     a list apart
//   └────────┴───┴───┴───┴───┴───┴──────┘      └────────┴───┴───┴───┴──────────┴──────┘
//                        filled                                     cursor      end
//
// I1  begin <= cursor <= end, those of the newest chunk; without a chunk all three are null.
// I2  Every slot from a chunk's begin to its filled (in the newest: to cursor) holds one object that was
//     constructed and not destroyed, or is a hole.
// I3  A hole is a slot whose constructor threw after it had created others in the same arena. Its bit is set;
//     `holes` counts the bits; without holes the bits are not even initialised.
// I4  Spare chunks hold no object.
//
// Costs. create: O(1), a comparison and an addition besides the constructor; n objects take O(log n) chunks
// (chunk_growth.h). for_each: O(objects), clear: O(objects), or O(chunks) where T has no destructor. Memory:
// one bit an object beside the objects, in pages that are touched only when needed. The slot is taken before
// the constructor runs, which makes re-entrant creation safe without a flag; the bits pay for that, and only
// when something throws. As in BumpArena the address of an arena never leaves its inlined members, unless T's
// constructor is given it, and the storage ahead is prefetched: see there for what both bring.
//
// Creation order is the order in which slots were taken: an object comes before those that its constructor
// creates. Destruction is in the reverse order. Objects that destructors create go to chunks of their own:
// clear() leaves them alive, the arena's end repeats until none is left. for_each and size must not be called
// by a constructor, nor an object be created by what for_each calls. It does not destroy single objects.
// Source: Rust's typed-arena; LLVM's SpecificBumpPtrAllocator.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "allocators/chunk_growth.h"
#include "allocators/object_concept.h"

namespace assay {

// Not thread-safe. 48 bytes and no storage at first. Objects keep their addresses.
template <class T>
class TypedArena {
 public:
  using value_type = T;
  static constexpr ObjectTraits kTraits{.destroys_individually = false,
                                        .destroys_the_rest = true,
                                        .order = DestructionOrder::kReverse,
                                        .clears = true,
                                        .iterates = true,
                                        .creates_arrays = true,
                                        .reentrant = true,
                                        .takes_upstream = true,
                                        .moves = true};

  TypedArena() : TypedArena(std::pmr::new_delete_resource()) {}
  explicit TypedArena(std::pmr::memory_resource* upstream) : state_{.upstream = upstream} {}

  // The other one is left empty, with its upstream.
  [[gnu::always_inline]] TypedArena(TypedArena&& other) noexcept
      : state_(std::exchange(other.state_, State{.upstream = other.state_.upstream})) {}
  [[gnu::always_inline]] TypedArena& operator=(TypedArena&& other) noexcept {
    if (this == &other) return *this;
    end();
    state_ = std::exchange(other.state_, State{.upstream = other.state_.upstream});
    return *this;
  }
  [[gnu::always_inline]] ~TypedArena() { end(); }

  // Null: upstream refused. What the constructor throws passes through and leaves the arena as it was, but
  // for objects that the constructor itself created.
  template <class... Arguments>
  [[gnu::always_inline]] T* create(Arguments&&... arguments) {
    T* const slot = take(1);
    if (slot == nullptr) [[unlikely]]
      return nullptr;
    if constexpr (std::is_nothrow_constructible_v<T, Arguments...>) {
      return construct(slot, std::forward<Arguments>(arguments)...);
    } else {
      try {
        return construct(slot, std::forward<Arguments>(arguments)...);
      } catch (...) {
        give_back(slot, 1);
        throw;
      }
    }
  }

  // Side by side. An array of none is null or not, and calls nothing.
  template <class Make>
  requires std::invocable<Make&, std::size_t> T* create_array(std::size_t count, Make&& make) {
    T* const slots = take(count);
    if (slots == nullptr) return nullptr;
    std::size_t made = 0;
    try {
      for (; made < count; ++made) ::new (static_cast<void*>(slots + made)) T(make(made));
    } catch (...) {
      while (made > 0) std::destroy_at(slots + --made);
      give_back(slots, count);
      throw;
    }
    return slots;
  }

  template <class Visit>
  [[gnu::always_inline]] void for_each(Visit&& visit) {
    for (const Chunk* chunk = state_.oldest; chunk != nullptr; chunk = chunk->newer) {
      T* const top = filled(state_, chunk);
      if (chunk->holes == 0) {
        for (T* object = chunk->begin(); object != top; ++object) visit(*object);
      } else {
        for (T* object = chunk->begin(); object != top; ++object)
          if (!chunk->is_hole(object)) visit(*object);
      }
    }
  }

  // Live objects. O(chunks).
  std::size_t size() const noexcept {
    std::size_t size = 0;
    for (const Chunk* chunk = state_.oldest; chunk != nullptr; chunk = chunk->newer)
      size += static_cast<std::size_t>(filled(state_, chunk) - chunk->begin()) - chunk->holes;
    return size;
  }

  [[gnu::always_inline]] void clear() noexcept {
    if (state_.newest == nullptr) return;
    const State old = std::exchange(state_, State{.spare = state_.spare, .upstream = state_.upstream});
    if constexpr (!std::is_trivially_destructible_v<T>) destroy(old);
    State state = state_;
    recycle(state, old);
    state_ = state;
  }

  void check_invariants() const {
    if (state_.newest == nullptr) {
      if (state_.oldest != nullptr || state_.cursor != nullptr || state_.end != nullptr)
        trap("TypedArena I1", "a cursor without a chunk");
    } else if (state_.end != state_.newest->begin() + state_.newest->capacity) {
      trap("TypedArena I1", "the end is not that of the newest chunk");
    }
    const Chunk* older = nullptr;
    for (const Chunk* chunk = state_.oldest; chunk != nullptr; older = chunk, chunk = chunk->newer) {
      if (chunk->older != older) trap("TypedArena I2", "the chunks' list is broken");
      T* const top = filled(state_, chunk);
      if (top < chunk->begin() || top > chunk->begin() + chunk->capacity)
        trap("TypedArena I1", "a cursor outside its chunk");
      std::size_t holes = 0;
      if (chunk->holes != 0)
        for (const T* slot = chunk->begin(); slot != top; ++slot) holes += chunk->is_hole(slot);
      if (holes != chunk->holes) trap("TypedArena I3", "%zu holes, %zu counted", holes, chunk->holes);
    }
    if (older != state_.newest) trap("TypedArena I2", "the newest chunk is not the last one");
    for (const Chunk* chunk = state_.spare; chunk != nullptr; chunk = chunk->newer)
      if (chunk->holes != 0 || chunk->filled != chunk->begin())
        trap("TypedArena I4", "a spare chunk holds objects");
  }

 private:
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kAhead = 512;  // bytes between cursor and prefetch

  struct Chunk {
    Chunk* older;
    Chunk* newer;  // of a spare chunk: the next spare one
    std::size_t capacity;
    std::size_t holes;
    T* filled;              // the cursor when the next chunk was begun
    std::size_t alignment;  // that was asked of upstream

    T* begin() const {
      return reinterpret_cast<T*>(const_cast<std::byte*>(reinterpret_cast<const std::byte*>(this)) + kOffset);
    }
    unsigned char* bits() const { return reinterpret_cast<unsigned char*>(begin() + capacity); }
    bool is_hole(const T* slot) const {
      const auto index = static_cast<std::size_t>(slot - begin());
      return (bits()[index / 8] >> (index % 8) & 1) != 0;
    }
  };
  static constexpr std::size_t kAlignment = std::max(alignof(Chunk), alignof(T));
  static constexpr std::size_t kOffset = (sizeof(Chunk) + kAlignment - 1) & ~(kAlignment - 1);
  static constexpr std::size_t kMostObjects = (PTRDIFF_MAX - kOffset - 2 * kPage) / (sizeof(T) + 1);

  struct State {
    T* cursor = nullptr;
    T* end = nullptr;
    Chunk* newest = nullptr;
    Chunk* oldest = nullptr;
    Chunk* spare = nullptr;  // in any order: what clear() put in last comes first
    std::pmr::memory_resource* upstream;
  };

  // Rounded up to whole pages less upstream's record, where that is possible: the end of a huge page is one.
  static constexpr std::size_t bytes_of(std::size_t capacity) {
    const std::size_t bytes = kOffset + capacity * sizeof(T) + (capacity + 7) / 8;
    const std::size_t whole = (bytes + kPage - 1) / kPage * kPage - kUpstreamRecord;
    return bytes < kPage || bytes > whole ? bytes : whole;
  }
  // At least one; the most in a chunk of so many bytes, less a few.
  static constexpr std::size_t capacity_of(std::size_t bytes) {
    const std::size_t room = bytes - std::min(bytes, kOffset + 1);
    return std::max<std::size_t>(
        1, room / (8 * sizeof(T) + 1) * 8 + room % (8 * sizeof(T) + 1) / (sizeof(T) + 1));
  }
  static T* filled(const State& state, const Chunk* chunk) {
    return chunk == state.newest ? state.cursor : chunk->filled;
  }

  // `count` slots side by side, or null.
  [[gnu::always_inline]] T* take(std::size_t count) noexcept {
    T* const slots = state_.cursor;
    if (count > static_cast<std::size_t>(state_.end - slots)) [[unlikely]] {
      State state = state_;
      T* const fresh = take_slowly(state, count);
      state_ = state;
      return fresh;
    }
    state_.cursor = slots + count;
    __builtin_prefetch(reinterpret_cast<void*>(reinterpret_cast<std::uintptr_t>(slots) + kAhead), 1);
    return slots;
  }

  [[gnu::noinline, gnu::cold]] static T* take_slowly(State& state, std::size_t count) noexcept {
    Chunk* const chunk = get_chunk(state, count);
    if (chunk == nullptr) return nullptr;
    chunk->older = state.newest;
    chunk->newer = nullptr;
    if (state.newest == nullptr) {
      state.oldest = chunk;
    } else {
      state.newest->filled = state.cursor;
      state.newest->newer = chunk;
    }
    state.newest = chunk;
    state.cursor = chunk->begin() + count;
    state.end = chunk->begin() + chunk->capacity;
    return chunk->begin();
  }

  // For at least `count` objects, in no list. A new one is larger than all that there are, spares included:
  // so arrays that grow a little after each clear() leave few spares behind that are too small for the next.
  static Chunk* get_chunk(State& state, std::size_t count) {
    std::size_t largest = state.newest == nullptr ? 0 : state.newest->capacity;
    for (Chunk** place = &state.spare; *place != nullptr; place = &(*place)->newer) {
      if ((*place)->capacity >= count) return std::exchange(*place, (*place)->newer);
      largest = std::max(largest, (*place)->capacity);
    }
    if (count > kMostObjects) return nullptr;
    const std::size_t grown = capacity_of(next_chunk_size(largest == 0 ? 0 : bytes_of(largest)));
    return get_storage(state, std::max(count, grown), count);
  }

  // For `capacity` objects, or for half when upstream refuses, and so on down to `least`.
  static Chunk* get_storage(State& state, std::size_t capacity, std::size_t least) {
    std::size_t alignment = chunk_alignment(bytes_of(capacity), kAlignment);
    for (;;) {
      try {
        void* const storage = state.upstream->allocate(bytes_of(capacity), alignment);
        advise_huge_pages(storage, bytes_of(capacity), alignment);
        return ::new (storage) Chunk{.older = nullptr,
                                     .newer = nullptr,
                                     .capacity = capacity,
                                     .holes = 0,
                                     .filled = nullptr,
                                     .alignment = alignment};
      } catch (...) {
        if (capacity > least) {
          capacity = std::max(least, capacity / 2);
          alignment = chunk_alignment(bytes_of(capacity), kAlignment);
        } else if (alignment > kAlignment) {
          alignment = kAlignment;
        } else {
          return nullptr;
        }
      }
    }
  }

  // Aggregates from their members in braces too: parentheses do not make one in clang 14.
  template <class... Arguments>
  [[gnu::always_inline]] static T* construct(void* slot, Arguments&&... arguments) {
    if constexpr (std::is_constructible_v<T, Arguments...>)
      return ::new (slot) T(std::forward<Arguments>(arguments)...);
    else
      return ::new (slot) T{std::forward<Arguments>(arguments)...};
  }

  // Slots whose constructors threw: free again when they are the last ones, otherwise holes.
  [[gnu::always_inline]] void give_back(T* slots, std::size_t count) noexcept {
    if (state_.cursor == slots + count)
      state_.cursor = slots;
    else
      make_holes(state_.newest, slots, count);
  }

  [[gnu::noinline, gnu::cold]] static void make_holes(Chunk* chunk, T* slots, std::size_t count) noexcept {
    const std::less<const T*> below;  // an order of all addresses, which < is within an array only
    while (below(slots, chunk->begin()) || !below(slots, chunk->begin() + chunk->capacity))
      chunk = chunk->older;
    if (chunk->holes == 0) std::memset(chunk->bits(), 0, (chunk->capacity + 7) / 8);
    chunk->holes += count;
    const auto first = static_cast<std::size_t>(slots - chunk->begin());
    for (std::size_t i = first; i < first + count; ++i)
      chunk->bits()[i / 8] = static_cast<unsigned char>(chunk->bits()[i / 8] | 1U << (i % 8));
  }

  static void destroy(const State& state) noexcept {
    for (const Chunk* chunk = state.newest; chunk != nullptr; chunk = chunk->older)
      for (T* object = filled(state, chunk); object != chunk->begin();)
        if (--object; chunk->holes == 0 || !chunk->is_hole(object)) std::destroy_at(object);
  }

  // The chunks of `old`, oldest first: the newest, which is mostly the largest, comes to the front.
  [[gnu::noinline]] static void recycle(State& state, const State& old) noexcept {
    for (Chunk *chunk = old.oldest, *newer; chunk != nullptr; chunk = newer) {
      newer = chunk->newer;
      chunk->older = nullptr;
      chunk->newer = state.spare;
      chunk->holes = 0;
      chunk->filled = chunk->begin();
      state.spare = chunk;
    }
  }

  [[gnu::noinline]] static void release(const State& state) noexcept {
    for (Chunk *chunk = state.spare, *next; chunk != nullptr; chunk = next) {
      next = chunk->newer;
      state.upstream->deallocate(chunk, bytes_of(chunk->capacity), chunk->alignment);
    }
  }

  [[gnu::always_inline]] void end() noexcept {
    while (state_.newest != nullptr) clear();
    if (state_.spare == nullptr) return;
    const State state = state_;
    release(state);
  }

  State state_;
};

static_assert(ObjectAllocator<TypedArena<int>>);

}  // namespace assay
