// What MutantPointer allocates: two counts and how to undo everything, directly before the value.
//
//   storage … | Block | value, or values of an array |
//
// Every atomic operation is sequentially consistent: the reference is to be right, not fast.
//
// Invariants
//   I1  owners is the number of owners, and 0 until the value is made and from when it dies
//   I2  weaks is the number of Weaks, and one more until the value is dead; then the storage goes
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <thread>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "suites/core/race_window.h"
#include "suites/mutants/pointer/pointer_defects.h"

namespace assay::mutant {

inline constexpr std::size_t kMostOwners = 1000;

struct Storage {
  void* allocator;
  void* (*allocate)(void* allocator, std::size_t size, std::size_t alignment);  // may throw
  void (*deallocate)(void* allocator, void* storage, std::size_t size, std::size_t alignment);
};

inline constexpr Storage kHeap{nullptr,
                               [](void*, std::size_t size, std::size_t alignment) {
                                 return ::operator new(size, std::align_val_t(alignment));
                               },
                               [](void*, void* storage, std::size_t, std::size_t alignment) {
                                 ::operator delete(storage, std::align_val_t(alignment));
                               }};

template <class A>
Storage storage_from(A& allocator) {
  return {&allocator,
          [](void* self, std::size_t size, std::size_t alignment) {
            void* storage = static_cast<A*>(self)->allocate(size, alignment);
            if (storage == nullptr) throw std::bad_alloc();
            return storage;
          },
          [](void* self, void* storage, std::size_t size, std::size_t alignment) {
            if constexpr (A::kTraits.frees_individually)
              static_cast<A*>(self)->deallocate(storage, size, alignment);
          }};
}

enum class Purpose { kObject, kCyclicObject, kCopy, kArray };
enum class Life { kUnmade, kAlive, kDying, kDead };

struct Block {
  std::atomic<std::size_t> owners{0}, weaks{1};
  void (*destroy)(Block&) noexcept;
  Storage source;
  void* storage;
  std::size_t size, alignment, count;  // of the storage, and how many values
  Purpose purpose;
  std::atomic<Life> life{Life::kUnmade};
  Block* next_dying = nullptr;
  // For defects.
  std::thread::id maker = std::this_thread::get_id();
  bool waits_for_weaks = false;
};

template <class T>
T* value_of(Block& block) noexcept {
  return reinterpret_cast<T*>(&block + 1);
}

inline Block& block_before(const volatile void* value) noexcept {
  return static_cast<Block*>(const_cast<void*>(value))[-1];
}

// From the last to the first.
template <class T>
void destroy_values(Block& block) noexcept {
  T* values = value_of<T>(block);
  if (array_is_destroyed_forwards && block.purpose == Purpose::kArray) {
    std::destroy_n(values, block.count);
    return;
  }
  const std::size_t spared = array_keeps_first_element && block.count > 1;
  if (large_value_dies_on_stack && sizeof(T) >= kLarge) use_stack();
  for (std::size_t i = block.count; i-- > spared;) std::destroy_at(values + i);
}

template <class T>
Block& new_block(const Storage& wanted, std::size_t count, Purpose purpose) {
  const Storage& source = make_in_puts_large_objects_on_heap && sizeof(T) >= kLarge ? kHeap : wanted;
  if (make_in_counts_on_heap && source.allocator != nullptr) ::operator delete(::operator new(1));
  const std::size_t alignment = std::max(alignof(T), alignof(Block));
  std::size_t offset = (sizeof(Block) + alignment - 1) / alignment * alignment;
  if (over_aligned_object_is_misaligned && wanted.allocator == nullptr && purpose != Purpose::kArray &&
      alignof(T) > 16)
    offset += alignof(T) / 2;
  if (count > (SIZE_MAX / 2 - offset) / sizeof(T) && !array_size_wraps) throw std::bad_array_new_length();
  const std::size_t size = offset + count * sizeof(T);
  void* storage = source.allocate(source.allocator, size, alignment);
  Block* block = ::new (static_cast<std::byte*>(storage) + offset - sizeof(Block)) Block;
  block->destroy = &destroy_values<T>;
  block->source = source;
  block->storage = storage;
  block->size = size;
  block->alignment = alignment;
  block->count = count;
  block->purpose = purpose;
  return *block;
}

inline void free_block(Block& block) noexcept {
  const Storage source = block.source;
  std::size_t size = block.size, alignment = block.alignment;
  if (gives_back_rounded_size) size = (size + 7) / 8 * 8;
  if (page_is_given_back_as_line && source.allocator != nullptr && alignment > 1024) alignment = 64;
  void* storage = block.storage;
  std::destroy_at(&block);
  source.deallocate(source.allocator, storage, size, alignment);
}

inline void add_weak(Block& block) noexcept { ++block.weaks; }

inline void drop_weak(Block& block, bool by_owners = false) noexcept {
  if (block.waits_for_weaks && block.weaks == 2) {  // the last Weak
    block.waits_for_weaks = false;
    block.destroy(block);
    --block.weaks;
  }
  const bool leaks = last_weak_leaks_block && !by_owners && block.life == Life::kDead;
  if (--block.weaks == 0 && !leaks) free_block(block);
}

inline void end_value(Block& block) noexcept {
  block.life = Life::kDying;
  if (object_waits_for_three_weaks && block.weaks == 4) {
    block.waits_for_weaks = true;
    return;
  }
  block.destroy(block);
  block.life = Life::kDead;
  drop_weak(block, true);
}

// What dies while a value dies waits until that is over: chains of any length need no stack.
inline void bury(Block& block) noexcept {
  if (chains_recurse) return end_value(block);
  thread_local Block* dying = nullptr;
  thread_local bool burying = false;
  if (second_child_recurses && burying && dying != nullptr) return end_value(block);
  block.next_dying = std::exchange(dying, &block);
  if (burying) return;
  burying = true;
  while (dying != nullptr) end_value(*std::exchange(dying, dying->next_dying));
  burying = false;
}

inline void add_owner(Block& block) noexcept {
  const std::size_t before = block.owners++;
  if (owner_limit_is_late ? before > kMostOwners : before >= kMostOwners && !owners_have_no_limit)
    trap("MutantPointer I1", "an object has more than %zu owners", kMostOwners);
}

inline void drop_owner(Block& block) noexcept {
  if (last_owners_both_destroy && block.weaks == 1) {
    --block.owners;
    suite::open_race_window();
    if (block.owners == 0) bury(block);
    return;
  }
  if (counts_down_in_two_steps && block.weaks == 1) {
    const std::size_t before = block.owners;
    suite::open_race_window();
    block.owners = before - 1;
    if (before == 1) bury(block);
    return;
  }
  if (five_thousandth_release_is_lost && block.owners > 4) {
    static std::atomic<int> releases{0};
    if (++releases == 5000) return;
  }
  if (--block.owners != 0) return;
  if (destroyed_on_a_helper_thread && block.maker != std::this_thread::get_id())
    return std::thread([&block] { bury(block); }).join();
  bury(block);
}

// One owner more, unless there is none.
inline bool add_owner_if_alive(Block& block) noexcept {
  std::size_t owners = block.owners;
  if (upgrade_looks_then_counts && owners != 0) {
    suite::open_race_window();
    add_owner(block);
    return true;
  }
  while (owners != 0) {
    if (owners >= kMostOwners && !upgrade_has_no_limit && !owners_have_no_limit)
      trap("MutantPointer I1", "an object has more than %zu owners", kMostOwners);
    if (block.owners.compare_exchange_weak(owners, owners + 1)) return true;
  }
  return false;
}

// The block of an object that is being made, for owner_of_finds_unmade.
inline thread_local Block* in_the_making = nullptr;

// Objects of types that derive from it know their owners.
class OwnerAware {
 public:
  OwnerAware() : block_(owner_of_finds_unmade ? in_the_making : nullptr) {}
  OwnerAware(const OwnerAware& other) : OwnerAware() {
    if (copied_object_finds_owner) block_ = other.block_;
  }
  OwnerAware& operator=(const OwnerAware&) { return *this; }

 private:
  template <class T>
  friend class MutantPointer;
  template <class T, class Construct>
  friend Block& build(const Storage&, std::size_t, Purpose, const Construct&);
  Block* block_;
};

// Storage in which construct(T*) makes the values, and the first owner. What construct() throws goes on.
template <class T, class Construct>
Block& build(const Storage& source, std::size_t count, Purpose purpose, const Construct& construct) {
  Block& block = new_block<T>(source, count, purpose);
  Block* const outer = std::exchange(in_the_making, &block);
  try {
    construct(value_of<T>(block));
  } catch (...) {
    in_the_making = outer;
    if (throwing_constructor_destroys && purpose == Purpose::kObject) block.destroy(block);
    const bool leaks = (throwing_constructor_leaks_block && purpose == Purpose::kObject) ||
                       (throwing_cyclic_leaks && purpose == Purpose::kCyclicObject) ||
                       (throwing_copy_leaks_block && purpose == Purpose::kCopy);
    if (!leaks) drop_weak(block);  // a Weak may be left
    throw;
  }
  in_the_making = outer;
  if constexpr (std::is_base_of_v<OwnerAware, T>) value_of<T>(block)->OwnerAware::block_ = &block;
  block.life = Life::kAlive;
  block.owners = 1;
  return block;
}

}  // namespace assay::mutant
