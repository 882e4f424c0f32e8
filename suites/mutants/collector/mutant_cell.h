// What a MutantHeap knows of a type, and of an object: its record, which lies apart from it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "gc/array.h"
#include "suites/mutants/collector/mutant_references.h"

namespace assay::mutant {

class MutantCollector;
struct MutantThread;

struct MutantType {
  std::size_t alignment;
  bool pinned, array, leaf;  // leaf: without references
  // Visits the references of an object; of an array those of at most `most` elements from `first` on. Where
  // to go on, or 0.
  std::size_t (*trace)(void* object, MutantVisitor& visit, std::size_t first, std::size_t most);
  void (*destroy)(void* object);                         // null: nothing to do
  void (*finalize)(void* object, MutantThread& thread);  // null: none
};

struct MutantCell {
  MutantCollector* heap;
  const MutantType* type;
  std::uintptr_t address;
  std::size_t size;          // in bytes, a multiple of 16
  std::uint64_t mark = 0;    // the last collection that found it
  std::uint64_t raised = 0;  // the last collection that found it only for a finalizer's sake
  std::size_t young_at = 0;  // its place among the young
  unsigned age = 0;          // minor collections survived while young
  int pins = 0;              // constructors, finalizers and arguments of make() that know its address
  bool old = false;
  bool made = false;           // its constructor returned
  bool finalizer_due = false;  // finalize() has not been asked for yet
  bool dying = false;          // its destructor runs
  // For defects.
  unsigned majors = 0, deaths = 0;  // full collections that found it, and that did not
  bool returned = false;            // reachable after its finalizer ran
  bool of_finalizer = false;        // made by one
  const MutantThread* maker = nullptr;
  std::size_t bytes = 0;  // asked for

  void* object() const { return reinterpret_cast<void*>(address); }
  bool contains(std::uintptr_t place) const { return place - address < size; }
};

template <class T>
inline constexpr bool is_mutant_reference = false;
template <class T>
inline constexpr bool is_mutant_reference<MutantMember<T>> = true;
template <class T>
inline constexpr bool is_mutant_reference<MutantWeak<T>> = true;

template <class T>
inline constexpr bool is_traced = is_mutant_reference<T> || requires(T& value, MutantVisitor& visit) {
  value.trace(visit);
};

template <class T>
void trace_value([[maybe_unused]] T& value, [[maybe_unused]] MutantVisitor& visit) {
  if constexpr (is_mutant_reference<T>)
    visit(value);
  else if constexpr (is_traced<T>)
    value.trace(visit);
}

template <class T>
std::size_t trace_object(void* object, MutantVisitor& visit, std::size_t, std::size_t) {
  trace_value(*static_cast<T*>(object), visit);
  return 0;
}

template <class T>
std::size_t trace_elements(void* object, MutantVisitor& visit, std::size_t first, std::size_t most) {
  auto& array = *static_cast<Array<T>*>(object);
  if constexpr (!is_traced<T>) return 0;
  const std::size_t end = std::min(first + most, array.size());
  for (std::size_t i = first; i < end; ++i) trace_value(array[i], visit);
  return end < array.size() ? end : 0;
}

template <class T>
constexpr bool pinned_by_type() {
  if constexpr (requires { T::kPinned; })
    return T::kPinned;
  else
    return false;
}

template <class T, class Mutator>
constexpr MutantType type_of_object() {
  MutantType type{alignof(T), pinned_by_type<T>(), false, !is_traced<T>, trace_object<T>, nullptr, nullptr};
  if constexpr (!std::is_trivially_destructible_v<T>)
    type.destroy = [](void* object) { static_cast<T*>(object)->~T(); };
  if constexpr (requires(T & object, Mutator & mutator) { object.finalize(mutator); })
    type.finalize = [](void* object, MutantThread& thread) {
      static_cast<T*>(object)->finalize(static_cast<Mutator&>(thread));
    };
  return type;
}

template <class T, class Mutator>
inline constexpr MutantType kMutantType = type_of_object<T, Mutator>();

template <class T>
inline constexpr MutantType kMutantArrayType{
    alignof(Array<T>), pinned_by_type<T>(), true, !is_traced<T>, trace_elements<T>, nullptr, nullptr};

}  // namespace assay::mutant
