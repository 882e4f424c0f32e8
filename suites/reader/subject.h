// What the clauses of readers do with their subject: open it on a file, or say why it cannot be, and take a
// pass.
#pragma once

#include <errno.h>
#include <string.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "suites/core/clause.h"
#include "suites/core/system_calls.h"
#include "suites/core/temporary_file.h"
#include "zerocopy/reader_concept.h"

namespace assay::suite::reader {

using Span = std::span<const std::byte>;

template <class R>
constexpr bool kCopies = R::kTraits.copies;

inline unsigned long long ull(std::uint64_t n) { return n; }

template <class R>
void require_available(const TemporaryFile& file) {
  const Availability availability = R::available(file.path());
  if (!availability.ok()) skipped("%s: %s", availability.needs, strerror(availability.error));
}

// Only what the subject does is counted, and meets with faults (suites/core/system_calls.h).
template <class Call>
auto watched(const Call& call) {
  const system_calls::Watched watching;
  return call();
}

template <class R>
struct Opened {
  explicit Opened(const TemporaryFile& file) {
    require_available<R>(file);
    open(file);
  }
  void open(const TemporaryFile& file) {
    const int error = watched([&] { return subject.open(file.path()); });
    require(error == 0, "available() promised it, and open() says %s", strerror(error));
  }
  R* operator->() { return &subject; }
  R subject;
};

template <class R>
void start(R& reader, std::uint64_t offset, std::uint64_t length) {
  const int error = watched([&] { return reader.start(offset, length); });
  require(error == 0, "start(%llu, %llu) says %s", ull(offset), ull(length), strerror(error));
}

// A chunk that is one, or an end.
template <class R>
Chunk next(R& reader) {
  const Chunk chunk = watched([&] { return reader.next(); });
  require(chunk.bytes.empty() || chunk.error == 0, "next() gives %zu bytes and says %s", chunk.bytes.size(),
          strerror(chunk.error));
  require(chunk.error != EINTR && chunk.error != EAGAIN, "next() says %s", strerror(chunk.error));
  return chunk;
}

// What is left of a pass over `most` bytes at the most: its bytes, in order, and why it ended.
struct Pass {
  Bytes bytes;
  int error = 0;
};

template <class R>
Pass take_rest(R& reader, std::uint64_t most) {
  Pass pass;
  for (;;) {
    const Chunk chunk = next(reader);
    if (chunk.bytes.empty()) {
      pass.error = chunk.error;
      return pass;
    }
    pass.bytes.insert(pass.bytes.end(), chunk.bytes.begin(), chunk.bytes.end());
    const int doubt = watched([&] { return reader.confirm(); });
    require(doubt == 0, "confirm() says %s of a file that nobody changed", strerror(doubt));
    if (pass.bytes.size() > most)
      violated("a range of %llu bytes gives %zu and goes on", ull(most), pass.bytes.size());
  }
}

template <class R>
Pass take(R& reader, std::uint64_t offset, std::uint64_t length) {
  start(reader, offset, length);
  return take_rest(reader, length);
}

// The range of a file that holds `bytes`, by a pass: whatever is beyond its end is ENODATA.
template <class R>
void expect_range(R& reader, Span bytes, std::uint64_t offset, std::uint64_t length, const char* what) {
  const Pass pass = take(reader, offset, length);
  const std::uint64_t begin = std::min<std::uint64_t>(offset, bytes.size());
  const std::uint64_t there = std::min(length, bytes.size() - begin);
  require_same(pass.bytes, bytes.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(there)),
               what);
  const int expected = there == length ? 0 : kSourceEnded;
  require(pass.error == expected, "%s: [%llu, %llu) of %zu bytes ends with %s", what, ull(offset),
          ull(offset + length), bytes.size(), pass.error == 0 ? "no error" : strerror(pass.error));
}

// The same by read().
template <class R>
void expect_read(R& reader, Span bytes, std::uint64_t offset, std::size_t length, const char* what) {
  constexpr std::byte kUntouched{0x5b};
  Bytes into(length + 16, kUntouched);
  const IoResult result = watched([&] { return reader.read(offset, std::span(into).subspan(8, length)); });
  const std::uint64_t begin = std::min<std::uint64_t>(offset, bytes.size());
  const std::uint64_t there = std::min<std::uint64_t>(length, bytes.size() - begin);
  require(result == IoResult{there, there == length ? 0 : kSourceEnded},
          "%s: read(%llu, %zu bytes) of %zu: %llu and %s", what, ull(offset), length, bytes.size(),
          ull(result.bytes), strerror(result.error));
  require_same(Span(into).subspan(8, static_cast<std::size_t>(there)),
               bytes.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(there)), what);
  for (std::size_t i = 0; i < 8; ++i)
    if (into[i] != kUntouched || into[8 + length + i] != kUntouched)
      violated("%s: read(%llu, %zu bytes) wrote beside its buffer", what, ull(offset), length);
}

}  // namespace assay::suite::reader
