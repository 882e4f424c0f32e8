// How the suite makes its subjects. ASSAY_CLAUSES is given a class template of one parameter, here as
// Of::type, so that each check chooses its own objects.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "allocators/concept.h"
#include "pointers/concept.h"
#include "suites/core/clause.h"
#include "suites/core/forked.h"
#include "suites/core/small_stack.h"
#include "suites/core/upstream.h"
#include "suites/core/watched_heap.h"
#include "suites/core/witness.h"

namespace assay::suite::pointer {

// Who counts owners down twice may read the count of a block that is freed: it has to be what it was.
inline const bool kLeavesFreed = Heap::leave_freed();

// A pointer to a T; of an intrusive subject the object is an object_type, which derives from T.
template <class Of, class T>
using Subject = typename Of::template type<T>;

template <class Of>
inline constexpr PointerTraits kClaims = Subject<Of, long>::kTraits;

// What make_in is given: an allocator of allocators/concept.h whose every block is watched.
class Source {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true, .thread_safe = true};
  Source() = default;
  explicit Source(Upstream& upstream) : upstream_(&upstream) {}
  Source(const Source&) = delete;
  Source& operator=(const Source&) = delete;

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    try {
      return upstream_ == nullptr ? nullptr : upstream_->allocate(size, alignment);
    } catch (const std::bad_alloc&) {
      return nullptr;
    }
  }
  void deallocate(void* block, std::size_t size, std::size_t alignment) noexcept {
    upstream_->deallocate(block, size, alignment);
  }

 private:
  Upstream* upstream_ = nullptr;
};
static_assert(Allocator<Source>);

// An allocator that only counts: what comes back with a wrong size is a finding of one clause.
class Lender {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = true, .thread_safe = true};
  Lender() = default;
  Lender(const Lender&) = delete;
  Lender& operator=(const Lender&) = delete;

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    void* block = nullptr;
    if (refuses || posix_memalign(&block, alignment < 16 ? 16 : alignment, size) != 0) return nullptr;
    live_blocks_.fetch_add(1, std::memory_order_relaxed);
    return block;
  }
  void deallocate(void* block, std::size_t, std::size_t) noexcept {
    live_blocks_.fetch_sub(1, std::memory_order_relaxed);
    std::free(block);
  }

  long live_blocks() const { return live_blocks_.load(std::memory_order_relaxed); }

  bool refuses = false;

 private:
  std::atomic<long> live_blocks_{0};
};
static_assert(Allocator<Lender>);

// As many owners of one object as a check wants, or as there may be.
template <class P>
constexpr std::size_t up_to(std::size_t wanted) {
  return P::kTraits.most_owners == 0 || wanted < P::kTraits.most_owners ? wanted : P::kTraits.most_owners;
}

// A witness in a block of a page, whose loss shows.
struct Bulky {
  explicit Bulky(long value) : witness(value) { std::memset(bytes, 1, sizeof bytes); }
  Witness witness;
  unsigned char bytes[4000];
};

// Not while there are Weaks, unless they are what the check is about: a count that adds them is a finding of
// one clause.
template <class P>
void expect_owners(const P& pointer, std::size_t count, const char* when) {
  if constexpr (requires { requires P::kTraits.counts; })
    require(pointer.use_count() == count, "%s, use_count() is %zu instead of %zu", when, pointer.use_count(),
            count);
}

template <class P>
void expect_nothing(const P& pointer, const char* what) {
  require(pointer.get() == nullptr, "%s owns something", what);
  require(!static_cast<bool>(pointer), "%s is true, but get() is null", what);
  expect_owners(pointer, 0, what);
}

// Of a Witness.
template <class P>
void expect_value(const P& pointer, long value, const char* when) {
  require(pointer.get() != nullptr, "%s, get() is null", when);
  require(static_cast<bool>(pointer), "%s, the pointer is false", when);
  const long found = pointer.get()->value();
  require(found == value, "%s, the value is %ld instead of %ld", when, found, value);
}

inline void expect_alive(long count, const char* when) {
  require(Witness::live == count, "%s, %ld objects are alive instead of %ld", when, Witness::live, count);
}

// Runs `body` on a thread of its own: the thread that makes the objects is then not always the first of the
// process, and one that ends.
template <class Body>
void on_own_thread(const Body& body) {
  std::thread(body).join();
}

// Waits for other threads without taking the core from them.
template <class Condition>
void wait_until(const Condition& condition) {
  while (!condition()) std::this_thread::yield();
}

}  // namespace assay::suite::pointer
