// Mutants of the raw-memory family: a plain growing arena, sound until one of the defects below is switched
// on. Each breaks one clause of suites/allocator and no other.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <mutex>
#include <utility>
#include <vector>

#include "allocators/check.h"
#include "allocators/concept.h"
#include "suites/core/mutation.h"
#include "suites/core/race_window.h"

namespace assay::mutant {

using suite::Mutation;

// clang-format off
inline const Mutation clamps_alignment("clamps_alignment");                    // to 256 bytes
inline const Mutation overlaps_late("overlaps_late");                          // once in 8,000 blocks
inline const Mutation misaligns_nothing("misaligns_nothing");                  // blocks of size 0
inline const Mutation oversize_only_when_fresh("oversize_only_when_fresh");
inline const Mutation size_wraps("size_wraps");
inline const Mutation no_slack("no_slack");                                    // in chunks for large blocks
inline const Mutation never_asks_again("never_asks_again");                    // after a failure of upstream
inline const Mutation limit_checked_late("limit_checked_late");                // when it is exceeded already
inline const Mutation reset_keeps_nothing("reset_keeps_nothing");
inline const Mutation reset_leaves_contents("reset_leaves_contents");
inline const Mutation rewinds_too_far("rewinds_too_far");                      // past several marks at once
inline const Mutation accepts_any_mark("accepts_any_mark");
inline const Mutation grows_over_the_next("grows_over_the_next");              // beyond 4 KiB
inline const Mutation copies_new_size("copies_new_size");                      // beyond 64 KiB
inline const Mutation shrinks_forwards("shrinks_forwards");                    // copies over what it has yet to copy, from 2 KiB
inline const Mutation resize_ignores_alignment("resize_ignores_alignment");
inline const Mutation counts_survive_reset("counts_survive_reset");
inline const Mutation moved_from_keeps_chunks("moved_from_keeps_chunks");
inline const Mutation frees_all_that_follows("frees_all_that_follows");        // deallocate is a rewind
inline const Mutation arena_unlocked("arena_unlocked");
inline const Mutation overlaps_beyond_16_bits("overlaps_beyond_16_bits");      // of small blocks, since a reset
inline const Mutation poisons_every_other("poisons_every_other");              // word
inline const Mutation wastes_fresh_mark("wastes_fresh_mark");                  // a rewind to it gives up nothing
inline const Mutation wastes_large_chunks("wastes_large_chunks");              // a rewind out of them likewise
inline const Mutation rewind_wants_progress("rewind_wants_progress");          // ends when a block has shrunk
inline const Mutation growth_uncounted("growth_uncounted");                    // in place
inline const Mutation resize_unlocked("resize_unlocked");
inline const Mutation failed_resize_releases("failed_resize_releases");        // the latest block
// clang-format on

class MutantArena {
 public:
  static constexpr AllocatorTraits kTraits{.frees_individually = false,
                                           .thread_safe = true,
                                           .resets = true,
                                           .rewinds = true,
                                           .resizes = true,
                                           .counts = true,
                                           .limits = true,
                                           .takes_upstream = true,
                                           .moves = true,
                                           .traps_misuse = true};

  struct Mark {
    std::size_t arena, serial;
    std::size_t chunks;  // how many there were
    char* position;      // in the last of them
    std::size_t live_bytes;
  };

  explicit MutantArena(std::pmr::memory_resource* upstream = std::pmr::new_delete_resource()) noexcept
      : upstream_(upstream) {}
  MutantArena(MutantArena&& other) noexcept : upstream_(other.upstream_) { take(other); }
  MutantArena& operator=(MutantArena&& other) noexcept {
    release_chunks(0);
    upstream_ = other.upstream_;
    take(other);
    return *this;
  }
  ~MutantArena() { release_chunks(0); }

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    if (arena_unlocked) return bump_slowly(size, alignment);
    const std::lock_guard lock(busy_);
    if (size > PTRDIFF_MAX && !size_wraps) return nullptr;
    if (clamps_alignment && size > 0) alignment = std::min<std::size_t>(alignment, 256);
    if (misaligns_nothing && size == 0 && position_ != nullptr) return position_ + 1;
    if (++since_reset_ > 0xffff && overlaps_beyond_16_bits && size > 0 && size <= 8) return latest_;
    if (overlaps_late && size > 16 && ++blocks_ == 8'000 && latest_ != nullptr) return latest_;
    return bump(size, alignment);
  }

  // Not claimed: gives back the latest block, and no other.
  void deallocate(void* block, std::size_t size, std::size_t) noexcept {
    const std::lock_guard lock(busy_);
    auto* address = static_cast<char*>(block);
    const bool in_chunk = !chunks_.empty() && address >= chunks_.back().begin && address < position_;
    if (address + size != position_ && !(frees_all_that_follows && in_chunk)) return;
    position_ = address;
    latest_ = nullptr;
    live_bytes_ -= std::min(size, live_bytes_);
  }

  void* resize(void* block, std::size_t size, std::size_t, std::size_t new_size,
               std::size_t new_alignment) noexcept {
    std::unique_lock lock(busy_);
    auto* address = static_cast<char*>(block);
    const bool latest = address + size == position_;
    if (resize_unlocked && latest) {
      lock.unlock();
      suite::open_race_window();
      lock.lock();
    }
    if (new_size <= PTRDIFF_MAX) {
      char* aligned = resize_ignores_alignment ? address : align(address, new_alignment);
      const bool room_after = latest && new_size > size;
      const bool fits = aligned + new_size <= (room_after ? chunks_.back().end : address + size);
      if (fits && new_size <= size) {  // shrinks where it is, or a little further up
        move(aligned, address, new_size);
        if (rewind_wants_progress && latest) position_ = aligned + new_size;
      } else if (fits && aligned == address) {
        if (!growth_uncounted) live_bytes_ += new_size - size;
        if (!grows_over_the_next || new_size <= 4096) position_ = address + new_size;
        latest_ = address;
        return address;
      } else {
        aligned = static_cast<char*>(bump(new_size, new_alignment));
        if (aligned != nullptr)
          std::memcpy(aligned, address,
                      copies_new_size && new_size > (1 << 16) ? new_size : std::min(size, new_size));
      }
      if (aligned != nullptr) return aligned;
    }
    if (failed_resize_releases && latest) position_ = address;
    return nullptr;
  }

  void reset() noexcept {
    if (!counts_survive_reset) live_bytes_ = 0;
    marks_.clear();
    latest_ = nullptr;
    if (chunks_.empty()) return;
    since_reset_ = 0;
    if (!reset_leaves_contents)
      for (const Chunk& chunk : chunks_) poison(chunk.begin, chunk.end);
    std::swap(chunks_.front(), *std::max_element(chunks_.begin(), chunks_.end(),
                                                 [](auto& a, auto& b) { return a.size() < b.size(); }));
    release_chunks(reset_keeps_nothing ? 0 : 1);
    position_ = chunks_.empty() ? nullptr : chunks_.front().begin;
  }

  Mark mark() noexcept {
    const std::lock_guard lock(busy_);
    marks_.push_back(++serial_);
    return {id_, serial_, chunks_.size(), position_, live_bytes_};
  }

  void rewind(const Mark& mark) noexcept {
    const std::lock_guard lock(busy_);
    const auto found = std::find(marks_.begin(), marks_.end(), mark.serial);
    if (mark.arena != id_ || found == marks_.end()) {
      if (accepts_any_mark) return;
      trap("MutantArena I1", "rewind to a mark that is void or another arena's");
    }
    const bool several = marks_.end() - found > 2;
    marks_.erase(found + 1, marks_.end());
    latest_ = nullptr;
    live_bytes_ = mark.live_bytes;
    if (wastes_large_chunks && !chunks_.empty() && chunks_.back().size() > (1 << 16)) return;
    if (mark.chunks == 0) {
      release_chunks(wastes_fresh_mark ? chunks_.size() : 1);
      for (const Chunk& chunk : chunks_) poison(chunk.begin, chunk.end);
      if (wastes_fresh_mark) return;
      position_ = chunks_.empty() ? nullptr : chunks_.front().begin;
      return;
    }
    if (rewind_wants_progress && chunks_.size() == mark.chunks && position_ < mark.position)
      trap("MutantArena I3", "rewind to a mark ahead of the position");
    release_chunks(mark.chunks);
    position_ = mark.position;
    poison(position_, chunks_.back().end);
    if (rewinds_too_far && several) position_ = std::max(chunks_.back().begin, position_ - 64);
  }

  void set_limit(std::size_t bytes) noexcept {
    const std::lock_guard lock(busy_);
    limit_ = bytes;
  }

  AllocatorCounts counts() const noexcept {
    const std::lock_guard lock(busy_);
    return {0, live_bytes_, reserved_};
  }

  void check_invariants() const {
    const std::lock_guard lock(busy_);
    if (!chunks_.empty() && (position_ < chunks_.back().begin || position_ > chunks_.back().end))
      trap("MutantArena I2", "the position is outside the chunk");
  }

 private:
  struct Chunk {
    char *begin, *end;
    std::size_t size() const { return static_cast<std::size_t>(end - begin); }
  };
  static constexpr std::size_t kFirstChunk = 4096, kChunkAlignment = 16;

  static char* align(char* address, std::size_t alignment) {
    const auto value = reinterpret_cast<std::uintptr_t>(address);
    return address + (((value + alignment - 1) & ~(alignment - 1)) - value);
  }

  static void poison(char* begin, char* end) {
    if (!poisons_every_other) std::memset(begin, 0xdd, static_cast<std::size_t>(end - begin));
    if (poisons_every_other)
      for (; end - begin >= 16; begin += 16) std::memset(begin, 0xdd, 8);
  }

  static void move(char* to, const char* from, std::size_t size) {
    if (!shrinks_forwards || size <= 2048) {
      std::memmove(to, from, size);
    } else {
      for (std::size_t i = 0; i < size; ++i) *static_cast<volatile char*>(to + i) = from[i];
    }
  }

  void* bump(std::size_t size, std::size_t alignment) {
    char* block = position_ == nullptr ? nullptr : align(position_, alignment);
    if (block == nullptr || block > chunks_.back().end ||
        size > static_cast<std::size_t>(chunks_.back().end - block)) {
      if (!add_chunk(size, alignment)) return nullptr;
      block = align(position_, alignment);
    }
    position_ = block + size;
    live_bytes_ += size;
    return latest_ = block;
  }

  // What two threads do to an arena without a lock, with only the position at stake.
  void* bump_slowly(std::size_t size, std::size_t alignment) {
    {
      const std::lock_guard lock(busy_);
      if (size > PTRDIFF_MAX || size > 2048 || position_ == nullptr || chunks_.back().end - position_ < 8192)
        return size > PTRDIFF_MAX ? nullptr : bump(size, alignment);
    }
    char* block = align(position_, alignment);
    suite::open_race_window();
    position_ = block + size;
    live_bytes_ += size;
    return block;
  }

  bool add_chunk(std::size_t size, std::size_t alignment) {
    const std::size_t slack = alignment <= kChunkAlignment || (no_slack && size > 4096) ? 0 : alignment;
    const std::size_t usual =
        chunks_.empty() ? kFirstChunk : std::min<std::size_t>(2 * chunks_.back().size(), 1 << 16);
    std::size_t bytes = size + slack;
    if (size_wraps && size > PTRDIFF_MAX) bytes = (size + slack) & 0xfff;
    if (oversize_only_when_fresh && !chunks_.empty() && bytes > usual) return false;
    bytes = std::max(bytes, usual);
    if (limit_checked_late ? reserved_ > limit_ : reserved_ > limit_ || bytes > limit_ - reserved_)
      return false;
    if (never_asks_again && failed_) return false;
    char* memory;
    try {
      chunks_.reserve(chunks_.size() + 1);
      memory = static_cast<char*>(upstream_->allocate(bytes, kChunkAlignment));
    } catch (const std::bad_alloc&) {
      failed_ = true;
      return false;
    }
    if (align(memory, alignment) + size > memory + bytes && size <= PTRDIFF_MAX) {  // only without slack
      upstream_->deallocate(memory, bytes, kChunkAlignment);
      return false;
    }
    chunks_.push_back({memory, memory + bytes});
    position_ = memory;
    reserved_ += bytes;
    return true;
  }

  void release_chunks(std::size_t keep) {
    for (; chunks_.size() > keep; chunks_.pop_back()) {
      reserved_ -= chunks_.back().size();
      upstream_->deallocate(chunks_.back().begin, chunks_.back().size(), kChunkAlignment);
    }
  }

  void take(MutantArena& other) {
    id_ = std::exchange(other.id_, ++last_id_);
    chunks_ = moved_from_keeps_chunks ? other.chunks_ : std::exchange(other.chunks_, {});
    marks_ = std::exchange(other.marks_, {});
    position_ = moved_from_keeps_chunks ? other.position_ : std::exchange(other.position_, nullptr);
    latest_ = std::exchange(other.latest_, nullptr);
    live_bytes_ = std::exchange(other.live_bytes_, 0);
    reserved_ = std::exchange(other.reserved_, 0);
    limit_ = other.limit_;
    serial_ = other.serial_;
  }

  static inline std::size_t last_id_ = 0;

  std::pmr::memory_resource* upstream_;
  mutable std::mutex busy_;
  std::size_t id_ = ++last_id_;
  std::vector<Chunk> chunks_;
  std::vector<std::size_t> marks_;  // the serials of those that are good
  char* position_ = nullptr;
  char* latest_ = nullptr;
  std::size_t live_bytes_ = 0, reserved_ = 0, limit_ = SIZE_MAX, serial_ = 0, blocks_ = 0, since_reset_ = 0;
  bool failed_ = false;
};

static_assert(Allocator<MutantArena>);

}  // namespace assay::mutant
