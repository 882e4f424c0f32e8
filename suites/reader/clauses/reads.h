// read(), which copies, and calls that do less than they were asked to: RD-13 to RD-17.
#pragma once

#include <cstdint>

#include "suites/core/random.h"
#include "suites/reader/subject.h"

namespace assay::suite::reader {

template <class R>
void check_reads() {
  const Bytes bytes = make_bytes(400'001, seed() + 11);
  const TemporaryFile file{Span(bytes)};
  Opened<R> reader(file);
  for (const std::uint64_t offset : {0u, 1u, 511u, 512u, 4095u, 4096u, 4097u, 262'143u, 300'000u})
    for (const std::size_t length : {1u, 100u, 511u, 512u, 4096u, 4097u, 100'000u})
      expect_read(reader.subject, bytes, offset, length, "read()");
  expect_read(reader.subject, bytes, 0, bytes.size(), "read() of all");
  Random random(seed());
  for (int i = 0; i < 30; ++i) {
    const std::uint64_t offset = random.below(bytes.size());
    expect_read(reader.subject, bytes, offset,
                static_cast<std::size_t>(random.log_between(1, bytes.size() - offset)),
                "read() of a random range");
  }
}

template <class R>
void check_reads_beyond() {
  for (const std::size_t size : {1u, 4096u, 70'003u}) {
    const Bytes bytes = make_bytes(size, seed() + 12);
    const TemporaryFile file{Span(bytes)};
    Opened<R> reader(file);
    for (const std::uint64_t offset :
         {std::uint64_t{0}, std::uint64_t{size - 1}, std::uint64_t{size}, std::uint64_t{size + 1},
          std::uint64_t{size + 4096}, std::uint64_t{5'000'000'000}})
      for (const std::size_t length : {std::size_t{1}, std::size_t{4096}, size + 1, size + 100'000})
        expect_read(reader.subject, bytes, offset, length, "read() beyond the end");
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{size}})
      require(watched([&] { return reader->read(offset, {}); }) == IoResult{},
              "read() of nothing at %llu is not done", ull(offset));
  }
}

// A pass goes on as if nobody had read(): its latest chunk, and those to come.
template <class R>
void check_undisturbed() {
  const Bytes bytes = make_bytes(1'700'001, seed() + 13);
  const TemporaryFile file{Span(bytes)};
  Opened<R> reader(file);
  Random random(seed());
  start(reader.subject, 1, bytes.size() - 1);
  std::size_t at = 1;
  expect_read(reader.subject, bytes, 500'000, 10'000, "read() before the first chunk");
  for (Chunk chunk = next(reader.subject); !chunk.bytes.empty(); chunk = next(reader.subject)) {
    for (int i = 0; i < 3; ++i) {
      const std::uint64_t offset = random.below(bytes.size());
      expect_read(reader.subject, bytes, offset, static_cast<std::size_t>(random.log_between(1, 300'000)),
                  "read() during a pass");
    }
    require(at + chunk.bytes.size() <= bytes.size(), "a pass gives more than its range");
    require_same(chunk.bytes, Span(bytes).subspan(at, chunk.bytes.size()), "the latest chunk after read()");
    const int doubt = watched([&] { return reader->confirm(); });
    require(doubt == 0, "confirm() after read() says %s", strerror(doubt));
    at += chunk.bytes.size();
  }
  require(at == bytes.size(), "a pass during which was read() ends after %zu of %zu bytes", at, bytes.size());
}

template <class R>
void check_short_counts() {
  using system_calls::Act;
  const Bytes bytes = make_bytes(60'001, seed() + 14);
  const TemporaryFile file{Span(bytes)};
  require_available<R>(file);
  // Reads past the cache come in sectors; the last one may be anything.
  for (const std::uint64_t most : {4096u, 512u, 1000u, 7u, 1u}) {
    const std::size_t length = most < 100 ? 3'000 : bytes.size();
    Opened<R> reader(file);
    const system_calls::Faults faults(
        {.act = Act::kLimit,
         .kinds = system_calls::kReading | system_calls::set_of(SystemCall::kRingOperation),
         .for_good = true,
         .most = most});
    if (R::kTraits.bypasses_cache && most % 512 != 0) continue;
    expect_range(reader.subject, bytes, 3, length - 3, "where calls read little");
    expect_read(reader.subject, bytes, 3, length - 3, "read() where calls read little");
    expect_range(reader.subject, bytes, bytes.size() - 100, 5'000, "where calls read little, at the end");
  }
}

template <class R>
void check_interruptions() {
  using system_calls::set_of;
  const Bytes bytes = make_bytes(700'001, seed() + 15);
  const TemporaryFile file{Span(bytes)};
  require_available<R>(file);
  for (std::uint64_t after = 0;; ++after) {
    const system_calls::Faults faults(
        {.act = system_calls::Act::kFail,
         .error = EINTR,
         .kinds = system_calls::kReading | set_of(SystemCall::kOpen, SystemCall::kRingEnter),
         .after = after});
    Opened<R> reader(file);
    expect_range(reader.subject, bytes, 5, bytes.size() - 5, "with an interrupted call");
    expect_read(reader.subject, bytes, 5, 100'000, "read() with an interrupted call");
    if (faults.met() == 0) return;
  }
}

template <class R>
struct ReadClauses {
  Clause reads{"RD-13", ClauseClass::kViolation, "zerocopy/reader_concept.h: read",
               "read() copies the bytes of any range, and writes nowhere else", &check_reads<R>};
  Clause beyond{"RD-14", ClauseClass::kViolation, "zerocopy/reader_concept.h: read",
                "read() beyond the end gives what there is, and ENODATA", &check_reads_beyond<R>};
  Clause undisturbed{"RD-15", ClauseClass::kViolation, "zerocopy/reader_concept.h: read",
                     "read() leaves a pass and its latest chunk alone", &check_undisturbed<R>};
  Clause counts{"RD-16", ClauseClass::kViolation, "read(2): fewer bytes than requested",
                "Calls that read less than they were asked to are followed by calls for the rest",
                &check_short_counts<R>};
  Clause interruptions{"RD-17", ClauseClass::kViolation, "read(2): EINTR",
                       "An interrupted call is made again, wherever it is", &check_interruptions<R>};
};

}  // namespace assay::suite::reader
