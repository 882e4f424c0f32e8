// Files that are none, opening and closing, what is held, what is claimed: RD-18 to RD-26.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "suites/core/held_resources.h"
#include "suites/reader/subject.h"

namespace assay::suite::reader {

template <class R>
void check_empty_files() {
  const TemporaryFile file;
  Opened<R> reader(file);
  require(reader->size() == 0, "size() of an empty file is %llu", ull(reader->size()));
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{5'000'000'000}})
    for (const std::uint64_t length : {0u, 1u, 100'000u}) {
      expect_range(reader.subject, {}, offset, length, "an empty file");
      if (length > 0) expect_read(reader.subject, {}, offset, length, "read() of an empty file");
    }
  const Bytes bytes = make_bytes(10'000, seed());
  file.write(0, bytes);
  expect_range(reader.subject, bytes, 0, bytes.size(), "a file that was empty when it was opened");
}

// An error where there is one, and what is wrong is forgotten when another file is opened.
template <class R>
void check_bad_paths() {
  const Bytes bytes = make_bytes(20'000, seed());
  const TemporaryFile file{Span(bytes)};
  Opened<R> reader(file);
  for (const char* path : {"", "/proc/self/nothing-is-here", "/proc/version/within-a-file"}) {
    const Availability availability = R::available(path);
    require(!availability.ok(), "available(\"%s\") promises what cannot be opened", path);
    const int error = watched([&] { return reader->open(path); });
    require(error == ENOENT || error == ENOTDIR, "open(\"%s\") says %s", path,
            error == 0 ? "no error" : strerror(error));
  }
  // A directory can be opened; somewhere on the way it must be found out.
  int error = watched([&] { return reader->open("/"); });
  if (error == 0) error = watched([&] { return reader->start(0, 4096); });
  if (error == 0) {
    const Chunk chunk = next(reader.subject);
    require(chunk.bytes.empty() && chunk.error != 0, "a directory gives %zu bytes and says %s",
            chunk.bytes.size(), strerror(chunk.error));
  }
  reader.open(file);
  expect_range(reader.subject, bytes, 0, bytes.size(), "after paths that cannot be opened");
}

template <class R>
void check_reopening() {
  const Bytes bytes = make_bytes(300'000, seed() + 16), others = make_bytes(200'000, seed() + 17);
  const TemporaryFile file{Span(bytes)}, other{Span(others)};
  Opened<R> reader(file);
  expect_range(reader.subject, bytes, 0, bytes.size(), "the first file");
  start(reader.subject, 0, bytes.size());
  next(reader.subject);
  reader.open(other);  // in the middle of a pass
  require(reader->size() == others.size(), "size() is %llu, of a file of %zu bytes", ull(reader->size()),
          others.size());
  expect_range(reader.subject, others, 0, others.size(), "the second file");
  expect_read(reader.subject, others, 1'000, 50'000, "read() of the second file");
  start(reader.subject, 0, others.size());
  next(reader.subject);
  watched([&] { reader->close(); });
  watched([&] { reader->close(); });
  reader.open(file);
  expect_range(reader.subject, bytes, 0, bytes.size(), "the first file again");
  R never_opened;
  never_opened.close();
  never_opened.close();
}

template <class R>
void check_moves() {
  const Bytes bytes = make_bytes(1'300'000, seed() + 18), others = make_bytes(100'000, seed() + 19);
  const TemporaryFile file{Span(bytes)}, other{Span(others)};
  Opened<R> reader(file);
  start(reader.subject, 0, bytes.size());
  const Chunk first = next(reader.subject);
  std::size_t at = first.bytes.size();
  require_same(first.bytes, Span(bytes).first(at), "the first chunk");
  R moved(std::move(reader.subject));
  require(moved.size() == bytes.size(), "size() of a moved one is %llu", ull(moved.size()));
  const Chunk second = next(moved);
  require_same(second.bytes, Span(bytes).subspan(at, second.bytes.size()), "the chunk after a move");
  at += second.bytes.size();
  Opened<R> assigned(other);
  start(assigned.subject, 0, others.size());
  next(assigned.subject);
  assigned.subject = std::move(moved);
  const Pass rest = take_rest(assigned.subject, bytes.size());
  require_same(rest.bytes, Span(bytes).subspan(at), "the rest of a pass that was moved twice");
  expect_range(assigned.subject, bytes, 7, 100'000, "a range after a move");
  moved.close();
  reader->close();
  reader.open(other);
  expect_range(reader.subject, others, 0, others.size(), "opened after it was moved from");
}

template <class R>
void check_held_resources() {
  const Bytes bytes = make_bytes(3'000'000, seed());
  const TemporaryFile file{Span(bytes)}, empty;
  {
    Opened<R> reader(file);  // what the process needs for the first one may stay
    expect_range(reader.subject, bytes, 0, bytes.size(), "the first");
  }
  const HeldResources before = held_resources();
  for (int time = 0; time < 3; ++time) {
    {
      Opened<R> reader(file);
      expect_range(reader.subject, bytes, 1, bytes.size() - 1, "one of several");
      expect_read(reader.subject, bytes, 1, 100'000, "one of several");
    }
    require_released(before, "destroyed after a pass");
    {
      Opened<R> reader(file);
      start(reader.subject, 0, bytes.size());
      next(reader.subject);
      next(reader.subject);
      watched([&] { reader->close(); });
      const HeldResources own = R::kTraits.queues ? held_resources() : before;  // a ring may stay
      require(own.descriptors <= before.descriptors + 1,
              "after close() %d descriptors are open instead of %d", own.descriptors, before.descriptors);
      require_released(own, "closed in the middle of a pass");
      for (int again = 0; again < 3; ++again) {
        reader.open(file);
        start(reader.subject, 0, bytes.size());
        next(reader.subject);
        watched([&] { reader->close(); });
        require_released(own, "closed again in the middle of a pass");
      }
      reader.open(file);
      start(reader.subject, 0, bytes.size());
      next(reader.subject);
      start(reader.subject, 100, 1'000'000);
      next(reader.subject);
      require(reader->open("/proc/self/nothing-is-here") != 0, "open() of what is not there is done");
      require_released(own, "opened in vain in the middle of a pass");
      reader.open(file);
      start(reader.subject, 0, bytes.size());
      next(reader.subject);
      reader.open(empty);
      expect_range(reader.subject, {}, 0, 10, "an empty file");
    }
    require_released(before, "opened again in the middle of a pass, and destroyed");
    {
      Opened<R> reader(file), other(file);
      start(reader.subject, 0, bytes.size());
      next(reader.subject);
      start(other.subject, 0, bytes.size());
      next(other.subject);
      other.subject = std::move(reader.subject);
      R third(std::move(other.subject));
    }
    require_released(before, "moved and destroyed");
    {
      R reader;
      reader.open("/proc/self/nothing-is-here");
      reader.open("/");
      reader.close();
      require_released(before, "after paths that cannot be opened");
      R::available(file.path());
      R::available("/");
      R::available("/proc/self/nothing-is-here");
      require_released(before, "available()");
    }
  }
}

// Why reads cannot be queued here: no ring, or too little memory that may be locked. Null: they can.
inline const char* why_no_queue() {
  io_uring_params parameters{};
  const int ring = static_cast<int>(syscall(SYS_io_uring_setup, 4, &parameters));
  if (ring < 0) return "io_uring_setup";
  const char* missing = nullptr;
  constexpr std::size_t kBytes = std::size_t{4} << 20;
  void* const memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const iovec all{memory, kBytes};
  if (memory == MAP_FAILED || syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &all, 1) != 0)
    missing = "io_uring_register of 4 MiB";
  const int error = errno;
  if (missing == nullptr) syscall(SYS_io_uring_register, ring, IORING_UNREGISTER_BUFFERS, nullptr, 0);
  if (memory != MAP_FAILED) munmap(memory, kBytes);
  close(ring);
  errno = error;
  return missing;
}

// Beside the count of the calls that were made (suites/core/system_calls.h).
template <class R>
void check_copies_claim() {
  const Bytes bytes = make_bytes(2'000'000, seed() + 20);
  const TemporaryFile file{Span(bytes)};
  Opened<R> reader(file);
  system_calls::reset_counts();
  expect_range(reader.subject, bytes, 0, bytes.size(), "a pass");
  const system_calls::Counts& made = system_calls::counts();
  const std::uint64_t read = made.bytes_of(system_calls::kReading);
  const bool by_ring = made.calls_of(SystemCall::kRingOperation) > 0;
  if (!kCopies<R>)
    require(read == 0 && !by_ring, "a pass that claims to copy nothing read %llu bytes into memory",
            ull(read));
  else
    require(read >= bytes.size() || by_ring,
            "a pass over %zu bytes that claims to copy them read %llu into memory", bytes.size(), ull(read));
  if (R::kTraits.queues) {
    const TemporaryFile large;
    large.resize(16 * 1024 * 1024);
    reader.open(large);
    system_calls::reset_counts();
    start(reader.subject, 0, large.size());
    next(reader.subject);
    const std::uint64_t begun = made.calls_of(SystemCall::kRingOperation);
    if (begun >= 2) return;
    reader.subject = R();  // what it has locked is no longer in the way
    // Without a ring a reader may make its reads one by one: that it claims to queue them cannot be seen.
    if (const char* const missing = why_no_queue(); missing != nullptr)
      skipped("%s: %s", missing, strerror(errno));
    violated(
        "a reader that claims to have several reads under way has begun %llu when it gives the first chunk",
        ull(begun));
  }
}

// The file is overwritten under the first chunk: how many bytes of the chunk are the new ones, of how many.
struct Overwritten {
  std::size_t fresh, all;
};
template <class R>
Overwritten overwrite_first_chunk() {
  constexpr std::size_t kBytes = 345'678;
  constexpr std::byte kOld{0x11}, kNew{0xee};
  const TemporaryFile file{Bytes(kBytes, kOld)};
  Opened<R> reader(file);
  start(reader.subject, 0, kBytes);
  const Chunk chunk = next(reader.subject);
  require(!chunk.bytes.empty(), "next() gives nothing of %zu bytes", kBytes);
  file.write(0, Bytes(kBytes, kNew));
  const auto fresh = std::count(chunk.bytes.begin(), chunk.bytes.end(), kNew);
  return {static_cast<std::size_t>(fresh), chunk.bytes.size()};
}

template <class R>
void check_chunks_are_copies() {
  if constexpr (!kCopies<R>) {
    absent("claims that its chunks are the page cache");
  } else {
    const Overwritten chunk = overwrite_first_chunk<R>();
    require(chunk.fresh == 0, "%zu of %zu bytes of a copy are what was written to the file afterwards",
            chunk.fresh, chunk.all);
  }
}

template <class R>
void check_chunks_are_pages() {
  if constexpr (kCopies<R>) {
    absent("claims that its chunks are copies");
  } else {
    const Overwritten chunk = overwrite_first_chunk<R>();
    require(chunk.fresh == chunk.all,
            "%zu of %zu bytes that are claimed to be the page cache show what was written to the file",
            chunk.fresh, chunk.all);
  }
}

// A file that was in no cache is in none afterwards.
template <class R>
void check_bypass_claim() {
  if constexpr (!R::kTraits.bypasses_cache) {
    absent("claims no reading past the cache");
  } else {
    constexpr std::size_t kPage = 4096;
    const Bytes bytes = make_bytes(400 * kPage, seed() + 21);
    const TemporaryFile file{Span(bytes)};
    Opened<R> reader(file);
    void* const pages = mmap(nullptr, bytes.size(), PROT_READ, MAP_SHARED, file.get(), 0);
    if (pages == MAP_FAILED) skipped("mmap: %s", strerror(errno));
    const auto resident = [&] {
      unsigned char present[400];
      if (mincore(pages, bytes.size(), present) != 0) skipped("mincore: %s", strerror(errno));
      std::size_t count = 0;
      for (const unsigned char page : present) count += page & 1;
      return count;
    };
    fdatasync(file.get());
    posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
    const std::size_t before = resident();
    if (before > 100) skipped("the file system keeps %zu of 400 pages in memory", before);
    expect_range(reader.subject, bytes, 0, bytes.size(), "a pass past the cache");
    const std::size_t after = resident();
    munmap(pages, bytes.size());
    require(after <= before + 40,
            "a pass past the cache left %zu of 400 pages in it, %zu more than there were", after,
            after - before);
  }
}

template <class R>
struct LifeClauses {
  Clause empty{"RD-18", ClauseClass::kViolation, "zerocopy/reader_concept.h: next",
               "An empty file has no bytes, and can get some", &check_empty_files<R>};
  Clause paths{"RD-19", ClauseClass::kViolation, "open(2): ENOENT, ENOTDIR, EISDIR",
               "Files that are not there, and directories, are errors, and forgotten with the next open()",
               &check_bad_paths<R>};
  Clause reopening{"RD-20", ClauseClass::kViolation, "zerocopy/reader_concept.h: open, close",
                   "A reader can be closed any number of times, and opened again at any time",
                   &check_reopening<R>};
  Clause moves{"RD-21", ClauseClass::kViolation, "zerocopy/reader_concept.h: moves only",
               "What is moved goes on with its pass, and what was moved from can be closed and opened",
               &check_moves<R>};
  Clause held{
      "RD-22", ClauseClass::kViolation, "Assay contract Z-18",
      "Descriptors, mappings and rings end with the reader, also in the middle of a pass and after errors",
      &check_held_resources<R>};
  Clause copies{"RD-23", ClauseClass::kViolation, "zerocopy/reader_concept.h: ReaderTraits",
                "One that claims to copy nothing reads nothing into memory, and one that queues does so",
                &check_copies_claim<R>};
  Clause bypasses{"RD-24", ClauseClass::kViolation, "zerocopy/reader_concept.h: ReaderTraits",
                  "One that claims to read past the cache leaves nothing in it", &check_bypass_claim<R>};
  Clause copied{"RD-25", ClauseClass::kViolation, "zerocopy/reader_concept.h: ReaderTraits",
                "A chunk of one that claims to copy is what the file was, whatever is written afterwards",
                &check_chunks_are_copies<R>};
  Clause pages{"RD-26", ClauseClass::kViolation, "zerocopy/reader_concept.h: ReaderTraits",
               "A chunk of one that claims to copy nothing is the page cache: what is written shows in it",
               &check_chunks_are_pages<R>};
};

}  // namespace assay::suite::reader
