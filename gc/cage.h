// The cage: one reservation of address space for the objects of all heaps of a process, and tables beside it.
//
// Idea. Objects lie in blocks of 32 KiB; what a collector knows about them lies in tables that are indexed by
// the address. So a mark bit is found by shifting a pointer, without a look at the object or its block, bits
// of neighbours share a cache line, and blocks whose addresses agree in the low bits do not fight for one set
// of the cache, as headers inside blocks would.
//
//   bits      ▏mark ▏live ▏finalized ▏pending ▏reached ▏  one bit for 16 bytes, each table 1/128 of the cage
//   types     ▏ a word a block: its type, and whether the type has references
//   infos     ▏ 64 bytes a block (gc/block.h)
//   used      ▏ a bit a block; one word is one chunk of 2 MiB
//   blocks    ▏0      ▏1      ▏2      ▏ …
//
// Invariants:
//   I1  the tables and the blocks stay where they are until the process ends
//   I2  a block whose bit in `used` is clear holds no memory and reads as zeros
//   I3  the lowest free blocks are handed out first, so that the memory in use stays together
//
// Costs. Reserved memory costs nothing until it is touched. Taking a block: a lock and the first word with a
// clear bit; n blocks: first fit. Nothing is ever mapped or unmapped after the start, so that the kernel
// keeps one mapping, or a few where some chunks are to be huge pages.
//
// What it does not do. It keeps no free memory: what is given back goes to the system. It cannot grow; the
// reservation is 64 GiB, or as much as the system grants. Thread-safe.
//
// Source: the side tables are those of MMTk and of many collectors before; "cage" as in V8.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>

#include "gc/block.h"

namespace assay::gc {

inline constexpr std::size_t kGranule = 16;  // cells begin at multiples of it
inline constexpr std::size_t kBlockBytes = std::size_t{32} << 10;
inline constexpr std::size_t kWordsPerBlock = kBlockBytes / kGranule / 64;
inline constexpr std::size_t kChunkBlocks = 64;

// As std::popcount(), which GCC makes a call of its library where the processor's baseline has no such
// instruction. Where it has, compilers know this form of it.
[[gnu::always_inline]] inline constexpr std::size_t count_bits(std::uint64_t bits) noexcept {
  bits -= bits >> 1 & 0x5555'5555'5555'5555;
  bits = (bits & 0x3333'3333'3333'3333) + (bits >> 2 & 0x3333'3333'3333'3333);
  bits = (bits + (bits >> 4)) & 0x0f0f'0f0f'0f0f'0f0f;
  return bits * 0x0101'0101'0101'0101 >> 56;
}

// How many words of a table are for beginnings of a block's cells.
inline std::size_t words_of(const BlockInfo& block) noexcept {
  return block.state == BlockState::kLarge ? 1 : kWordsPerBlock;
}

// One bit for each granule of the cage. The plain operations are for one thread at a time.
class SideBits {
 public:
  // `base` is the address that the table's first bit is for.
  void attach(void* table, std::uintptr_t base) noexcept {
    bias_ = reinterpret_cast<std::byte*>(reinterpret_cast<std::uintptr_t>(table) - base / 128);
  }
  static std::uint64_t bit(const void* address) noexcept {
    return std::uint64_t{1} << (reinterpret_cast<std::uintptr_t>(address) / kGranule % 64);
  }
  // The cell of a block that the lowest of the bits in its word of that number is for.
  static char* lowest(char* block, std::size_t word, std::uint64_t bits) noexcept {
    return block + (word * 64 + static_cast<std::size_t>(std::countr_zero(bits))) * kGranule;
  }
  // The word with the bit of the address; that of a block's begin is the first of kWordsPerBlock.
  std::uint64_t* word(const void* address) const noexcept {
    const std::uintptr_t offset = reinterpret_cast<std::uintptr_t>(address) / 1024 * 8;
    return reinterpret_cast<std::uint64_t*>(reinterpret_cast<std::uintptr_t>(bias_) + offset);
  }
  bool test(const void* address) const noexcept { return (*word(address) & bit(address)) != 0; }
  void set(const void* address) const noexcept { *word(address) |= bit(address); }
  void clear(const void* address) const noexcept { *word(address) &= ~bit(address); }

  // True if it was set. Atomic: beside other threads that set bits so; relaxed, since a bit orders nothing.
  template <bool kAtomic>
  [[gnu::always_inline]] bool test_and_set(const void* address) const noexcept {
    std::uint64_t* const at = word(address);
    const std::uint64_t mask = bit(address);
    if constexpr (kAtomic) {
      // Most references lead to what is marked already: looking first avoids the locked instruction.
      if ((__atomic_load_n(at, __ATOMIC_RELAXED) & mask) != 0) return true;
      return (__atomic_fetch_or(at, mask, __ATOMIC_RELAXED) & mask) != 0;
    } else {
      const std::uint64_t old = *at;
      *at = old | mask;
      return (old & mask) != 0;
    }
  }

 private:
  std::byte* bias_ = nullptr;  // not a number: a store to a word cannot change it, and the compiler knows
};

class Cage {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  // One bit for each cell, at its first granule:
  static inline constinit SideBits mark{};  // found reachable
  static inline constinit SideBits live{};  // holds an object: survived the last sweep, or was made since
  static inline constinit SideBits finalized{};  // its finalizer was chosen to run, and may have run
  static inline constinit SideBits pending{};    // its finalizer is still to run
  static inline constinit SideBits reached{};    // marked before finalizers were chosen

  // Reserves, the first time. Throws std::bad_alloc if the system grants not even 256 MiB.
  static void open() {
    static const bool done = reserve();
    static_cast<void>(done);
  }

  static bool contains(const void* address) noexcept {
    return reinterpret_cast<std::uintptr_t>(address) - base_ < block_count_ * kBlockBytes;
  }
  static std::uint32_t index_of(const void* address) noexcept {
    return static_cast<std::uint32_t>((reinterpret_cast<std::uintptr_t>(address) - base_) / kBlockBytes);
  }
  static char* block(std::uint32_t index) noexcept {
    return reinterpret_cast<char*>(base_ + index * kBlockBytes);
  }
  static char* block_of(const void* address) noexcept {
    return reinterpret_cast<char*>(reinterpret_cast<std::uintptr_t>(address) & ~(kBlockBytes - 1));
  }
  static BlockInfo& info(std::uint32_t index) noexcept { return infos_[index]; }
  static BlockInfo& info_of(const void* address) noexcept { return infos_[index_of(address)]; }
  static std::uint32_t index_of_info(const BlockInfo& block) noexcept {
    return static_cast<std::uint32_t>(&block - infos_);
  }
  static std::size_t block_count() noexcept { return block_count_; }

  // The type of what a block holds, and the lowest bit set if that has no references.
  static std::uintptr_t& type_word(const void* address) noexcept {
    return *reinterpret_cast<std::uintptr_t*>(reinterpret_cast<std::uintptr_t>(types_bias_) +
                                              reinterpret_cast<std::uintptr_t>(address) / kBlockBytes *
                                                  sizeof(std::uintptr_t));
  }
  static const TypeInfo& type_of(const void* address) noexcept {
    return *reinterpret_cast<const TypeInfo*>(type_word(address) & ~std::uintptr_t{1});
  }

  // The first of n neighbouring blocks, which read as zeros; kNone if there are none. `huge`: chunks that
  // nobody uses yet become huge pages.
  static std::uint32_t take(std::size_t n, bool huge) noexcept {
    const std::lock_guard lock(mutex_);
    const std::size_t first = n == 1 ? find_one() : find_run(n);
    if (first == block_count_) return kNone;
    for (std::size_t at = first; at < first + n; ++at) {
      std::uint64_t& word = used_[at / 64];
      if (word == 0 && huge)
        madvise(block(static_cast<std::uint32_t>(at / 64 * 64)), kChunkBlocks * kBlockBytes, MADV_HUGEPAGE);
      word |= std::uint64_t{1} << at % 64;
    }
    return static_cast<std::uint32_t>(first);
  }

  static void give_back(std::uint32_t first, std::size_t n) noexcept {
    // Not where memory is locked (mlockall): then it stays, and I2 wants zeros.
    if (madvise(block(first), n * kBlockBytes, MADV_DONTNEED) != 0)
      std::memset(block(first), 0, n * kBlockBytes);
    const std::lock_guard lock(mutex_);
    for (std::size_t at = first; at < first + n; ++at) used_[at / 64] &= ~(std::uint64_t{1} << at % 64);
    if (first / 64 < lowest_) lowest_ = first / 64;
  }

 private:
  static std::size_t find_one() noexcept {
    for (; lowest_ < block_count_ / 64; ++lowest_)
      if (used_[lowest_] != UINT64_MAX)
        return lowest_ * 64 + static_cast<std::size_t>(std::countr_one(used_[lowest_]));
    return block_count_;
  }
  static std::size_t find_run(std::size_t n) noexcept {
    for (std::size_t at = lowest_ * 64, free = 0; at < block_count_; ++at) {
      free = (used_[at / 64] >> at % 64 & 1) != 0 ? 0 : free + 1;
      if (free == n) return at + 1 - n;
    }
    return block_count_;
  }

  static bool reserve();

  static inline constinit std::uintptr_t base_ = 0;
  static inline constinit std::size_t block_count_ = 0;
  static inline constinit std::byte* types_bias_ = nullptr;
  static inline constinit BlockInfo* infos_ = nullptr;
  static inline constinit std::uint64_t* used_ = nullptr;
  static inline constinit std::size_t lowest_ = 0;  // no word before it has a clear bit
  static inline constinit std::mutex mutex_{};
};

// An array of zeros that takes memory only where it is touched.
template <class T>
class VirtualArray {
 public:
  explicit VirtualArray(std::size_t size) : size_(size) {
    void* const at =
        mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<T*>(at);
  }
  VirtualArray(const VirtualArray&) = delete;
  VirtualArray& operator=(const VirtualArray&) = delete;
  ~VirtualArray() { munmap(data_, bytes()); }

  T& operator[](std::size_t i) const noexcept { return data_[i]; }
  T* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  std::size_t bytes() const noexcept { return size_ * sizeof(T); }
  T* data_;
  std::size_t size_;
};

inline bool Cage::reserve() {
  constexpr std::size_t kAlignment = kChunkBlocks * kBlockBytes;
  for (std::size_t size = std::size_t{64} << 30; size >= std::size_t{256} << 20; size /= 2) {
    const std::size_t blocks = size / kBlockBytes, bits = size / 128;
    const std::size_t tables = 5 * bits + blocks * (sizeof(std::uintptr_t) + sizeof(BlockInfo)) + blocks / 8;
    void* const at = mmap(nullptr, size + tables + kAlignment, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED) continue;
    auto next = reinterpret_cast<std::uintptr_t>(at);
    base_ = (next + tables + kAlignment - 1) & ~(kAlignment - 1);
    for (SideBits* table : {&mark, &live, &finalized, &pending, &reached}) {
      table->attach(reinterpret_cast<void*>(next), base_);
      next += bits;
    }
    infos_ = reinterpret_cast<BlockInfo*>(next);
    next += blocks * sizeof(BlockInfo);
    types_bias_ = reinterpret_cast<std::byte*>(next - base_ / kBlockBytes * sizeof(std::uintptr_t));
    next += blocks * sizeof(std::uintptr_t);
    used_ = reinterpret_cast<std::uint64_t*>(next);
    block_count_ = blocks;
    return true;
  }
  throw std::bad_alloc();
}

}  // namespace assay::gc
