// The block of Rc and Arc: the counts, how to end it, and the object, in one allocation.
//
//    block                                              object
//    │ storage │ padding │ length │ counts │ operations │ T …
//     allocator           arrays   └──── 16 bytes ────┘  at its alignment
//     only                only
//
// I1  The Counts (counts.h: 16 bytes; biased_counts.h: 24) end where the object begins, whatever its type,
//     its alignment and its storage: so a pointer to it, or to a base at the same address, finds them.
// I2  `operations` are those of the type that the block was made for, and of its storage.
//
// Costs: two words for an object from operator new, one more for an allocator, one more for an array. Who
// knows the type compares `operations` with what it expects and calls no function pointer; an owner of a base
// and blocks of an allocator cost one indirect call when they end.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <typeinfo>

#include "pointers/block_storage.h"
#include "pointers/drop_stack.h"
#include "pointers/elements.h"

namespace assay {

struct SharedOperations {
  void (*finish)(void* object) noexcept;          // of the last owner: destroys, drops the owners' weak
  void (*deallocate)(void* object) noexcept;      // of the last weak
  void* (*allocate_another)(const void* object);  // from the same storage, without an object
  const std::type_info* type;
};

template <class Counts>
[[gnu::always_inline]] inline Counts& counts_of(const volatile void* object) noexcept {
  return static_cast<Counts*>(const_cast<void*>(object))[-1];
}

// Blocks for a T, or T[], in a Storage.
template <class T, class Storage, class Counts>
class SharedBlock {
  using Element = std::remove_extent_t<T>;
  static constexpr bool kArray = std::is_array_v<T>;
  static constexpr std::size_t kStored = std::is_empty_v<Storage> ? 0 : sizeof(Storage);
  static constexpr std::size_t kAlignment = std::max(alignof(Element), alignof(Counts));
  static constexpr std::size_t kBefore = kStored + (kArray ? sizeof(std::size_t) : 0) + sizeof(Counts);
  static constexpr std::size_t kOffset = (kBefore + kAlignment - 1) / kAlignment * kAlignment;

 public:
  // An object that `construct` makes at the address it is given, with one owner.
  template <class Construct>
  [[gnu::always_inline]] static void* create(Storage storage, Construct&& construct) {
    void* const object = allocate(storage);
    try {
      construct(object);
    } catch (...) {
      deallocate(object);
      throw;
    }
    counts_of<Counts>(object).publish();
    return object;
  }

  // An array whose i-th element is make(i).
  template <class Make>
  static void* create_array(Storage storage, std::size_t count, Make&& make) {
    void* const elements = allocate(storage, count);
    try {
      construct_elements<Element>(elements, count, make);
    } catch (...) {
      deallocate(elements);
      throw;
    }
    counts_of<Counts>(elements).publish();
    return elements;
  }

  // Not published yet, and without an object.
  [[gnu::always_inline]] static void* allocate(Storage storage, std::size_t count = 1) {
    const std::size_t size = kArray ? bytes_of_elements<Element>(kOffset, count) : kOffset + sizeof(Element);
    void* const block = storage.allocate(size, kAlignment);
    void* const object = static_cast<std::byte*>(block) + kOffset;
    if constexpr (kStored != 0) ::new (block) Storage(storage);
    if constexpr (kArray) ::new (length_of(object)) std::size_t(count);
    ::new (&counts_of<Counts>(object)) Counts(&kOperations);
    return object;
  }

  static void deallocate(void* object) noexcept {
    void* const block = static_cast<std::byte*>(object) - kOffset;
    Storage storage = storage_of(object);
    storage.deallocate(block, kOffset + length(object) * sizeof(Element), kAlignment);
  }

  // When the last owner is gone. Types without a destructor own nothing, so that no chain goes through them.
  static void finish(void* object) noexcept {
    if constexpr (std::is_trivially_destructible_v<Element>)
      finish_now(object);
    else
      DropStack::drop<&finish_now>(object);
  }

  static std::size_t length(const volatile void* object) noexcept {
    if constexpr (kArray)
      return *length_of(object);
    else
      return 1;
  }

 private:
  static std::size_t* length_of(const volatile void* object) noexcept {
    return reinterpret_cast<std::size_t*>(&counts_of<Counts>(object)) - 1;
  }

  static Storage storage_of([[maybe_unused]] const volatile void* object) noexcept {
    if constexpr (kStored == 0)
      return Storage();
    else
      return *std::launder(reinterpret_cast<const Storage*>(
          static_cast<const std::byte*>(const_cast<const void*>(object)) - kOffset));
  }

  static void* allocate_another(const void* object) { return allocate(storage_of(object), length(object)); }

  static void finish_now(void* object) noexcept {
    if constexpr (kArray)
      destroy_elements(static_cast<Element*>(object), length(object));
    else if constexpr (std::is_polymorphic_v<Element>)
      static_cast<Element*>(object)->Element::~Element();  // I2: its type is no other
    else
      std::destroy_at(static_cast<Element*>(object));
    if (counts_of<Counts>(object).drop_shared_weak()) deallocate(object);
  }

 public:
  static constexpr SharedOperations kOperations{.finish = &finish,
                                                .deallocate = &deallocate,
                                                .allocate_another = &allocate_another,
                                                .type = &typeid(T)};
};

}  // namespace assay
