// What a program writes that has no library for it: shared bytes as std::shared_ptr to a vector. A control of
// the suite, and a rival of Bytes.
//
//   VectorBytes          a shared_ptr that points at the first byte and counts for the whole storage (the
//                        aliasing constructor), and a length. Any owner can be the storage.
//   VectorBytes::Mutable the same of bytes that this handle alone writes: its room ends where that of the
//                        next begins, so a split shares the vector too.
//
// Costs: a vector writes zeros to all its bytes before anybody uses them; the counts are atomic once the
// program has threads; room that other handles have left is not found again, so reserve() takes a new vector,
// as large as the one before up to 64 KiB.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <stdexcept>
#include <utility>
#include <vector>

#include "zerocopy/buffer_concept.h"
#include "zerocopy/misuse.h"

namespace assay::peer {

// I1  every index lies in [0, size]
inline void require_index(std::size_t index, std::size_t size) {
  if (index > size) zerocopy::misuse("I1", "%zu is beyond the size, %zu", index, size);
}

class VectorBytes {
 public:
  static constexpr BufferTraits kTraits{.threads = true, .shares = true, .small_handles = true};
  class Mutable;

  VectorBytes() noexcept = default;
  VectorBytes(const VectorBytes&) noexcept = default;
  VectorBytes(VectorBytes&& other) noexcept { swap(other); }
  VectorBytes& operator=(const VectorBytes&) noexcept = default;
  VectorBytes& operator=(VectorBytes&& other) noexcept {
    VectorBytes(std::move(other)).swap(*this);
    return *this;
  }

  static VectorBytes from_static(std::span<const std::byte> bytes) noexcept {
    return VectorBytes({std::shared_ptr<void>(), bytes.data()}, bytes.size(), false);
  }
  static VectorBytes copy_of(std::span<const std::byte> bytes) {
    const auto storage = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    return VectorBytes({storage, storage->data()}, bytes.size(), true);
  }
  template <class Owner>
  static VectorBytes from_owner(Owner&& owner) {
    const auto storage = std::make_shared<std::remove_cvref_t<Owner>>(std::forward<Owner>(owner));
    const std::span<const std::byte> bytes = *storage;
    return VectorBytes({storage, bytes.data()}, bytes.size(), false);
  }

  const std::byte* data() const noexcept { return bytes_.get(); }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  operator std::span<const std::byte>() const noexcept { return {data(), size_}; }

  VectorBytes slice(std::size_t begin, std::size_t end) const {
    require_index(end, size_);
    require_index(begin, end);
    return VectorBytes({bytes_, data() + begin}, end - begin, writable_);
  }
  VectorBytes slice_of(std::span<const std::byte> part) const {
    const std::size_t begin = address(part.data()) - address(data());  // wraps when it lies before
    require_index(begin, size_);
    require_index(part.size(), size_ - begin);
    return slice(begin, begin + part.size());
  }
  VectorBytes split_to(std::size_t n) {
    VectorBytes front = slice(0, n);
    advance(n);
    return front;
  }
  VectorBytes split_off(std::size_t n) {
    VectorBytes back = slice(n, size_);
    size_ = n;
    return back;
  }
  void truncate(std::size_t n) noexcept { size_ = std::min(size_, n); }
  void advance(std::size_t n) {
    require_index(n, size_);
    bytes_ = {std::move(bytes_), data() + n};
    size_ -= n;
  }
  void clear() noexcept { *this = VectorBytes(); }
  bool is_unique() const noexcept { return bytes_.use_count() == 1; }
  std::optional<Mutable> try_into_mut() &&;

  friend bool operator==(const VectorBytes& a, const VectorBytes& b) noexcept { return (a <=> b) == 0; }
  friend std::strong_ordering operator<=>(const VectorBytes& a, const VectorBytes& b) noexcept {
    const std::size_t common = std::min(a.size_, b.size_);
    const int order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
    return order != 0 ? order <=> 0 : a.size_ <=> b.size_;
  }

 private:
  VectorBytes(std::shared_ptr<const std::byte> bytes, std::size_t size, bool writable) noexcept
      : bytes_(std::move(bytes)), size_(size), writable_(writable) {}
  static std::uintptr_t address(const std::byte* byte) noexcept {
    return reinterpret_cast<std::uintptr_t>(byte);
  }
  void swap(VectorBytes& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(writable_, other.writable_);
  }

  std::shared_ptr<const std::byte> bytes_;
  std::size_t size_ = 0;
  bool writable_ = false;  // the storage is a vector
};

class VectorBytes::Mutable {
 public:
  using Shared = VectorBytes;

  Mutable() noexcept = default;
  Mutable(Mutable&& other) noexcept { swap(other); }
  Mutable& operator=(Mutable&& other) noexcept {
    Mutable(std::move(other)).swap(*this);
    return *this;
  }
  static Mutable with_capacity(std::size_t n) {
    std::vector<std::byte> bytes(n);
    std::byte* const data = bytes.data();
    return Mutable({data, Vector{std::move(bytes)}}, 0, n);
  }

  std::byte* data() noexcept { return bytes_.get(); }
  const std::byte* data() const noexcept { return bytes_.get(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }

  void reserve(std::size_t more) {
    if (try_reclaim(more)) return;
    if (more > std::size_t{PTRDIFF_MAX} - size_) throw std::length_error("assay: no buffer is that large");
    Mutable larger = with_capacity(std::max({size_ + more, 2 * capacity_, kept_capacity()}));
    if (size_ != 0) std::memcpy(larger.data(), data(), size_);
    larger.size_ = size_;
    swap(larger);
  }
  bool try_reclaim(std::size_t more) noexcept { return more <= capacity_ - size_; }
  std::span<std::byte> spare() noexcept { return {data() + size_, capacity_ - size_}; }
  void commit(std::size_t n) {
    require_index(n, capacity_ - size_);
    size_ += n;
  }
  void append(std::span<const std::byte> bytes) {
    // The bytes may be of this vector, which then stays until they are copied.
    const std::shared_ptr<std::byte> before = bytes.size() > capacity_ - size_ ? bytes_ : nullptr;
    reserve(bytes.size());
    if (!bytes.empty()) std::memcpy(data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void resize(std::size_t n, std::byte fill) {
    if (n > size_) {
      reserve(n - size_);
      std::fill(data() + size_, data() + n, fill);
    }
    size_ = n;
  }
  void truncate(std::size_t n) noexcept { size_ = std::min(size_, n); }
  void clear() noexcept { size_ = 0; }
  void advance(std::size_t n) { split_to(n); }

  Mutable split() { return split_to(size_); }
  Mutable split_to(std::size_t n) {
    require_index(n, size_);
    Mutable front({bytes_, data()}, n, n);
    bytes_ = {std::move(bytes_), data() + n};
    size_ -= n;
    capacity_ -= n;
    return front;
  }
  Mutable split_off(std::size_t n) {
    Mutable front = split_to(n);
    swap(front);
    return front;
  }
  void unsplit(Mutable&& next) {
    if (bytes_ == nullptr) return (void)(*this = std::move(next));
    const bool same = !bytes_.owner_before(next.bytes_) && !next.bytes_.owner_before(bytes_);
    if (same && size_ == capacity_ && data() + size_ == next.data()) {
      size_ += next.size_;
      capacity_ += next.capacity_;
    } else {
      append({next.data(), next.size_});
    }
    next = Mutable();
  }
  VectorBytes freeze() && {
    const std::size_t size = std::exchange(size_, 0);
    capacity_ = 0;
    return VectorBytes(std::move(bytes_), size, true);
  }

 private:
  friend VectorBytes;
  static constexpr std::size_t kMostKept = 64 << 10;
  // Goes with the last handle. Its size is that of the whole vector, which no handle has.
  struct Vector {
    std::vector<std::byte> bytes;
    void operator()(const std::byte*) const noexcept {}
  };

  Mutable(std::shared_ptr<std::byte> bytes, std::size_t size, std::size_t capacity) noexcept
      : bytes_(std::move(bytes)), size_(size), capacity_(capacity) {}
  // Of a new vector: as the one before, so that what is left of one after many splits does not end in many
  // small ones.
  std::size_t kept_capacity() const noexcept {
    const Vector* const vector = std::get_deleter<Vector>(bytes_);
    return vector == nullptr ? 0 : std::min(vector->bytes.size(), kMostKept);
  }
  void swap(Mutable& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  std::shared_ptr<std::byte> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

inline std::optional<VectorBytes::Mutable> VectorBytes::try_into_mut() && {
  if (!writable_ || !is_unique()) return std::nullopt;
  // use_count() orders nothing. To count up and down again does: what the handles that are gone have read
  // comes before what will be written.
  std::shared_ptr<const std::byte>(bytes_).reset();
  const std::size_t size = std::exchange(size_, 0);
  return Mutable(std::const_pointer_cast<std::byte>(std::move(bytes_)), size, size);
}

static_assert(Buffer<VectorBytes>);

}  // namespace assay::peer
