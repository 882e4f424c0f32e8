// Mutants of pool resources: a sound one, and its defects (suites/core/mutation.h).
//
// Classes are powers of two from 16 bytes to the largest pooled size. A chunk comes from upstream and begins
// with a header; its blocks are aligned to their size. A larger block comes from upstream alone, behind a
// header of its own. All blocks of upstream are in one ring. A mutex makes it thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <mutex>
#include <new>
#include <thread>

#include "allocators/resource_concept.h"
#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

inline const Mutation ignores_odd_alignment("ignores_odd_alignment");
inline const Mutation shares_zero_size("shares_zero_size");
inline const Mutation returns_null_on_failure("returns_null_on_failure");
inline const Mutation translates_failure("translates_failure");
inline const Mutation stays_broken_after_failure("stays_broken_after_failure");
inline const Mutation forgets_header_in_return("forgets_header_in_return");
inline const Mutation is_equal_to_its_kind("is_equal_to_its_kind");
inline const Mutation wraps_size("wraps_size");
inline const Mutation counts_size_in_32_bits("counts_size_in_32_bits");
inline const Mutation release_forgets_large("release_forgets_large");
inline const Mutation never_reuses("never_reuses");
inline const Mutation reports_options_as_given("reports_options_as_given");
inline const Mutation pools_one_byte_too_many("pools_one_byte_too_many");
inline const Mutation frees_foreign_threads_twice("frees_foreign_threads_twice");

class MutantPoolResource : public std::pmr::memory_resource {
 public:
  static constexpr ResourceTraits kTraits{
      .takes_upstream = true, .propagates = true, .releases = true, .pools = true, .thread_safe = true};

  MutantPoolResource() : MutantPoolResource(std::pmr::get_default_resource()) {}
  explicit MutantPoolResource(std::pmr::memory_resource* upstream)
      : MutantPoolResource(std::pmr::pool_options{}, upstream) {}
  MutantPoolResource(const std::pmr::pool_options& options, std::pmr::memory_resource* upstream)
      : given_(options), upstream_(upstream) {
    const std::size_t largest = options.largest_required_pool_block;
    options_.largest_required_pool_block =
        std::bit_ceil(std::clamp<std::size_t>(largest == 0 ? 4096 : largest, 16, kLimit));
    const std::size_t blocks = options.max_blocks_per_chunk;
    options_.max_blocks_per_chunk = std::clamp<std::size_t>(blocks == 0 ? 64 : blocks, 1, 1024);
  }
  ~MutantPoolResource() override { give_back_all(false); }
  MutantPoolResource(const MutantPoolResource&) = delete;
  MutantPoolResource& operator=(const MutantPoolResource&) = delete;

  std::pmr::pool_options options() const { return reports_options_as_given ? given_ : options_; }

  void release() {
    const std::lock_guard lock(busy_);
    give_back_all(release_forgets_large);
  }

 private:
  static constexpr std::size_t kLimit = std::size_t{1} << 16, kClasses = 17;

  struct Header {  // of a block of upstream
    Header *next, *previous;
    void* start;
    std::size_t size, alignment;
    bool large;
  };
  struct FreeBlock {
    FreeBlock* next;
  };

  void* do_allocate(std::size_t size, std::size_t alignment) override {
    const std::lock_guard lock(busy_);
    if (broken_) throw std::bad_alloc();
    if (size == 0 && shares_zero_size) return &zero_size_;
    try {
      const std::size_t need = demand(size, alignment);
      if (need > options_.largest_required_pool_block + pools_one_byte_too_many)
        return large(size, alignment);
      FreeBlock*& list = free_[class_of(need)];
      if (list == nullptr) grow(class_of(need));
      void* block = list;
      list = list->next;
      return block;
    } catch (...) {
      if (stays_broken_after_failure) broken_ = true;
      if (returns_null_on_failure) return nullptr;
      if (translates_failure) throw std::bad_alloc();
      throw;
    }
  }

  void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
    const std::lock_guard lock(busy_);
    if (block == &zero_size_) return;
    const std::size_t need = demand(size, alignment);
    if (need > options_.largest_required_pool_block + pools_one_byte_too_many)
      return give_back(static_cast<Header*>(block) - 1);
    if (never_reuses) return;
    put(class_of(need), block);
    // Whoever is not the first thread that came is foreign.
    if (frees_foreign_threads_twice && std::this_thread::get_id() != home_) put(class_of(need), block);
  }

  bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other ||
           (is_equal_to_its_kind && dynamic_cast<const MutantPoolResource*>(&other) != nullptr);
  }

  static std::size_t demand(std::size_t size, std::size_t alignment) {
    if (ignores_odd_alignment && size % alignment != 0) return std::max<std::size_t>(size, 1);
    return std::max({size, alignment, std::size_t{1}});
  }
  // The class of one byte too many is the one below.
  std::size_t class_of(std::size_t need) const {
    need = std::clamp<std::size_t>(need, 16, options_.largest_required_pool_block);
    return static_cast<std::size_t>(std::bit_width(need - 1));
  }

  void put(std::size_t index, void* block) { free_[index] = ::new (block) FreeBlock{free_[index]}; }

  void grow(std::size_t index) {
    const std::size_t size = std::size_t{1} << index;
    const std::size_t blocks = std::min(options_.max_blocks_per_chunk, std::max<std::size_t>(8, 4096 / size));
    std::byte* first = take(blocks * size, size, false);
    for (std::size_t i = 0; i < blocks; ++i) put(index, first + (blocks - 1 - i) * size);
  }

  void* large(std::size_t size, std::size_t alignment) { return take(size, alignment, true); }

  // Storage behind a header.
  std::byte* take(std::size_t size, std::size_t alignment, bool large) {
    const std::size_t aligned = std::max(alignment, alignof(Header));
    const std::size_t before = (sizeof(Header) + aligned - 1) & ~(aligned - 1);
    if (size > SIZE_MAX - before && !wraps_size) throw std::bad_alloc();
    if (counts_size_in_32_bits && size < std::size_t{1} << 40) size = static_cast<std::uint32_t>(size);
    auto* start = static_cast<std::byte*>(upstream_->allocate(before + size, aligned));
    Header* header = reinterpret_cast<Header*>(start + before) - 1;
    ::new (header) Header{ring_, nullptr, start, before + size, aligned, large};
    if (ring_ != nullptr) ring_->previous = header;
    ring_ = header;
    return start + before;
  }

  void give_back(Header* header) {
    (header->previous == nullptr ? ring_ : header->previous->next) = header->next;
    if (header->next != nullptr) header->next->previous = header->previous;
    const std::size_t wrong = forgets_header_in_return && header->large ? sizeof(Header) : 0;
    upstream_->deallocate(header->start, header->size - wrong, header->alignment);
  }

  void give_back_all(bool but_large) {
    for (Header *header = ring_, *next; header != nullptr; header = next) {
      next = header->next;
      if (!but_large || !header->large) give_back(header);
    }
    for (FreeBlock*& list : free_) list = nullptr;
  }

  const std::pmr::pool_options given_;
  std::pmr::pool_options options_;
  std::pmr::memory_resource* upstream_;
  std::mutex busy_;
  std::thread::id home_ = std::this_thread::get_id();
  FreeBlock* free_[kClasses] = {};
  Header* ring_ = nullptr;
  bool broken_ = false;
  char zero_size_ = 0;
};

static_assert(MemoryResource<MutantPoolResource>);

}  // namespace assay::mutant
