// Conversions between pointers whose bookkeeping lies in front of the object: only to a base that begins
// there.
#pragma once

#include <concepts>
#include <type_traits>

#include "allocators/check.h"

namespace assay {

// To the type itself with more qualifiers, to a base that is not virtual, to void. Not between an object and
// an array.
template <class From, class To>
concept UpcastsInPlace =
    !std::same_as<From, To> && std::is_convertible_v<From*, To*> &&
    (std::is_void_v<To> || requires(const volatile To* to) { static_cast<const volatile From*>(to); });

// A base behind another one begins elsewhere, which only the address tells. Costs nothing where the compiler
// knows the base.
template <class To, class From>
[[gnu::always_inline]] inline std::remove_extent_t<To>* upcast_in_place(From* from) noexcept {
  std::remove_extent_t<To>* const to = from;
  if (static_cast<const volatile void*>(to) != from) [[unlikely]]
    trap("shared_block I1", "a base that is not at the address of its object cannot own it");
  return to;
}

}  // namespace assay
