// The C and C++ libraries' files as readers (zerocopy/reader_concept.h): fread() and std::ifstream::read()
// into one buffer that is used again and again, as large as BufferedReader's. Both have a buffer of their
// own, and read past it when more is asked for than it holds.
#pragma once

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "suites/peers/standard_library.h"
#include "zerocopy/availability.h"
#include "zerocopy/io_result.h"
#include "zerocopy/reader_concept.h"

namespace assay::peer {

// std::FILE behind the interface that PlainReader wants.
class CFile {
 public:
  static constexpr const char* kTried = "fopen";

  bool open(const char* path) noexcept {
    file_.reset(::fopen(path, "rbe"));
    return file_ != nullptr;
  }
  void close() noexcept { file_.reset(); }
  bool is_open() const noexcept { return file_ != nullptr; }
  bool measure(std::uint64_t& size) noexcept {
    struct stat status;
    if (::fstat(::fileno(file_.get()), &status) != 0) return false;
    size = static_cast<std::uint64_t>(status.st_size);
    return true;
  }
  bool seek(std::uint64_t offset) noexcept {
    ::clearerr(file_.get());
    return ::fseeko(file_.get(), static_cast<off_t>(offset), SEEK_SET) == 0;
  }
  std::size_t read(std::byte* into, std::size_t size) noexcept { return ::fread(into, 1, size, file_.get()); }
  bool failed() const noexcept { return ::ferror(file_.get()) != 0; }

 private:
  struct Close {
    void operator()(FILE* file) const noexcept { ::fclose(file); }
  };
  std::unique_ptr<FILE, Close> file_;
};

class StreamFile {
 public:
  static constexpr const char* kTried = "std::ifstream::open";

  bool open(const char* path) noexcept {
    close();
    stream_.open(path, std::ios::binary);
    return stream_.is_open();
  }
  void close() noexcept {
    if (stream_.is_open()) stream_.close();
    stream_.clear();
  }
  bool is_open() const noexcept { return stream_.is_open(); }
  bool measure(std::uint64_t& size) noexcept {
    stream_.seekg(0, std::ios::end);
    const std::streamoff end = stream_.tellg();
    size = static_cast<std::uint64_t>(end);
    return end >= 0;
  }
  bool seek(std::uint64_t offset) noexcept {
    stream_.clear();
    return static_cast<bool>(stream_.seekg(static_cast<std::streamoff>(offset)));
  }
  std::size_t read(std::byte* into, std::size_t size) noexcept {
    stream_.read(reinterpret_cast<char*>(into), static_cast<std::streamsize>(size));
    return static_cast<std::size_t>(stream_.gcount());
  }
  bool failed() const noexcept { return stream_.bad(); }

 private:
  std::ifstream stream_;
};

template <class File>
class PlainReader {
 public:
  static constexpr const char* kVersion = kStandardLibraryVersion;
  static constexpr ReaderTraits kTraits{.copies = true};
  static constexpr std::size_t kBufferBytes = 256 << 10;

  static Availability available(const char* path) noexcept {
    PlainReader reader;
    return {reader.open(path), File::kTried};
  }

  int open(const char* path) noexcept {
    close();
    errno = 0;
    if (!file_.open(path)) return errno != 0 ? errno : EIO;
    if (buffer_ == nullptr) buffer_.reset(new (std::nothrow) std::byte[kBufferBytes]);
    const int error = buffer_ == nullptr ? ENOMEM : file_.measure(size_) ? 0 : errno != 0 ? errno : EIO;
    if (error != 0) {
      close();
      return error;
    }
    error_ = 0;
    return 0;
  }

  void close() noexcept {
    file_.close();
    size_ = left_ = 0;
    error_ = EBADF;
  }

  std::uint64_t size() const noexcept { return size_; }

  int start(std::uint64_t offset, std::uint64_t length) noexcept {
    left_ = 0;
    if (!file_.is_open()) return EBADF;
    if (!file_.seek(offset)) return error_ = errno;
    left_ = length;
    return error_ = 0;
  }

  Chunk next() noexcept {
    if (error_ != 0 || left_ == 0) return {{}, error_};
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, kBufferBytes));
    const std::size_t got = file_.read(buffer_.get(), wanted);
    left_ -= got;
    if (got < wanted) error_ = file_.failed() ? EIO : kSourceEnded;
    if (got == 0) return {{}, error_};
    return {{buffer_.get(), got}, 0};
  }

  int confirm() noexcept { return 0; }

  // Seeks: what a pass has not read yet has to be sought again.
  IoResult read(std::uint64_t offset, std::span<std::byte> into) noexcept {
    if (!file_.is_open()) return {0, EBADF};
    if (!file_.seek(offset)) return {0, errno};
    const std::size_t got = file_.read(into.data(), into.size());
    return {got, got == into.size() ? 0 : file_.failed() ? EIO : kSourceEnded};
  }

 private:
  File file_;
  std::unique_ptr<std::byte[]> buffer_;
  std::uint64_t size_ = 0, left_ = 0;
  int error_ = EBADF;
};

using FreadReader = PlainReader<CFile>;
using IfstreamReader = PlainReader<StreamFile>;

static_assert(Reader<FreadReader> && Reader<IfstreamReader>);

}  // namespace assay::peer
