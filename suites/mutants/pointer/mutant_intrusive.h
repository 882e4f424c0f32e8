// A plain intrusive pointer in which the defects that SP-10 stands for can be switched on, and those of
// SP-04 and SP-08 that only a count in the object has.
//
// Idea. object_type is the value and, behind it, the count. When the count falls to 0 it becomes kDying
// before the destructor runs: what the destructor counts and lets go of never makes it fall to 0 again.
//
// Invariant
//   I1  count_ is the number of owners, at most kMost; or kDying and the owners since the last one went
#pragma once

#include <atomic>
#include <cstddef>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "pointers/concept.h"
#include "suites/mutants/pointer/pointer_defects.h"

namespace assay::mutant {

// What is no class has a place in one.
template <class T>
struct Boxed {
  explicit Boxed(T value_ = T()) : value(value_) {}
  T value;
};

template <class T>
class MutantIntrusive {
 public:
  static constexpr std::size_t kMost = 1000;
  static constexpr PointerTraits kTraits{.shares = true,
                                         .thread_safe = true,
                                         .counts = true,
                                         .intrusive = true,
                                         .finds_owner = true,
                                         .most_owners = kMost};
  using element_type = T;

  class object_type;

  // Of objects that know their owners: the object as a whole, while there are any.
  class OwnerAware {
   public:
    OwnerAware() = default;
    OwnerAware(const OwnerAware& other) : whole_(copy_knows_owner_of_original ? other.whole_ : nullptr) {}
    OwnerAware& operator=(const OwnerAware&) { return *this; }

   private:
    friend class MutantIntrusive;
    object_type* whole_ = nullptr;
  };

  class object_type : public std::conditional_t<std::is_class_v<T>, T, Boxed<T>> {
   public:
    template <class... Arguments>
    explicit object_type(Arguments&&... arguments)
        : std::conditional_t<std::is_class_v<T>, T, Boxed<T>>(std::forward<Arguments>(arguments)...) {}
    object_type(const object_type&) = delete;

   private:
    friend class MutantIntrusive;
    std::atomic<std::size_t> count_{1};  // sequentially consistent throughout: right, not fast
  };

  MutantIntrusive() = default;
  MutantIntrusive(object_type* object, Retain) noexcept : object_(object) {
    if (object_ == nullptr) return;
    count(!retain_has_no_limit);
    if (retain_counts_twice) count(true);
    if (retain_is_not_counted) --object_->count_;
  }
  MutantIntrusive(object_type* object, Adopt) noexcept : object_(object) {
    if (object_ != nullptr && adopt_counts) count(true);
  }
  MutantIntrusive(const MutantIntrusive& other) noexcept : object_(other.object_) {
    if (object_ != nullptr) count(true);
  }
  MutantIntrusive(MutantIntrusive&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  MutantIntrusive& operator=(MutantIntrusive other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~MutantIntrusive() {
    if (object_ == nullptr || --object_->count_ != 0) return;
    if (!dying_object_dies_again) object_->count_ = kDying;
    if constexpr (std::is_base_of_v<OwnerAware, T>)
      if (!dying_object_knows_owner) object_->OwnerAware::whole_ = nullptr;
    delete object_;
  }

  template <class... Arguments>
  static MutantIntrusive make(Arguments&&... arguments) {
    MutantIntrusive made;
    made.object_ = new object_type(std::forward<Arguments>(arguments)...);
    if constexpr (std::is_base_of_v<OwnerAware, T>) made.object_->OwnerAware::whole_ = made.object_;
    return made;
  }

  T* get() const noexcept {
    if constexpr (std::is_class_v<T>)
      return object_;
    else
      return object_ == nullptr ? nullptr : &object_->value;
  }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  std::size_t use_count() const noexcept { return object_ == nullptr ? 0 : object_->count_.load(); }
  void reset() noexcept { *this = MutantIntrusive(); }

  static MutantIntrusive owner_of(T& object) noexcept {
    MutantIntrusive found;
    found.object_ = object.OwnerAware::whole_;
    if (found.object_ != nullptr && !found_owner_is_not_counted) found.count(true);
    return found;
  }

  friend bool operator==(const MutantIntrusive& a, const MutantIntrusive& b) noexcept {
    return a.object_ == b.object_;
  }

 private:
  static constexpr std::size_t kDying = std::size_t{1} << 32;

  void count(bool limited) noexcept {
    const std::size_t before = object_->count_++;
    if (before >= kMost && before < kDying && limited)
      trap("MutantIntrusive I1", "an object has more than %zu owners", kMost);
  }

  object_type* object_ = nullptr;
};

static_assert(Pointer<MutantIntrusive<int>>);

}  // namespace assay::mutant
