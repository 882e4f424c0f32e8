// Reads a file from the device, past the page cache (O_DIRECT), eight reads at a time.
//
// Idea. The device writes to memory of the reader's, so that no byte is copied and no cached page of others
// is pushed out. What the kernel demands for it is the reader's affair, not the caller's: blocks, aligned
// memory, the ragged end of a file (aligned_file.h). A device is fast only with several requests, so that
// kDepth of them are under way through an io_uring (read_queue.h), or one after the other where there is
// none.
//
//   file      │ block │ block │ block │ … │ block │ tail
//   range         [ offset            …         end )
//   pieces    │ kPieceBytes   │ kPieceBytes   │ …         from the block of the offset on; skipped before it
//
// Invariants: those of read_queue.h.
//
// Costs. Memory of (kDepth + 1) * kPieceBytes, of which a range of up to two pieces touches one. CPU
// time is that of the caller's look at the bytes and of one request a piece; bytes come cold from memory,
// which a copy that stays in the cache does not. The memory is in huge pages if there are any: the look at it
// costs less, too. Relative to a sum over memory in small pages (medians of seven interleaved rounds over 512
// MiB, on a loaded machine): pieces of 256 KiB 1.15 to 1.44, 512 KiB 1.09 to 1.24, 1 MiB 1.00 to 1.10. 1 MiB
// in small pages 1.13 to 1.32.
//
// What it does not do. A file system without O_DIRECT is not read in another way: available() and open() say
// EINVAL or EOPNOTSUPP. tmpfs accepts O_DIRECT and copies. Bytes that are cached and not written back are
// written back first, by the kernel. Not thread-safe.
//
// Source: open(2), statx(2), io_uring(7).
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "zerocopy/availability.h"
#include "zerocopy/queued_reader.h"
#include "zerocopy/reader_concept.h"

namespace assay {

inline constexpr std::size_t kDirectPieceBytes = std::size_t{1} << 20;

class DirectReader : public QueuedReader<true, kDirectPieceBytes, 2> {
 public:
  static constexpr ReaderTraits kTraits{.copies = true, .bypasses_cache = true, .queues = true};

  static Availability available(const char* path) noexcept {
    AlignedFile file;
    std::uint64_t size = 0;
    int error = file.open(path, false, size);
    if (error != 0) return {error, "open"};
    error = file.open(path, true, size);
    if (error != 0) return {error, "O_DIRECT on this file"};
    PageBuffer memory;
    error = memory.allocate(kDirectPieceBytes);
    if (error != 0) return {error, "mmap"};
    std::byte first[1];
    const IoResult result = file.read(0, first, {memory.data(), memory.size()});
    return {result.error == kSourceEnded ? 0 : result.error, "a read with O_DIRECT of this file"};
  }
};

static_assert(Reader<DirectReader>);

}  // namespace assay
