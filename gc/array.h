// An array in a garbage-collected heap: its length, then the elements. Made by Mutator::make_array<T>(n).
//
//   │ size : 8 │ T 0 │ T 1 │ … │      at the alignment of T, at least 8
//
// Elements are value-initialised: null references, zeros. They are references (Heap::Member, Heap::Weak),
// structures of these with a trace(), or types without either, and need no destructor: none runs for them.
#pragma once

#include <cstddef>
#include <type_traits>

namespace assay {

template <class T>
class alignas(alignof(T) > alignof(std::size_t) ? alignof(T) : alignof(std::size_t)) Array {
  static_assert(std::is_trivially_destructible_v<T>, "no destructor runs for elements");

 public:
  using element_type = T;
  // For heaps. Elements lie behind the object, in the same cell.
  explicit Array(std::size_t size) noexcept : size_(size) {}
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  std::size_t size() const noexcept { return size_; }
  T* data() noexcept { return reinterpret_cast<T*>(this + 1); }
  const T* data() const noexcept { return reinterpret_cast<const T*>(this + 1); }
  T& operator[](std::size_t i) noexcept { return data()[i]; }
  const T& operator[](std::size_t i) const noexcept { return data()[i]; }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size_; }

 private:
  std::size_t size_;
};

}  // namespace assay
