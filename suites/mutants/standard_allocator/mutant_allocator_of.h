// Every mutant of the family of standard Allocators that has state and propagates: one sound allocator, and
// one defect for each clause (suites/core/mutation.h). Those over a memory resource: mutant_polymorphic_of.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <type_traits>

#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

inline const Mutation short_by_one("short_by_one");
inline const Mutation nothing_is_lost("nothing_is_lost");
inline const Mutation length_wraps("length_wraps");
inline const Mutation length_in_32_bits("length_in_32_bits");
inline const Mutation unequal_to_rebind("unequal_to_rebind");
inline const Mutation rebind_back_is_other("rebind_back_is_other");
inline const Mutation move_forgets("move_forgets");
inline const Mutation ignores_over_alignment("ignores_over_alignment");
inline const Mutation copy_assignment_keeps("copy_assignment_keeps");
inline const Mutation move_assignment_keeps("move_assignment_keeps");
inline const Mutation swap_keeps("swap_keeps");
inline const Mutation at_least_is_less("at_least_is_less");
inline const Mutation at_least_overstates("at_least_overstates");
inline const Mutation size_at_first_sight("size_at_first_sight");

template <class T>
constexpr bool kSpecialisation = false;
template <template <class...> class C, class... Arguments>
constexpr bool kSpecialisation<C<Arguments...>> = true;

// As the type was when its allocator was first named: 0 for one that was incomplete then. Templates (nodes of
// containers) are not asked, because that would instantiate them.
template <class T>
constexpr std::size_t known_size() {
  if constexpr (kSpecialisation<T>) {
    return 1;
  } else if constexpr (requires { sizeof(T); }) {
    return sizeof(T);
  } else {
    return 0;
  }
}

template <std::size_t kKnownSize>
struct FirstSight {
  static constexpr std::size_t kSize = kKnownSize;
};

struct Source {};  // only its address counts

// For the defects of size: blocks side by side, so that one overlaps the next and no heap is damaged.
inline bool packs() { return short_by_one || at_least_overstates || size_at_first_sight; }
inline void* pack(std::size_t bytes, std::size_t alignment) {
  constexpr std::size_t kRoom = std::size_t{1} << 30;
  static std::byte* next = static_cast<std::byte*>(::operator new(kRoom));
  if (bytes > kRoom / 4) throw std::bad_alloc();
  next += (alignment - reinterpret_cast<std::uintptr_t>(next) % alignment) % alignment;
  void* block = next;
  next += bytes;
  return block;
}

template <class T>
class MutantAllocatorOf : private FirstSight<known_size<T>()> {
 public:
  using value_type = T;
  using propagate_on_container_copy_assignment = std::true_type;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  using is_always_equal = std::false_type;

  struct AllocationResult {
    T* ptr;
    std::size_t count;
  };

  explicit MutantAllocatorOf(const Source* source) noexcept : source_(source) {}
  MutantAllocatorOf(const MutantAllocatorOf&) = default;
  MutantAllocatorOf(MutantAllocatorOf&& other) noexcept : source_(other.source_) {
    if (move_forgets) other.source_ = nullptr;
  }
  // Only the element types of R-25 are one char.
  template <class U>
  MutantAllocatorOf(const MutantAllocatorOf<U>& other) noexcept
      : source_(rebind_back_is_other && sizeof(U) == 1 ? nullptr : other.source()) {}

  MutantAllocatorOf& operator=(const MutantAllocatorOf& other) noexcept {
    if (!copy_assignment_keeps) source_ = other.source_;
    return *this;
  }
  MutantAllocatorOf& operator=(MutantAllocatorOf&& other) noexcept {
    if (!move_assignment_keeps) source_ = other.source_;
    return *this;
  }
  friend void swap(MutantAllocatorOf& a, MutantAllocatorOf& b) noexcept {
    if (swap_keeps) return;
    const Source* source = a.source_;
    a.source_ = b.source_;
    b.source_ = source;
  }

  T* allocate(std::size_t n) {
    if (n > SIZE_MAX / sizeof(T) && !length_wraps) throw std::bad_array_new_length();
    std::size_t bytes = n * sizeof(T);
    if (length_in_32_bits) bytes = static_cast<std::uint32_t>(bytes);
    if (short_by_one && sizeof(T) > 64 && n % 8 == 7) bytes -= sizeof(T);
    if (size_at_first_sight && this->kSize == 0) bytes = n;
    if (packs()) return static_cast<T*>(pack(bytes, alignof(T)));
    auto* block = static_cast<std::byte*>(::operator new (bytes + offset(), std::align_val_t{alignof(T)}));
    return reinterpret_cast<T*>(block + offset());
  }

  AllocationResult allocate_at_least(std::size_t n) {
    const std::size_t count = n + n / 4;
    return {allocate(count), at_least_is_less && n > 1 ? n - 1 : at_least_overstates ? 2 * count : count};
  }

  void deallocate(T* block, std::size_t n) noexcept {
    if (nothing_is_lost && n == 0) std::abort();
    if (packs()) return;
    ::operator delete (reinterpret_cast<std::byte*>(block) - offset(), std::align_val_t{alignof(T)});
  }

  const Source* source() const { return source_; }

  template <class U>
  friend bool operator==(const MutantAllocatorOf& a, const MutantAllocatorOf<U>& b) noexcept {
    if (unequal_to_rebind && !std::is_same_v<T, U>) return false;
    return a.source() == b.source();
  }

 private:
  static std::size_t offset() { return ignores_over_alignment && alignof(T) > 16 ? 16 : 0; }

  const Source* source_;
};

struct MutantAllocators {
  template <class T>
  using type = MutantAllocatorOf<T>;

  template <class T>
  type<T> make(int which) {
    return type<T>(&sources[which]);
  }

  Source sources[2];
};

}  // namespace assay::mutant
