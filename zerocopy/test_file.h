// For tests: a file of known bytes in a directory of its own, a pass that compares them, and what a process
// has open and mapped.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
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

class TestFile {
 public:
  explicit TestFile(std::uint64_t bytes, const std::string& where = disk_directory()) {
    directory_ = where + "/assay-XXXXXX";
    if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("mkdtemp in " + where);
    path_ = directory_ + "/bytes";
    if (file_.open(path_.c_str(), O_RDWR | O_CREAT, 0600) != 0) throw std::runtime_error("open " + path_);
    write(0, bytes);
  }
  ~TestFile() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;

  const char* path() const { return path_.c_str(); }
  int descriptor() const { return file_.get(); }

  // The expected bytes to [offset, offset + count).
  void write(std::uint64_t offset, std::uint64_t count) {
    std::vector<std::byte> block(std::min<std::uint64_t>(count, std::uint64_t{1} << 20));
    for (std::uint64_t done = 0; done < count; done += block.size()) {
      block.resize(std::min<std::uint64_t>(count - done, block.size()));
      for (std::size_t i = 0; i < block.size(); ++i) block[i] = expected(offset + done + i);
      if (::pwrite(file_.get(), block.data(), block.size(), static_cast<off_t>(offset + done)) !=
          static_cast<ssize_t>(block.size())) {
        throw std::runtime_error("pwrite " + path_);
      }
    }
  }
  void resize(std::uint64_t bytes) {
    if (::ftruncate(file_.get(), static_cast<off_t>(bytes)) != 0)
      throw std::runtime_error("ftruncate " + path_);
  }

 private:
  std::string directory_;
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
