// A garbage-collected heap that claims all that one can but work on other threads, in which each defect of
// collector_defects.h can be switched on. mutant_collector.h says how it works.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "gc/concept.h"
#include "suites/mutants/collector/mutant_verifier.h"

namespace assay::mutant {

class MutantHeap {
 public:
  static constexpr CollectorTraits kTraits{.moves = true,
                                           .generational = true,
                                           .incremental = true,
                                           .threads = true,
                                           .independent_heaps = true,
                                           .has_weak = true,
                                           .destroys = true,
                                           .finalizes = true,
                                           .limits = true,
                                           .gives_back = true,
                                           .counts = true,
                                           .verifies = true};
  template <class T>
  using Member = MutantMember<T>;
  template <class T>
  using Weak = MutantWeak<T>;
  class Mutator;
  template <class T>
  class Root;
  template <class T>
  class Persistent;

  MutantHeap() : MutantHeap(CollectorOptions()) {}
  explicit MutantHeap(const CollectorOptions& options) : MutantHeap(options, false) {}

  CollectorStats stats() const { return collector_.stats(); }

 protected:
  MutantHeap(const CollectorOptions& options, bool beside) : collector_(options, beside) {}

 private:
  MutantCollector collector_;
};

class MutantHeap::Mutator : public MutantThread {
 public:
  explicit Mutator(MutantHeap& heap) : heap_(heap), collector_(heap.collector_) { collector_.attach(*this); }
  Mutator(const Mutator&) = delete;
  ~Mutator() { collector_.detach(*this); }

  template <class T, class... Arguments>
  T* make(Arguments&&... given) {
    return construct<T>(
        kMutantType<T, Mutator>, sizeof(T),
        [&](void* place) { return ::new (place) T(std::forward<Arguments>(given)...); }, given...);
  }

  template <class T>
  Array<T>* make_array(std::size_t size) {
    if (size > (PTRDIFF_MAX - sizeof(Array<T>)) / sizeof(T) && !array_size_wraps) return nullptr;
    return construct<Array<T>>(kMutantArrayType<T>, sizeof(Array<T>) + size * sizeof(T), [&](void* place) {
      auto* const array = ::new (place) Array<T>(size);
      std::uninitialized_value_construct_n(array->data(), size);
      if constexpr (std::is_arithmetic_v<T>)
        if (numbers_begin_as_they_were)
          for (T& element : *array) std::memset(&element, 0xdd, sizeof element);
      return array;
    });
  }

  void collect(Collection what) { collector_.collect(*this, what); }
  bool step() { return collector_.step(*this); }
  void safepoint() { collector_.safepoint(*this); }
  void park() { collector_.park(*this); }
  void unpark() { collector_.unpark(*this); }
  void verify() { collector_.verify(); }
  MutantHeap& heap() const { return heap_; }
  void end_root(const MutantRootSlot& root) { collector_.end_root(*this, root); }

 private:
  // Keeps what a constructor is given a pointer to until it runs.
  class KeptArguments {
   public:
    explicit KeptArguments(Mutator& self) : self_(self), first_(self.arguments.size()) {}
    KeptArguments(const KeptArguments&) = delete;
    ~KeptArguments() { release(); }
    template <class A>
    void keep(const A& argument) {
      if constexpr (std::is_trivially_copyable_v<A> && sizeof(A) >= sizeof(void*) && sizeof(A) <= 256)
        self_.keep_words(&argument, sizeof(A));
    }
    void release() { self_.release_arguments(first_); }

   private:
    Mutator& self_;
    const std::size_t first_;
  };

  template <class T, class Construct, class... Given>
  T* construct(const MutantType& type, std::size_t bytes, const Construct& call, const Given&... given) {
    KeptArguments kept(*this);
    std::size_t first = first_argument_is_not_kept;
    ((first > 0 ? void(--first) : kept.keep(given)), ...);
    MutantCell* const cell = collector_.allocate(*this, type, bytes);
    if (cell == nullptr) return nullptr;
    kept.release();
    try {
      T* const object = call(cell->object());
      collector_.made(*this, *cell);
      return object;
    } catch (...) {
      collector_.failed(*this, *cell);
      throw;
    }
  }

  void keep_words(const void* argument, std::size_t size) {
    const std::lock_guard lock(MutantCollector::world());
    for (std::size_t at = 0; at + sizeof(void*) <= size; at += sizeof(void*)) {
      void* word;
      std::memcpy(&word, static_cast<const char*>(argument) + at, sizeof word);
      MutantCell* const cell = collector_.find(word);
      if (cell == nullptr) continue;
      ++cell->pins;
      arguments.push_back(cell);
    }
  }
  void release_arguments(std::size_t first) {
    if (arguments.size() == first) return;
    const std::lock_guard lock(MutantCollector::world());
    for (; arguments.size() > first; arguments.pop_back()) --arguments.back()->pins;
  }

  MutantHeap& heap_;
  MutantCollector& collector_;
};

template <class T>
class MutantHeap::Root : MutantRootSlot {
 public:
  explicit Root(Mutator& mutator, T* first = nullptr) : mutator_(mutator) {
    object = first;
    mutator_.roots.push_back(this);
  }
  Root(const Root&) = delete;
  ~Root() {
    if (mutator_.roots.back() != this) trap("MutantHeap I1", "the root %p is not the last", this);
    mutator_.roots.pop_back();
    mutator_.end_root(*this);
  }
  Root& operator=(T* next) {
    object = next;
    return *this;
  }
  Root& operator=(const Root& other) { return *this = other.get(); }

  T* get() const { return static_cast<T*>(object); }
  T* operator->() const { return get(); }
  T& operator*() const { return *get(); }
  explicit operator bool() const { return object != nullptr; }

 private:
  Mutator& mutator_;
};

template <class T>
class MutantHeap::Persistent : MutantRootSlot {
 public:
  explicit Persistent(MutantHeap& heap, T* first = nullptr) : collector_(&heap.collector_) { begin(first); }
  explicit Persistent(Mutator& mutator, T* first = nullptr) : Persistent(mutator.heap(), first) {}
  Persistent(const Persistent& other) : collector_(other.collector_) {
    if (copied_persistent_is_no_root)
      object = other.object;
    else
      begin(other.get());
  }
  Persistent(Persistent&& other) noexcept : collector_(other.collector_) { begin(other.get()); }
  ~Persistent() { collector_->remove(*this); }
  Persistent& operator=(T* next) {
    const std::lock_guard lock(MutantCollector::world());
    object = next;
    return *this;
  }
  Persistent& operator=(const Persistent& other) {
    if (null_persistent_is_not_assigned && other.get() == nullptr) return *this;
    if (assigned_persistent_keeps_what_it_had) collector_->keep(*this);
    return *this = other.get();
  }

  T* get() const {
    const std::lock_guard lock(MutantCollector::world());
    return static_cast<T*>(object);
  }
  T* operator->() const { return get(); }
  T& operator*() const { return *get(); }
  explicit operator bool() const { return get() != nullptr; }

 private:
  void begin(T* first) {
    object = first;
    collector_->add(*this);
  }
  MutantCollector* const collector_;
};

static_assert(Collector<MutantHeap>);

}  // namespace assay::mutant
