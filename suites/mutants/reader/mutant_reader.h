// Readers by pread() in which every defect that a clause RD-01 to RD-25 stands for can be switched on: one
// through the page cache, and one past it, which is what RD-24 is about. RD-26 is about chunks that are the
// page cache: one by mmap().
//
// Idea. A chunk is what one call has read to the reader's memory. Past the cache (O_DIRECT) whole blocks are
// read to aligned memory and what was asked for is copied from there; where that brings nothing, at the
// ragged end of a file or after a short read, it is read as from any file. Nothing is optimised: whatever a
// clause says should be easy to see here, and so should its opposite.
//
// Invariants
//   I1  [position, end) is what is left of the pass; the latest chunk lies before it
//   I2  error is what next() says for ever after
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

#include "suites/mutants/reader/reader_defects.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/mapped_reader.h"
#include "zerocopy/reader_concept.h"

namespace assay::mutant {

template <bool kDirect>
class BasicMutantReader {
 public:
  static constexpr ReaderTraits kTraits{.copies = true, .bypasses_cache = kDirect};
  static Availability available(const char* path) noexcept {
    BasicMutantReader reader;
    if (const int error = reader.open(path); error != 0) return {error, kDirect ? "O_DIRECT" : "open"};
    if (!kDirect) return {};
    const ssize_t got = ::pread(reader.state_.direct.get(), reader.aligned(), kBlock, 0);
    return {got < 0 && errno != EINTR ? errno : 0, "a read with O_DIRECT"};
  }

  BasicMutantReader() noexcept = default;
  BasicMutantReader(BasicMutantReader&& other) noexcept { *this = std::move(other); }
  BasicMutantReader& operator=(BasicMutantReader&& other) noexcept {
    state_ = std::exchange(other.state_, State());
    if (move_ends_the_pass) state_.position = state_.end;
    return *this;
  }

  int open(const char* path) noexcept {
    if (state_.closed_twice && second_close_is_for_good) return EBADF;
    release();
    if (faults_of_others_end_well) signal(SIGBUS, [](int) { _exit(0); });
    int error = zerocopy::open_to_read(path, 0, state_.file, state_.size);
    if (kDirect && error == 0)
      error = state_.direct.open(path, O_RDONLY | (reads_through_the_cache ? 0 : O_DIRECT));
    if (error != 0) release();
    if (error == EISDIR && directory_is_empty) return 0;
    state_.was_empty = error == 0 && state_.size == 0;
    state_.chunk.resize(kChunk);
    state_.blocks.resize(kChunk + 3 * kBlock);
    return error;
  }
  void close() noexcept {
    const bool again = state_.closed;
    release();
    state_.closed = true;
    state_.closed_twice = again;
  }

  std::uint64_t size() const noexcept { return state_.size; }

  int start(std::uint64_t offset, std::uint64_t length) noexcept {
    if (!state_.file.is_open()) return directory_is_empty ? 0 : EBADF;
    const bool restarts = state_.shown > 0 && state_.error == 0 && state_.position < state_.end;
    std::uint64_t size = 0;
    if (const int error = zerocopy::file_size(state_.file.get(), size); error != 0) return error;
    if (!size_is_that_of_open) state_.size = size;
    state_.size_at_start = size;
    if (offsets_have_32_bits) offset &= 0xffff'ffff;
    if (short_range_begins_at_its_sector && length == 17) offset -= offset % 512;
    state_.position = offset;
    state_.end = zerocopy::end_of(offset, length);
    state_.error = long_range_ends_at_once && length >> 32 != 0 ? kSourceEnded : 0;
    state_.error_was_said = false;
    state_.gives_old = restarts && restart_gives_the_old_chunk;
    state_.is_mapped = two_megabytes_are_mapped && length == 2'000'000;
    if (!state_.gives_old) state_.shown = 0;
    return 0;
  }

  Chunk next() noexcept {
    state_.confirmed = 0;
    if (state_.error != 0) {
      if (std::exchange(state_.error_was_said, true) && error_is_said_once) return {};
      return {{}, state_.error};
    }
    follow_growth();
    if (state_.position >= state_.end) return {};
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, state_.end - state_.position));
    IoResult got = state_.gives_old ? IoResult{std::min(state_.shown, wanted), 0}
                                    : read_once(state_.position, std::span(state_.chunk).first(wanted));
    if (state_.was_empty && empty_file_stays_empty) got = {};
    state_.gives_old = false;
    if (got.bytes == 0) {
      state_.error_was_said = true;
      state_.error = got.error != 0 ? got.error : kSourceEnded;
      if (truncation_is_the_end && got.ok() && state_.end <= state_.size_at_start) {
        state_.error = 0;
        state_.end = state_.position;
      }
      return {{}, state_.error};
    }
    state_.shown = static_cast<std::size_t>(got.bytes);
    state_.position += got.bytes;
    if (chunk_is_mapped && state_.size == 345'678) return mapped_chunk();
    if (ragged_sector_ends_wrong && state_.size == 4608 && state_.position == 4608)
      state_.chunk[state_.shown - 1] ^= std::byte{1};
    return {std::span(state_.chunk).first(state_.shown)};
  }

  int confirm() noexcept {
    if (second_confirm_changes_the_chunk && ++state_.confirmed == 2) state_.chunk.front() ^= std::byte{1};
    std::uint64_t size = 0;
    if (copies_are_doubted && zerocopy::file_size(state_.file.get(), size) == 0 && state_.position > size)
      return kSourceEnded;
    return 0;
  }

  IoResult read(std::uint64_t offset, std::span<std::byte> into) noexcept {
    if (read_writes_behind_its_buffer && offset == 262'143 && into.size() == 511)
      into.data()[into.size()] = std::byte{0};
    std::uint64_t size = 0;
    if (read_behind_the_end_is_done && zerocopy::file_size(state_.file.get(), size) == 0 && size > 0 &&
        offset > size)
      return {};
    IoResult result;
    while (result.bytes < into.size()) {
      const auto rest = into.subspan(static_cast<std::size_t>(result.bytes));
      const IoResult got = read_once(offset + result.bytes, rest);
      result = {result.bytes + got.bytes, got.error};
      if (got.bytes == 0 && got.ok()) result.error = kSourceEnded;
      if (short_read_is_the_end && got.ok() && got.bytes < rest.size()) result.error = kSourceEnded;
      if (!result.ok()) break;
    }
    if (read_uses_the_memory_of_the_pass && !into.empty() && !state_.chunk.empty())
      std::copy_n(into.begin(), std::min(into.size(), kChunk), state_.chunk.begin());
    return result;
  }

 private:
  static constexpr std::size_t kChunk = 131'072, kBlock = 4096;

  struct State {
    Descriptor file, direct;
    std::vector<std::byte> chunk, blocks;
    std::uint64_t size = 0, size_at_start = 0, position = 0, end = 0;
    std::size_t shown = 0;  // bytes of the latest chunk of the pass
    int error = 0, confirmed = 0;
    bool was_empty = false, error_was_said = false, gives_old = false, is_mapped = false;
    bool closed = false, closed_twice = false;
  };

  void release() {
    if (close_leaks) state_.file.release();
    state_ = State();
  }

  void follow_growth() {
    std::uint64_t size = 0;
    if (range_grows_with_the_file && state_.end == state_.size_at_start &&
        zerocopy::file_size(state_.file.get(), size) == 0)
      state_.end = std::max(state_.end, size);
  }

  std::byte* aligned() {
    const auto address = reinterpret_cast<std::uintptr_t>(state_.blocks.data());
    return state_.blocks.data() + (kBlock - address % kBlock) % kBlock;
  }

  // What one call brings. No bytes and no error: the end.
  IoResult read_once(std::uint64_t offset, std::span<std::byte> into) {
    if (state_.is_mapped) return read_mapped(offset, into);
    if (kDirect) {
      const auto skip = static_cast<std::size_t>(offset % kBlock);
      const std::size_t wanted = std::min(into.size(), kChunk);
      const std::size_t whole = (skip + wanted + kBlock - 1) / kBlock * kBlock;
      const ssize_t n = ::pread(state_.direct.get(), aligned(), whole, static_cast<off_t>(offset - skip));
      if (n > static_cast<ssize_t>(skip)) {
        const std::size_t there = std::min(static_cast<std::size_t>(n) - skip, wanted);
        std::memcpy(into.data(), aligned() + skip, there);
        return {there, 0};
      }
    }
    for (;;) {
      const ssize_t n = ::pread(state_.file.get(), into.data(), into.size(), static_cast<off_t>(offset));
      if (n >= 0) return {static_cast<std::uint64_t>(n), 0};
      if (errno != EINTR || interruption_is_an_error) return {0, errno};
    }
  }

  // A copy that no call makes.
  IoResult read_mapped(std::uint64_t offset, std::span<std::byte> into) {
    const std::uint64_t there = std::min<std::uint64_t>(into.size(), state_.size - offset);
    const std::size_t skip = static_cast<std::size_t>(offset % kBlock);
    const std::size_t length = skip + static_cast<std::size_t>(there);
    void* const mapped =
        mmap(nullptr, length, PROT_READ, MAP_SHARED, state_.file.get(), static_cast<off_t>(offset - skip));
    if (mapped == MAP_FAILED) return {0, errno};
    std::memcpy(into.data(), static_cast<const std::byte*>(mapped) + skip, static_cast<std::size_t>(there));
    munmap(mapped, length);
    return {there, 0};
  }

  // Never unmapped.
  Chunk mapped_chunk() {
    void* const mapped = mmap(nullptr, state_.size, PROT_READ, MAP_SHARED, state_.file.get(), 0);
    if (mapped == MAP_FAILED) return {{}, errno};
    return {std::span(static_cast<const std::byte*>(mapped), state_.shown)};
  }

  State state_;
};

using MutantReader = BasicMutantReader<false>;
using DirectMutantReader = BasicMutantReader<true>;

// Its chunks are claimed to be the page cache.
class MappedMutantReader : public MappedReader {
 public:
  Chunk next() noexcept {
    const Chunk chunk = MappedReader::next();
    if (!chunk_is_copied || chunk.bytes.size() != 345'678) return chunk;
    copy_.assign(chunk.bytes.begin(), chunk.bytes.end());
    return {copy_};
  }

 private:
  std::vector<std::byte> copy_;
};

static_assert(Reader<MutantReader>);
static_assert(Reader<DirectMutantReader>);
static_assert(Reader<MappedMutantReader>);

}  // namespace assay::mutant
