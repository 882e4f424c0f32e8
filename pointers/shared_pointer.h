// SharedPointer<T, Counts>: an owner of an object that dies with the last of them; the design of Rc and Arc.
//
// Idea. The counts lie in front of the object in one block; a pointer is the object's address. How to count
// is a policy (counts.h); Rc counts for one thread, Arc for many, and nothing else differs.
//
//     SharedPointer   SharedPointer   Weak           upgrade(): an owner, if there is still one
//           │               │          │
//           └───────────────┴──────────┤
//                                      ▼
//   │ strong 2, weak 1 + 1, operations │ object │    shared_block.h: 16 bytes, then the object
//
// Invariants
//   I1  a pointer is null or counted in `strong` of the block in front of the object (counts.h I1)
//   I2  the object is alive while strong > 0; it is destroyed once, by the drop that makes strong 0, on that
//       thread (drop_stack.h: deep below other drops a little later)
//   I3  the block stays while weak > 0, and goes with the last one
//   I4  a pointer has its new state before the old object is let go: destructors may use the pointer
//
// Costs. Copy: a test and an addition; drop: a test, a subtraction, for the last one a comparison of
// `operations` and the destructor, without a call through a pointer where the type is known (shared_block.h).
// get(): nothing, as the pointer is the object's address; that is why bases must begin where the object does.
// A move touches no count. An object made in place: arguments, or what a callable returns, without a copy.
//
// Storage is operator new, or any allocator with make_in(), which must outlive the block; of an Arc it must
// be thread-safe, or blocks may end on one thread only. make_mut() takes the copy from where the original is.
// Where T is a base, try_unwrap() and make_mut() trap instead of slicing off what derives from it.
//
// What it does not do. No deleters, no adoption of objects made elsewhere. owner_of(), from_raw() and alias()
// trust the caller about the object. T must be complete where the last owner may be dropped, not before. A
// cycle of owners is never destroyed: use Weak for the way back.
// Source: Rust's std::rc and std::sync::Arc; make_shared of Boost for the single allocation.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "allocators/check.h"
#include "allocators/concept.h"
#include "pointers/alias.h"
#include "pointers/block_storage.h"
#include "pointers/concept.h"
#include "pointers/elements.h"
#include "pointers/shared_block.h"
#include "pointers/upcast.h"
#include "pointers/weak_pointer.h"

namespace assay {

template <class T, class Counts>
class SharedPointer {
  static_assert(!std::is_bounded_array_v<T>, "arrays are T[] here, of a length known at run time");
  static constexpr bool kArray = std::is_array_v<T>;
  using Stored = std::remove_const_t<T>;
  template <class Storage>
  using Block = SharedBlock<Stored, Storage, Counts>;
  using Usual = Block<HeapStorage>;

 public:
  static constexpr PointerTraits kTraits{.shares = true,
                                         .thread_safe = Counts::kThreadSafe,
                                         .counts = true,
                                         .has_weak = true,
                                         .unwraps = !kArray && std::is_move_constructible_v<T>,
                                         .proves_unique = true,
                                         .copies_on_write = !kArray && std::is_copy_constructible_v<T>,
                                         .makes_cyclic = !kArray,
                                         .gives_raw = true,
                                         .aliases = true,
                                         .converts = true,
                                         .has_arrays = true,
                                         .takes_allocator = true,
                                         .finds_owner = true,
                                         .drops_deep_chains = true,
                                         .most_owners = Counts::kMostStrong < 1000 ? Counts::kMostStrong : 0};
  using element_type = std::remove_extent_t<T>;
  using Weak = WeakPointer<T, Counts>;
  struct OwnerAware {};  // owner_of() needs nothing in the object

  template <class... Arguments>
  requires(!kArray) [[gnu::always_inline]] static SharedPointer make(Arguments&&... arguments) {
    return make_from<HeapStorage>({}, std::forward<Arguments>(arguments)...);
  }
  // From what f() returns, constructed in the block: for values too large for the stack.
  template <class F>
  requires(!kArray) [[gnu::always_inline]] static SharedPointer make_with(F&& f) {
    return published(Usual::create({}, [&f](void* at) { ::new (at) Stored(std::forward<F>(f)()); }));
  }
  template <Allocator A, class... Arguments>
  requires(!kArray) [[gnu::always_inline]] static SharedPointer
      make_in(A& allocator, Arguments&&... arguments) {
    return make_from<AllocatorStorage<A>>({&allocator}, std::forward<Arguments>(arguments)...);
  }
  // From what f(weak) returns; until then weak has no object. What f throws passes through.
  template <class F>
  requires(!kArray) static SharedPointer make_cyclic(F&& f) {
    void* const object = Usual::allocate({});
    // Holds the weak of the owners to be, and takes it with it when f throws: others may have Weaks by then.
    Weak weak(static_cast<element_type*>(object), kAdopt);
    ::new (object) Stored(std::forward<F>(f)(std::as_const(weak)));
    counts_of<Counts>(object).publish_to_weaks();
    weak.object_ = nullptr;
    return published(object);
  }

  // Elements from T(), or from make_element(i), the i-th.
  static SharedPointer make_array(std::size_t count) requires kArray {
    return make_array_with(count, [](std::size_t) { return element_type(); });
  }
  template <class Make>
  requires kArray static SharedPointer make_array_with(std::size_t count, Make&& make_element) {
    return published(Usual::create_array({}, count, make_element));
  }
  template <Allocator A>
  requires kArray static SharedPointer make_array_in(A& allocator, std::size_t count) {
    return published(Block<AllocatorStorage<A>>::create_array({&allocator}, count,
                                                              [](std::size_t) { return element_type(); }));
  }

  SharedPointer() noexcept = default;
  SharedPointer(std::nullptr_t) noexcept {}
  [[gnu::always_inline]] SharedPointer(const SharedPointer& other) noexcept : object_(other.object_) {
    add();
  }
  [[gnu::always_inline]] SharedPointer(SharedPointer&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)) {}
  template <class U>
  requires(UpcastsInPlace<U, T>) SharedPointer(const SharedPointer<U, Counts>& other)
  noexcept : object_(upcast_in_place<T>(other.object_)) { add(); }
  template <class U>
  requires(UpcastsInPlace<U, T>) SharedPointer(SharedPointer<U, Counts>&& other)
  noexcept : object_(upcast_in_place<T>(other.object_)) { other.object_ = nullptr; }
  SharedPointer& operator=(const SharedPointer& other) noexcept {
    SharedPointer(other).swap(*this);
    return *this;
  }
  SharedPointer& operator=(SharedPointer&& other) noexcept {
    SharedPointer(std::move(other)).swap(*this);
    return *this;
  }
  [[gnu::always_inline]] ~SharedPointer() { drop(object_); }

  element_type* get() const noexcept { return object_; }
  std::add_lvalue_reference_t<element_type> operator*() const noexcept { return *expect_object(); }
  element_type* operator->() const noexcept { return expect_object(); }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  std::add_lvalue_reference_t<element_type> operator[](std::size_t i) const noexcept requires kArray {
    if constexpr (kChecked)
      if (i >= size()) trap("SharedPointer I2", "element %zu of %zu", i, size());
    return object_[i];
  }
  std::size_t size() const noexcept requires kArray {
    return object_ == nullptr ? 0 : Usual::length(object_);
  }

  void reset() noexcept { drop(std::exchange(object_, nullptr)); }
  void swap(SharedPointer& other) noexcept { std::swap(object_, other.object_); }
  friend void swap(SharedPointer& a, SharedPointer& b) noexcept { a.swap(b); }

  friend bool operator==(const SharedPointer&, const SharedPointer&) noexcept = default;

  std::size_t use_count() const noexcept { return object_ == nullptr ? 0 : counts().strong(); }
  std::size_t weak_count() const noexcept { return object_ == nullptr ? 0 : counts().weak() - 1; }
  Weak downgrade() const noexcept { return Weak(object_); }

  static std::optional<element_type> try_unwrap(SharedPointer&& pointer) requires(!kArray) {
    std::optional<element_type> value;
    if (pointer.object_ == nullptr || !pointer.counts().claim()) return value;
    pointer.expect_exact_type();
    GiveBack claim{pointer.object_};
    value.emplace(std::move(*pointer.object_));
    claim.object = nullptr;
    end(std::exchange(pointer.object_, nullptr));
    return value;
  }

  // Null too if this owns nothing.
  element_type* get_mut() noexcept { return object_ != nullptr && counts().is_alone() ? object_ : nullptr; }

  // The copy is a T from the storage of the original. Must own something.
  std::add_lvalue_reference_t<element_type> make_mut() requires(!kArray) {
    if (!counts().is_alone()) [[unlikely]]
      become_alone();
    return *object_;
  }

  element_type* into_raw() noexcept { return std::exchange(object_, nullptr); }
  // This owner is never dropped, so that the object lives for as long as the program. Must own something.
  std::add_lvalue_reference_t<element_type> leak() && noexcept requires(!kArray) {
    expect_object();
    return *into_raw();
  }
  static SharedPointer from_raw(element_type* object) noexcept { return SharedPointer(object, kAdopt); }

  template <class U>
  Alias<U, SharedPointer<const void, Counts>> alias(U* part) const& noexcept {
    return {*this, part};
  }
  template <class U>
  Alias<U, SharedPointer<const void, Counts>> alias(U* part) && noexcept {
    return {std::move(*this), part};
  }

  // Of an object that make() made, in any of its forms, or whose construction or destruction is under way
  // there; not of an element of an array.
  template <class U = element_type>
  static SharedPointer owner_of(std::type_identity_t<U>& object) noexcept {
    const bool owned = counts_of<Counts>(&object).add_strong_if_owned();
    return SharedPointer(owned ? &object : nullptr, kAdopt);
  }

 private:
  template <class, class>
  friend class SharedPointer;
  template <class, class>
  friend class WeakPointer;

  // What was claimed goes back to its owner when an exception passes.
  struct GiveBack {
    element_type* object;
    ~GiveBack() {
      if (object != nullptr) counts_of<Counts>(object).publish_to_weaks();
    }
  };

  SharedPointer(element_type* object, Adopt) noexcept : object_(object) {}

  template <class Storage, class... Arguments>
  [[gnu::always_inline]] static SharedPointer make_from(Storage storage, Arguments&&... arguments) {
    return published(Block<Storage>::create(
        storage, [&](void* at) { construct_object<Stored>(at, std::forward<Arguments>(arguments)...); }));
  }
  [[gnu::always_inline]] static SharedPointer published(void* object) noexcept {
    return SharedPointer(static_cast<element_type*>(object), kAdopt);
  }

  Counts& counts() const noexcept { return counts_of<Counts>(object_); }
  [[gnu::always_inline]] void add() const noexcept {
    if (object_ != nullptr) counts().add_strong();
  }
  [[gnu::always_inline]] static void drop(element_type* object) noexcept {
    if (object != nullptr && counts_of<Counts>(object).drop_strong()) end(object);
  }

  // After the last owner.
  [[gnu::noinline]] static void end(element_type* owned) noexcept {
    void* const object = const_cast<std::remove_cv_t<element_type>*>(owned);
    const SharedOperations* const operations = counts_of<Counts>(object).operations();
    if constexpr (!std::is_void_v<T> && !std::is_abstract_v<element_type>) {
      if (operations == &Usual::kOperations) return Usual::finish(object);
    }
    operations->finish(object);
  }

  element_type* expect_object() const noexcept {
    if constexpr (kChecked)
      if (object_ == nullptr) trap("SharedPointer I1", "a pointer that owns nothing has no object");
    return object_;
  }

  void expect_exact_type() const noexcept {
    const SharedOperations* const operations = counts().operations();
    if (operations != &Usual::kOperations && *operations->type != typeid(T)) [[unlikely]]
      trap("shared_block I2", "a %s would be cut down to its base", operations->type->name());
  }

  [[gnu::noinline]] void become_alone() {
    expect_exact_type();
    if (counts().claim()) {  // there are Weaks
      GiveBack claim{object_};
      SharedPointer moved = another(std::move(*object_));
      claim.object = nullptr;
      end(std::exchange(object_, moved.into_raw()));
    } else {
      another(std::as_const(*object_)).swap(*this);
    }
  }

  template <class Value>
  SharedPointer another(Value&& value) const {
    const SharedOperations* const operations = counts().operations();
    void* const object = operations->allocate_another(object_);
    try {
      ::new (object) Stored(std::forward<Value>(value));
    } catch (...) {
      operations->deallocate(object);
      throw;
    }
    counts_of<Counts>(object).publish();
    return published(object);
  }

  element_type* object_ = nullptr;
};

}  // namespace assay
