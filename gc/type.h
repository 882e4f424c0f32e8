// What a collector knows about a type: its size, and functions that were generated from its trace().
//
// One constant for each type and heap type. Mutators find the place where they allocate a type by a number
// that the type gets when it is first used; arrays have one number for each of kArrayClasses sizes of cells.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <typeinfo>

#include "gc/array.h"
#include "gc/cage.h"
#include "gc/member.h"

namespace assay::gc {

inline constexpr std::size_t kMostCell = kBlockBytes / 2;  // what is larger has blocks of its own
inline constexpr std::uint32_t kArrayClasses = 54;
inline constexpr std::uint32_t kMostClasses = 1 << 16;  // of all types of a process
inline constexpr std::size_t kArraySlice = 256;         // elements of an array that are traced in one go

// Cells of arrays: every granule up to 128 bytes, then eight sizes a doubling, then whole parts of a block.
constexpr std::uint32_t array_class(std::size_t bytes) noexcept {
  if (bytes <= 128) return static_cast<std::uint32_t>((bytes - 1) / kGranule);
  if (bytes <= 4096) {
    const auto doubling = static_cast<std::uint32_t>(std::bit_width(bytes - 1)) - 8;
    return 8 * doubling + static_cast<std::uint32_t>((bytes - 1) >> (doubling + 4));
  }
  return 55 - static_cast<std::uint32_t>(kBlockBytes / ((bytes + kGranule - 1) & ~(kGranule - 1)));
}
constexpr std::size_t array_class_bytes(std::uint32_t cell_class) noexcept {
  if (cell_class < 8) return (cell_class + 1) * kGranule;
  if (cell_class < 48) return std::size_t{cell_class % 8 + 9} << (cell_class / 8 + 3);
  return (kBlockBytes / (55 - cell_class)) & ~(kGranule - 1);
}
static_assert(array_class(8) == 0 && array_class(128) == 7 && array_class(129) == 8);
static_assert(array_class_bytes(8) == 144 && array_class_bytes(array_class(4096)) == 4096);
static_assert(array_class(4097) == 48 && array_class(kMostCell) == kArrayClasses - 1);
static_assert(array_class_bytes(kArrayClasses - 1) == kMostCell);

// Sees each reference of an object, whatever the type: for what need not be fast.
struct EdgeVisitor {
  void* context;
  void (*edge)(void* context, Reference& reference, bool weak);
  template <class R>
  void operator()(R& reference) const {
    edge(context, reference, R::kWeak);
  }
};

struct TypeInfo {
  const std::type_info* type;
  std::size_t cell_bytes;  // 0 for arrays
  bool array;
  bool leaf;                                 // has no references
  bool pinned;                               // must not be moved
  void (*mark)(void* marker, void* object);  // shows all references to the marker; null for a leaf
  // Of an array: those of kArraySlice elements from `first` on; what follows is pushed before, if there is
  // room.
  void (*mark_slice)(void* marker, void* array, std::size_t first);
  // As `mark`, of heaps that move objects: what sees all references then. Null in others.
  void (*correct)(void* corrector, void* object);
  void (*edges)(void* object, const EdgeVisitor& visitor);  // null for a leaf
  // Of an array: the elements that lie between two addresses, or partly.
  void (*edges_within)(void* array, const char* begin, const char* end, const EdgeVisitor& visitor);
  void (*destroy)(void* object);                  // null if there is nothing to do
  void (*finalize)(void* object, void* mutator);  // null if the type has no finalize()
  std::atomic<std::uint32_t>* first_class;        // 0: not yet claimed
};

template <class T, class Visitor>
concept Traced = requires(T& object, Visitor& visitor) {
  object.trace(visitor);
};

template <class T>
inline constexpr bool kIsArray = false;
template <class T>
inline constexpr bool kIsArray<Array<T>> = true;

// Shows what an element or an object refers to.
template <class Visitor, class T>
[[gnu::always_inline]] inline void visit_references(Visitor& visitor, T& object) {
  if constexpr (std::is_base_of_v<Reference, T>) {
    visitor(object);
  } else if constexpr (Traced<T, Visitor>) {
    object.trace(visitor);
  } else if constexpr (kIsArray<T>) {
    for (auto& element : object) visit_references(visitor, element);
  }
}

template <class T>
struct IsLeaf : std::bool_constant<!std::is_base_of_v<Reference, T> && !Traced<T, const EdgeVisitor>> {};
template <class T>
struct IsLeaf<Array<T>> : IsLeaf<T> {};

// Classes from 0 to kArrayClasses - 1 are nobody's, so that a type without classes finds nothing there.
inline std::uint32_t claim_classes(std::atomic<std::uint32_t>& first_class, std::uint32_t n) {
  static constinit std::atomic<std::uint32_t> next{kArrayClasses};
  // Relaxed everywhere: a class is only a number, and what is found there is guarded by its heap.
  std::uint32_t known = first_class.load(std::memory_order_relaxed);
  if (known != 0) return known;
  const std::uint32_t mine = next.fetch_add(n, std::memory_order_relaxed);
  if (mine > kMostClasses - n) {
    next.fetch_sub(n, std::memory_order_relaxed);
    throw std::bad_alloc();
  }
  return first_class.compare_exchange_strong(known, mine, std::memory_order_relaxed) ? mine : known;
}

template <class Heap, class T>
struct TypeOf {
  static constexpr bool kArray = kIsArray<T>;
  static constexpr bool kLeaf = IsLeaf<T>::value;
  static constexpr std::size_t kAlignment = alignof(T) > kGranule ? alignof(T) : kGranule;
  static_assert(Traced<T, typename Heap::Marker> == Traced<T, const EdgeVisitor>,
                "trace() takes any visitor, by reference");
  static_assert(kAlignment <= kBlockBytes, "no cell is aligned more than its block");
  static constexpr std::size_t kCellBytes = (sizeof(T) + kAlignment - 1) & ~(kAlignment - 1);
  static constexpr bool kDestroys = !kArray && !std::is_trivially_destructible_v<T>;
  static constexpr bool kFinalizes = requires(T & object, typename Heap::Mutator& mutator) {
    object.finalize(mutator);
  };
  static constexpr bool kPinned = [] {
    if constexpr (requires { T::kPinned; })
      return bool{T::kPinned};
    else
      return false;
  }();

  static void mark(void* marker, void* object) {
    auto& visitor = *static_cast<typename Heap::Marker*>(marker);
    if constexpr (kArray)
      mark_slice(&visitor, object, 0);
    else
      visit_references(visitor, *static_cast<T*>(object));
  }
  static void mark_slice(void* marker, void* object, std::size_t first) {
    if constexpr (kArray) {
      auto& visitor = *static_cast<typename Heap::Marker*>(marker);
      auto& array = *static_cast<T*>(object);
      for (bool noted = false; !noted && first < array.size();) {
        const std::size_t end = array.size() - first > kArraySlice ? first + kArraySlice : array.size();
        noted = end < array.size() && visitor.push_slice(object, end);
        for (; first < end; ++first) visit_references(visitor, array[first]);
      }
    }
  }
  static void correct(void* corrector, void* object) {
    if constexpr (Heap::kTraits.moves)
      visit_references(*static_cast<typename Heap::Policy::Corrector*>(corrector), *static_cast<T*>(object));
  }
  static void edges(void* object, const EdgeVisitor& visitor) {
    visit_references(visitor, *static_cast<T*>(object));
  }
  static void edges_within(void* object, const char* begin, const char* end, const EdgeVisitor& visitor) {
    if constexpr (kArray) {
      auto& array = *static_cast<T*>(object);
      const auto* const elements = reinterpret_cast<const char*>(array.data());
      const std::size_t size = sizeof(typename T::element_type);
      std::size_t i = begin > elements ? static_cast<std::size_t>(begin - elements) / size : 0;
      for (; i < array.size() && elements + i * size < end; ++i) visit_references(visitor, array[i]);
    }
  }
  static void destroy(void* object) {
    if constexpr (kDestroys) static_cast<T*>(object)->~T();
  }
  static void finalize(void* object, void* mutator) {
    if constexpr (kFinalizes)
      static_cast<T*>(object)->finalize(*static_cast<typename Heap::Mutator*>(mutator));
  }

  static inline constinit std::atomic<std::uint32_t> first_class{0};
  static inline constinit const TypeInfo info{.type = &typeid(T),
                                              .cell_bytes = kArray ? 0 : kCellBytes,
                                              .array = kArray,
                                              .leaf = kLeaf,
                                              .pinned = kPinned,
                                              .mark = kLeaf ? nullptr : mark,
                                              .mark_slice = kArray && !kLeaf ? mark_slice : nullptr,
                                              .correct = kLeaf || !Heap::kTraits.moves ? nullptr : correct,
                                              .edges = kLeaf ? nullptr : edges,
                                              .edges_within = kArray && !kLeaf ? edges_within : nullptr,
                                              .destroy = kDestroys ? destroy : nullptr,
                                              .finalize = kFinalizes ? finalize : nullptr,
                                              .first_class = &first_class};
};

}  // namespace assay::gc
