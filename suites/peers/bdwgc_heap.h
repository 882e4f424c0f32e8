// The Boehm-Demers-Weiser collector behind our own interface: the rival of the mark-sweep heap, and a control
// of the suite that shares no line with ours.
//
//   BdwgcHeap              stops the world, and has one mark thread as ours have
//   BdwgcIncrementalHeap   GC_enable_incremental(): slices, and partial collections by dirty pages
//
// It finds references by looking at words: trace() tells it only that a type has any, and types without lie
// in memory that it does not scan. A Member is a plain word without a barrier, to the start of an object.
// Roots and Persistents are in lists that it is shown; static data, which have none, it does not scan. Stacks
// it does, but for the caller's where no raw pointer can be good: in collect(), and at the limit in a make()
// that is given none. There, what compilers leave lying about would decide what goes. A word of its own may
// still keep an object at the start of a block, with all that this reaches. Weak references are disguised
// words, each registered.
//
// Destructors and finalizers are its unordered finalizers. What one collection found is one batch: if any of
// it has finalize(), those run, and destructors wait until a collection finds their objects with none that
// could still look at them. Both run in make(), safepoint(), step() and collect() of who comes by.
//
// Knobs: headroom becomes 200 / GC_free_space_divisor percent, of which there are only 200, 100, 67, 50, 40
// and so on; least_headroom is its GC_set_min_bytes_allocd(), slice its time limit, limit its
// GC_set_max_heap_size(). may_grow is asked for 64 KiB of blocks in use at a time, which may be memory that
// an earlier heap left. held_bytes are its blocks without its tables.
//
// Pauses are what its events enclose, and step(). The slices of marking that an incremental heap does inside
// of make() have no event, and are not in the log.
//
// One heap at a time, since the library has one. What a heap leaves is collected when it ends, but a limit
// less than what the library ever took, 128 KiB at first, is std::bad_alloc. The library stops threads by
// signals, and needs no parking.
//
// Source: Boehm, Weiser, "Garbage Collection in an Uncooperative Environment", Software: Practice and
// Experience 18(9), 1988. gc/gc.h, gc/gc_mark.h and gc/javaxfc.h of bdwgc 8.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include "gc/concept.h"
#include "suites/peers/bdwgc_collector.h"

namespace assay::peer {

template <class T>
class BdwgcMember {
 public:
  BdwgcMember() = default;
  BdwgcMember(T* object) noexcept : object_(object) {}
  BdwgcMember& operator=(T* object) noexcept {
    object_ = object;
    return *this;
  }
  BdwgcMember& operator=(std::nullptr_t) noexcept { return *this = static_cast<T*>(nullptr); }

  T* get() const noexcept { return object_; }
  T* operator->() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

// Objects of a larger alignment do not begin where their cells do.
inline constexpr std::size_t kBdwgcAlignment = 16;

template <class T>
void* bdwgc_cell(T* object) {
  if constexpr (alignof(T) > kBdwgcAlignment) return GC_base(object);
  return object;
}

template <class T>
class BdwgcWeak {
 public:
  BdwgcWeak() = default;
  BdwgcWeak(T* object) { *this = object; }
  BdwgcWeak(const BdwgcWeak& other) { *this = other.get(); }
  BdwgcWeak& operator=(const BdwgcWeak& other) { return *this = other.get(); }
  BdwgcWeak& operator=(T* object) {
    auto** const link = reinterpret_cast<void**>(&disguised_);
    if (object == nullptr) {
      GC_unregister_disappearing_link(link);
      disguised_ = 0;
    } else {
      disguised_ = GC_HIDE_POINTER(object);
      BdwgcCollector::link(link, bdwgc_cell(object));
    }
    return *this;
  }
  BdwgcWeak& operator=(std::nullptr_t) { return *this = static_cast<T*>(nullptr); }

  // Under the lock: else the object could be found unreachable between the load and its use.
  T* get() const noexcept {
    GC_alloc_lock();
    T* const object = disguised_ == 0 ? nullptr : static_cast<T*>(GC_REVEAL_POINTER(disguised_));
    GC_alloc_unlock();
    return object;
  }
  T* operator->() const noexcept { return get(); }
  T& operator*() const noexcept { return *get(); }
  explicit operator bool() const noexcept { return get() != nullptr; }

 private:
  GC_hidden_pointer disguised_ = 0;  // the collector clears it
};

// Whether the library has to look into an object.
struct BdwgcVisitor {
  template <class Reference>
  void operator()(const Reference&) const {}
};
template <class T>
inline constexpr bool kBdwgcScanned = requires(T& object, BdwgcVisitor& visit) {
  object.trace(visit);
};
template <class T>
inline constexpr bool kBdwgcScanned<BdwgcMember<T>> = true;
template <class T>
inline constexpr bool kBdwgcScanned<Array<T>> = kBdwgcScanned<T>;

template <bool kIncremental>
class BasicBdwgcHeap {
 public:
  static constexpr char kVersion[] = {'0' + GC_VERSION_MAJOR, '.', '0' + GC_VERSION_MINOR, '.',
                                      '0' + GC_VERSION_MICRO, '\0'};
  static constexpr CollectorTraits kTraits{.precise = false,
                                           .incremental = kIncremental,
                                           .threads = !kIncremental,
                                           .has_weak = true,
                                           .destroys = true,
                                           .finalizes = true,
                                           .limits = true,
                                           .gives_back = true};
  template <class T>
  using Member = BdwgcMember<T>;
  template <class T>
  using Weak = BdwgcWeak<T>;
  class Mutator;
  template <class T>
  class Root;
  template <class T>
  class Persistent;

  BasicBdwgcHeap() : BasicBdwgcHeap(CollectorOptions()) {}
  explicit BasicBdwgcHeap(const CollectorOptions& options) { BdwgcCollector::begin(options, kIncremental); }
  BasicBdwgcHeap(const BasicBdwgcHeap&) = delete;
  BasicBdwgcHeap& operator=(const BasicBdwgcHeap&) = delete;
  ~BasicBdwgcHeap() { BdwgcCollector::end(); }

  CollectorStats stats() const { return BdwgcCollector::stats(); }
};

template <bool kIncremental>
class BasicBdwgcHeap<kIncremental>::Mutator : BdwgcMutator {
 public:
  explicit Mutator(BasicBdwgcHeap&) : registered_(bdwgc_register_thread()) { BdwgcCollector::add(*this); }
  Mutator(const Mutator&) = delete;
  Mutator& operator=(const Mutator&) = delete;
  ~Mutator() {
    remove();
    if (registered_) GC_unregister_my_thread();
  }

  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    return construct<T, (kPointerFree<Arguments> && ...)>(
        sizeof(T), [&](void* place) { return ::new (place) T(std::forward<Arguments>(arguments)...); });
  }

  template <class T>
  Array<T>* make_array(std::size_t size) {
    if (size > (PTRDIFF_MAX - sizeof(Array<T>)) / sizeof(T)) return nullptr;
    return construct<Array<T>, true>(sizeof(Array<T>) + size * sizeof(T), [&](void* place) {
      auto* const array = ::new (place) Array<T>(size);
      std::uninitialized_value_construct_n(array->data(), size);
      return array;
    });
  }

  void collect(Collection) { BdwgcCollector::collect(*this); }
  bool step() requires kIncremental {
    BdwgcCollector::begin_pause();
    const bool ended = BdwgcCollector::step();
    BdwgcCollector::end_pause();
    if (ended) BdwgcCollector::finish(*this);
    return ended;
  }
  void safepoint() {
    if (BdwgcCollector::schedule() == Schedule::kEverySafepoint)
      collect(Collection::kMajor);
    else if (BdwgcCollector::due())
      BdwgcCollector::finish(*this);
  }
  // The library stops threads wherever they are.
  void park() noexcept {}
  void unpark() noexcept {}

 private:
  template <class T>
  friend class BasicBdwgcHeap<kIncremental>::Root;

  template <class Argument, class A = std::remove_cvref_t<Argument>>
  static constexpr bool kPointerFree =
      std::is_arithmetic_v<A> || std::is_enum_v<A> || std::is_same_v<A, Mutator>;
  template <class T>
  static constexpr bool kFinalizes = requires(T& object, Mutator& mutator) {
    object.finalize(mutator);
  };
  template <class T>
  static constexpr bool kDestroys = !std::is_trivially_destructible_v<T>;

  template <class T>
  static T* object_in(void* cell) {
    const auto address = reinterpret_cast<std::uintptr_t>(cell);
    return reinterpret_cast<T*>((address + alignof(T) - 1) & ~(alignof(T) - 1));
  }
  template <class T>
  static void finalize(void* cell, BdwgcMutator& mutator) {
    object_in<T>(cell)->finalize(static_cast<Mutator&>(mutator));
  }
  template <class T>
  static void destroy(void* cell) {
    std::destroy_at(object_in<T>(cell));
  }
  // Of an object that has no finalizer, or no longer.
  template <class T>
  static constexpr BdwgcType kPlainType{nullptr, &destroy<T>, nullptr};
  template <class T>
  static constexpr BdwgcType type_of() {
    if constexpr (!kFinalizes<T>)
      return kPlainType<T>;
    else if constexpr (!kDestroys<T>)
      return {&finalize<T>, nullptr, nullptr};
    else
      return {&finalize<T>, &destroy<T>, &kPlainType<T>};
  }
  template <class T>
  static constexpr BdwgcType kType = type_of<T>();

  template <class T>
  static void* allocate(std::size_t bytes) {
    if constexpr (alignof(T) > kBdwgcAlignment) return GC_memalign(alignof(T), bytes);
    if constexpr (kBdwgcScanned<T>) return GC_malloc(bytes);
    return GC_malloc_atomic(bytes);
  }

  struct Constructing {
    explicit Constructing(BdwgcMutator& mutator_) : mutator(mutator_) { ++mutator.constructors; }
    Constructing(const Constructing&) = delete;
    ~Constructing() { --mutator.constructors; }
    BdwgcMutator& mutator;
  };
  // Takes back that an object whose constructor threw is watched.
  struct Watched {
    void* cell;
    ~Watched() {
      if (cell != nullptr) BdwgcCollector::forget(cell);
    }
  };

  // Whether all that it is given is no pointer: then the stack has none that is good.
  template <class T, bool kAlone, class Construct>
  T* construct(std::size_t bytes, const Construct& call) {
    void* place = BdwgcCollector::due() ? allocate_slowly<T, kAlone>(bytes) : allocate<T>(bytes);
    if (place == nullptr) [[unlikely]] {
      const auto again = [&] { return (place = allocate_slowly<T, kAlone>(bytes)) != nullptr; };
      if (!BdwgcCollector::insist(*this, !kAlone, again)) return nullptr;
    }
    const Constructing constructing(*this);
    if constexpr (kFinalizes<T> || kDestroys<T>) {
      Watched watched{bdwgc_cell(static_cast<T*>(place))};
      const auto watch = [&] { return BdwgcCollector::watch(watched.cell, kType<T>); };
      if (!watch() && !BdwgcCollector::insist(*this, true, watch)) {
        watched.cell = nullptr;
        return nullptr;
      }
      T* const object = call(place);
      watched.cell = nullptr;
      return object;
    } else {
      return call(place);
    }
  }

  template <class T, bool kAlone>
  [[gnu::noinline, gnu::cold]] void* allocate_slowly(std::size_t bytes) {
    if (BdwgcCollector::schedule() == Schedule::kEveryAllocation)
      BdwgcCollector::collect(*this, !kAlone);
    else
      BdwgcCollector::finish(*this);
    void* const place = allocate<T>(bytes);
    if (place == nullptr || BdwgcCollector::admit()) return place;
    GC_free(bdwgc_cell(static_cast<T*>(place)));
    return nullptr;
  }

  const bool registered_;  // by this Mutator
};

template <bool kIncremental>
template <class T>
class BasicBdwgcHeap<kIncremental>::Root : BdwgcRoot {
 public:
  explicit Root(Mutator& mutator, T* first = nullptr) noexcept
      : BdwgcRoot{first, mutator.roots}, mutator_(mutator) {
    // The thread may be stopped here: the list is whole. And g++ 12 would warn of the address of a local
    // variable.
    BdwgcRoot* self = this;
    asm volatile("" : "+r"(self) : : "memory");
    mutator.roots = self;
  }
  Root(const Root&) = delete;
  ~Root() { mutator_.roots = next; }
  Root& operator=(T* next_object) noexcept {
    object = next_object;
    return *this;
  }
  Root& operator=(const Root& other) noexcept { return *this = other.get(); }

  T* get() const noexcept { return static_cast<T*>(object); }
  T* operator->() const noexcept { return get(); }
  T& operator*() const noexcept { return *get(); }
  explicit operator bool() const noexcept { return object != nullptr; }

 private:
  Mutator& mutator_;
};

template <bool kIncremental>
template <class T>
class BasicBdwgcHeap<kIncremental>::Persistent : BdwgcPersistent {
 public:
  explicit Persistent(BasicBdwgcHeap&, T* first = nullptr) noexcept { begin(first); }
  explicit Persistent(Mutator&, T* first = nullptr) noexcept { begin(first); }
  Persistent(const Persistent& other) noexcept : BdwgcPersistent() { begin(other.get()); }
  ~Persistent() { remove(); }
  Persistent& operator=(T* next_object) noexcept {
    object = next_object;
    return *this;
  }
  Persistent& operator=(const Persistent& other) noexcept { return *this = other.get(); }

  T* get() const noexcept { return static_cast<T*>(object); }
  T* operator->() const noexcept { return get(); }
  T& operator*() const noexcept { return *get(); }
  explicit operator bool() const noexcept { return object != nullptr; }

 private:
  void begin(T* first) noexcept {
    object = first;
    BdwgcCollector::add(*this);
  }
};

using BdwgcHeap = BasicBdwgcHeap<false>;
using BdwgcIncrementalHeap = BasicBdwgcHeap<true>;

static_assert(Collector<BdwgcHeap> && Collector<BdwgcIncrementalHeap>);

}  // namespace assay::peer
