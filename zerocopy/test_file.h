// For tests: a file of known bytes in a directory of its own, a pass that compares them, and what a process
// has open and mapped.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "zerocopy/descriptor.h"
#include "zerocopy/reader_concept.h"

namespace assay::zerocopy_test {

// Of the byte at an offset of every test file: no two parts of a file look alike.
inline std::byte expected(std::uint64_t offset) noexcept {
  return static_cast<std::byte>((offset * 0x9e3779b97f4a7c15U) >> 56);
}

inline std::string disk_directory() {
  const char* const given = std::getenv("TEST_TMPDIR");
  return given != nullptr ? given : std::filesystem::temp_directory_path().string();
}

// A file system in memory; empty when there is none that can be written to.
inline std::string memory_directory() { return ::access("/dev/shm", W_OK) == 0 ? "/dev/shm" : ""; }

// Ends the test as one that cannot be made here, from wherever it calls this.
[[noreturn]] inline void skip_test(const std::string& why) {
  [&why] { GTEST_SKIP() << why; }();
  // Of this one the framework takes no more notice.
  throw ::testing::AssertionException(
      ::testing::TestPartResult(::testing::TestPartResult::kSkip, __FILE__, __LINE__, why.c_str()));
}

// 0, or an errno value. The memory that may be locked is one user's, and other programs have their share.
template <class R>
int open_or_skip(R& reader, const std::string& path) {
  const int error = reader.open(path.c_str());
  if (R::kTraits.queues && error == ENOMEM) skip_test("open: no more memory may be locked");
  return error;
}

class TestFile {
 public:
  explicit TestFile(std::uint64_t bytes, const std::string& where = disk_directory()) {
    std::string name = where + "/assay-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) failed("mkdtemp", where);
    directory_.path = name;
    path_ = name + "/bytes";
    const int error = file_.open(path_.c_str(), O_RDWR | O_CREAT, 0600);
    errno = error;
    if (error != 0) failed("open", path_);
    write(0, bytes);
  }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;

  const char* path() const { return path_.c_str(); }
  int descriptor() const { return file_.get(); }

  // Nothing is left even if the process ends now; the open file lives on.
  void remove_name() { directory_.remove(); }

  // The expected bytes to [offset, offset + count).
  void write(std::uint64_t offset, std::uint64_t count) {
    std::vector<std::byte> block(std::min<std::uint64_t>(count, std::uint64_t{1} << 20));
    for (std::uint64_t done = 0; done < count; done += block.size()) {
      block.resize(std::min<std::uint64_t>(count - done, block.size()));
      for (std::size_t i = 0; i < block.size(); ++i) block[i] = expected(offset + done + i);
      for (std::size_t part = 0; part < block.size();) {
        const ssize_t written = ::pwrite(file_.get(), block.data() + part, block.size() - part,
                                         static_cast<off_t>(offset + done + part));
        if (written <= 0) failed("pwrite", path_);
        part += static_cast<std::size_t>(written);
      }
    }
  }
  void resize(std::uint64_t bytes) {
    if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0) failed("ftruncate", path_);
  }

 private:
  // Removed also when the constructor throws.
  struct Directory {
    std::string path;
    ~Directory() { remove(); }
    void remove() {
      std::error_code ignored;
      if (!path.empty()) std::filesystem::remove_all(path, ignored);
    }
  };

  [[noreturn]] static void failed(const char* call, const std::string& path) {
    const int error = errno;
    const std::string what = std::string(call) + " " + path + ": " + std::strerror(error);
    if (error == ENOSPC || error == EDQUOT) skip_test(what);
    throw std::runtime_error(what);
  }

  Directory directory_;
  std::string path_;
  Descriptor file_;
};

struct Pass {
  std::uint64_t bytes = 0;
  std::uint64_t wrong = 0;  // not those of the file, or behind a chunk that was not confirmed
  int error = 0;
};

template <class R>
Pass run_pass(R& reader, std::uint64_t offset, std::uint64_t length) {
  Pass pass;
  pass.error = reader.start(offset, length);
  while (pass.error == 0) {
    const Chunk chunk = reader.next();
    if (chunk.bytes.empty()) {
      pass.error = chunk.error;
      break;
    }
    for (const std::byte byte : chunk.bytes) {
      pass.wrong += byte != expected(offset + pass.bytes) ? 1 : 0;
      ++pass.bytes;
    }
    pass.error = reader.confirm();
  }
  return pass;
}

inline std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// Lines of the process's map of memory that have this text.
inline std::size_t mappings_of(const std::string& text) {
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) count += line.find(text) != std::string::npos ? 1 : 0;
  return count;
}

}  // namespace assay::zerocopy_test
