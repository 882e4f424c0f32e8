// What allocate() gives: storage for n objects, aligned, apart from all other storage, or an exception.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <new>
#include <vector>

#include "suites/core/forked.h"
#include "suites/core/live_map.h"
#include "suites/core/random.h"
#include "suites/standard_allocator/subject.h"

namespace assay::suite::standard_allocator {

template <std::size_t kSize, std::size_t kAlignment = 1>
struct alignas(kAlignment) Object {
  unsigned char bytes[kSize];
};

// Null when it is refused: a subject may serve small requests only. How it must fail is a clause of its own.
template <class Of, class T>
T* allocate_if_room(Subject<Of, T>& allocator, std::size_t n) {
  try {
    return Traits<Of, T>::allocate(allocator, n);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

inline void require_any(bool served) {
  if (!served) skipped("the subject refuses every request of the check");
}

inline void note_refusals(std::size_t refused, std::size_t requests) {
  if (refused > 0) note("%zu of %zu requests were refused", refused, requests);
}

// Returns how many of the 60 were refused.
template <class Of, class T>
std::size_t check_alignment_of() {
  Of factory;
  auto allocator = factory.template make<T>(0);
  struct Array {
    T* objects;
    std::size_t count;
  };
  std::vector<Array> arrays;
  for (std::size_t i = 0; i < 60; ++i) {
    const std::size_t count = i % 9 + 1;
    T* objects = allocate_if_room<Of, T>(allocator, count);
    if (objects == nullptr) continue;
    require(reinterpret_cast<std::uintptr_t>(objects) % alignof(T) == 0,
            "allocate(%zu) of objects of %zu bytes, alignment %zu, returned %p", count, sizeof(T), alignof(T),
            static_cast<void*>(objects));
    arrays.push_back({objects, count});
  }
  for (const Array& array : arrays) Traits<Of, T>::deallocate(allocator, array.objects, array.count);
  return 60 - arrays.size();
}

template <class Of>
void check_alignment() {
  std::size_t refused = check_alignment_of<Of, char>();
  require_any(refused < 60);
  refused += check_alignment_of<Of, Object<6, 2>>();
  refused += check_alignment_of<Of, long>();
  refused += check_alignment_of<Of, Object<16, 16>>();
  refused += check_alignment_of<Of, Object<32, 32>>();
  refused += check_alignment_of<Of, Object<64, 64>>();
  refused += check_alignment_of<Of, Object<512, 256>>();
  refused += check_alignment_of<Of, Object<4096, 4096>>();
  note_refusals(refused, 8 * 60);
}

// Returns how many of the 3,000 were refused.
template <class Of, class T>
std::size_t check_contents_of(std::size_t most) {
  struct Array {
    T* objects = nullptr;
    std::size_t count = 0;
  };
  Of factory;
  auto allocator = factory.template make<T>(0);
  LiveMap live;
  Array arrays[64];
  std::size_t refused = 0;
  Random random(seed());
  const auto require_intact = [](const char* problem) { require(problem == nullptr, "%s", problem); };
  const auto end = [&](Array& array) {
    if (array.objects == nullptr) return;
    require_intact(live.remove(array.objects));
    Traits<Of, T>::deallocate(allocator, array.objects, array.count);
  };
  for (int i = 0; i < 3000; ++i) {
    Array& array = arrays[random.below(64)];
    end(array);
    array.count = random.one_in(2) ? 1 : static_cast<std::size_t>(random.log_between(1, most));
    array.objects = allocate_if_room<Of, T>(allocator, array.count);
    if (array.objects == nullptr)
      ++refused;
    else
      require_intact(live.add(array.objects, array.count * sizeof(T), array.count * sizeof(T), 1));
  }
  for (Array& array : arrays) end(array);
  return refused;
}

template <class Of>
void check_disjointness() {
  std::size_t refused = check_contents_of<Of, char>(5000);
  require_any(refused < 3000);
  refused += check_contents_of<Of, long>(1000);
  refused += check_contents_of<Of, Object<72, 8>>(100);
  note_refusals(refused, 9000);
}

template <class Of, class T>
void check_lengths_of() {
  Of factory;
  auto allocator = factory.template make<T>(0);
  constexpr std::size_t kCountable = SIZE_MAX / sizeof(T);
  for (const std::size_t n :
       {kCountable + 1, kCountable + 2, kCountable + 40, kCountable * 2 + 4, SIZE_MAX - 1, SIZE_MAX}) {
    if (n <= kCountable) continue;
    volatile std::size_t hidden = n;
    try {
      const void* block = Traits<Of, T>::allocate(allocator, hidden);
      violated("allocate(%zu) of objects of %zu bytes returned %p", n, sizeof(T), block);
    } catch (const std::bad_array_new_length&) {
    } catch (...) {
      if (RefersToResource<Of>)
        violated(
            "allocate(%zu) of objects of %zu bytes threw another exception than std::bad_array_new_length", n,
            sizeof(T));
    }
  }
}

// More bytes than 32 bits count, and few of them left in the low 32: refused, or there from end to end. In a
// child, because the last byte of a block that is too short may be anybody's, or nobody's. Such a block is
// not given back: what is done to all its bytes there takes its time.
template <class Of, class T>
void check_length_beyond_32_bits() {
  constexpr std::size_t kCount = ((std::size_t{1} << 32) + 64 + sizeof(T) - 1) / sizeof(T);
  const auto write_ends = [](T* objects) {
    auto* const bytes = reinterpret_cast<volatile unsigned char*>(objects);
    bytes[0] = 1;
    bytes[kCount * sizeof(T) - 1] = 1;
  };
  const Ending ending = run_forked([&] {
    if constexpr (RefersToResource<Of>) {
      Upstream upstream;
      Subject<Of, T> allocator(&upstream);
      T* objects = allocate_if_room<Of, T>(allocator, kCount);
      if (objects == nullptr) return;
      require(upstream.contains(objects, kCount * sizeof(T)),
              "allocate(%zu) of objects of %zu bytes returned a block that does not end inside upstream's",
              kCount, sizeof(T));
      write_ends(objects);
    } else if constexpr (!kLargeBlocksAreCostly) {
      Of factory;
      auto allocator = factory.template make<T>(0);
      T* objects = allocate_if_room<Of, T>(allocator, kCount);
      if (objects != nullptr) write_ends(objects);
    }
  });
  require(ending.clean(), "writing to both ends of allocate(%zu) of objects of %zu bytes ended with %s",
          kCount, sizeof(T), describe(ending));
}

template <class Of>
void check_lengths() {
  check_lengths_of<Of, short>();
  check_lengths_of<Of, long>();
  check_lengths_of<Of, Object<24, 8>>();
  check_lengths_of<Of, Object<4096, 8>>();
  check_length_beyond_32_bits<Of, char>();
  check_length_beyond_32_bits<Of, long>();
  check_length_beyond_32_bits<Of, Object<24, 8>>();
  check_length_beyond_32_bits<Of, Object<4096, 8>>();
}

template <class Of>
void check_nothing() {
  Of factory;
  auto allocator = factory.template make<long>(0);
  try {
    long* first = Traits<Of, long>::allocate(allocator, 0);
    long* second = Traits<Of, long>::allocate(allocator, 0);
    long* one = Traits<Of, long>::allocate(allocator, 1);
    *one = 5;
    Traits<Of, long>::deallocate(allocator, second, 0);
    Traits<Of, long>::deallocate(allocator, first, 0);
    require(*one == 5, "giving back storage for no objects changed another's");
    Traits<Of, long>::deallocate(allocator, one, 1);
    chose("allocate(0) is %s", first == nullptr  ? "null"
                               : first == second ? "one address"
                                                 : "an address each time");
  } catch (const std::bad_alloc&) {
    chose("allocate(0) throws std::bad_alloc");
  }
}

template <class Of>
void check_refusal() {
  Of factory;
  if constexpr (!requires { factory.refuse_next(0); }) {
    absent("its storage cannot be made to run out");
  } else {
    auto allocator = factory.template make<long>(0);
    long* before = allocate_if_room<Of, long>(allocator, 3);
    if (before == nullptr) skipped("the subject refuses %zu bytes", 3 * sizeof(long));
    *before = 5;
    for (const std::size_t n : {1u, 2u, 100u, 1000u}) {
      factory.refuse_next(0);
      try {
        const void* block = Traits<Of, long>::allocate(allocator, n);
        violated("allocate(%zu) without storage returned %p", n, block);
      } catch (const std::bad_alloc&) {
      }
      long* after = allocate_if_room<Of, long>(allocator, n);
      if (after == nullptr) {
        require(n > 2, "after a refused allocation, %zu bytes are refused", n * sizeof(long));
        continue;
      }
      require(after != before && *before == 5, "a refused allocation damaged a live block");
      Traits<Of, long>::deallocate(allocator, after, n);
    }
    Traits<Of, long>::deallocate(allocator, before, 3);
  }
}

template <class Of>
void check_exception() {
  if constexpr (!RefersToResource<Of>) {
    absent("refers to no memory resource");
  } else {
    Upstream upstream;
    Subject<Of, long> allocator(&upstream);
    upstream.fail_after(0);
    try {
      static_cast<void>(Traits<Of, long>::allocate(allocator, 10));
    } catch (const UpstreamFailure&) {
      return;
    } catch (...) {
      violated("the resource's exception arrives as another");
    }
    absent("does not fail with its resource");  // which is for R-03 to judge
  }
}

template <class Of>
void check_at_least() {
  Of factory;
  auto allocator = factory.template make<Object<24, 8>>(0);
  if constexpr (!requires { allocator.allocate_at_least(std::size_t{1}).count; }) {
    absent("has no allocate_at_least");
  } else {
    LiveMap live;
    struct Result {
      Object<24, 8>* objects;
      std::size_t asked, count;
    };
    std::vector<Result> results;
    for (std::size_t n = 1; n < 120; ++n) {
      const auto result = allocator.allocate_at_least(n);
      require(result.count >= n, "allocate_at_least(%zu) gave %zu", n,
              static_cast<std::size_t>(result.count));
      results.push_back({result.ptr, n, result.count});
      const char* problem = live.add(result.ptr, n * 24, result.count * 24, 1);
      require(problem == nullptr, "%s", problem);
    }
    for (std::size_t i = 0; i < results.size(); ++i) {
      const char* problem = live.remove(results[i].objects);
      require(problem == nullptr, "%s", problem);
      const std::size_t slack = results[i].count - results[i].asked;
      allocator.deallocate(results[i].objects, results[i].asked + i % (slack + 1));  // any value between
    }
  }
}

template <class Of>
struct Forest {
  // Names its own allocator before it is complete.
  struct Tree {
    Tree(Of& factory, long value_)
        : children(factory.template make<Tree>(0)), siblings(factory.template make<Tree>(0)), value(value_) {}

    long sum() const {
      long total = value;
      for (const Tree& child : children) total += child.sum();
      for (const Tree& sibling : siblings) total += sibling.sum();
      return total;
    }

    std::vector<Tree, Subject<Of, Tree>> children;
    std::list<Tree, Subject<Of, Tree>> siblings;
    long value;
    unsigned char padding[160] = {};
  };
};

template <class Of>
void check_incomplete_types() {
  using Tree = typename Forest<Of>::Tree;
  static_assert(sizeof(Tree) > 160, "the class is instantiated before its allocator, which it names");
  Of factory;
  LiveMap live;
  auto allocator = factory.template make<Tree>(0);
  std::vector<Tree*> blocks;
  for (int i = 0; i < 100; ++i) {
    Tree* block = allocate_if_room<Of, Tree>(allocator, 1);
    if (block == nullptr) skipped("the subject refuses %zu bytes", sizeof(Tree));
    blocks.push_back(block);
    const char* problem = live.add(blocks.back(), sizeof(Tree), sizeof(Tree), alignof(Tree));
    require(problem == nullptr, "%s", problem);
  }
  for (Tree* block : blocks) Traits<Of, Tree>::deallocate(allocator, block, 1);
  try {
    Tree root(factory, 1);
    for (long i = 0; i < 20; ++i) {
      root.children.emplace_back(factory, i);
      root.children.back().siblings.emplace_back(factory, 100 * i);
      root.siblings.emplace_back(root.children.back());
    }
    require(root.sum() == 1 + 2 * (190 + 19'000), "a tree of incomplete types adds up to %ld", root.sum());
  } catch (const std::bad_alloc&) {
    note("a vector of 20 trees of %zu bytes was refused", sizeof(Tree));
  }
}

template <class Of>
struct StorageClauses {
  Clause disjointness{"A-02", ClauseClass::kViolation, "[allocator.requirements.general]",
                      "Storage for n objects overlaps no other and keeps its contents",
                      &check_disjointness<Of>};
  Clause nothing{"A-03", ClauseClass::kImplementation, "[allocator.requirements.general]",
                 "Storage for no objects can be asked for and given back", &check_nothing<Of>};
  Clause refusal{
      "R-03", ClauseClass::kViolation, "[allocator.requirements.general], [mem.res.private]",
      "Without storage allocate() throws std::bad_alloc, never returns null, and can be called again",
      &check_refusal<Of>};
  Clause exception{"R-04", ClauseClass::kViolation, "[mem.poly.allocator.mem]",
                   "What the memory resource throws passes unchanged", &check_exception<Of>};
  Clause lengths{
      "R-23", ClauseClass::kViolation, "[mem.poly.allocator.mem], [allocator.members]",
      "More objects than bytes can be counted throw; over a memory resource std::bad_array_new_length",
      &check_lengths<Of>};
  Clause alignment{"R-27", ClauseClass::kViolation, "[allocator.requirements.general]",
                   "Storage is aligned for its type, over-aligned types too", &check_alignment<Of>};
  Clause at_least{"R-29", ClauseClass::kViolation, "C++23 [allocator.requirements.general]",
                  "allocate_at_least(n) gives n objects or more, and any count between frees them",
                  &check_at_least<Of>};
  Clause incomplete{"R-30", ClauseClass::kViolation, "[allocator.requirements.completeness]",
                    "An incomplete type can have its allocator named, and be allocated once it is complete",
                    &check_incomplete_types<Of>};
};

}  // namespace assay::suite::standard_allocator
