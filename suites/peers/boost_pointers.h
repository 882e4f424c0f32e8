// Boost's owners behind the family's interface: controls of the suite, and the rivals of the intrusive
// pointers and of Rc.
//
//   BoostIntrusive        boost::intrusive_ptr over intrusive_ref_counter with thread_unsafe_counter
//   BoostIntrusiveAtomic  the same with thread_safe_counter
//   BoostLocalShared      boost::local_shared_ptr from boost::make_local_shared: for one thread
//
// No count is checked for overflow. All recurse as deep as a chain is long when its first owner goes. Boost
// counts a new object 0 times; object_type counts it once, as the family has it.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <boost/smart_ptr/local_shared_ptr.hpp>
#include <boost/smart_ptr/make_local_shared.hpp>
#include <boost/version.hpp>
#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "pointers/concept.h"

namespace assay::peer {

// A T that is not a class, as a base.
template <class T>
struct BoostHeld {
  template <class... Arguments>
  explicit BoostHeld(Arguments&&... arguments) : held(std::forward<Arguments>(arguments)...) {}
  T held;
};

template <class T>
using BoostBase = std::conditional_t<std::is_class_v<T>, T, BoostHeld<T>>;

template <class T, class Counter>
class BoostCounted final : public BoostBase<T>,
                           public boost::intrusive_ref_counter<BoostCounted<T, Counter>, Counter> {
 public:
  template <class... Arguments>
  explicit BoostCounted(Arguments&&... arguments) : BoostBase<T>(std::forward<Arguments>(arguments)...) {
    intrusive_ptr_add_ref(this);
  }
  BoostCounted(const BoostCounted&) = delete;
  BoostCounted& operator=(const BoostCounted&) = delete;
};

template <class T, class Counter>
class BasicBoostIntrusive {
 public:
  static constexpr const char* kVersion = BOOST_LIB_VERSION;  // "1_74"
  static constexpr PointerTraits kTraits{
      .shares = true,
      .thread_safe = std::is_same_v<Counter, boost::thread_safe_counter>,
      .counts = true,
      .intrusive = true,
  };
  using element_type = T;
  using object_type = BoostCounted<T, Counter>;

  template <class... Arguments>
  static BasicBoostIntrusive make(Arguments&&... arguments) {
    return BasicBoostIntrusive(new object_type(std::forward<Arguments>(arguments)...), kAdopt);
  }

  BasicBoostIntrusive() noexcept = default;
  BasicBoostIntrusive(object_type* object, Adopt) noexcept : pointer_(object, false) {}
  BasicBoostIntrusive(object_type* object, Retain) noexcept : pointer_(object, true) {}

  // Boost leaves noexcept to the counter, which does not throw.
  BasicBoostIntrusive(const BasicBoostIntrusive& other) noexcept : pointer_(other.pointer_) {}
  BasicBoostIntrusive(BasicBoostIntrusive&&) noexcept = default;
  BasicBoostIntrusive& operator=(const BasicBoostIntrusive& other) noexcept {
    pointer_ = other.pointer_;
    return *this;
  }
  BasicBoostIntrusive& operator=(BasicBoostIntrusive&&) noexcept = default;
  ~BasicBoostIntrusive() = default;

  T* get() const noexcept {
    if constexpr (std::is_class_v<T>) {
      return pointer_.get();
    } else {
      return pointer_ ? &pointer_->held : nullptr;
    }
  }
  T& operator*() const noexcept { return *get(); }
  T* operator->() const noexcept { return get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(pointer_); }
  void reset() noexcept { pointer_.reset(); }
  friend bool operator==(const BasicBoostIntrusive& a, const BasicBoostIntrusive& b) noexcept {
    return a.pointer_ == b.pointer_;
  }

  std::size_t use_count() const noexcept { return pointer_ ? pointer_->use_count() : 0; }

 private:
  boost::intrusive_ptr<object_type> pointer_;
};

template <class T>
using BoostIntrusive = BasicBoostIntrusive<T, boost::thread_unsafe_counter>;
template <class T>
using BoostIntrusiveAtomic = BasicBoostIntrusive<T, boost::thread_safe_counter>;

template <class T>
class BoostLocalShared {
 public:
  static constexpr const char* kVersion = BOOST_LIB_VERSION;
  static constexpr PointerTraits kTraits{.shares = true, .counts = true, .aliases = true, .converts = true};
  using element_type = T;

  template <class... Arguments>
  static BoostLocalShared make(Arguments&&... arguments) {
    return BoostLocalShared(boost::make_local_shared<T>(std::forward<Arguments>(arguments)...));
  }

  BoostLocalShared() noexcept = default;
  explicit BoostLocalShared(boost::local_shared_ptr<T> pointer) noexcept : pointer_(std::move(pointer)) {}
  template <class U>
  requires(!std::same_as<U, T> && std::convertible_to<U*, T*>) BoostLocalShared(BoostLocalShared<U> other)
  noexcept : pointer_(std::move(other).boosts()) {}

  T* get() const noexcept { return pointer_.get(); }
  T& operator*() const noexcept { return *pointer_; }
  T* operator->() const noexcept { return pointer_.get(); }
  explicit operator bool() const noexcept { return static_cast<bool>(pointer_); }
  void reset() noexcept { pointer_.reset(); }
  friend bool operator==(const BoostLocalShared& a, const BoostLocalShared& b) noexcept {
    return !a.pointer_.owner_before(b.pointer_) && !b.pointer_.owner_before(a.pointer_);
  }

  std::size_t use_count() const noexcept { return static_cast<std::size_t>(pointer_.local_use_count()); }

  template <class Part>
  BoostLocalShared<Part> alias(Part* part) && noexcept {
    return BoostLocalShared<Part>(boost::local_shared_ptr<Part>(std::move(pointer_), part));
  }

  boost::local_shared_ptr<T> boosts() && noexcept { return std::move(pointer_); }

 private:
  boost::local_shared_ptr<T> pointer_;
};

static_assert(Pointer<BoostIntrusive<int>> && Pointer<BoostIntrusiveAtomic<int>>);
static_assert(Pointer<BoostLocalShared<int>>);

}  // namespace assay::peer
