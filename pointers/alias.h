// An owner of an object that points to a part of it, or to anything that lives as long.
//
// I1  While there is an owner, its object is alive; `part` is what alias() was given, and is never looked at.
//
// Two words. Copyable and thread-safe as the owner is. Two are equal if they own the same object. Of a
// pointer that owns nothing, an Alias owns nothing and still has its part.
#pragma once

#include <type_traits>
#include <utility>

namespace assay {

template <class U, class Owner>
class Alias {
 public:
  using element_type = U;

  Alias() noexcept = default;
  Alias(Owner owner, U* part) noexcept : owner_(std::move(owner)), part_(part) {}
  Alias(const Alias&) = default;
  Alias(Alias&& other) noexcept
      : owner_(std::move(other.owner_)), part_(std::exchange(other.part_, nullptr)) {}
  // The old object goes when the new state is complete.
  Alias& operator=(const Alias& other) noexcept requires std::is_copy_constructible_v<Owner> {
    Alias(other).swap(*this);
    return *this;
  }
  Alias& operator=(Alias&& other) noexcept {
    Alias(std::move(other)).swap(*this);
    return *this;
  }
  ~Alias() = default;

  U* get() const noexcept { return part_; }
  U& operator*() const noexcept { return *part_; }
  U* operator->() const noexcept { return part_; }
  explicit operator bool() const noexcept { return part_ != nullptr; }
  const Owner& owner() const noexcept { return owner_; }

  // To a part of the part.
  template <class V>
  Alias<V, Owner> alias(V* part) const& {
    return {owner_, part};
  }
  template <class V>
  Alias<V, Owner> alias(V* part) && noexcept {
    part_ = nullptr;
    return {std::move(owner_), part};
  }

  void reset() noexcept { Alias().swap(*this); }
  void swap(Alias& other) noexcept {
    owner_.swap(other.owner_);
    std::swap(part_, other.part_);
  }
  friend void swap(Alias& a, Alias& b) noexcept { a.swap(b); }
  friend bool operator==(const Alias& a, const Alias& b) noexcept { return a.owner_ == b.owner_; }

 private:
  Owner owner_;
  U* part_ = nullptr;
};

}  // namespace assay
