// Box<T[]>: the only owner of an array whose length is chosen at run time. Part of box.h, which says how.
#pragma once

#include <algorithm>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "pointers/alias.h"
#include "pointers/block_storage.h"
#include "pointers/concept.h"
#include "pointers/drop_stack.h"
#include "pointers/elements.h"

namespace assay {

template <class T>
class Box;

template <class T>
class Box<T[]> {
  using Stored = std::remove_const_t<T>;

 public:
  static constexpr PointerTraits kTraits{.shares = false,
                                         .proves_unique = true,
                                         .gives_raw = true,
                                         .aliases = true,
                                         .has_arrays = true,
                                         .drops_deep_chains = true};
  using element_type = T;

  // Elements from T(), or from make_element(i), the i-th. Throws std::bad_alloc, and what they throw.
  static Box make_array(std::size_t count) {
    return make_array_with(count, [](std::size_t) { return Stored(); });
  }
  template <class Make>
  static Box make_array_with(std::size_t count, Make&& make_element) {
    const std::size_t bytes = bytes_of_elements<T>(kOffset, count);
    auto* const block = static_cast<std::byte*>(HeapStorage::allocate(bytes, kAlignment));
    try {
      construct_elements<Stored>(block + kOffset, count, make_element);
    } catch (...) {
      HeapStorage::deallocate(block, bytes, kAlignment);
      throw;
    }
    ::new (block + kOffset - sizeof(std::size_t)) std::size_t(count);
    return Box(reinterpret_cast<T*>(block + kOffset));
  }

  Box() noexcept = default;
  Box(std::nullptr_t) noexcept {}
  Box(Box&& other) noexcept : elements_(other.into_raw()) {}
  Box& operator=(Box&& other) noexcept {
    Box(std::move(other)).swap(*this);
    return *this;
  }
  ~Box() { drop(elements_); }

  T* get() const noexcept { return elements_; }
  T& operator[](std::size_t i) const noexcept {
    if constexpr (kChecked)
      if (i >= size()) trap("Box I2", "element %zu of %zu", i, size());
    return elements_[i];
  }
  std::size_t size() const noexcept { return elements_ == nullptr ? 0 : length(elements_); }
  explicit operator bool() const noexcept { return elements_ != nullptr; }

  void reset() noexcept { drop(std::exchange(elements_, nullptr)); }
  void swap(Box& other) noexcept { std::swap(elements_, other.elements_); }
  friend void swap(Box& a, Box& b) noexcept { a.swap(b); }
  friend bool operator==(const Box&, const Box&) noexcept = default;

  T* get_mut() noexcept { return elements_; }
  T* into_raw() noexcept { return std::exchange(elements_, nullptr); }
  // Of what into_raw() returned.
  static Box from_raw(T* elements) noexcept { return Box(elements); }

  template <class U>
  Alias<U, Box> alias(U* part) && noexcept {
    return {std::move(*this), part};
  }

 private:
  static constexpr std::size_t kAlignment = std::max(alignof(T), alignof(std::size_t));
  static constexpr std::size_t kOffset = std::max(sizeof(std::size_t), kAlignment);

  explicit Box(T* elements) noexcept : elements_(elements) {}

  static std::size_t length(const volatile void* elements) noexcept {
    return static_cast<const std::size_t*>(const_cast<const void*>(elements))[-1];
  }

  static void drop(T* elements) noexcept {
    if (elements == nullptr) return;
    void* const address = const_cast<Stored*>(elements);
    if constexpr (std::is_trivially_destructible_v<T>)
      end(address);
    else
      DropStack::drop<&end>(address);
  }
  static void end(void* address) noexcept {
    const std::size_t count = length(address);
    destroy_elements(static_cast<Stored*>(address), count);
    HeapStorage::deallocate(static_cast<std::byte*>(address) - kOffset, kOffset + count * sizeof(T),
                            kAlignment);
  }

  T* elements_ = nullptr;
};

}  // namespace assay
