// How the suites make and drive a subject, whatever it claims: one way to construct a heap, an arena or a
// pool, with or without an upstream, and its blocks under the oracle's eye.
//
//   Watched<A> subject(PoolGeometry{.block_size = 24, .alignment = 8, .blocks = 100});
//   Block block = subject.allocate(24, 8);  // filled with a pattern of its own
//   subject.release(block);                 // checked whole, given back where the subject takes blocks back
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory_resource>
#include <optional>

#include "allocators/concept.h"
#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/core/random.h"
#include "suites/core/upstream.h"

namespace assay::suite::allocator {

constexpr std::size_t kLargestAlignment = 4096;

using Sizes = std::initializer_list<std::size_t>;

// A subject on `upstream`, which it ignores unless it claims takes_upstream.
template <Allocator A>
A make(std::pmr::memory_resource* upstream, const PoolGeometry& geometry = {}) {
  if constexpr (A::kTraits.pools && A::kTraits.takes_upstream) {
    return A(geometry, upstream);
  } else if constexpr (A::kTraits.pools) {
    return A(geometry);
  } else if constexpr (A::kTraits.takes_upstream) {
    return A(upstream);
  } else {
    return A();
  }
}

template <Allocator A>
void check_invariants(const A& subject) {
  if constexpr (requires { subject.check_invariants(); }) subject.check_invariants();
}

// Its destructor gives back blocks that are still handed out; of others, each must come back before.
template <Allocator A>
constexpr bool kGivesBackAll =
    A::kTraits.pools || A::kTraits.resets || A::kTraits.knows_its_blocks || !A::kTraits.frees_individually;

struct Block {
  void* address = nullptr;
  std::size_t size = 0, alignment = 1;
  explicit operator bool() const { return address != nullptr; }
};

// The heap of the process as an upstream, for what is too much for one that maps pages for every block.
class HeapUpstream : public std::pmr::memory_resource {
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (size > PTRDIFF_MAX / 2) throw std::bad_alloc();
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
    std::pmr::new_delete_resource()->deallocate(block, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

// Whatever may be asked of a subject: of a pool no more than its blocks are, of others up to `largest` bytes.
template <Allocator A>
class Requests {
 public:
  explicit Requests(const PoolGeometry& geometry = {}, std::size_t largest = 2048)
      : geometry_(geometry), largest_(largest) {}

  // Every size class alike, so that most are small; alignments to 16, and now and then to a page.
  Block draw(Random& random) const {
    Block request;
    if constexpr (A::kTraits.pools) {
      request.size = random.one_in(2) ? geometry_.block_size : random.between(1, geometry_.block_size);
      request.alignment = power_up_to(random, geometry_.alignment);
    } else {
      request.size = random.log_between(1, largest_);
      request.alignment = power_up_to(random, random.one_in(8) ? kLargestAlignment : 16);
    }
    return request;
  }

 private:
  static std::size_t power_up_to(Random& random, std::size_t largest) {
    const auto bits = static_cast<std::uint64_t>(__builtin_ctzll(largest));
    return std::size_t{1} << random.below(bits + 1);
  }

  PoolGeometry geometry_;
  std::size_t largest_;
};

inline void require_sound(const char* problem) { require(problem == nullptr, "%s", problem); }

// A subject, its upstream, and the oracle. Thread-safe where the subject is. Alignment is the matter of A-01
// and P-01 alone, so that one defect is one finding.
template <Allocator A, class Upstream = suite::Upstream>
class Watched {
 public:
  explicit Watched(const PoolGeometry& pool = {})
      : geometry(pool),
        own_(std::in_place),
        upstream(*own_),
        allocator(make<A>(&upstream, geometry)),
        requests(geometry) {}
  Watched(Upstream& shared, const PoolGeometry& pool)
      : geometry(pool), upstream(shared), allocator(make<A>(&upstream, geometry)), requests(geometry) {}
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  // Without an address when the subject refuses.
  Block allocate(std::size_t size, std::size_t alignment) {
    Block block{allocator.allocate(size, alignment), size, alignment};
    if (block) require_sound(live.add(block.address, size, size, 1));
    return block;
  }
  Block allocate(const Block& request) { return allocate(request.size, request.alignment); }

  // Of a pool one whole block, otherwise of `size` bytes.
  Block allocate_typical(std::size_t size) {
    if constexpr (A::kTraits.pools) return allocate(geometry.block_size, geometry.alignment);
    return allocate(size, 8);
  }

  void check(const Block& block) { require_sound(live.check(block.address)); }

  // The block as it is now; or without an address, and then the old one is as it was.
  Block resize(const Block& old, std::size_t size, std::size_t alignment) {
    check(old);
    const Block block{allocator.resize(old.address, old.size, old.alignment, size, alignment), size,
                      alignment};
    if (!block) {
      check(old);
      return block;
    }
    LiveMap::Block record{};
    live.take(old.address, &record);
    require_sound(LiveMap::compare(block.address, std::min(old.size, size), record.seed));
    require_sound(live.add(block.address, size, size, 1));
    return block;
  }

  // Whatever happens to it from now on.
  void forget(const Block& block) {
    LiveMap::Block record{};
    if (block) live.take(block.address, &record);
  }

  // The end of the block as far as its owner is concerned.
  void release(const Block& block) {
    if (!block) return;
    require_sound(live.remove(block.address));
    if constexpr (A::kTraits.frees_individually)
      allocator.deallocate(block.address, block.size, block.alignment);
  }

  const PoolGeometry geometry;

 private:
  std::optional<Upstream> own_;

 public:
  Upstream& upstream;
  A allocator;
  LiveMap live;
  const Requests<A> requests;
};

}  // namespace assay::suite::allocator
