// From file to file: TR-29 to TR-32.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "suites/transfer/subject.h"

namespace assay::suite::transfer {

template <class T>
void copy_part(T& subject, const TemporaryFile& from, std::uint64_t from_offset, const TemporaryFile& to,
               std::uint64_t to_offset, std::uint64_t length) {
  const IoResult result =
      watched([&] { return subject.copy(from.get(), from_offset, to.get(), to_offset, length); });
  require(result == IoResult{length, 0}, "copy() of [%llu, %llu) to %llu: %llu and %s", ull(from_offset),
          ull(from_offset + length), ull(to_offset), ull(result.bytes), strerror(result.error));
}

// What is around the range stays.
template <class T>
void check_copied_ranges() {
  if constexpr (!kCopiesFiles<T>) {
    absent("claims no copy()");
  } else {
    struct Range {
      std::size_t from, to, length;
    };
    const Bytes bytes = make_bytes(300'000, seed() + 12), old = make_bytes(250'000, seed() + 13);
    Opened<T> transfer;
    for (const Range& range :
         {Range{0, 0, 1}, Range{0, 0, 4096}, Range{1, 4095, 4097}, Range{4096, 8192, 65536},
          Range{77, 99, 100'001}, Range{0, 200'000, 300'000}, Range{299'999, 249'999, 1},
          Range{0, 260'000, 10}, Range{65'537, 0, 200'000}}) {
      const TemporaryFile from{Span(bytes)}, to{Span(old)};
      Bytes expected = old;
      expected.resize(std::max(old.size(), range.to + range.length));
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(range.from), range.length,
                  expected.begin() + static_cast<std::ptrdiff_t>(range.to));
      copy_part(transfer.subject, from, range.from, to, range.to, range.length);
      require_same(to.read(0, 1 << 20), expected, "the target");
      require_same(from.read(0, 1 << 20), bytes, "the source");
    }
    // Within one file, apart from each other.
    const TemporaryFile file{Span(bytes)};
    Bytes expected = bytes;
    std::copy_n(bytes.begin() + 5, 100'000, expected.begin() + 150'001);
    copy_part(transfer.subject, file, 5, file, 150'001, 100'000);
    require_same(file.read(0, 1 << 20), expected, "a file copied within itself");
  }
}

// A target that ends where the data of the source ends is truncated: nothing shows it but the size.
template <class T>
void check_holes() {
  if constexpr (!kCopiesFiles<T>) {
    absent("claims no copy()");
  } else {
    const Bytes data = make_bytes(10'000, seed() + 14);
    constexpr std::size_t kSize = 700'000;
    const TemporaryFile from;
    from.write(200'000, data);
    from.resize(kSize);  // a hole at each end
    Bytes expected(kSize);
    std::copy(data.begin(), data.end(), expected.begin() + 200'000);
    Opened<T> transfer;
    {
      const TemporaryFile to;
      copy_part(transfer.subject, from, 0, to, 0, kSize);
      require(to.size() == kSize, "%zu bytes that end with a hole became %llu", kSize, ull(to.size()));
      require_same(to.read(0, kSize + 1), expected, "a file with holes");
    }
    {
      const TemporaryFile to{Span(make_bytes(kSize, 3))};  // no hole may let the old bytes show
      copy_part(transfer.subject, from, 0, to, 0, kSize);
      require_same(to.read(0, kSize + 1), expected, "a file with holes over another");
    }
    const TemporaryFile holes, to;
    holes.resize(100'000);
    copy_part(transfer.subject, holes, 1'000, to, 50, 50'000);
    require(to.size() == 50'050, "50,000 bytes of a hole, copied to 50, made a file of %llu", ull(to.size()));
  }
}

// Where the kernel says 0 or an error at once although there are bytes: files of the kernel's own, which have
// no size, and other file systems.
template <class T>
void check_unusual_sources() {
  if constexpr (!kCopiesFiles<T>) {
    absent("claims no copy()");
  } else {
    Opened<T> transfer;
    const system_calls::Faults faults(
        {.act = system_calls::Act::kFail, .error = EIO, .after = 3'000, .for_good = true});
    const Bytes bytes = make_bytes(150'000, seed() + 15);
    const TemporaryFile in_memory = TemporaryFile::in_memory();
    in_memory.write(0, bytes);
    const TemporaryFile to;
    copy_part(transfer.subject, in_memory, 3, to, 0, 140'000);
    require_same(to.read(0, 1 << 20), Span(bytes).subspan(3, 140'000), "from memory's file system");
    const TemporaryFile back = TemporaryFile::in_memory();
    copy_part(transfer.subject, to, 0, back, 10, 140'000);
    require_same(back.read(10, 1 << 20), Span(bytes).subspan(3, 140'000), "to memory's file system");

    const int version = open("/proc/version", O_RDONLY | O_CLOEXEC);
    if (version < 0) return note("/proc/version cannot be read: %s", strerror(errno));
    Bytes text(4096);
    const ssize_t length = pread(version, text.data(), text.size(), 0);
    if (length > 10) {
      const TemporaryFile target;
      const auto size = static_cast<std::uint64_t>(length);
      const IoResult result = watched([&] { return transfer->copy(version, 0, target.get(), 0, size); });
      require(result == IoResult{size, 0}, "copy() of /proc/version: %llu of %llu bytes and %s",
              ull(result.bytes), ull(size), strerror(result.error));
      require_same(target.read(0, 4096), Span(text).first(static_cast<std::size_t>(size)), "/proc/version");
      // And it ends: nobody can know where but by reading.
      const IoResult more = watched([&] { return transfer->copy(version, 0, target.get(), 0, size + 1); });
      require(more == IoResult{size, kSourceEnded},
              "copy() of one byte more than /proc/version has: %llu and %s", ull(more.bytes),
              strerror(more.error));
    }
    close(version);
  }
}

// copy_file_range() and its like are refused by file systems, kernels and security policies in many ways, at
// once or only later.
template <class T>
void check_refused_copies() {
  using system_calls::Act;
  if constexpr (!kCopiesFiles<T>) {
    absent("claims no copy()");
  } else {
    const Bytes bytes = make_bytes(300'000, seed() + 16);
    const TemporaryFile from{Span(bytes)};
    constexpr system_calls::Set kRefusable = system_calls::kInKernel;
    for (const std::uint64_t after : {0u, 1u})
      for (const int error : {EXDEV, EINVAL, EOPNOTSUPP, ENOSYS, EPERM, 0}) {
        Opened<T> transfer;
        const TemporaryFile to;
        IoResult result{0, EIO};
        {
          // The first call moves a little when it is the second that is refused.
          const system_calls::Faults faults({.act = error == 0 ? Act::kNothing : Act::kFail,
                                             .error = error,
                                             .kinds = kRefusable,
                                             .after = after,
                                             .for_good = true});
          std::uint64_t done = 0;
          if (after > 0) {
            result = watched([&] { return transfer->copy(from.get(), 0, to.get(), 0, 1'000); });
            require(result == IoResult{1'000, 0}, "copy() of 1,000 bytes: %s", strerror(result.error));
            done = 1'000;
          }
          result =
              watched([&] { return transfer->copy(from.get(), done, to.get(), done, bytes.size() - done); });
          require(result == IoResult{bytes.size() - done, 0},
                  "copy() where the kernel's %s: %llu of %llu bytes and %s",
                  error == 0 ? "returns 0" : strerrorname_np(error), ull(result.bytes),
                  ull(bytes.size() - done), strerror(result.error));
        }
        require_same(to.read(0, bytes.size() + 1), bytes, "copy() where the kernel's is refused");
      }
  }
}

template <class T>
struct CopyClauses {
  Clause ranges{"TR-29", ClauseClass::kViolation, "copy_file_range(2)",
                "A range of a file becomes a range of another, and what is around it stays",
                &check_copied_ranges<T>};
  Clause holes{"TR-30", ClauseClass::kViolation, "Assay contract Z-16",
               "Holes read as zeros in the copy, and it ends where the range ends", &check_holes<T>};
  Clause sources{"TR-31", ClauseClass::kViolation, "Assay contract Z-16",
                 "Sources without a size, and targets on other file systems, are copied all the same",
                 &check_unusual_sources<T>};
  Clause refused{"TR-32", ClauseClass::kViolation, "Assay contract Z-16",
                 "Where the kernel refuses to copy by itself the transfer does", &check_refused_copies<T>};
};

}  // namespace assay::suite::transfer
