// What an owner of one object claims and owes: Box, Rc, Arc, intrusive pointers and the like.
//
//   template <class T> class MyPointer {
//     static constexpr assay::PointerTraits kTraits{.shares = true};
//     using element_type = T;
//     template <class... Arguments>
//     static MyPointer make(Arguments&&...);  // throws std::bad_alloc, and what T throws
//     MyPointer() noexcept;                   // owns nothing, as does one that was moved from
//     T* get() const noexcept;
//     void reset() noexcept;
//   };
//   static_assert(assay::Pointer<MyPointer<int>>);
//
// A claim obliges: the concept demands the members that it needs, and suites/pointer/ runs the clauses that
// it brings. Claim nothing but what your type promises. Two pointers are equal if they own the same object
// (Rust's ptr_eq), and all that own nothing are.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace assay {

struct PointerTraits {
  bool shares;                   // a copy owns the same object; otherwise owners can only be moved
  bool thread_safe = false;      // owners of one object may be copied, moved and dropped on different threads
  bool counts = false;           // use_count() is exact while no other thread copies or drops
  bool has_weak = false;         // downgrade() gives a Weak, whose upgrade() is null once the object is dying
  bool unwraps = false;          // try_unwrap(pointer) moves the value out of the only owner
  bool proves_unique = false;    // get_mut() is null unless this is the only owner and no Weak is left
  bool copies_on_write = false;  // make_mut() copies the value unless this is the only owner
  bool makes_cyclic = false;     // make_cyclic(f) makes the object from a Weak to itself
  bool gives_raw = false;        // into_raw() gives up ownership, from_raw() takes it back
  bool aliases = false;          // alias(part): an owner of the same object that points to a part of it
  bool converts = false;         // to a pointer to a base with a virtual destructor at the same address
  bool has_arrays = false;       // make_array(count) for T[], size(), operator[]
  bool takes_allocator = false;  // make_in(allocator, …): any allocator of allocators/concept.h
  bool intrusive = false;        // the count is in object_type, which derives from T; adopt and retain
  bool finds_owner = false;      // owner_of(object) is a further owner, null before and after ownership
  bool drops_deep_chains = false;  // of any number of objects that own each other, without deep recursion
  std::size_t most_owners = 0;     // one more ends the program instead of wrapping; 0: out of reach
};

template <class P>
concept PointerCore = std::default_initializable<P> && std::movable<P> && std::equality_comparable<P> &&
    std::is_nothrow_move_constructible_v<P> && std::is_nothrow_move_assignable_v<P> &&
    requires(P pointer, const P constant) {
  typename P::element_type;
  { P::kTraits } -> std::convertible_to<const PointerTraits&>;
  { constant.get() }
  noexcept;
  { static_cast<bool>(constant) }
  noexcept;
  { pointer.reset() }
  noexcept;
};

template <class P>
concept Shares = std::copyable<P> && std::is_nothrow_copy_constructible_v<P>;

template <class P>
concept CountsOwners = requires(const P constant) {
  { constant.use_count() }
  noexcept->std::same_as<std::size_t>;
};

// A default Weak refers to nothing.
template <class P>
concept HasWeak = std::default_initializable<typename P::Weak> && std::copyable<typename P::Weak> &&
    requires(const P constant, const typename P::Weak weak) {
  { constant.downgrade() }
  noexcept->std::same_as<typename P::Weak>;
  { weak.upgrade() }
  noexcept->std::same_as<P>;
};

// The value, and `pointer` owns nothing then and every Weak has expired; or nothing, and all is as it was.
template <class P>
concept Unwraps = requires(P pointer) {
  { P::try_unwrap(std::move(pointer)) } -> std::same_as<std::optional<typename P::element_type>>;
};

template <class P>
concept ProvesUnique = requires(P pointer) {
  { pointer.get_mut() }
  noexcept->std::same_as<typename P::element_type*>;
};

// Of the only owner the value itself, which leaves Weaks behind without an object; otherwise that of a new
// object, a copy of the value. When copying throws, all is as it was.
template <class P>
concept CopiesOnWrite = requires(P pointer) {
  { pointer.make_mut() } -> std::same_as<typename P::element_type&>;
};

// f(const Weak&) returns the value; until then upgrade() is null.
template <class P>
concept MakesCyclic = requires(typename P::element_type (*f)(const typename P::Weak&)) {
  { P::make_cyclic(f) } -> std::same_as<P>;
};

template <class P>
concept GivesRaw = requires(P pointer, typename P::element_type* raw) {
  { pointer.into_raw() }
  noexcept->std::same_as<typename P::element_type*>;
  { P::from_raw(raw) }
  noexcept->std::same_as<P>;
};

// The result has get(), and is copyable if P shares.
template <class P>
concept Aliases = requires(P pointer, int* part) {
  { std::move(pointer).alias(part).get() } -> std::same_as<int*>;
};

// P{object, kRetain} counts one owner more; P{object, kAdopt} takes over one that was counted. A new object
// has been counted once.
struct Retain {};
struct Adopt {};
inline constexpr Retain kRetain;
inline constexpr Adopt kAdopt;

template <class P>
concept Intrusive = requires(typename P::object_type* object) {
  P(object, kRetain);
  P(object, kAdopt);
};

// Of objects whose type derives from P::OwnerAware, for which some owners need it.
template <class P>
concept FindsOwner = requires(typename P::element_type& object) {
  typename P::OwnerAware;
  { P::owner_of(object) }
  noexcept->std::same_as<P>;
};

// clang-format off
template <class P>
concept Pointer =
    PointerCore<P> &&
    (!P::kTraits.shares || Shares<P>) &&
    (!P::kTraits.counts || CountsOwners<P>) &&
    (!P::kTraits.has_weak || HasWeak<P>) &&
    (!P::kTraits.unwraps || Unwraps<P>) &&
    (!P::kTraits.proves_unique || ProvesUnique<P>) &&
    (!P::kTraits.copies_on_write || CopiesOnWrite<P>) &&
    (!P::kTraits.makes_cyclic || (P::kTraits.has_weak && MakesCyclic<P>)) &&
    (!P::kTraits.gives_raw || GivesRaw<P>) &&
    (!P::kTraits.aliases || Aliases<P>) &&
    (!P::kTraits.intrusive || Intrusive<P>);
// clang-format on

}  // namespace assay
