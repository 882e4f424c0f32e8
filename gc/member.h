// References between objects of a heap: Member keeps its object, Weak does not. One word each.
//
// The collector sees a Reference; what a store owes to it, the barrier, is the policy's:
//   Policy::assign(reference, object)   stores; every assignment to a Member or Weak ends there
//   Policy::read_weak(reference)        what Weak::get() returns
// Constructing stores without a barrier: the place is new, there is nothing in it that a collection that is
// under way counts on, and the object around it is a young one.
//
// Stores and loads are relaxed atomic operations, so that a collector on another thread may look at any time;
// that orders nothing between mutators, who must synchronise as for any other data. Copying, assigning and
// destroying do not throw.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <type_traits>

#include "pointers/upcast.h"

namespace assay::gc {

class Reference {
 public:
  // Relaxed: whoever learns of an object from another mutator was ordered behind it by other means.
  void* load() const noexcept { return object_.load(std::memory_order_relaxed); }
  // Without a barrier.
  void store(void* object) noexcept { object_.store(object, std::memory_order_relaxed); }
  // For heaps whose marker runs beside mutators: what it finds is complete. load_ordered() pairs with
  // store_ordered() of the mutator that stored the object.
  void* load_ordered() const noexcept { return object_.load(std::memory_order_acquire); }
  void store_ordered(void* object) noexcept { object_.store(object, std::memory_order_release); }

 protected:
  constexpr Reference() noexcept = default;
  constexpr explicit Reference(void* object) noexcept : object_(object) {}
  ~Reference() = default;

 private:
  std::atomic<void*> object_{nullptr};
};

// The address under which the heap knows the object.
template <class T, class U>
[[gnu::always_inline]] inline void* object_address(U* object) noexcept {
  if constexpr (std::same_as<std::remove_cv_t<T>, std::remove_cv_t<U>>)
    return const_cast<std::remove_cv_t<U>*>(object);
  else
    return const_cast<std::remove_cv_t<T>*>(upcast_in_place<T>(object));
}

template <class Policy, class T, bool kIsWeak>
class BasicMember : public Reference {
  template <class U>
  static constexpr bool kConverts = std::is_convertible_v<U*, T*>;

 public:
  static constexpr bool kWeak = kIsWeak;
  using element_type = T;

  constexpr BasicMember() noexcept = default;
  constexpr BasicMember(std::nullptr_t) noexcept {}
  template <class U>
  requires kConverts<U> BasicMember(U* object)
  noexcept : Reference(object_address<T>(object)) { initialised(); }
  BasicMember(const BasicMember& other) noexcept : Reference(other.read()) { initialised(); }
  template <class U, bool kOther>
  requires kConverts<U> BasicMember(const BasicMember<Policy, U, kOther>& other)
  noexcept : Reference(object_address<T>(other.get())) { initialised(); }

  BasicMember& operator=(std::nullptr_t) noexcept { return assign(nullptr); }
  template <class U>
  requires kConverts<U> BasicMember& operator=(U* object) noexcept {
    return assign(object_address<T>(object));
  }
  BasicMember& operator=(const BasicMember& other) noexcept { return assign(other.read()); }
  template <class U, bool kOther>
  requires kConverts<U> BasicMember& operator=(const BasicMember<Policy, U, kOther>& other) noexcept {
    return assign(object_address<T>(other.get()));
  }
  friend void swap(BasicMember& a, BasicMember& b) noexcept {
    void* const object = a.read();
    a.assign(b.read());
    b.assign(object);
  }

  T* get() const noexcept { return static_cast<T*>(read()); }
  explicit operator bool() const noexcept { return get() != nullptr; }
  T& operator*() const noexcept requires(!kIsWeak) { return *get(); }
  T* operator->() const noexcept requires(!kIsWeak) { return get(); }
  friend bool operator==(const BasicMember& a, const BasicMember& b) noexcept { return a.get() == b.get(); }
  friend bool operator==(const BasicMember& a, const T* b) noexcept { return a.get() == b; }
  friend bool operator==(const BasicMember& a, std::nullptr_t) noexcept { return a.get() == nullptr; }

 private:
  [[gnu::always_inline]] void initialised() const noexcept {
    if constexpr (requires { Policy::initialised(*this); }) Policy::initialised(*this);
  }
  [[gnu::always_inline]] void* read() const noexcept {
    if constexpr (kIsWeak)
      return Policy::read_weak(*this);
    else
      return load();
  }
  [[gnu::always_inline]] BasicMember& assign(void* object) noexcept {
    Policy::assign(*this, object);
    return *this;
  }
};

}  // namespace assay::gc
