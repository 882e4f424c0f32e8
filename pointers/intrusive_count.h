// The count that an intrusively counted object carries, and where the object has it.
//
//   class Node : public Counted<LocalOwners<>> { … }      the count is where the class puts it (own)
//   Intrusive<Point>, and Point knows of no count:        IntrusiveObject<Point> has it
//
//     │ count │ Point │                    beside, before the object
//     │ table │ count │ Shape │            fixed: a polymorphic class, the count 8 bytes before it, so that a
//                                          pointer to its base finds it; costs a word for a second table
//     │ count │ int │                      held: a value that cannot be a base
//
// Invariants
//   I1  owners: the number of owners, at most kMost; one more traps, always
//   I2  an object is sheltered while it is constructed or destroyed, and for good if it is not an
//       IntrusiveObject (a local variable, a member): no drop destroys it, no owner_of() finds an owner.
//       Owners that its constructor makes and keeps count from then on like any other
//   I3  no owner is left when the destructor ends (checked builds)
//
// Sheltered counts are negative, so that they cost no instruction: add() looks at the sign for overflow
// anyway, and drop() compares with zero.
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "allocators/check.h"

namespace assay {

// Starts sheltered, with no owner. Thread-safe if kAtomic, but for settle() and shelter(), which are for the
// one thread that constructs or destroys.
template <std::unsigned_integral Word, bool kAtomic>
class OwnerCount {
  // Up to kMost is a count; up to kSheltered are the counts of threads that go beyond at once, and trap;
  // above are those of sheltered objects.
  static constexpr Word kSheltered = static_cast<Word>(Word{3} << (std::numeric_limits<Word>::digits - 2));
  // From half of these on it traps as well, lest a sheltered count wraps to one that a drop ends.
  static constexpr Word kShelteredRoom = static_cast<Word>(Word{1} << (std::numeric_limits<Word>::digits - 3));
  using Signed = std::make_signed_t<Word>;
  static bool is_sheltered(Word count) noexcept { return static_cast<Signed>(count) < 0; }

 public:
  static constexpr bool kThreadSafe = kAtomic;
  static constexpr std::size_t kMost = std::numeric_limits<Signed>::max();

  [[gnu::always_inline]] void add() noexcept {
    if constexpr (kAtomic) {
      // Relaxed: the caller has an owner, which keeps the object alive and published to this thread. The sign
      // of the sum is a flag of the locked instruction, a comparison with the count would take one more.
      if (is_sheltered(static_cast<Word>(count_.fetch_add(1, std::memory_order_relaxed) + 1))) [[unlikely]]
        expect_shelter(load());
    } else {
      if (is_sheltered(++count_)) [[unlikely]]
        expect_shelter(count_);
    }
  }

  // True: that was the last one, all that owners wrote is visible, and the caller has to destroy the object.
  [[gnu::always_inline]] bool drop() noexcept {
    if constexpr (kChecked)
      if (owners() == 0) trap("Intrusive I1", "an owner is dropped that was not counted");
    if constexpr (kAtomic) {
      // Release: what this owner did comes before the destruction; pairs with the acquire below.
      if (count_.fetch_sub(1, std::memory_order_release) != 1) return false;
      // A load, where a fence would do, because ThreadSanitizer does not know fences.
      static_cast<void>(count_.load(std::memory_order_acquire));
      return true;
    } else {
      return --count_ == 0;
    }
  }

  // Of an object that has an owner, or is sheltered: then false.
  bool add_unless_sheltered() noexcept {
    if (sheltered()) return false;
    add();
    return true;
  }

  // Ends the shelter of a new object, and counts who made it.
  void settle() noexcept {
    if constexpr (kAtomic) {
      // Relaxed: no other thread has an owner yet.
      if (count_.load(std::memory_order_relaxed) == kSheltered) {
        count_.store(1, std::memory_order_relaxed);
        return;
      }
      // Relaxed: who was handed an owner by the constructor has it from a synchronised hand-over.
      count_.fetch_sub(kSheltered - 1, std::memory_order_relaxed);
    } else {
      count_ = static_cast<Word>(count_ - (kSheltered - 1));
    }
  }
  void shelter() noexcept {
    if constexpr (kAtomic) {
      count_.store(kSheltered, std::memory_order_relaxed);  // the last owner is gone: nobody else looks
    } else {
      count_ = kSheltered;
    }
  }

  // One owner, and no other thread can make a second.
  bool is_one() const noexcept {
    if constexpr (kAtomic) {
      return count_.load(std::memory_order_acquire) == 1;  // pairs with the release in drop()
    } else {
      return count_ == 1;
    }
  }
  std::size_t owners() const noexcept {
    const Word count = load();
    return is_sheltered(count) ? static_cast<std::size_t>(count - kSheltered) : count;
  }
  bool sheltered() const noexcept { return is_sheltered(load()); }

 private:
  // Relaxed: a number to look at, which orders nothing.
  Word load() const noexcept {
    if constexpr (kAtomic) {
      return count_.load(std::memory_order_relaxed);
    } else {
      return count_;
    }
  }

  // Of a count that is negative, or was a moment ago.
  [[gnu::cold, gnu::noinline]] static void expect_shelter(Word count) noexcept {
    if (is_sheltered(count) && (count < kSheltered || count >= kSheltered + kShelteredRoom))
      trap("Intrusive I1", "too many owners: one more would not be counted");
  }

  std::conditional_t<kAtomic, std::atomic<Word>, Word> count_{kSheltered};
};

template <std::unsigned_integral Word = std::uint32_t>
using LocalOwners = OwnerCount<Word, false>;
template <std::unsigned_integral Word = std::uint32_t>
using AtomicOwners = OwnerCount<Word, true>;

// The base of a class that has a count of its own. The count is the object's, not its value's: a copy of the
// object starts anew, an assignment changes nothing.
template <class Count>
class Counted {
 protected:
  Counted() noexcept = default;
  Counted(const Counted&) noexcept {}
  Counted& operator=(const Counted&) noexcept { return *this; }
  ~Counted() {
    if constexpr (kChecked)
      if (count_.owners() > (count_.sheltered() ? 0 : 1))  // one: that of a maker who never had a pointer
        trap("Intrusive I3", "a destroyed object has %zu owners", count_.owners());
  }

 private:
  template <class, class>
  friend struct IntrusiveLayout;

  Count count_;
};

template <class Count>
struct CountBeside : Counted<Count> {};

template <class Count>
struct CountFixed {
  virtual ~CountFixed() = default;
  CountBeside<Count> beside;
};

template <class T, class Count>
class IntrusiveObject;

// Where T has its count. T must be complete.
template <class T, class Count>
struct IntrusiveLayout {
  static constexpr bool kOwn = std::is_base_of_v<Counted<Count>, T>;
  static constexpr bool kHeld = !std::is_class_v<T> || std::is_final_v<T>;
  static constexpr bool kFixed =
      !kOwn && !kHeld && std::is_polymorphic_v<T> && alignof(T) <= 2 * sizeof(void*);
  static_assert(!(kOwn && kHeld),
                "a class with a count of its own must not be final: make() derives from it");

  template <class Parts>
  static Count& in(Parts& parts) noexcept {
    return parts.count_;
  }

  static Count& count_of(T* value) noexcept {
    if constexpr (kOwn) {
      return in(static_cast<Counted<Count>&>(*value));
    } else if constexpr (kFixed) {
      return in(*reinterpret_cast<CountBeside<Count>*>(reinterpret_cast<std::byte*>(value) - sizeof(void*)));
    } else if constexpr (kHeld) {
      return in(object_of(value)->count);
    } else {
      return in(static_cast<CountBeside<Count>&>(*object_of(value)));
    }
  }

  static T* value_in(IntrusiveObject<T, Count>* object) noexcept {
    if constexpr (kHeld) {
      return std::addressof(object->held);
    } else {
      return object;
    }
  }

  // Of an object whose dynamic type is that.
  static IntrusiveObject<T, Count>* object_of(T* value) noexcept {
    if constexpr (kHeld) {
      constexpr std::size_t kOffset = alignof(T) > sizeof(Count) ? alignof(T) : sizeof(Count);
      return reinterpret_cast<IntrusiveObject<T, Count>*>(reinterpret_cast<std::byte*>(value) - kOffset);
    } else {
      return static_cast<IntrusiveObject<T, Count>*>(value);
    }
  }
};

template <class T>
struct OwnCountObject : T {
  template <class... Arguments>
  explicit OwnCountObject(std::in_place_t, Arguments&&... arguments)
      : T(std::forward<Arguments>(arguments)...) {}
};

template <class T, class Prefix>
struct PrefixedObject : Prefix, T {
  template <class... Arguments>
  explicit PrefixedObject(std::in_place_t, Arguments&&... arguments)
      : T(std::forward<Arguments>(arguments)...) {}
};

template <class T, class Count>
struct HoldingObject {
  template <class... Arguments>
  explicit HoldingObject(std::in_place_t, Arguments&&... arguments)
      : held(std::forward<Arguments>(arguments)...) {}

  CountBeside<Count> count;
  T held;
};

template <class T, class Count, class Layout = IntrusiveLayout<T, Count>>
using IntrusiveParts = std::conditional_t<
    Layout::kOwn, OwnCountObject<T>,
    std::conditional_t<
        Layout::kHeld, HoldingObject<T, Count>,
        PrefixedObject<T, std::conditional_t<Layout::kFixed, CountFixed<Count>, CountBeside<Count>>>>>;

// What Intrusive<T>::make() makes: a T with a count, which is one when the constructor has returned. It can
// also be made with new, and then be adopted.
template <class T, class Count>
class IntrusiveObject final : public IntrusiveParts<T, Count> {
  using Layout = IntrusiveLayout<T, Count>;

 public:
  template <class... Arguments>
  explicit IntrusiveObject(Arguments&&... arguments)
      : IntrusiveParts<T, Count>(std::in_place, std::forward<Arguments>(arguments)...) {
    Layout::count_of(Layout::value_in(this)).settle();
  }
  IntrusiveObject(const IntrusiveObject&) = delete;
  IntrusiveObject& operator=(const IntrusiveObject&) = delete;
};

}  // namespace assay
