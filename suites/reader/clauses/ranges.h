// The bytes of a range, in order, in chunks: RD-01 to RD-06.
#pragma once

#include <cstdint>

#include "suites/core/random.h"
#include "suites/reader/subject.h"

namespace assay::suite::reader {

constexpr std::size_t kMost = 3 * 1024 * 1024 + 4567;

// Tails of every kind behind sectors and pages, and sizes around the buffers that readers like to have.
template <class R>
void check_whole_files() {
  const Bytes bytes = make_bytes(kMost, seed());
  for (const std::size_t size : {1u,
                                 2u,
                                 511u,
                                 512u,
                                 513u,
                                 4095u,
                                 4096u,
                                 4097u,
                                 4096u + 512,
                                 8191u,
                                 65'535u,
                                 65'536u,
                                 65'537u,
                                 131'072u + 1,
                                 262'143u,
                                 262'144u,
                                 262'145u,
                                 1'048'576u,
                                 1'048'577u,
                                 2'097'152u + 100,
                                 static_cast<unsigned>(kMost)}) {
    const TemporaryFile file{Span(bytes).first(size)};
    Opened<R> reader(file);
    require(reader->size() == size, "size() of %zu bytes is %llu", size, ull(reader->size()));
    expect_range(reader.subject, Span(bytes).first(size), 0, size, "a whole file");
  }
}

template <class R>
void check_ranges() {
  const Bytes bytes = make_bytes(1'200'001, seed() + 1);
  const TemporaryFile file{Span(bytes)};
  Opened<R> reader(file);
  for (const std::uint64_t page : {0u, 4096u, 262'144u, 1'048'576u})
    for (const std::uint64_t within : {0u, 1u, 100u, 511u, 512u, 513u, 4095u})
      for (const std::uint64_t length : {1u, 17u, 511u, 512u, 4095u, 4096u, 4097u, 10'000u, 100'001u})
        expect_range(reader.subject, bytes, page + within, length, "a range");
  Random random(seed());
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t offset = random.below(bytes.size());
    expect_range(reader.subject, bytes, offset, random.log_between(1, bytes.size() - offset),
                 "a random range");
  }
}

// At the end of a range nothing more comes, though the file goes on.
template <class R>
void check_ends() {
  const Bytes bytes = make_bytes(400'000, seed() + 2);
  const TemporaryFile file{Span(bytes)};
  Opened<R> reader(file);
  const auto expect_end = [&](int error, const char* when) {
    for (int time = 0; time < 3; ++time) {
      const Chunk chunk = next(reader.subject);
      require(chunk.bytes.empty() && chunk.error == error,
              "%s next() gives %zu bytes and says %s, at the %d. time", when, chunk.bytes.size(),
              strerror(chunk.error), time + 1);
    }
  };
  for (const std::uint64_t length : {0u, 1u, 4096u, 5'000u, 300'000u}) {
    expect_range(reader.subject, bytes, 77, length, "a range in the midst");
    expect_end(0, "after the end of a range");
  }
  expect_range(reader.subject, bytes, 399'000, 5'000, "a range beyond the end");
  expect_end(kSourceEnded, "after the end of the file");
  expect_range(reader.subject, bytes, 0, 400'000, "a whole file");
  expect_end(0, "after the end of a range that is the file's");
}

template <class R>
void check_beyond() {
  for (const std::size_t size : {1u, 100u, 4096u, 10'000u, 300'000u}) {
    const Bytes bytes = make_bytes(size, seed() + size);
    const TemporaryFile file{Span(bytes)};
    Opened<R> reader(file);
    for (const std::uint64_t offset :
         {std::uint64_t{0}, std::uint64_t{size - 1}, std::uint64_t{size}, std::uint64_t{size + 1},
          std::uint64_t{size + 5'000}, std::uint64_t{5'000'000'000}})
      for (const std::uint64_t length :
           {std::uint64_t{size} + 1, std::uint64_t{1'000'000}, std::uint64_t{6'000'000'000}})
        expect_range(reader.subject, bytes, offset, length, "a range beyond the end");
  }
}

// Where an int, an unsigned or a long of 32 bits would end.
template <class R>
void check_far_offsets() {
  const Bytes bytes = make_bytes(100'000, seed() + 3);
  const TemporaryFile file;
  for (const std::uint64_t offset :
       {(std::uint64_t{1} << 31) - 50'000, (std::uint64_t{1} << 32) - 50'000, std::uint64_t{5'000'000'001}}) {
    file.write(offset, bytes);
    Opened<R> reader(file);
    require(reader->size() == offset + bytes.size(), "size() is %llu instead of %llu", ull(reader->size()),
            ull(offset + bytes.size()));
    start(reader.subject, offset, bytes.size());
    const Pass pass = take_rest(reader.subject, bytes.size());
    require_same(pass.bytes, bytes, "a range far behind");
    Bytes into(bytes.size());
    const IoResult result = watched([&] { return reader->read(offset, into); });
    require(result == IoResult{bytes.size(), 0}, "read() from %llu on: %llu and %s", ull(offset),
            ull(result.bytes), strerror(result.error));
    require_same(into, bytes, "read() far behind");
  }
}

// The new pass has its own bytes, whatever was read ahead for the old one.
template <class R>
void check_restarts() {
  const Bytes bytes = make_bytes(2'500'000, seed() + 4);
  const TemporaryFile file{Span(bytes)};
  Opened<R> reader(file);
  for (int chunks = 0; chunks < 6; ++chunks) {
    start(reader.subject, 3, bytes.size() - 3);
    std::uint64_t at = 3;
    for (int i = 0; i < chunks; ++i) {
      const Chunk chunk = next(reader.subject);
      if (chunk.bytes.empty()) break;
      require_same(chunk.bytes, Span(bytes).subspan(static_cast<std::size_t>(at), chunk.bytes.size()),
                   "a chunk");
      at += chunk.bytes.size();
    }
    expect_range(reader.subject, bytes, 1'000'001, 600'000, "a pass that was started during another");
  }
}

template <class R>
struct RangeClauses {
  Clause whole{"RD-01", ClauseClass::kViolation, "zerocopy/reader_concept.h: next",
               "The chunks of a file are its bytes, in order and once", &check_whole_files<R>};
  Clause ranges{"RD-02", ClauseClass::kViolation, "Assay contract Z-11",
                "A range may begin and end anywhere, whatever the alignment of reads is", &check_ranges<R>};
  Clause ends{"RD-03", ClauseClass::kViolation, "zerocopy/reader_concept.h: next",
              "Behind the end of a range, or of the file, next() says the same again and again",
              &check_ends<R>};
  Clause beyond{"RD-04", ClauseClass::kViolation, "zerocopy/reader_concept.h: kSourceEnded",
                "Of a range that the file does not have, what it has is delivered before ENODATA",
                &check_beyond<R>};
  Clause far{"RD-05", ClauseClass::kViolation, "Assay contract Z-04",
             "Offsets beyond 2 and 4 GiB are as good as small ones", &check_far_offsets<R>};
  Clause restarts{"RD-06", ClauseClass::kViolation, "zerocopy/reader_concept.h: start",
                  "start() ends the pass that is under way, and the next has its own bytes",
                  &check_restarts<R>};
};

}  // namespace assay::suite::reader
