// Reads a file through an io_uring: eight reads of the page cache at a time, to memory that the kernel knows.
//
// Idea. The memory is registered with the ring once. The kernel then copies to its pages as it has mapped
// them itself, in large pages, and need not look up the program's page tables or be ready for a fault in
// them. Of a file that is not cached, pieces that have to wait for the device are under way together.
//
//   pieces    │ 128 KiB │ 128 KiB │ …      as in read_queue.h, with a block of one byte
//
// Invariants: those of read_queue.h.
//
// Costs. One copy; one request a piece and one system call for some of them. Memory of nine pieces, locked
// once a range was longer than two.
//
// What it does not do. Without io_uring, or without leave to lock 1 MiB, it is not available, and reads piece
// by piece as BufferedReader does (has_ring()). Not thread-safe.
//
// Source: io_uring(7), io_uring_register(2).
#pragma once

#include <cerrno>
#include <cstddef>

#include "zerocopy/availability.h"
#include "zerocopy/queued_reader.h"
#include "zerocopy/reader_concept.h"

namespace assay {

inline constexpr std::size_t kRingPieceBytes = std::size_t{128} << 10;

class RingReader : public QueuedReader<false, kRingPieceBytes, 2> {
 public:
  static constexpr ReaderTraits kTraits{.copies = true, .queues = true};

  static Availability available(const char* path) noexcept {
    RingReader reader;
    const int error = reader.open(path);
    if (error != 0) return {error, "open"};
    const Availability ring = IoRing::available();
    return ring.ok() ? Availability{reader.open_ring(), "io_uring_register of memory"} : ring;
  }
};

static_assert(Reader<RingReader>);

}  // namespace assay
