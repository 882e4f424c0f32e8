// Files of the suites: bytes by position, in a file that has no name from the start, so that nothing is left
// behind whatever ends the check.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "suites/core/clause.h"
#include "suites/core/pattern.h"

namespace assay::suite {

using Bytes = std::vector<std::byte>;

// n bytes of which each depends on the seed and on where it is.
inline Bytes make_bytes(std::size_t n, std::uint64_t seed) {
  Bytes bytes(n);
  fill_pattern(bytes.data(), n, seed * 0x1000003);
  return bytes;
}

// Violated unless `got` is `expected`, byte for byte.
inline void require_same(std::span<const std::byte> got, std::span<const std::byte> expected,
                         const char* what) {
  const std::size_t common = got.size() < expected.size() ? got.size() : expected.size();
  std::size_t at = 0;
  while (at < common && got[at] == expected[at]) ++at;
  if (at < common)
    violated("%s: byte %zu of %zu is %02x instead of %02x", what, at, expected.size(),
             static_cast<unsigned>(got[at]), static_cast<unsigned>(expected[at]));
  if (got.size() != expected.size())
    violated("%s: %zu bytes instead of %zu, which agree so far", what, got.size(), expected.size());
}

// Open for reading and writing.
class TemporaryFile {
 public:
  // Below $TEST_TMPDIR, or $TMPDIR, or /tmp.
  TemporaryFile() {
    const char* folder = getenv("TEST_TMPDIR");
    if (folder == nullptr) folder = getenv("TMPDIR");
    char name[4096];
    snprintf(name, sizeof name, "%s/assayXXXXXX", folder == nullptr ? "/tmp" : folder);
    file_ = mkostemp(name, O_CLOEXEC);
    if (file_ < 0) skipped("no file can be made as %s: %s", name, strerror(errno));
    unlink(name);
    snprintf(path_, sizeof path_, "/proc/self/fd/%d", file_);
  }
  explicit TemporaryFile(std::span<const std::byte> bytes) : TemporaryFile() { write(0, bytes); }
  TemporaryFile(TemporaryFile&& other) noexcept : file_(std::exchange(other.file_, -1)) {
    memcpy(path_, other.path_, sizeof path_);
  }
  TemporaryFile& operator=(TemporaryFile&&) = delete;
  ~TemporaryFile() {
    if (file_ >= 0) close(file_);
  }

  // On the file system of shared memory, which is another one than that of the others.
  static TemporaryFile in_memory() { return TemporaryFile(memfd_create("assay", MFD_CLOEXEC)); }

  int get() const { return file_; }
  const char* path() const { return path_; }  // opens it anew, as long as the process lives

  void write(std::uint64_t offset, std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const ssize_t done = pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (done <= 0) skipped("a file of the suite's cannot be written: %s", strerror(errno));
      offset += static_cast<std::uint64_t>(done);
      bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
  }
  void resize(std::uint64_t size) const {
    if (ftruncate(file_, static_cast<off_t>(size)) != 0)
      skipped("a file of the suite's cannot have %llu bytes: %s", static_cast<unsigned long long>(size),
              strerror(errno));
  }
  Bytes read(std::uint64_t offset, std::size_t most) const {
    Bytes bytes(most);
    std::size_t done = 0;
    for (ssize_t n = 1; n > 0 && done < most; done += static_cast<std::size_t>(n > 0 ? n : 0))
      n = pread(file_, bytes.data() + done, most - done, static_cast<off_t>(offset + done));
    bytes.resize(done);
    return bytes;
  }
  std::uint64_t size() const { return static_cast<std::uint64_t>(lseek(file_, 0, SEEK_END)); }

 private:
  explicit TemporaryFile(int file) : file_(file) {
    if (file_ < 0) skipped("no file can be made in memory: %s", strerror(errno));
    snprintf(path_, sizeof path_, "/proc/self/fd/%d", file_);
  }

  int file_;
  char path_[32];
};

}  // namespace assay::suite
