// Blocks in numbered slots, driven by name and watched by the oracle: what random programs are made of.
//
//   Blocks<MyPool> blocks({.block_size = 24, .alignment = 8, .blocks = 50});
//   blocks.allocate(3, 24, 8);
//   blocks.deallocate(3);
//
// Every operation is valid in every state, so that any part of a program is a program: allocating into an
// occupied slot gives that block back first, what an empty slot cannot do it does not, and what the subject
// does not claim is nothing. Whatever is wrong is concluded as violated().
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "suites/allocator/clauses/chunks.h"
#include "suites/allocator/subject.h"
#include "suites/core/clause.h"

namespace assay::suite::allocator {

namespace detail {
template <class A>
struct MarkOf {
  struct Mark {};
  using type = Mark;
};
template <class A>
requires(A::kTraits.rewinds) struct MarkOf<A> {
  using type = typename A::Mark;
};
}  // namespace detail

template <Allocator A, class Upstream = suite::Upstream>
class Blocks {
 public:
  static constexpr unsigned kSlots = 128;

  explicit Blocks(const PoolGeometry& geometry = {}) : subject_(geometry) {}
  Blocks(Upstream& upstream, const PoolGeometry& geometry) : subject_(upstream, geometry) {}

  void allocate(unsigned slot, std::size_t size, std::size_t alignment) {
    size = std::max<std::size_t>(size, 1);  // blocks of size 0 may share an address
    give_back(slot);
    const std::size_t failures = upstream_failures();
    const Block block = subject_.allocate(size, alignment);
    if constexpr (A::kTraits.pools) {
      const bool fits = size <= subject_.geometry.block_size && alignment <= subject_.geometry.alignment;
      served_ |= static_cast<bool>(block) || subject_.geometry.alignment <= alignof(std::max_align_t);
      if (!block && fits && served_ && limit_ == SIZE_MAX && failures == upstream_failures())
        require(A::kTraits.bounded && given_ == subject_.geometry.blocks,
                "allocate(%zu, %zu) returned null with %zu blocks of %zu in use", size, alignment, given_,
                subject_.geometry.blocks);
    }
    put(slot, block, 0);
    done("allocate");
  }

  void allocate_run(unsigned slot, std::size_t count) {
    if constexpr (A::kTraits.allocates_runs) {
      count = std::max<std::size_t>(count, 1);
      give_back(slot);
      const std::size_t size = count * subject_.geometry.block_size;
      const Block run{subject_.allocator.allocate_run(count), size, subject_.geometry.alignment};
      if (run) require_sound(subject_.live.add(run.address, size, size, 1));
      put(slot, run, count);
      done("allocate_run");
    }
  }

  void deallocate(unsigned slot) {
    give_back(slot);
    done("deallocate");
  }

  void resize(unsigned slot, std::size_t size, std::size_t alignment) {
    if constexpr (A::kTraits.resizes) {
      if (!slots_[slot].block || slots_[slot].run > 0) return;
      const Block block = subject_.resize(slots_[slot].block, std::max<std::size_t>(size, 1), alignment);
      if (block) {
        forget_slot(slot);
        put(slot, block, 0);
      }
      done("resize");
    }
  }

  void reset() {
    if constexpr (A::kTraits.resets) {
      forget_since(0);
      marks_.clear();
      subject_.allocator.reset();
      if constexpr (A::kTraits.counts)
        require(subject_.allocator.counts().live_bytes == 0, "after reset counts() tells of %zu live bytes",
                subject_.allocator.counts().live_bytes);
      done("reset");
    }
  }

  void mark() {
    if constexpr (A::kTraits.rewinds) {
      if (marks_.size() < 64) marks_.push_back({subject_.allocator.mark(), time_++});
      done("mark");
    }
  }

  // To one of the marks that are good, of which there may be none.
  void rewind(std::size_t which) {
    if constexpr (A::kTraits.rewinds) {
      if (marks_.empty()) return;
      which %= marks_.size();
      forget_since(marks_[which].time);
      marks_.erase(marks_.begin() + static_cast<std::ptrdiff_t>(which) + 1, marks_.end());
      subject_.allocator.rewind(marks_[which].mark);
      done("rewind");
    }
  }

  void trim() {
    if constexpr (A::kTraits.trims) {
      subject_.allocator.trim();
      done("trim");
    }
  }

  // This many bytes more than now; SIZE_MAX: none.
  void limit_to(std::size_t more) {
    if constexpr (A::kTraits.limits) {
      const std::size_t bytes = limited_bytes(subject_.allocator);
      limit_ = more > SIZE_MAX - bytes ? SIZE_MAX : bytes + more;
      subject_.allocator.set_limit(limit_);
      done("set_limit");
    }
  }

  // Into another allocator and back; marks are not expected to follow.
  void move() {
    if constexpr (A::kTraits.moves) {
      marks_.clear();
      A other(std::move(subject_.allocator));
      check_all();
      std::swap(subject_.allocator, other);
      if constexpr (A::kTraits.limits) subject_.allocator.set_limit(limit_);
      done("move");
    }
  }

  void check(unsigned slot) {
    const Block& block = slots_[slot].block;
    if (!block) return;
    subject_.check(block);
    if constexpr (A::kTraits.knows_its_blocks) {
      require(subject_.allocator.owns(block.address), "owns(%p) does not hold for a live block",
              block.address);
      require(block.size < 2 || !subject_.allocator.owns(static_cast<char*>(block.address) + 1),
              "owns(%p + 1) holds inside a block", block.address);
    }
  }

  void check_all() {
    for (unsigned slot = 0; slot < kSlots; ++slot) check(slot);
    check_invariants(subject_.allocator);
  }

  void give_back_all() {
    for (unsigned slot = 0; slot < kSlots; ++slot) give_back(slot);
    reset();
    limit_to(SIZE_MAX);
  }

  // Whether a small block is to be had.
  bool serves() {
    const Block block = subject_.allocate_typical(16);
    subject_.release(block);
    return static_cast<bool>(block);
  }

 private:
  struct Slot {
    Block block;
    std::size_t run = 0;     // blocks in it, when it is one
    std::uint64_t born = 0;  // when it was given or resized
  };
  struct TakenMark {
    typename detail::MarkOf<A>::type mark;
    std::uint64_t time;
  };

  std::size_t upstream_failures() const {
    if constexpr (requires { subject_.upstream.failures(); }) return subject_.upstream.failures();
    return 0;
  }

  void put(unsigned slot, const Block& block, std::size_t run) {
    if (!block) return;
    require(reinterpret_cast<std::uintptr_t>(block.address) % block.alignment == 0,
            "a block of (%zu, %zu) lies at %p", block.size, block.alignment, block.address);
    slots_[slot] = {block, run, time_++};
    given_ += std::max<std::size_t>(run, 1);
    bytes_ += block.size;
  }

  void forget_slot(unsigned slot) {
    Slot& old = slots_[slot];
    given_ -= std::max<std::size_t>(old.run, 1);
    bytes_ -= old.block.size;
    old = {};
  }

  void give_back(unsigned slot) {
    const Slot old = slots_[slot];
    if (!old.block) return;
    forget_slot(slot);
    require_sound(subject_.live.remove(old.block.address));
    if (old.run > 0) {
      if constexpr (A::kTraits.allocates_runs) subject_.allocator.deallocate_run(old.block.address, old.run);
    } else if constexpr (FreesIndividually<A>) {
      subject_.allocator.deallocate(old.block.address, old.block.size, old.block.alignment);
    }
    if constexpr (A::kTraits.knows_its_blocks && A::kTraits.frees_individually)
      require(!subject_.allocator.owns(old.block.address), "owns(%p) holds after it was given back",
              old.block.address);
  }

  // What a rewind or a reset is about to give up.
  void forget_since(std::uint64_t time) {
    for (unsigned slot = 0; slot < kSlots; ++slot) {
      if (!slots_[slot].block || slots_[slot].born < time) continue;
      require_sound(subject_.live.remove(slots_[slot].block.address));
      forget_slot(slot);
    }
  }

  void done(const char* operation) {
    if constexpr (A::kTraits.counts) {
      const AllocatorCounts counts = subject_.allocator.counts();
      require(counts.live_blocks == (A::kTraits.frees_individually ? given_ : 0),
              "after %s counts() tells of %zu live blocks, the oracle of %zu", operation, counts.live_blocks,
              given_);
      require(counts.live_bytes >= bytes_, "after %s counts() tells of %zu live bytes, the oracle of %zu",
              operation, counts.live_bytes, bytes_);
      require(bytes_ > 0 || !A::kTraits.frees_individually || counts.live_bytes == 0,
              "after %s nothing is live, but counts() tells of %zu bytes", operation, counts.live_bytes);
      if constexpr (A::kTraits.takes_upstream && requires { subject_.upstream.live_bytes(); })
        require(counts.reserved == subject_.upstream.live_bytes(),
                "after %s counts() tells of %zu bytes reserved, upstream of %zu", operation, counts.reserved,
                subject_.upstream.live_bytes());
    }
    if constexpr (A::kTraits.limits) {
      const std::size_t bytes = limited_bytes(subject_.allocator);
      require(bytes <= std::max(limit_, limited_), "after %s, with a limit of %zu bytes, it holds %zu",
              operation, limit_, bytes);
      limited_ = bytes;
    }
    if (++operations_ % 32 == 0) check_invariants(subject_.allocator);
  }

  Watched<A, Upstream> subject_;
  Slot slots_[kSlots];
  std::vector<TakenMark> marks_;
  std::uint64_t time_ = 1, operations_ = 0;
  bool served_ = false;  // a pool may refuse its geometry, but not later
  std::size_t given_ = 0, bytes_ = 0, limit_ = SIZE_MAX, limited_ = SIZE_MAX;
};

}  // namespace assay::suite::allocator
