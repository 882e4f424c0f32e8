// What a thread or the program refers to: scoped roots, and handles that live anywhere.
//
//   mutator ─► Root ─► Root ─► Root      on the stack, the youngest first
//   heap ◄─► Persistent ◄─► Persistent ◄─► …
//
// Root I1: roots of a mutator end in the reverse order of their beginning. A checked build traps otherwise.
// A Root costs three stores and a load to begin, one store to end. A Persistent takes the lock of its heap
// when it begins and ends; copies are handles of their own. Neither may outlive what it was made from. Both
// follow their object when that moves.
#pragma once

#include <concepts>
#include <cstddef>
#include <mutex>
#include <type_traits>

#include "allocators/check.h"
#include "gc/member.h"

namespace assay::gc {

struct RootSlot {
  void* object;
  RootSlot* previous;
};

// The base of mutators.
struct RootList {
  RootSlot* roots = nullptr;
  RootSlot* under_construction = nullptr;  // objects whose constructors or finalizers run
};

// A Root's address is in the list for as long as the Root is there: GCC 12 does not see the end of it where
// the destructor may trap instead.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif

template <class T>
class Root : private RootSlot {
 public:
  explicit Root(RootList& list) noexcept : Root(list, nullptr) {}
  Root(RootList& list, T* first) noexcept : RootSlot{first, list.roots}, list_(list) { list.roots = this; }
  ~Root() {
    if constexpr (kChecked)
      if (list_.roots != this)
        trap("Root I1", "a root of type %s ends before a younger one", typeid(T).name());
    list_.roots = previous;
  }
  Root(const Root&) = delete;
  Root& operator=(const Root& other) noexcept { return *this = other.get(); }
  Root& operator=(T* other) noexcept {
    this->object = other;
    return *this;
  }
  static void* operator new(std::size_t) = delete;

  T* get() const noexcept { return static_cast<T*>(this->object); }
  T& operator*() const noexcept { return *get(); }
  T* operator->() const noexcept { return get(); }
  explicit operator bool() const noexcept { return this->object != nullptr; }
  friend bool operator==(const Root& a, const T* b) noexcept { return a.get() == b; }

 private:
  RootList& list_;
};

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

struct PersistentSlot {
  void* object = nullptr;
  PersistentSlot* previous = nullptr;
  PersistentSlot* next = nullptr;
};

// The base of heaps. The objects are the collector's to read while the world is stopped.
class PersistentList {
 public:
  void link(PersistentSlot& slot) noexcept {
    const std::lock_guard lock(persistents_mutex_);
    slot.next = persistents_;
    slot.previous = nullptr;
    if (persistents_ != nullptr) persistents_->previous = &slot;
    persistents_ = &slot;
  }
  void unlink(PersistentSlot& slot) noexcept {
    const std::lock_guard lock(persistents_mutex_);
    (slot.previous != nullptr ? slot.previous->next : persistents_) = slot.next;
    if (slot.next != nullptr) slot.next->previous = slot.previous;
  }
  // f(object), which may be changed.
  template <class F>
  void for_each_persistent(F f) {
    const std::lock_guard lock(persistents_mutex_);
    for (PersistentSlot* slot = persistents_; slot != nullptr; slot = slot->next)
      if (slot->object != nullptr) f(slot->object);
  }

 private:
  std::mutex persistents_mutex_;
  PersistentSlot* persistents_ = nullptr;
};

template <class T>
class Persistent : private PersistentSlot {
 public:
  explicit Persistent(PersistentList& list, T* first = nullptr) noexcept : list_(list) {
    this->object = first;
    list.link(*this);
  }
  // Of a mutator: in its heap.
  template <class Mutator>
  requires requires(Mutator& mutator) {
    { mutator.heap() } -> std::convertible_to<PersistentList&>;
  }
  explicit Persistent(Mutator& mutator, T* first = nullptr) noexcept : Persistent(mutator.heap(), first) {}
  Persistent(const Persistent& other) noexcept : Persistent(other.list_, other.get()) {}
  ~Persistent() { list_.unlink(*this); }
  Persistent& operator=(const Persistent& other) noexcept { return *this = other.get(); }
  Persistent& operator=(T* other) noexcept {
    this->object = other;
    return *this;
  }

  T* get() const noexcept { return static_cast<T*>(this->object); }
  T& operator*() const noexcept { return *get(); }
  T* operator->() const noexcept { return get(); }
  explicit operator bool() const noexcept { return this->object != nullptr; }
  friend bool operator==(const Persistent& a, const T* b) noexcept { return a.get() == b; }

 private:
  PersistentList& list_;
};

}  // namespace assay::gc
