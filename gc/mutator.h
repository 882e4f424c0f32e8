// A thread's access to a heap: where it makes objects.
//
//   cursors_[class of T] ─► │ objects │ next ░░░░░░░ limit │     make() takes the cell at `next`
//
// make() is a load, a comparison, a store and the constructor. What is rare is in make_slow(): the next run
// of free cells, the next block, the heap's limit. A collection that is due runs at the end of make(), when
// the new object is complete and has a root: so what was passed to its constructor as a raw pointer needs
// none. Only when there is no memory at all the collection comes first; arguments that are pointers to
// objects count as roots then.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "gc/array.h"
#include "gc/block_space.h"
#include "gc/concept.h"
#include "gc/options.h"
#include "gc/roots.h"
#include "gc/type.h"

namespace assay::gc {

// What a make() without memory was given: perhaps objects. `outer`: of the one during whose collection a
// finalizer called this one.
struct RawArguments {
  void* const* begin;
  std::size_t size;
  const RawArguments* outer = nullptr;
};

template <class A>
void* raw_argument(A& argument) noexcept {
  if constexpr (std::is_pointer_v<std::remove_cvref_t<A>> &&
                std::is_object_v<std::remove_pointer_t<std::remove_cvref_t<A>>>)
    return const_cast<void*>(static_cast<const void*>(argument));
  else if constexpr (requires {
                       requires !std::remove_cvref_t<A>::kWeak;
                       argument.load();
                     })
    return argument.load();  // a Member on a stack, or in what only a raw pointer keeps
  else
    return nullptr;
}

template <class Heap>
class BasicMutator : public RootList {
  using Policy = typename Heap::Policy;

 public:
  // Waits for the end of a stop. Throws std::bad_alloc.
  explicit BasicMutator(Heap& heap) : heap_(heap), cursors_(kMostClasses) { heap.attach(*this); }
  // Every root has ended.
  ~BasicMutator() {
    if (parked_) unpark();
    if constexpr (kChecked)
      if (roots != nullptr) trap("Mutator I1", "a mutator ends before its roots");
    heap_.detach(*this);
  }
  BasicMutator(const BasicMutator&) = delete;
  BasicMutator& operator=(const BasicMutator&) = delete;

  Heap& heap() const noexcept { return heap_; }

  // Null: no memory, and a full collection did not help. Throws what the constructor throws; the object was
  // never there then.
  template <class T, class... Arguments>
  [[gnu::always_inline]] T* make(Arguments&&... arguments) {
    using Type = TypeOf<Heap, T>;
    if constexpr (Type::kCellBytes <= kMostCell) {
      // Relaxed: only a number.
      Cursor& cursor = cursors_[Type::first_class.load(std::memory_order_relaxed)];
      const std::uintptr_t cell = cursor.next;
      if (cursor.limit - cell >= Type::kCellBytes) [[likely]] {
        cursor.next = cell + Type::kCellBytes;
        return construct<T>(reinterpret_cast<void*>(cell), std::forward<Arguments>(arguments)...);
      }
    }
    return make_slow<T>(std::forward<Arguments>(arguments)...);
  }

  // `size` elements, value-initialised.
  template <class T>
  [[gnu::always_inline]] Array<T>* make_array(std::size_t size) {
    using Type = TypeOf<Heap, Array<T>>;
    if (size > (SIZE_MAX / 2 - sizeof(Array<T>)) / sizeof(T)) return nullptr;
    const std::size_t bytes = sizeof(Array<T>) + size * sizeof(T);
    if (bytes <= kMostCell) [[likely]] {
      const std::uint32_t array_class = gc::array_class(bytes);
      Cursor& cursor = cursors_[Type::first_class.load(std::memory_order_relaxed) + array_class];
      const std::size_t cell_bytes = array_cell<T>(array_class);
      const std::uintptr_t cell = cursor.next;
      if (cursor.limit - cell >= cell_bytes) [[likely]] {
        cursor.next = cell + cell_bytes;
        return construct_array<T>(reinterpret_cast<void*>(cell), size);
      }
    }
    return make_array_slow<T>(size, bytes);
  }

  // All that is to be done is done when it returns; finalizers have run.
  void collect(Collection kind) {
    Policy::collect(heap_, *this, kind);
    heap_.run_finalizers(*this);
  }

  void safepoint() {
    if (heap_.wants_safepoint()) [[unlikely]]
      heap_.at_safepoint(*this);
  }

  bool step() requires requires(Heap& heap, BasicMutator& mutator) { Policy::step(heap, mutator); }
  { return Policy::step(heap_, *this); }

  // Between these two the thread touches neither objects nor roots.
  void park() {
    parked_ = true;
    heap_.park();
  }
  void unpark() {
    heap_.unpark();
    parked_ = false;
  }

  void verify() { heap_.verify(); }

  // For the heap and its policy, while the world is stopped or this mutator's thread calls.

  // Ends all runs, and gives the blocks back.
  void flush() noexcept {
    const std::lock_guard lock(heap_.space().mutex());
    while (active_ != nullptr) {
      Cursor& cursor = *active_;
      active_ = cursor.next_active;
      cursor.active = false;
      if (cursor.block == nullptr) continue;
      retire(cursor);
      heap_.space().leave(cursor, true);
    }
    publish();
  }
  const RawArguments* raw_arguments() const noexcept { return raw_arguments_; }

  typename Policy::MutatorState state{};
  bool finalizing = false;                                            // runs a finalizer
  BasicMutator *previous_mutator = nullptr, *next_mutator = nullptr;  // in the heap's list

 private:
  template <class T>
  static constexpr std::size_t array_cell(std::uint32_t array_class) noexcept {
    constexpr std::size_t kAlignment = TypeOf<Heap, Array<T>>::kAlignment;
    return (array_class_bytes(array_class) + kAlignment - 1) & ~(kAlignment - 1);
  }

  // An object of which the constructor runs is kept, with what it refers to so far.
  class Construction : RootSlot {
   public:
    Construction(BasicMutator& mutator, void* cell) noexcept
        : RootSlot{cell, mutator.under_construction}, mutator_(mutator) {
      mutator.under_construction = this;
    }
    ~Construction() { mutator_.under_construction = previous; }
    Construction(const Construction&) = delete;
    Construction& operator=(const Construction&) = delete;

   private:
    BasicMutator& mutator_;
  };
  class Discard {
   public:
    Discard(BasicMutator& mutator, void* cell) noexcept : mutator_(mutator), cell_(cell) {}
    ~Discard() {
      if (cell_ != nullptr) mutator_.discard(cell_);
    }
    Discard(const Discard&) = delete;
    Discard& operator=(const Discard&) = delete;
    void release() noexcept { cell_ = nullptr; }

   private:
    BasicMutator& mutator_;
    void* cell_;
  };

  template <class T, class... Arguments>
  [[gnu::always_inline]] T* construct(void* cell, Arguments&&... arguments) {
    const Construction construction(*this, cell);
    if constexpr (!std::is_constructible_v<T, Arguments...>) {
      Discard discard(*this, cell);
      T* const object = ::new (cell) T{std::forward<Arguments>(arguments)...};
      discard.release();
      return object;
    } else if constexpr (std::is_nothrow_constructible_v<T, Arguments...>) {
      return ::new (cell) T(std::forward<Arguments>(arguments)...);
    } else {
      Discard discard(*this, cell);
      T* const object = ::new (cell) T(std::forward<Arguments>(arguments)...);
      discard.release();
      return object;
    }
  }

  template <class T>
  [[gnu::always_inline]] Array<T>* construct_array(void* cell, std::size_t size) {
    auto* const array = ::new (cell) Array<T>(size);
    // The cell is zeroed, and null references are zeros.
    if constexpr (!std::is_base_of_v<Reference, T> && !std::is_trivially_default_constructible_v<T>) {
      const Construction construction(*this, cell);
      Discard discard(*this, cell);
      std::uninitialized_value_construct_n(array->data(), size);
      discard.release();
    }
    return array;
  }

  template <class T, class... Arguments>
  [[gnu::noinline]] T* make_slow(Arguments&&... arguments) {
    using Type = TypeOf<Heap, T>;
    void* cell = Type::kCellBytes <= kMostCell ? next_cell(Type::first_class, 0, Type::kCellBytes) : nullptr;
    if (cell == nullptr) {
      const std::array<void*, sizeof...(Arguments) + 1> raw{raw_argument(arguments)..., nullptr};
      cell = allocate(Type::info, 1, 0, Type::kCellBytes, {raw.data(), raw.size()});
      if (cell == nullptr) return nullptr;
    }
    return static_cast<T*>(finish_slow(construct<T>(cell, std::forward<Arguments>(arguments)...)));
  }
  template <class T>
  [[gnu::noinline]] Array<T>* make_array_slow(std::size_t size, std::size_t bytes) {
    const bool large = bytes > kMostCell;
    const std::uint32_t array_class = large ? 0 : gc::array_class(bytes);
    const std::size_t cell_bytes = large ? bytes : array_cell<T>(array_class);
    using Type = TypeOf<Heap, Array<T>>;
    void* cell = large ? nullptr : next_cell(Type::first_class, array_class, cell_bytes);
    if (cell == nullptr) {
      cell = allocate(Type::info, kArrayClasses, array_class, cell_bytes, {});
      if (cell == nullptr) return nullptr;
    }
    return static_cast<Array<T>*>(finish_slow(construct_array<T>(cell, size)));
  }

  // The first cell of the next run in the cursor's block; null if there is none.
  [[gnu::noinline]] void* next_cell(const std::atomic<std::uint32_t>& first_class, std::uint32_t offset,
                                    std::size_t bytes) noexcept {
    Cursor& cursor =
        cursors_[first_class.load(std::memory_order_relaxed) + offset];  // relaxed: only a number
    if (cursor.block == nullptr || !heap_.space().next_run(cursor, heap_.run_bytes())) return nullptr;
    void* const cell = reinterpret_cast<void*>(cursor.next);
    cursor.next += bytes;
    return cell;
  }

  [[gnu::noinline, gnu::cold]] void* allocate(const TypeInfo& type, std::uint32_t classes,
                                              std::uint32_t offset, std::size_t bytes, RawArguments raw) {
    void* cell = try_allocate(type, classes, offset, bytes);
    // The second collection ends what the finalizers of the first one let go.
    for (int attempt = 0; cell == nullptr && attempt < 2; ++attempt) {
      raw.outer = std::exchange(raw_arguments_, &raw);
      heap_.collect_for_memory(*this);
      raw_arguments_ = raw.outer;
      cell = try_allocate(type, classes, offset, bytes);
    }
    return cell;
  }

  void* try_allocate(const TypeInfo& type, std::uint32_t classes, std::uint32_t offset, std::size_t bytes) {
    BlockSpace& space = heap_.space();
    if (bytes > kMostCell) {
      const std::lock_guard lock(space.mutex());
      void* const object = space.allocate_large(type, bytes);
      if (object != nullptr) {
        ++objects_;
        bytes_ += Cage::info_of(object).cell_bytes;
        Policy::entered(heap_, *this, Cage::info_of(object));
        publish();
      }
      return object;
    }
    const std::uint32_t cell_class = claim_classes(*type.first_class, classes) + offset;
    const std::size_t most = heap_.run_bytes();
    Cursor& cursor = cursors_[cell_class];
    if (cursor.block == nullptr || !space.next_run(cursor, most)) {
      const std::lock_guard lock(space.mutex());
      if (cursor.block != nullptr) {
        retire(cursor);
        space.leave(cursor);
      }
      publish();
      if (!space.acquire(cursor, type, cell_class, bytes, most)) return nullptr;
      Policy::entered(heap_, *this, *cursor.block);
      if (!cursor.active) {
        cursor.active = true;
        cursor.next_active = active_;
        active_ = &cursor;
      }
    }
    void* const cell = reinterpret_cast<void*>(cursor.next);
    cursor.next += bytes;
    return cell;
  }

  void* finish_slow(void* object) {
    if (!heap_.wants_collection()) [[likely]]
      return object;
    RootSlot slot{object, roots};
    roots = &slot;
    heap_.at_allocation(*this);
    roots = slot.previous;
    return slot.object;
  }

  void retire(Cursor& cursor) noexcept {
    const std::size_t made = heap_.space().retire(cursor);
    objects_ += made;
    bytes_ += made * cursor.block->cell_bytes;
  }
  // The heap counts what this mutator has made. Under the space's mutex.
  void publish() noexcept {
    heap_.count_allocated(objects_, bytes_);
    objects_ = bytes_ = 0;
  }

  // The object's constructor threw. Its block may have come to another mutator, if that collected meanwhile:
  // who allocates in a block takes all before its run for objects.
  [[gnu::noinline, gnu::cold]] void discard(void* cell) noexcept {
    flush();
    if (discard_unless_shared(cell)) return;
    const typename Heap::Stop stop(heap_);
    heap_.flush();
    discard_unless_shared(cell);
  }
  bool discard_unless_shared(void* cell) noexcept {
    const std::lock_guard lock(heap_.space().mutex());
    const BlockInfo& block = Cage::info_of(cell);
    if (block.in_cursor) return false;
    heap_.count_discarded(block.cell_bytes);
    heap_.space().discard(cell);
    if constexpr (requires { Policy::discarded(cell); }) Policy::discarded(cell);
    return true;
  }

  Heap& heap_;
  bool parked_ = false;
  VirtualArray<Cursor> cursors_;
  Cursor* active_ = nullptr;               // may have a block
  std::uint64_t objects_ = 0, bytes_ = 0;  // made, and not yet published
  const RawArguments* raw_arguments_ = nullptr;
};

}  // namespace assay::gc
