// Files that change while they are read: RD-07 to RD-12.
#pragma once

#include <signal.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "suites/core/captured_output.h"
#include "suites/core/forked.h"
#include "suites/reader/subject.h"

namespace assay::suite::reader {

constexpr std::size_t kLarge = 16 * 1024 * 1024;  // more than anybody reads ahead

template <class R>
void check_growth() {
  const Bytes bytes = make_bytes(700'001, seed() + 5), more = make_bytes(900'000, seed() + 6);
  const TemporaryFile file{Span(bytes)};
  Opened<R> reader(file);
  start(reader.subject, 10, bytes.size() - 10);
  Bytes got;
  for (std::size_t written = 0;;) {
    if (written < more.size()) {
      file.write(bytes.size() + written, Span(more).subspan(written, 100'000));
      written += 100'000;
    }
    const Chunk chunk = next(reader.subject);
    if (chunk.bytes.empty()) {
      require(chunk.error == 0, "the range of a file that grows ends with %s", strerror(chunk.error));
      break;
    }
    got.insert(got.end(), chunk.bytes.begin(), chunk.bytes.end());
    require(got.size() <= bytes.size(), "a range of %zu bytes gives %zu", bytes.size() - 10, got.size());
  }
  require_same(got, Span(bytes).subspan(10), "the range of a file that grows");
}

// After start() the new bytes belong to it.
template <class R>
void check_grown() {
  Bytes bytes = make_bytes(100'001, seed() + 7);
  const TemporaryFile file{Span(bytes)};
  Opened<R> reader(file);
  expect_range(reader.subject, bytes, 0, bytes.size() + 1, "a file before it grows");
  for (const std::size_t size : {100'002u, 106'000u, 1'000'000u}) {
    const std::size_t before = bytes.size();
    bytes = make_bytes(size, seed() + 7);
    file.write(before, Span(bytes).subspan(before));
    expect_read(reader.subject, bytes, before - 100, 100 + size - before, "what a file has grown by");
    expect_range(reader.subject, bytes, 0, size, "a file that has grown");
    require(reader->size() == size, "size() after start() is %llu, the file has grown to %zu",
            ull(reader->size()), size);
    expect_range(reader.subject, bytes, before - 1, size - before + 2, "what a file has grown by");
  }
  for (const std::size_t size : {900'000u, 4097u, 100u}) {
    file.resize(size);
    bytes.resize(size);
    expect_range(reader.subject, bytes, 0, size, "a file that has shrunk");
    require(reader->size() == size, "size() after start() is %llu, the file has shrunk to %zu",
            ull(reader->size()), size);
    expect_range(reader.subject, bytes, 0, size + 5'000, "a file that has shrunk");
    expect_read(reader.subject, bytes, size - 50, 1'000, "a file that has shrunk");
  }
}

// What was read before it was truncated is data still, for a reader whose chunks are copies. One whose chunks
// are the file's pages has to say which chunk is not.
template <class R>
void check_truncated_pass() {
  const Bytes bytes = make_bytes(kLarge, seed() + 8);
  const TemporaryFile file;
  for (const std::size_t size : {2'000'000u, 1'048'576u, 123u, 0u})
    for (const int chunks : {0, 1, 3}) {
      file.write(0, bytes);
      Opened<R> reader(file);
      start(reader.subject, 0, bytes.size());
      std::size_t got = 0;
      int error = -1;
      for (int i = 0; error < 0; ++i) {
        if (i == chunks) file.resize(size);
        const Chunk chunk = next(reader.subject);
        if (chunk.bytes.empty()) {
          error = chunk.error;
          break;
        }
        require(got + chunk.bytes.size() <= bytes.size(), "a range of %zu bytes gives more", bytes.size());
        const Bytes seen(chunk.bytes.begin(), chunk.bytes.end());
        const int doubt = watched([&] { return reader->confirm(); });
        require(doubt == 0 || (doubt == kSourceEnded && !kCopies<R> && i >= chunks), "confirm() says %s",
                strerror(doubt));
        const std::size_t sure =
            doubt == 0 ? seen.size() : std::min(seen.size(), size > got ? size - got : 0);
        require_same(Span(seen).first(sure), Span(bytes).subspan(got, sure),
                     "a chunk of a file that is truncated");
        got += doubt == 0 ? seen.size() : sure;
        if (doubt != 0) error = doubt;
      }
      require(error == kSourceEnded || (error == 0 && got == bytes.size()),
              "a file that is truncated to %zu after %d chunks ends with %s, after %zu bytes", size, chunks,
              error == 0 ? "no error" : strerror(error), got);
      require(got >= size, "a file that is truncated to %zu after %d chunks ends after %zu bytes", size,
              chunks, got);
    }
}

// The bytes are looked at after their file was truncated: whole pages are gone, and the rest of the last page
// is zeros.
template <class R>
void check_truncated_chunk() {
  const Bytes bytes = make_bytes(600'000, seed() + 9);
  std::size_t chunk_size = 0;
  {
    const TemporaryFile file{Span(bytes)};
    Opened<R> reader(file);
    start(reader.subject, 0, bytes.size());
    chunk_size = next(reader.subject).bytes.size();
    require(chunk_size > 0, "next() gives nothing of %zu bytes", bytes.size());
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}, std::size_t{4096}, std::size_t{12'388},
                                 chunk_size / 2, chunk_size - 1, chunk_size, chunk_size + 1}) {
    const TemporaryFile file{Span(bytes)};
    Opened<R> reader(file);
    start(reader.subject, 0, bytes.size());
    const Chunk chunk = next(reader.subject);
    file.resize(size);
    const Bytes seen(chunk.bytes.begin(), chunk.bytes.end());
    const int doubt = watched([&] { return reader->confirm(); });
    const std::size_t sure = kCopies<R> ? seen.size() : std::min(seen.size(), size);
    require_same(Span(seen).first(sure), Span(bytes).first(sure), "a chunk whose file was truncated");
    const int expected = kCopies<R> || size >= seen.size() ? 0 : kSourceEnded;
    require(doubt == expected, "confirm() of a chunk of %zu bytes, whose file was truncated to %zu, says %s",
            seen.size(), size, doubt == 0 ? "no error" : strerror(doubt));
    expect_read(reader.subject, Span(bytes).first(std::min(size, bytes.size())), size / 2, 5'000,
                "after a truncation");
  }
}

// A chunk is the reader's until the next call: what was used of it need not be used again.
template <class R>
void check_confirmed() {
  const Bytes bytes = make_bytes(900'000, seed() + 10);
  const TemporaryFile file{Span(bytes)};
  Opened<R> reader(file);
  start(reader.subject, 5, bytes.size() - 5);
  std::size_t at = 5;
  for (Chunk chunk = next(reader.subject); !chunk.bytes.empty(); chunk = next(reader.subject)) {
    for (int time = 0; time < 3; ++time) {
      const int doubt = watched([&] { return reader->confirm(); });
      require(doubt == 0, "confirm() of a file that nobody changed says %s", strerror(doubt));
      require_same(chunk.bytes, Span(bytes).subspan(at, chunk.bytes.size()), "a chunk after confirm()");
    }
    at += chunk.bytes.size();
  }
  require(at == bytes.size(), "%zu of %zu bytes", at, bytes.size());
}

// Whoever handles the fault of a truncated mapping handles those of others as well if it does not look.
template <class R>
void check_foreign_faults() {
  const Bytes bytes = make_bytes(100'000, seed());
  const TemporaryFile file{Span(bytes)}, foreign{Span(bytes)};
  require_available<R>(file);
  const auto access_truncated = [&] {
    foreign.resize(8192);
    const auto* const mapped =
        static_cast<const volatile char*>(mmap(nullptr, 8192, PROT_READ, MAP_SHARED, foreign.get(), 0));
    if (mapped == MAP_FAILED) skipped("mmap: %s", strerror(errno));
    foreign.resize(0);
    static_cast<void>(mapped[5000]);
  };
  CapturedOutput output;  // a sanitizer's report
  const Ending without = run_forked(access_truncated);
  const Ending with = run_forked([&] {
    Opened<R> reader(file);
    start(reader.subject, 0, bytes.size());
    next(reader.subject);
    access_truncated();
  });
  output.restore();
  require(!without.clean(), "a truncated mapping can be read");
  if (with.signal == without.signal && with.code == without.code) return;
  const std::string expected = describe(without);
  violated("a fault in a mapping that is not the reader's ends with %s instead of %s", describe(with),
           expected.c_str());
}

template <class R>
struct ChangeClauses {
  Clause growth{"RD-07", ClauseClass::kViolation, "zerocopy/reader_concept.h: a file that grows",
                "A file that grows keeps the range of the pass that is under way", &check_growth<R>};
  Clause grown{"RD-08", ClauseClass::kViolation, "zerocopy/reader_concept.h: size",
               "A new pass sees the file as it is by then, longer or shorter", &check_grown<R>};
  Clause truncated{
      "RD-09", ClauseClass::kViolation, "Assay contract Z-09",
      "A file that is truncated meanwhile ends with ENODATA: no crash, and no byte that it never had",
      &check_truncated_pass<R>};
  Clause chunk{"RD-10", ClauseClass::kViolation, "Assay contract Z-09",
               "After a truncation under the latest chunk its bytes can be looked at, and confirm() tells",
               &check_truncated_chunk<R>};
  Clause confirmed{"RD-11", ClauseClass::kViolation, "zerocopy/reader_concept.h: confirm",
                   "A chunk stays as it is until the next call, and confirm() of it is 0",
                   &check_confirmed<R>};
  Clause foreign{"RD-12", ClauseClass::kViolation, "signal(7): SIGBUS",
                 "Faults in mappings that are not the reader's end the process as ever",
                 &check_foreign_faults<R>};
};

}  // namespace assay::suite::reader
