// Objects and arrays in storage that a pointer holds: constructed in place, and undone when that throws.
#pragma once

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace assay {

// Aggregates from their members in braces too: parentheses do not make one in clang 14.
template <class T, class... Arguments>
[[gnu::always_inline]] inline T* construct_object(void* at, Arguments&&... arguments) {
  if constexpr (std::is_constructible_v<T, Arguments...>)
    return ::new (at) T(std::forward<Arguments>(arguments)...);
  else
    return ::new (at) T{std::forward<Arguments>(arguments)...};
}

// The last first.
template <class T>
void destroy_elements(T* elements, std::size_t count) noexcept {
  if constexpr (!std::is_trivially_destructible_v<T>)
    while (count > 0) std::destroy_at(elements + --count);
}

// The i-th from make(i), in place; what a throwing one interrupts is destroyed.
template <class T, class Make>
void construct_elements(void* at, std::size_t count, Make& make) {
  T* const elements = static_cast<T*>(at);
  std::size_t made = 0;
  try {
    for (; made < count; ++made) ::new (static_cast<void*>(elements + made)) T(make(made));
  } catch (...) {
    destroy_elements(elements, made);
    throw;
  }
}

// Bytes of a header and so many elements; throws std::bad_array_new_length beyond PTRDIFF_MAX.
template <class T>
std::size_t bytes_of_elements(std::size_t header, std::size_t count) {
  if (count > (static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) - header) / sizeof(T))
    throw std::bad_array_new_length();
  return header + count * sizeof(T);
}

}  // namespace assay
