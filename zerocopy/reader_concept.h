// What a reader of files claims and owes: the bytes of a range of a file, in order, in chunks that lie in
// memory of the reader's own, which the caller may look at without a copy.
//
//   class MyReader {
//     static constexpr assay::ReaderTraits kTraits{...};
//     static assay::Availability available(const char* path) noexcept;  // for this file, by trying
//     int open(const char* path) noexcept;           // 0, or an errno value; closes what was open
//     void close() noexcept;                         // idempotent
//     std::uint64_t size() const noexcept;           // of the file, when it was opened or start()ed
//     int start(std::uint64_t offset, std::uint64_t length) noexcept;   // of a pass; what was under way ends
//     Chunk next() noexcept;                         // valid until the next call of next(), start(), close()
//     int confirm() noexcept;                        // of the latest chunk, after its bytes were used
//     assay::IoResult read(std::uint64_t offset, std::span<std::byte> into) noexcept;   // a copy
//   };
//   static_assert(assay::Reader<MyReader>);
//
// next(): the next bytes of the range, at least one; none and error 0 when the range has ended; none and an
// error when it cannot go on: kSourceEnded if the file ends before the range does, else the kernel's errno.
// What came before an error was delivered. After an error, or the end, next() says the same again.
//
// confirm(): 0 if the bytes of the latest chunk were the file's while they were looked at. kSourceEnded: the
// file was truncated under it, and bytes beyond its end, which read as zeros, are no data. Readers whose
// chunks are copies always say 0.
//
// read(): as many bytes as there are room for, or up to the end of the file with kSourceEnded. Does not
// disturb a pass.
//
// A file that grows keeps its range; one that shrinks ends it. EINTR is never seen. Not thread-safe; moves
// only. Descriptors and mappings of a file end with close(), an open() that fails and the reader, on every
// path; memory and rings of the reader's own may stay for the next file, and end with the reader.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "zerocopy/availability.h"
#include "zerocopy/io_result.h"

namespace assay {

struct ReaderTraits {
  bool copies = true;  // the kernel copies to memory of the reader's; false: chunks are the page cache
  bool bypasses_cache = false;  // reads from the device (O_DIRECT)
  bool queues = false;          // several reads are under way at a time
};

struct Chunk {
  std::span<const std::byte> bytes;
  int error = 0;  // an errno value, when there are no bytes
};

template <class R>
concept Reader = std::default_initializable<R> && std::movable<R> && !std::copyable<R> &&
                 requires(R reader, const R constant, const char* path, std::uint64_t position,
                          std::span<std::byte> into) {
  { R::kTraits } -> std::convertible_to<const ReaderTraits&>;
  { R::available(path) }
  noexcept->std::same_as<Availability>;
  { reader.open(path) }
  noexcept->std::same_as<int>;
  { reader.close() }
  noexcept;
  { constant.size() }
  noexcept->std::same_as<std::uint64_t>;
  { reader.start(position, position) }
  noexcept->std::same_as<int>;
  { reader.next() }
  noexcept->std::same_as<Chunk>;
  { reader.confirm() }
  noexcept->std::same_as<int>;
  { reader.read(position, into) }
  noexcept->std::same_as<IoResult>;
};

}  // namespace assay
