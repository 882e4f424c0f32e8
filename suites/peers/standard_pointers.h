// The standard library's owners behind the family's interface: controls of the suite, and rivals of Box and
// Arc.
//
//   UniquePtr  std::unique_ptr
//   SharedPtr  std::shared_ptr from std::make_shared, with std::weak_ptr. Its count is atomic once the
//              program has threads, and is not checked for overflow. Equality is that of the owned object
//              (owner_before), since == of shared_ptr compares what aliases point to.
//
// Both recurse as deep as a chain is long when its first owner goes.
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <utility>

#include "pointers/concept.h"

namespace assay::peer {

template <class T>
class UniquePtr {
 public:
  static constexpr PointerTraits kTraits{.shares = false, .gives_raw = true, .converts = true};
  using element_type = T;

  template <class... Arguments>
  static UniquePtr make(Arguments&&... arguments) {
    return UniquePtr(std::make_unique<T>(std::forward<Arguments>(arguments)...));
  }

  UniquePtr() noexcept = default;
  explicit UniquePtr(std::unique_ptr<T> pointer) noexcept : pointer_(std::move(pointer)) {}
  template <class U>
  requires(!std::same_as<U, T> && std::convertible_to<U*, T*>) UniquePtr(UniquePtr<U>&& other)
  noexcept : pointer_(std::move(other).standard()) {}

  T* get() const noexcept { return pointer_.get(); }
  T& operator*() const noexcept { return *pointer_; }
  T* operator->() const noexcept { return pointer_.get(); }
  explicit operator bool() const noexcept { return pointer_ != nullptr; }
  void reset() noexcept { pointer_.reset(); }
  friend bool operator==(const UniquePtr& a, const UniquePtr& b) noexcept { return a.pointer_ == b.pointer_; }

  T* into_raw() noexcept { return pointer_.release(); }
  static UniquePtr from_raw(T* raw) noexcept { return UniquePtr(std::unique_ptr<T>(raw)); }

  std::unique_ptr<T> standard() && noexcept { return std::move(pointer_); }

 private:
  std::unique_ptr<T> pointer_;
};

template <class T>
class SharedPtr {
 public:
  static constexpr PointerTraits kTraits{.shares = true,
                                         .thread_safe = true,
                                         .counts = true,
                                         .has_weak = true,
                                         .aliases = true,
                                         .converts = true,
                                         .finds_owner = true};
  using element_type = T;
  using OwnerAware = std::enable_shared_from_this<T>;

  class Weak {
   public:
    Weak() noexcept = default;
    explicit Weak(const std::shared_ptr<T>& pointer) noexcept : pointer_(pointer) {}
    SharedPtr upgrade() const noexcept { return SharedPtr(pointer_.lock()); }

   private:
    std::weak_ptr<T> pointer_;
  };

  template <class... Arguments>
  static SharedPtr make(Arguments&&... arguments) {
    return SharedPtr(std::make_shared<T>(std::forward<Arguments>(arguments)...));
  }

  SharedPtr() noexcept = default;
  explicit SharedPtr(std::shared_ptr<T> pointer) noexcept : pointer_(std::move(pointer)) {}
  template <class U>
  requires(!std::same_as<U, T> && std::convertible_to<U*, T*>) SharedPtr(SharedPtr<U> other)
  noexcept : pointer_(std::move(other).standard()) {}

  T* get() const noexcept { return pointer_.get(); }
  T& operator*() const noexcept { return *pointer_; }
  T* operator->() const noexcept { return pointer_.get(); }
  explicit operator bool() const noexcept { return pointer_ != nullptr; }
  void reset() noexcept { pointer_.reset(); }
  friend bool operator==(const SharedPtr& a, const SharedPtr& b) noexcept {
    return !a.pointer_.owner_before(b.pointer_) && !b.pointer_.owner_before(a.pointer_);
  }

  std::size_t use_count() const noexcept { return static_cast<std::size_t>(pointer_.use_count()); }
  Weak downgrade() const noexcept { return Weak(pointer_); }

  template <class Part>
  SharedPtr<Part> alias(Part* part) && noexcept {
    return SharedPtr<Part>(std::shared_ptr<Part>(std::move(pointer_), part));
  }

  static SharedPtr owner_of(T& object) noexcept { return SharedPtr(object.weak_from_this().lock()); }

  std::shared_ptr<T> standard() && noexcept { return std::move(pointer_); }

 private:
  std::shared_ptr<T> pointer_;
};

static_assert(Pointer<UniquePtr<int>> && Pointer<SharedPtr<int>>);

}  // namespace assay::peer
