// The upstream that the suites give a subject: it remembers every block, ends each at an inaccessible page,
// checks what comes back, and fails on request.
//
// A block that is given back with another size, another alignment, or twice is concluded as violated(), and
// its pages go away, so that a later access faults. Thread-safe. Its records are not the subject's.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory_resource>
#include <mutex>
#include <new>

#include "suites/core/clause.h"
#include "suites/core/mapped_memory.h"

namespace assay::suite {

// What a failing upstream throws: a type of its own, so that it can be recognised where it arrives.
struct UpstreamFailure : std::bad_alloc {
  const char* what() const noexcept override { return "injected by the suite's upstream"; }
};

class Upstream : public std::pmr::memory_resource {
 public:
  // The allocation after `successes` further ones fails, and with `for_good` all that follow.
  void fail_after(std::size_t successes, bool for_good = false) {
    const std::lock_guard lock(busy_);
    successes_left_ = successes;
    for_good_ = for_good;
    armed_ = true;
  }
  void never_fail() {
    const std::lock_guard lock(busy_);
    armed_ = false;
  }

  std::size_t allocations() const { return allocations_; }  // that succeeded, ever
  std::size_t failures() const { return failures_; }        // that were injected, ever
  std::size_t live_blocks() const { return blocks_.size(); }
  std::size_t live_bytes() const { return live_bytes_; }

  // [address, address + size) lies inside one live block.
  bool contains(const void* address, std::size_t size) const {
    const std::lock_guard lock(busy_);
    const auto begin = reinterpret_cast<std::uintptr_t>(address);
    auto after = blocks_.upper_bound(begin);
    if (after == blocks_.begin()) return false;
    const auto& [start, block] = *--after;
    return begin - start <= block.size && size <= block.size - (begin - start);
  }

 private:
  struct Block {
    std::size_t size, alignment;
    void* mapping;
    std::size_t mapped;
  };
  static constexpr std::size_t kPage = 4096;

  void* do_allocate(std::size_t size, std::size_t alignment) override {
    const std::lock_guard lock(busy_);
    if (armed_ && successes_left_ == 0) {
      ++failures_;
      armed_ = for_good_;
      throw UpstreamFailure();
    }
    if (alignment == 0 || (alignment & (alignment - 1)) != 0)
      violated("upstream was asked for an alignment of %zu", alignment);
    if (size > (std::size_t{1} << 40)) throw std::bad_alloc();
    const std::size_t slack = alignment > kPage ? alignment : 0;
    const std::size_t mapped = (size + kPage - 1) / kPage * kPage + slack + kPage;
    void* mapping =
        mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) throw std::bad_alloc();
    const std::uintptr_t guard = reinterpret_cast<std::uintptr_t>(mapping) + mapped - kPage;
    mprotect(reinterpret_cast<void*>(guard), kPage, PROT_NONE);
    const std::uintptr_t address = (guard - size) & ~(alignment - 1);  // as near to the guard as it can be
    void* block = reinterpret_cast<void*>(address);
    if (size <= (1u << 20)) std::memset(block, 0xa5, size);  // fresh storage holds anything
    blocks_.emplace(address, Block{size, alignment, mapping, mapped});
    live_bytes_ += size;
    ++allocations_;
    if (armed_) --successes_left_;
    return block;
  }

  void do_deallocate(void* address, std::size_t size, std::size_t alignment) override {
    const std::lock_guard lock(busy_);
    const auto found = blocks_.find(reinterpret_cast<std::uintptr_t>(address));
    if (found == blocks_.end()) violated("upstream got back %p, which is no live block of its own", address);
    const Block block = found->second;
    if (block.size != size || block.alignment != alignment)
      violated("upstream gave (%zu bytes, alignment %zu) and got back (%zu, %zu)", block.size,
               block.alignment, size, alignment);
    blocks_.erase(found);
    live_bytes_ -= size;
    munmap(block.mapping, block.mapped);
  }

  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  mutable std::mutex busy_;
  std::map<std::uintptr_t, Block, std::less<>, MappedAllocator<std::pair<const std::uintptr_t, Block>>>
      blocks_;
  std::size_t live_bytes_ = 0, allocations_ = 0, failures_ = 0, successes_left_ = 0;
  bool armed_ = false, for_good_ = false;
};

}  // namespace assay::suite
