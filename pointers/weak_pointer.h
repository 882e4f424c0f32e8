// The Weak of Rc and Arc: refers to an object without keeping it alive.
//
// I1  A Weak that refers to something is counted in `weak` of the block (counts.h I2), which stays as long.
// I2  upgrade() adds an owner only where there is one, so no owner of a dying object comes about: not in its
//     destructor, nor after try_unwrap() or make_mut() took the value away.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "pointers/concept.h"
#include "pointers/shared_block.h"
#include "pointers/upcast.h"

namespace assay {

template <class T, class Counts>
class SharedPointer;

// One word. As thread-safe as Counts.
template <class T, class Counts>
class WeakPointer {
 public:
  using element_type = std::remove_extent_t<T>;

  WeakPointer() noexcept = default;  // refers to nothing
  WeakPointer(const WeakPointer& other) noexcept : WeakPointer(other.object_) {}
  WeakPointer(WeakPointer&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class U>
  requires(UpcastsInPlace<U, T>) WeakPointer(const WeakPointer<U, Counts>& other)
  noexcept : WeakPointer(upcast_in_place<T>(other.object_)) {}
  template <class U>
  requires(UpcastsInPlace<U, T>) WeakPointer(WeakPointer<U, Counts>&& other)
  noexcept : object_(upcast_in_place<T>(other.object_)) { other.object_ = nullptr; }
  WeakPointer& operator=(const WeakPointer& other) noexcept {
    WeakPointer(other).swap(*this);
    return *this;
  }
  WeakPointer& operator=(WeakPointer&& other) noexcept {
    WeakPointer(std::move(other)).swap(*this);
    return *this;
  }
  ~WeakPointer() {
    if (object_ == nullptr) return;
    Counts& counts = counts_of<Counts>(object_);
    if (counts.drop_weak()) counts.operations()->deallocate(address());
  }

  void reset() noexcept { WeakPointer().swap(*this); }
  void swap(WeakPointer& other) noexcept { std::swap(object_, other.object_); }
  friend void swap(WeakPointer& a, WeakPointer& b) noexcept { a.swap(b); }

  // An owner more, or nothing.
  SharedPointer<T, Counts> upgrade() const noexcept {
    const bool owned = object_ != nullptr && counts_of<Counts>(object_).add_strong_if_owned();
    return SharedPointer<T, Counts>(owned ? object_ : nullptr, kAdopt);
  }

  // Of the object, 0 while there is none; out of date as soon as another thread copies or drops.
  std::size_t use_count() const noexcept {
    return object_ == nullptr ? 0 : counts_of<Counts>(object_).strong();
  }
  bool expired() const noexcept { return use_count() == 0; }

  // Whether both refer to the same object, dead or alive.
  friend bool operator==(const WeakPointer&, const WeakPointer&) noexcept = default;

 private:
  template <class, class>
  friend class SharedPointer;
  template <class, class>
  friend class WeakPointer;

  WeakPointer(element_type* object, Adopt) noexcept : object_(object) {}  // that was counted
  explicit WeakPointer(element_type* object) noexcept : object_(object) {
    if (object_ != nullptr) counts_of<Counts>(object_).add_weak();
  }
  void* address() const noexcept { return const_cast<std::remove_cv_t<element_type>*>(object_); }

  element_type* object_ = nullptr;
};

}  // namespace assay
