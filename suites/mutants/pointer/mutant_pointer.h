// A plain shared pointer that claims all that a pointer with a block of its own can, and in which every
// defect that a clause SP-01 to SP-24 stands for can be switched on (but SP-10: mutant_intrusive.h).
//
// Idea. One word: the address of the value, whose counts lie directly before it (pointer_block.h). Nothing is
// optimised: whatever a clause says should be easy to see here, and so should its opposite.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <optional>
#include <type_traits>
#include <utility>

#include "pointers/concept.h"
#include "suites/mutants/pointer/pointer_block.h"

namespace assay::mutant {

// What owners of a value and of an array have in common.
template <class T>
class MutantOwner {
 public:
  using element_type = T;

  MutantOwner() = default;
  MutantOwner(const MutantOwner& other) noexcept : value_(other.owned()) {
    if (value_ != nullptr) add_owner(block());
  }
  MutantOwner(MutantOwner&& other) noexcept : value_(other.release()) {
    if (constructing_move_keeps_address) other.keep_address(value_);
  }
  MutantOwner& operator=(const MutantOwner& other) noexcept {
    if (self_assignment_drops && this == &other) {
      reset();
    } else if (copy_assignment_destroys_first) {
      MutantOwner next(other);
      drop();
      value_ = std::exchange(next.value_, nullptr);
    } else {
      MutantOwner(other).swap(*this);
    }
    return *this;
  }
  MutantOwner& operator=(MutantOwner&& other) noexcept {
    const bool was_nothing = owned() == nullptr;
    if (self_move_drops && this == &other) {
      reset();
    } else if (move_assignment_destroys_first && this != &other) {
      T* next = std::exchange(other.value_, nullptr);
      drop();
      value_ = next;
    } else {
      MutantOwner(std::move(other)).swap(*this);
      if (assigning_move_keeps_address && was_nothing && this != &other) other.keep_address(value_);
    }
    return *this;
  }
  ~MutantOwner() { drop(); }

  T* get() const noexcept { return value_; }
  explicit operator bool() const noexcept { return value_ != nullptr; }
  std::size_t use_count() const noexcept {
    if (owned() == nullptr) return 0;
    const std::size_t owners = block().owners;
    return use_count_rounds_hundreds && owners > 100 ? owners / 100 * 100 : owners;
  }
  void reset() noexcept {
    if (reset_destroys_first) {
      drop();
      value_ = nullptr;
    }
    MutantOwner().swap(*this);
  }

  friend bool operator==(const MutantOwner& a, const MutantOwner& b) noexcept {
    const T *first = a.owned(), *second = b.owned();
    if (first == nullptr && second == nullptr) return !nothings_differ;
    if (first == nullptr || second == nullptr) return false;
    if constexpr (std::is_empty_v<T>)
      if (empty_objects_are_equal) return true;
    if constexpr (std::is_arithmetic_v<T>)
      if (equality_compares_numbers) return *first == *second;
    return first == second;
  }

 protected:
  // Takes over an owner that was counted.
  explicit MutantOwner(T* value) noexcept : value_(value) {}

  T* owned() const noexcept { return stale_ ? nullptr : value_; }
  Block& block() const noexcept { return block_before(value_); }
  T* release() noexcept {
    T* value = owned();
    value_ = nullptr;
    stale_ = false;
    return value;
  }

 private:
  void swap(MutantOwner& other) noexcept {
    std::swap(value_, other.value_);
    std::swap(stale_, other.stale_);
  }
  void drop() noexcept {
    if (owned() != nullptr) drop_owner(block());
  }
  void keep_address(T* value) noexcept {
    value_ = value;
    stale_ = value != nullptr;
  }

  T* value_ = nullptr;
  bool stale_ = false;  // for defects: an address without ownership
};

inline constexpr PointerTraits kMutantTraits{.shares = true,
                                             .thread_safe = true,
                                             .counts = true,
                                             .has_weak = true,
                                             .unwraps = true,
                                             .proves_unique = true,
                                             .copies_on_write = true,
                                             .makes_cyclic = true,
                                             .gives_raw = true,
                                             .aliases = true,
                                             .converts = true,
                                             .has_arrays = true,
                                             .takes_allocator = true,
                                             .finds_owner = true,
                                             .drops_deep_chains = true,
                                             .most_owners = kMostOwners};

template <class T>
class MutantPointer : public MutantOwner<T> {
 public:
  static constexpr PointerTraits kTraits = kMutantTraits;
  using OwnerAware = mutant::OwnerAware;

  MutantPointer() = default;
  template <class U>
  requires(!std::is_same_v<U, T> && std::is_convertible_v<U*, T*>)
      MutantPointer(const MutantPointer<U>& other)
  noexcept : MutantOwner<T>(other.owned()) {
    if (this->owned() == nullptr) return;
    if (!converted_copy_counts_nothing) add_owner(this->block());
    if (converted_copy_ends_base_only)
      this->block().destroy = [](Block& block) noexcept { value_of<T>(block)->T::~T(); };
  }
  template <class U>
  requires(!std::is_same_v<U, T> && std::is_convertible_v<U*, T*>) MutantPointer(MutantPointer<U>&& other)
  noexcept : MutantOwner<T>(other.release()) {}

  template <class... Arguments>
  static MutantPointer make(Arguments&&... arguments) {
    return make_from(kHeap, Purpose::kObject, std::forward<Arguments>(arguments)...);
  }
  template <class Allocator, class... Arguments>
  static MutantPointer make_in(Allocator& allocator, Arguments&&... arguments) {
    return make_from(storage_from(allocator), Purpose::kObject, std::forward<Arguments>(arguments)...);
  }

  class Weak {
   public:
    Weak() = default;
    Weak(const Weak& other) noexcept : value_(other.value_) {
      if (value_ != nullptr) add_weak(block_before(value_));
    }
    Weak& operator=(const Weak& other) noexcept {
      Weak copy(other);
      std::swap(value_, copy.value_);
      return *this;
    }
    ~Weak() {
      if (value_ != nullptr) drop_weak(block_before(value_));
    }

    MutantPointer upgrade() const noexcept {
      if (value_ == nullptr) return MutantPointer();
      Block& block = block_before(value_);
      const bool finds_all = (upgrade_finds_dying_object && block.life == Life::kDying) ||
                             (cyclic_weak_finds_unmade && block.life == Life::kUnmade);
      if (finds_all)
        add_owner(block);
      else if (!add_owner_if_alive(block))
        return MutantPointer();
      return MutantPointer(value_);
    }

   private:
    friend class MutantPointer;
    explicit Weak(T* value) noexcept : value_(value) { add_weak(block_before(value)); }
    T* value_ = nullptr;
  };

  Weak downgrade() const noexcept { return this->owned() == nullptr ? Weak() : Weak(this->owned()); }

  template <class F>
  static MutantPointer make_cyclic(F&& f) {
    return MutantPointer(value_of<T>(build<T>(kHeap, 1, Purpose::kCyclicObject, [&](T* at) {
      const Weak self = cyclic_weak_never_finds ? Weak() : Weak(at);
      ::new (static_cast<void*>(at)) T(f(self));
    })));
  }

  static std::optional<T> try_unwrap(MutantPointer&& pointer) {
    if (pointer.owned() == nullptr) return std::nullopt;
    Block& block = pointer.block();
    if (unwrap_takes_shared_value && block.owners > 1) return std::optional<T>(std::move(*pointer.owned()));
    const Claim only(block);
    if (!only) {
      if (refused_unwrap_drops) pointer.reset();
      return std::nullopt;
    }
    if (throwing_move_loses_claim) only.lose();
    std::optional<T> value(std::move(*pointer.owned()));
    pointer.release();
    if (unwrap_keeps_weaks && block.weaks > 1) return value;
    only.bury_object();
    return value;
  }

  T* get_mut() noexcept {
    if (this->owned() == nullptr) return nullptr;
    const Block& block = this->block();
    const bool only = block.owners == 1 || get_mut_ignores_owners;
    return only && (block.weaks == 1 || get_mut_ignores_weaks) ? this->owned() : nullptr;
  }

  T& make_mut() {
    T& value = *this->owned();
    Block& block = this->block();
    if (make_mut_writes_small_values_in_place && sizeof(T) <= 16) return value;
    if (make_mut_keeps_weaks && block.owners == 1) return value;
    const Claim only(block);
    if (!only || make_mut_copies_unshared || (make_mut_copies_beside_weaks && block.weaks > 1)) {
      only.give_up();
      become_copy(value);
    } else if (block.weaks > 1) {
      MutantPointer moved = make_from(block.source, Purpose::kCopy, std::move(value));
      this->release();
      only.bury_object();
      *this = std::move(moved);
    }
    return *this->owned();
  }

  T* into_raw() noexcept {
    if (into_raw_counts && this->owned() != nullptr) add_owner(this->block());
    return this->release();
  }
  static MutantPointer from_raw(T* value) noexcept {
    if (from_raw_counts && value != nullptr) add_owner(block_before(value));
    return MutantPointer(value);
  }

  // An owner of the whole, which points to a part.
  template <class U>
  class Alias {
   public:
    Alias(MutantPointer owner, U* part) noexcept : owner_(std::move(owner)), part_(part) {}
    Alias(const Alias& other) noexcept
        : owner_(copied_alias_owns_nothing ? MutantPointer() : other.owner_), part_(other.part_) {}
    Alias(Alias&&) noexcept = default;
    Alias& operator=(const Alias&) noexcept = default;
    Alias& operator=(Alias&&) noexcept = default;
    U* get() const noexcept { return part_; }

   private:
    MutantPointer owner_;
    U* part_;
  };
  template <class U>
  Alias<U> alias(U* part) && noexcept {
    return Alias<U>(std::move(*this), part);
  }

  static MutantPointer owner_of(T& object) noexcept {
    Block* const block = object.OwnerAware::block_;
    if (block == nullptr) return MutantPointer();
    const bool finds_all = (owner_of_finds_unmade && block->life == Life::kUnmade) ||
                           (owner_of_finds_dying && block->life == Life::kDying);
    if (finds_all)
      add_owner(*block);
    else if (!(owner_of_counts_nothing && block->owners != 0) && !add_owner_if_alive(*block))
      return MutantPointer();
    return MutantPointer(&object);
  }

 private:
  template <class U>
  friend class MutantPointer;
  explicit MutantPointer(T* value) noexcept : MutantOwner<T>(value) {}

  // Nobody else can become an owner while the only one holds this: the count is 0, and 1 again at its end.
  class Claim {
   public:
    explicit Claim(Block& block) noexcept : block_(block) {
      std::size_t one = 1;
      held_ = block.owners.compare_exchange_strong(one, 0);
    }
    Claim(const Claim&) = delete;
    ~Claim() { give_up(); }
    explicit operator bool() const noexcept { return held_; }
    void give_up() const noexcept {
      if (held_) block_.owners = 1;
      held_ = false;
    }
    void lose() const noexcept { held_ = false; }
    void bury_object() const noexcept {
      held_ = false;
      bury(block_);
    }

   private:
    Block& block_;
    mutable bool held_;
  };

  template <class... Arguments>
  static MutantPointer make_from(const Storage& source, Purpose purpose, Arguments&&... arguments) {
    return MutantPointer(value_of<T>(build<T>(source, 1, purpose, [&](T* at) {
      if (large_value_made_on_stack && sizeof(T) >= kLarge) use_stack();
      if constexpr (std::is_move_constructible_v<T> && sizeof(T) < kLarge) {
        if (make_constructs_twice && purpose == Purpose::kObject) {
          T first(std::forward<Arguments>(arguments)...);
          ::new (static_cast<void*>(at)) T(std::move(first));
          return;
        }
      }
      ::new (static_cast<void*>(at)) T(std::forward<Arguments>(arguments)...);
    })));
  }

  void become_copy(const T& value) {
    const Storage source = this->block().source;
    if (throwing_copy_empties_source) {
      const MutantPointer old = std::move(*this);
      *this = make_from(source, Purpose::kCopy, value);
      return;
    }
    try {
      if (make_mut_copies_twice) static_cast<void>(T(value));
      *this = make_from(source, Purpose::kCopy, value);
    } catch (const std::bad_alloc&) {
      if (refused_copy_drops_source) drop_owner(this->block());
      throw;
    } catch (...) {
      if (throwing_copy_drops_source) drop_owner(this->block());
      throw;
    }
  }
};

template <class T>
class MutantPointer<T[]> : public MutantOwner<T> {
 public:
  static constexpr PointerTraits kTraits = kMutantTraits;

  MutantPointer() = default;
  static MutantPointer make_array(std::size_t count) {
    return MutantPointer(value_of<T>(build<T>(kHeap, count, Purpose::kArray, [count](T* values) {
      std::size_t made = 0;
      try {
        for (; made < count; ++made) ::new (static_cast<void*>(values + made)) T();
      } catch (...) {
        if (throwing_element_leaks_others) throw;
        while (made-- > 0) std::destroy_at(values + made);
        throw;
      }
    })));
  }

  std::size_t size() const noexcept { return this->owned() == nullptr ? 0 : this->block().count; }
  T& operator[](std::size_t i) const noexcept { return this->get()[i]; }

 private:
  explicit MutantPointer(T* values) noexcept : MutantOwner<T>(values) {}
};

static_assert(Pointer<MutantPointer<int>>);

}  // namespace assay::mutant
