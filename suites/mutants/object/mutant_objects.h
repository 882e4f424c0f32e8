// Every mutant of the family of arenas of objects: one sound arena that claims all there is to claim, and one
// defect for each clause (suites/core/mutation.h).
//
// Objects are packed in chunks; what is live, in order of creation, and what is free stand in tables of their
// own. Plain rather than fast: destroy() is linear.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include "allocators/object_concept.h"
#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

inline const Mutation misaligns_later_chunks("misaligns_later_chunks");      // P-01
inline const Mutation packs_too_densely("packs_too_densely");                // P-02
inline const Mutation spills_into_tiny("spills_into_tiny");                  // P-05
inline const Mutation forgets_destructor("forgets_destructor");              // P-06
inline const Mutation destroys_unborn("destroys_unborn");                    // P-06
inline const Mutation end_skips_after_hole("end_skips_after_hole");          // P-07
inline const Mutation order_of_addresses("order_of_addresses");
inline const Mutation shows_past("shows_past");                              // P-16
inline const Mutation makes_for_none("makes_for_none");
inline const Mutation array_repeats_index("array_repeats_index");
inline const Mutation array_size_wraps("array_size_wraps");
inline const Mutation lets_failure_through("lets_failure_through");
inline const Mutation clear_gives_up_storage("clear_gives_up_storage");
inline const Mutation clear_revisits("clear_revisits");
inline const Mutation throwing_keeps_slot("throwing_keeps_slot");
inline const Mutation throwing_leaves_elements("throwing_leaves_elements");
inline const Mutation slot_taken_late("slot_taken_late");
inline const Mutation array_rolls_back_others("array_rolls_back_others");
inline const Mutation size_counts_dead("size_counts_dead");
inline const Mutation assignment_drops_objects("assignment_drops_objects");
inline const Mutation moved_from_keeps_last("moved_from_keeps_last");
inline const Mutation never_reuses("never_reuses");
inline const Mutation keeps_upstream_block("keeps_upstream_block");
inline const Mutation visits_newest_first("visits_newest_first");            // O-01
inline const Mutation visit_skips_after_hole("visit_skips_after_hole");      // O-01

template <class T>
class MutantObjects {
 public:
  using value_type = T;
  static constexpr ObjectTraits kTraits{.destroys_individually = true,
                                        .destroys_the_rest = true,
                                        .order = DestructionOrder::kReverse,
                                        .clears = true,
                                        .iterates = true,
                                        .creates_arrays = true,
                                        .reentrant = true,
                                        .takes_upstream = true,
                                        .moves = true};

  explicit MutantObjects(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource())
      : upstream_(upstream) {}
  MutantObjects(MutantObjects&& other) noexcept
      : upstream_(other.upstream_), state_(std::exchange(other.state_, nullptr)) {
    if (moved_from_keeps_last && state_ != nullptr && !state_->live.empty()) {
      other.ensure_state();
      other.state_->live.push_back(state_->live.back());
      state_->live.pop_back();
    }
  }
  MutantObjects& operator=(MutantObjects&& other) noexcept {
    if (this == &other) return *this;
    if (assignment_drops_objects && state_ != nullptr) state_->live.clear();
    end();
    upstream_ = other.upstream_;
    state_ = std::exchange(other.state_, nullptr);
    return *this;
  }
  ~MutantObjects() {
    if (end_skips_after_hole && state_ != nullptr && state_->last_destroyed != nullptr &&
        !state_->live.empty())
      state_->live.erase(state_->live.begin());
    end();
  }

  template <class... Arguments>
  T* create(Arguments&&... arguments) {
    T* slot = nullptr;
    try {
      ensure_state();
      ensure_slot();
    } catch (const std::bad_alloc&) {
      if (lets_failure_through) throw;
      return nullptr;
    }
    State& state = *state_;
    slot = state.free.back();
    if (!slot_taken_late) state.free.pop_back();
    ++state.pending;
    try {
      if constexpr (sizeof...(Arguments) == 0) {
        if (shows_past)
          ::new (static_cast<void*>(slot)) T;
        else
          ::new (static_cast<void*>(slot)) T();
      } else {
        ::new (static_cast<void*>(slot)) T(std::forward<Arguments>(arguments)...);
      }
    } catch (...) {
      --state.pending;
      if (destroys_unborn && sizeof...(Arguments) == 1) slot->~T();
      if (!throwing_keeps_slot && !slot_taken_late) state.free.push_back(slot);
      throw;
    }
    --state.pending;
    if (slot_taken_late) std::erase(state.free, slot);
    state.live.push_back({slot, 1});
    ++state.ever;
    return slot;
  }

  void destroy(T* object) noexcept {
    State& state = *state_;
    std::size_t at = state.live.size();
    while (state.live[--at].first != object) continue;
    state.live.erase(state.live.begin() + static_cast<std::ptrdiff_t>(at));
    if (!forgets_destructor) object->~T();
    if (spills_into_tiny && sizeof(T) < sizeof(T*) && state.free.size() > 1)
      std::memset(static_cast<void*>(object), 0x11, sizeof(T) + 1);
    state.last_destroyed = object;
    if (!never_reuses) state.free.push_back(object);
  }

  template <class Make>
  T* create_array(std::size_t count, Make&& make) {
    if (count == 0) {
      if (makes_for_none) make(0);
      return nullptr;
    }
    if (count > PTRDIFF_MAX / sizeof(T) && !array_size_wraps) return nullptr;
    Array array;
    try {
      ensure_state();
      array = take_array(count);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
    State& state = *state_;
    const std::size_t live = state.live.size();
    ++state.pending;
    std::size_t made = 0;
    try {
      for (; made < count; ++made)
        ::new (static_cast<void*>(array.first + made))
            T(make(array_repeats_index && made == 100 ? 99 : made));
    } catch (...) {
      --state.pending;
      if (!throwing_leaves_elements || made < 2)
        while (made > 0) array.first[--made].~T();
      state.free_arrays.push_back(array);
      throw;
    }
    --state.pending;
    if (array_rolls_back_others && state.live.size() != live) state.live.resize(live + 1, {array.first, 0});
    state.live.push_back({array.first, count});
    state.arrays.push_back(array);
    state.ever += count;
    return array.first;
  }

  // Until nothing is live: destructors may create.
  void clear() noexcept {
    if (state_ == nullptr) return;
    State& state = *state_;
    while (!state.live.empty()) {
      const Live last = take_last(state);
      const std::size_t live = state.live.size();
      for (std::size_t i = last.count; i > 0; --i) last.first[i - 1].~T();
      if (clear_revisits && state.live.size() > live) state.live.push_back(last);
      if (last.count == 1 && !is_array(state, last.first)) state.free.push_back(last.first);
    }
    state.free_arrays.insert(state.free_arrays.end(), state.arrays.begin(), state.arrays.end());
    state.arrays.clear();
    state.ever = 0;
    if (clear_gives_up_storage) end();
  }

  template <class Visit>
  void for_each(Visit&& visit) {
    if (state_ == nullptr) return;
    const std::size_t size = state_->live.size();
    for (std::size_t n = 0; n < size; ++n) {
      const Live& live = state_->live[visits_newest_first ? size - 1 - n : n];
      if (visit_skips_after_hole && n == 1 && state_->last_destroyed != nullptr) continue;
      for (std::size_t i = 0; i < live.count; ++i) visit(live.first[i]);
    }
  }

  std::size_t size() const {
    if (state_ == nullptr) return 0;
    if (size_counts_dead) return state_->ever;
    std::size_t objects = 0;
    for (const Live& live : state_->live) objects += live.count;
    return objects;
  }

 private:
  struct Live {
    T* first;
    std::size_t count;
  };
  struct Array {
    T* first;
    std::size_t capacity;
  };
  struct Chunk {
    std::byte* block;
    std::size_t bytes;
  };
  static constexpr std::size_t kChunkObjects = 32;

  struct State {
    explicit State(std::pmr::memory_resource* upstream)
        : live(upstream), free(upstream), arrays(upstream), free_arrays(upstream), chunks(upstream) {}
    std::pmr::vector<Live> live;  // in order of creation
    std::pmr::vector<T*> free;
    std::pmr::vector<Array> arrays, free_arrays;
    std::pmr::vector<Chunk> chunks;
    std::size_t pending = 0;  // constructions under way: the tables have room for them
    std::size_t ever = 0;
    T* last_destroyed = nullptr;
  };

  void ensure_state() {
    if (state_ == nullptr) state_ = std::pmr::polymorphic_allocator<>(upstream_).new_object<State>(upstream_);
  }

  // Room in the tables first, so that nothing after a construction can fail.
  template <class Table>
  static void ensure_room(Table& table, std::size_t entries) {
    if (table.capacity() < entries) table.reserve(2 * entries);
  }

  std::byte* take_chunk(std::size_t bytes) {
    State& state = *state_;
    ensure_room(state.chunks, state.chunks.size() + 1);
    const bool later = misaligns_later_chunks && alignof(T) > 16 && !state.chunks.empty();
    const std::size_t padding = later ? 16 : 0;
    auto* block = static_cast<std::byte*>(upstream_->allocate(bytes + padding, alignof(T)));
    state.chunks.push_back({block, bytes + padding});
    return block + padding;
  }

  void ensure_slot() {
    State& state = *state_;
    ensure_room(state.live, state.live.size() + state.pending + 1);
    if (!state.free.empty()) return;
    // Every slot may come back, from this chunk and from the others.
    ensure_room(state.free, (state.chunks.size() + 1) * kChunkObjects);
    std::byte* block = take_chunk(kChunkObjects * sizeof(T));
    const std::size_t stride =
        packs_too_densely && std::is_trivially_destructible_v<T> && sizeof(T) > 32 && alignof(T) <= 8
            ? sizeof(T) - 8
            : sizeof(T);
    for (std::size_t i = kChunkObjects; i > 0; --i)
      state.free.push_back(reinterpret_cast<T*>(block + (i - 1) * stride));
  }

  // The smallest free one that is long enough, or a new one.
  Array take_array(std::size_t count) {
    State& state = *state_;
    ensure_room(state.live, state.live.size() + state.pending + 1);
    ensure_room(state.arrays, state.arrays.size() + state.pending + 1);
    ensure_room(state.free_arrays, state.chunks.size() + 1);
    std::size_t best = state.free_arrays.size();
    for (std::size_t i = 0; i < state.free_arrays.size(); ++i) {
      const std::size_t capacity = state.free_arrays[i].capacity;
      if (capacity >= count &&
          (best == state.free_arrays.size() || capacity < state.free_arrays[best].capacity))
        best = i;
    }
    if (best == state.free_arrays.size()) return {reinterpret_cast<T*>(take_chunk(count * sizeof(T))), count};
    const Array array = state.free_arrays[best];
    state.free_arrays.erase(state.free_arrays.begin() + static_cast<std::ptrdiff_t>(best));
    return array;
  }

  static bool is_array(const State& state, const T* first) {
    for (const Array& array : state.arrays)
      if (array.first == first) return true;
    return false;
  }

  static Live take_last(State& state) {
    auto last = state.live.end() - 1;
    if (order_of_addresses)
      for (auto i = state.live.begin(); i != state.live.end(); ++i)
        if (i->first > last->first) last = i;
    const Live taken = *last;
    state.live.erase(last);
    return taken;
  }

  void end() noexcept {
    if (state_ == nullptr) return;
    State& state = *state_;
    while (!state.live.empty()) {
      const Live last = take_last(state);
      for (std::size_t i = last.count; i > 0; --i) last.first[i - 1].~T();
    }
    for (const Chunk& chunk : state.chunks) {
      if (keeps_upstream_block && &chunk == &state.chunks.back() && state.chunks.size() > 1) continue;
      upstream_->deallocate(chunk.block, chunk.bytes, alignof(T));
    }
    std::pmr::polymorphic_allocator<>(upstream_).delete_object(std::exchange(state_, nullptr));
  }

  std::pmr::memory_resource* upstream_;
  State* state_ = nullptr;  // null: nothing was ever created
};

static_assert(ObjectAllocator<MutantObjects<int>>);

}  // namespace assay::mutant
