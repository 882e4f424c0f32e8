// What refers to objects of a MutantHeap: references in objects, strong and weak, and roots.
#pragma once

#include <atomic>
#include <cstddef>
#include <type_traits>

namespace assay::mutant {

// How a reference came to be written. Every way needs the barrier.
enum class Store { kPointer, kCopy, kSwap, kReset, kInitial };

// A word in an object. Threads meet in it only as far as the program synchronises them: relaxed is enough.
class MutantSlot {
 public:
  void* load() const noexcept { return word_.load(std::memory_order_relaxed); }
  void set(void* object) noexcept { word_.store(object, std::memory_order_relaxed); }

 private:
  std::atomic<void*> word_{nullptr};
};

// mutant_barriers.h
void store_reference(MutantSlot& slot, void* object, Store store);
void store_weak(MutantSlot& slot, void* object);
void* read_weak(const MutantSlot& slot);

template <class T>
class MutantMember : public MutantSlot {
 public:
  MutantMember() = default;
  MutantMember(T* object) { store_reference(*this, object, Store::kInitial); }
  MutantMember(const MutantMember& other) { store_reference(*this, other.load(), Store::kInitial); }
  MutantMember& operator=(T* object) {
    store_reference(*this, object, object == nullptr ? Store::kReset : Store::kPointer);
    return *this;
  }
  MutantMember& operator=(std::nullptr_t) {
    store_reference(*this, nullptr, Store::kReset);
    return *this;
  }
  MutantMember& operator=(const MutantMember& other) {
    store_reference(*this, other.load(), Store::kCopy);
    return *this;
  }
  friend void swap(MutantMember& a, MutantMember& b) {
    void* const was_a = a.load();
    store_reference(a, b.load(), Store::kSwap);
    store_reference(b, was_a, Store::kSwap);
  }

  T* get() const noexcept { return static_cast<T*>(load()); }
  T* operator->() const noexcept { return get(); }
  T& operator*() const noexcept { return *get(); }
  explicit operator bool() const noexcept { return load() != nullptr; }
};

template <class T>
class MutantWeak : public MutantSlot {
 public:
  MutantWeak() = default;
  MutantWeak(T* object) { store_weak(*this, object); }
  MutantWeak(const MutantWeak& other) { store_weak(*this, other.get()); }
  MutantWeak& operator=(T* object) {
    store_weak(*this, object);
    return *this;
  }
  MutantWeak& operator=(std::nullptr_t) {
    store_weak(*this, nullptr);
    return *this;
  }
  MutantWeak& operator=(const MutantWeak& other) {
    store_weak(*this, other.get());
    return *this;
  }

  T* get() const { return static_cast<T*>(read_weak(*this)); }
  T* operator->() const { return get(); }
  T& operator*() const { return *get(); }
  explicit operator bool() const { return get() != nullptr; }
};

// What trace() is given.
class MutantVisitor {
 public:
  template <class T>
  void operator()(const MutantMember<T>& member) {
    strong(const_cast<MutantMember<T>&>(member));
  }
  template <class T>
  void operator()(const MutantWeak<T>& weak_member) {
    weak(const_cast<MutantWeak<T>&>(weak_member));
  }

 protected:
  ~MutantVisitor() = default;

 private:
  virtual void strong(MutantSlot& slot) = 0;
  virtual void weak(MutantSlot& slot) = 0;
};

// Calls one function for each strong reference, another for each weak one.
template <class Strong, class Weak>
class MutantVisit final : public MutantVisitor {
 public:
  MutantVisit(Strong on_strong, Weak on_weak) : on_strong_(on_strong), on_weak_(on_weak) {}

 private:
  void strong(MutantSlot& slot) override { on_strong_(slot); }
  void weak(MutantSlot& slot) override { on_weak_(slot); }
  Strong on_strong_;
  Weak on_weak_;
};

// What a Root or Persistent refers to.
struct MutantRootSlot {
  void* object = nullptr;
};

}  // namespace assay::mutant
