// Anonymous memory that starts at a page: what a reader has chunks in. Nothing is touched until it is used.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace assay {

class PageBuffer {
 public:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;

  PageBuffer() noexcept = default;
  PageBuffer(PageBuffer&& other) noexcept { take(other); }
  PageBuffer& operator=(PageBuffer&& other) noexcept {
    if (this != &other) {
      release();
      take(other);
    }
    return *this;
  }
  ~PageBuffer() { release(); }

  // 0, or an errno value; what was there before is gone.
  int allocate(std::size_t bytes) noexcept { return map(bytes, 0); }

  // What there is, if it is so many bytes; else as allocate().
  int reserve(std::size_t bytes) noexcept { return size_ >= bytes ? 0 : allocate(bytes); }

  // The same as allocate() at a multiple of kHugePage and, where the kernel has some to spare, in huge pages.
  int allocate_huge(std::size_t bytes) noexcept {
    const int error = map(bytes, kHugePage);
    // Advice: small pages do as well.
    if (error == 0) (void)::madvise(mapped_, mapped_bytes_, MADV_HUGEPAGE);
    return error;
  }

  void release() noexcept {
    if (mapped_ != nullptr) ::munmap(mapped_, mapped_bytes_);
    mapped_ = data_ = nullptr;
    mapped_bytes_ = size_ = 0;
  }

  std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }

 private:
  void take(PageBuffer& other) noexcept {
    mapped_ = std::exchange(other.mapped_, nullptr);
    mapped_bytes_ = std::exchange(other.mapped_bytes_, 0);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }

  int map(std::size_t bytes, std::size_t alignment) noexcept {
    release();
    void* const memory =
        ::mmap(nullptr, bytes + alignment, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return errno;
    mapped_ = static_cast<std::byte*>(memory);
    mapped_bytes_ = bytes + alignment;
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    data_ = mapped_ + (alignment == 0 ? 0 : (alignment - address % alignment) % alignment);
    size_ = bytes;
    return 0;
  }

  std::byte* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace assay
