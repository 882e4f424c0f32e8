// Intrusive: an owner of an object that carries its own count.
//
// Idea. The count lies in the object, so that a plain pointer or reference to the object is enough to make a
// further owner: `this` in a member function, or what a C interface gave back.
//
//   Intrusive ──▶ │ count │ members of T … │       one word, one allocation, four bytes of count
//   Intrusive ──▶ ╯
//
//   struct Node : Counted<LocalOwners<>> { … };    a class with a count of its own, or
//   auto point = LocalIntrusive<Point>::make(1, 2);      any class: object_type adds the count
//
// Thread safety is a policy: LocalIntrusive counts with plain instructions, AtomicIntrusive with locked ones,
// and is thread-safe as Arc is. BasicIntrusive<T, Count> takes any OwnerCount.
//
// Invariants: I1, I2 and I3 of intrusive_count.h, whose layouts these are, and
//   I4  the object is an object_type of what it was made as, allocated by new: that is what is deleted
//
// adopt and retain. A new object_type has been counted once, for its maker: Intrusive(object, kAdopt) takes
// that over. Intrusive(object, kRetain) counts one more. Who retains has an owner already, or is the
// constructor or the destructor. A constructor may retain and hand out owners; what they share is counted
// when it returns. In the destructor owners may come and go, none may stay; the drop to zero there destroys
// nothing a second time.
// owner_of(object) is null in the constructor and the destructor, and an owner otherwise. As any owner of an
// object leads to its count, OwnerAware, the base that owner_of asks for, is Counted itself.
//
// Costs. Copy and drop: an increment or decrement and a test, one locked instruction each if atomic. (A
// last drop that finds itself alone by a load needs none, but the load made copy and drop 1.35 times as
// slow.) Why objects are sheltered: boost::intrusive_ptr deletes again when the destructor
// makes and drops an owner. Chains of any length: see drop_stack.h.
//
// What it does not do. No Weak: there is no block besides the object that could outlive it. make_mut() copies
// and try_unwrap() moves as T, also where the object is of a class derived from it. A base must be first in
// the object (any base, where the class has its own count) and have a virtual destructor.
// Source: boost::intrusive_ptr and LLVM's IntrusiveRefCntPtr; kAdopt and kRetain are those of P0468.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "pointers/concept.h"
#include "pointers/drop_stack.h"
#include "pointers/intrusive_count.h"

namespace assay {

// Trivially relocatable; sizeof a pointer.
template <class T, class Count>
class BasicIntrusive {
  using Layout = IntrusiveLayout<T, Count>;

 public:
  static constexpr PointerTraits kTraits{.shares = true,
                                         .thread_safe = Count::kThreadSafe,
                                         .counts = true,
                                         .unwraps = true,
                                         .proves_unique = true,
                                         .copies_on_write = true,
                                         .gives_raw = true,
                                         .converts = true,
                                         .intrusive = true,
                                         .finds_owner = true,
                                         .drops_deep_chains = true,
                                         .most_owners = Count::kMost};
  using element_type = T;
  using object_type = IntrusiveObject<T, Count>;
  using OwnerAware = Counted<Count>;

  // Throws std::bad_alloc, and what T throws.
  template <class... Arguments>
  static BasicIntrusive make(Arguments&&... arguments) {
    return BasicIntrusive(Layout::value_in(new object_type(std::forward<Arguments>(arguments)...)));
  }

  BasicIntrusive() noexcept = default;
  BasicIntrusive(object_type* object, Adopt) noexcept
      : value_(object == nullptr ? nullptr : Layout::value_in(object)) {
    expect_counted();
  }
  BasicIntrusive(object_type* object, Retain) noexcept
      : value_(object == nullptr ? nullptr : Layout::value_in(object)) {
    retain();
  }
  // Of a class with a count of its own. Templates, so that nobody asks about T before it is complete.
  template <std::same_as<T> U>
  BasicIntrusive(U* object, Adopt) noexcept : value_(object) {
    static_assert(Layout::kOwn, "only object_type has a count");
    expect_counted();
  }
  template <std::same_as<T> U>
  BasicIntrusive(U* object, Retain) noexcept : value_(object) {
    static_assert(Layout::kOwn, "only object_type has a count");
    retain();
  }

  BasicIntrusive(const BasicIntrusive& other) noexcept : value_(other.value_) { retain(); }
  BasicIntrusive(BasicIntrusive&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  template <class U>
  requires(!std::same_as<U, T> && std::convertible_to<U*, T*>)
      BasicIntrusive(const BasicIntrusive<U, Count>& other)
  noexcept : value_(to_base(other.value_)) { retain(); }
  template <class U>
  requires(!std::same_as<U, T> && std::convertible_to<U*, T*>)
      BasicIntrusive(BasicIntrusive<U, Count>&& other)
  noexcept : value_(to_base(std::exchange(other.value_, nullptr))) {}

  BasicIntrusive& operator=(const BasicIntrusive& other) noexcept {
    BasicIntrusive(other).exchange(*this);
    return *this;
  }
  BasicIntrusive& operator=(BasicIntrusive&& other) noexcept {
    BasicIntrusive(std::move(other)).exchange(*this);
    return *this;
  }
  ~BasicIntrusive() {
    if (value_ != nullptr && Layout::count_of(value_).drop()) end(value_);
  }

  // Lets go after the pointer owns nothing, so that the destructor may use the pointer.
  void reset() noexcept { BasicIntrusive().exchange(*this); }

  T* get() const noexcept { return value_; }
  T& operator*() const noexcept requires(!std::is_void_v<T>) { return *value_; }
  T* operator->() const noexcept { return value_; }
  explicit operator bool() const noexcept { return value_ != nullptr; }
  friend bool operator==(const BasicIntrusive& a, const BasicIntrusive& b) noexcept {
    return a.value_ == b.value_;
  }

  std::size_t use_count() const noexcept { return value_ == nullptr ? 0 : Layout::count_of(value_).owners(); }

  // An owner of the object that a reference leads to; null while it is constructed or destroyed.
  static BasicIntrusive owner_of(T& object) noexcept {
    return BasicIntrusive(
        Layout::count_of(std::addressof(object)).add_unless_sheltered() ? std::addressof(object) : nullptr);
  }

  // Null unless this is the only owner.
  T* get_mut() noexcept { return is_alone() ? value_ : nullptr; }

  // Throws what the copy throws, and std::bad_alloc; all is as it was then.
  T& make_mut() {
    if (!is_alone()) *this = make(std::as_const(*value_));
    return *value_;
  }

  // The value of the only owner's object; otherwise nothing, and nothing has changed.
  static std::optional<T> try_unwrap(BasicIntrusive&& pointer) {
    std::optional<T> value;
    if (pointer.is_alone()) {
      value.emplace(std::move(*pointer.value_));
      pointer.reset();
    }
    return value;
  }

  T* into_raw() noexcept { return std::exchange(value_, nullptr); }
  static BasicIntrusive from_raw(T* raw) noexcept { return BasicIntrusive(raw); }

 private:
  template <class, class>
  friend class BasicIntrusive;

  explicit BasicIntrusive(T* counted) noexcept : value_(counted) {}

  template <class U>
  static T* to_base(U* derived) noexcept {
    static_assert(std::has_virtual_destructor_v<T>, "the base needs a virtual destructor");
    static_assert(Layout::kOwn || (Layout::kFixed && IntrusiveLayout<U, Count>::kFixed),
                  "the base cannot find the count: let it derive from Counted");
    T* const base = derived;
    if constexpr (!Layout::kOwn)
      if (static_cast<void*>(base) != static_cast<void*>(derived))
        trap("Intrusive I4", "the base at %p is not first in the object at %p", static_cast<void*>(base),
             static_cast<void*>(derived));
    return base;
  }

  void retain() noexcept {
    if (value_ != nullptr) Layout::count_of(value_).add();
  }
  void expect_counted() const noexcept {
    if constexpr (kChecked)
      if (value_ != nullptr && use_count() == 0)
        trap("Intrusive I1", "an object was adopted without an owner");
  }
  bool is_alone() const noexcept { return value_ != nullptr && Layout::count_of(value_).is_one(); }
  void exchange(BasicIntrusive& other) noexcept { std::swap(value_, other.value_); }

  [[gnu::noinline]] static void end(T* value) noexcept {
    Layout::count_of(value).shelter();  // before others run: DropStack I3
    if constexpr (std::is_trivially_destructible_v<T>) {
      destroy(value);
    } else {
      DropStack::drop<&BasicIntrusive::destroy>(value);
    }
  }

  static void destroy(void* object) noexcept {
    T* const value = static_cast<T*>(object);
    if constexpr (std::has_virtual_destructor_v<T> && !Layout::kHeld) {
      delete value;
    } else {
      delete Layout::object_of(value);
    }
  }

  T* value_ = nullptr;
};

template <class T>
using LocalIntrusive = BasicIntrusive<T, LocalOwners<>>;
template <class T>
using AtomicIntrusive = BasicIntrusive<T, AtomicOwners<>>;

static_assert(sizeof(LocalIntrusive<int>) == sizeof(void*) && sizeof(LocalIntrusive<int>::object_type) == 8);
static_assert(Pointer<LocalIntrusive<int>> && Pointer<AtomicIntrusive<int>>);

}  // namespace assay
