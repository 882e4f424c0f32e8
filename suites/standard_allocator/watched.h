// A standard allocator around the subject's: it forwards every call and trait, keeps a ledger of what is live
// and which allocator it came from, and fails on request. Containers over it test the allocator as they use
// it.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <new>
#include <utility>

#include "suites/core/clause.h"
#include "suites/core/mapped_memory.h"
#include "suites/standard_allocator/subject.h"

namespace assay::suite::standard_allocator {

struct InjectedFailure : std::bad_alloc {};

template <class Of>
class Ledger {
 public:
  // The allocation after `successes` further ones throws, once. -1: none does.
  long fail_after = -1;
  long failures = 0;

  std::size_t live_blocks() const { return blocks_.size(); }

  void before_allocation() {
    if (fail_after < 0 || fail_after-- != 0) return;
    ++failures;
    throw InjectedFailure();
  }
  void add(const void* block, std::size_t bytes, const Subject<Of, std::byte>& from) {
    const bool fresh = blocks_.emplace(block, Block{bytes, from}).second;
    require(fresh, "a block at %p was given out that is live", block);
  }
  void remove(const void* block, std::size_t bytes, const Subject<Of, std::byte>& to) {
    const auto found = blocks_.find(block);
    if (found == blocks_.end()) violated("a container gave back %p, which is not live", block);
    require(found->second.bytes == bytes, "a block of %zu bytes was given back as %zu", found->second.bytes,
            bytes);
    require(found->second.from == to,
            "a block was given back to an allocator unequal to the one it came from");
    blocks_.erase(found);
  }

 private:
  struct Block {
    std::size_t bytes;
    Subject<Of, std::byte> from;
  };
  std::map<const void*, Block, std::less<>, MappedAllocator<std::pair<const void* const, Block>>> blocks_;
};

template <class T, class Of>
class Watched {
  using Inner = Subject<Of, T>;
  using InnerTraits = std::allocator_traits<Inner>;

 public:
  using value_type = T;
  using propagate_on_container_copy_assignment = typename InnerTraits::propagate_on_container_copy_assignment;
  using propagate_on_container_move_assignment = typename InnerTraits::propagate_on_container_move_assignment;
  using propagate_on_container_swap = typename InnerTraits::propagate_on_container_swap;
  using is_always_equal = typename InnerTraits::is_always_equal;

  Watched(const Inner& inner, Ledger<Of>& ledger) : inner_(inner), ledger_(&ledger) {}
  template <class U>
  Watched(const Watched<U, Of>& other) noexcept : inner_(other.inner()), ledger_(other.ledger()) {}

  T* allocate(std::size_t n) {
    ledger_->before_allocation();
    T* block = InnerTraits::allocate(inner_, n);
    ledger_->add(block, n * sizeof(T), Subject<Of, std::byte>(inner_));
    return block;
  }
  void deallocate(T* block, std::size_t n) noexcept {
    ledger_->remove(block, n * sizeof(T), Subject<Of, std::byte>(inner_));
    InnerTraits::deallocate(inner_, block, n);
  }
  Watched select_on_container_copy_construction() const {
    return Watched(InnerTraits::select_on_container_copy_construction(inner_), *ledger_);
  }

  const Inner& inner() const { return inner_; }
  Ledger<Of>* ledger() const { return ledger_; }

  friend bool operator==(const Watched& a, const Watched& b) { return a.inner_ == b.inner_; }
  friend void swap(Watched& a, Watched& b) noexcept {
    using std::swap;
    swap(a.inner_, b.inner_);
    swap(a.ledger_, b.ledger_);
  }

 private:
  Inner inner_;
  Ledger<Of>* ledger_;
};

}  // namespace assay::suite::standard_allocator
