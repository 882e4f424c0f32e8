// BytesMut: bytes that their one owner writes, which become Bytes without a copy.
//
// Idea. The part of a storage that no other handle has. split_to(), split_off() and split() divide it at
// one point, so that a filled front goes its own way (frozen, to another thread) while the rest is filled on.
// Room that others have left is used again, so that a read loop allocates as good as never:
//
//   storage │ header │ left by others │ bytes … │ spare … │ of other handles │
//                                      ^ data    ^ + size  ^ + capacity         size <= capacity
//   handle  │ data │ size │ storage │ capacity │                                four words
//
//   in.reserve(4096);
//   in.commit(read_into(in.spare()));
//   Bytes frame = in.split_to(length).freeze();
//
// Invariants, besides those of storage.h:
//   I1  a position is at most size (split_to, split_off, advance)
//   I2  no more is committed than spare() had
//   I3  unsplit() joins two handles, not one with itself
// Who breaks one ends the program, in every build. truncate() beyond the size does nothing.
//
// Costs. All but reserve, append, resize, copy_of and unsplit() of what does not fit is O(1), moves no byte
// and has one branch. reserve(), when spare() is too small:
//   - alone, and the room to the end of the storage is enough: takes it. O(1).
//   - alone, and the room in front is at least as long as the bytes: moves them to the front. Each byte that
//     was consumed pays for one that moves, so that it is O(1) amortised, and moves nothing over itself.
//   - alone otherwise: a storage of at least twice the size; a large one grows where it is if it can.
//   - not alone: a new storage of as much as is needed, but as large as the old one up to 64 KiB: what is
//     left of a large block after many splits does not end in many small ones.
// A storage that grows has at most four times what was needed at one time, however long the loop runs: it
// grows only when the room in front is less than the bytes.
//
// What it does not do. An empty handle keeps its storage, to write to it again. A BytesMut may not be used on
// two threads at a time; different ones of one storage may (LocalBytesMut: may not). Throws std::length_error
// and std::bad_alloc, and is then as it was.
//
// Source: the interface is that of Carl Lerche's bytes crate for Rust.
#pragma once

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <utility>

#include "zerocopy/storage.h"

namespace assay {

template <class Count>
class BasicBytes;  // bytes.h

template <class Count>
class BasicBytesMut {
  using Storage = zerocopy::Storage<Count>;

 public:
  using Shared = BasicBytes<Count>;

  constexpr BasicBytesMut() noexcept = default;
  BasicBytesMut(BasicBytesMut&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        storage_(std::exchange(other.storage_, nullptr)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  BasicBytesMut& operator=(BasicBytesMut&& other) noexcept {
    BasicBytesMut moved(std::move(other));
    swap(moved);
    return *this;
  }
  [[gnu::always_inline]] ~BasicBytesMut() {
    if (storage_ != nullptr) storage_->drop_handle();
  }
  void swap(BasicBytesMut& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    std::swap(storage_, other.storage_);
  }

  static BasicBytesMut with_capacity(std::size_t capacity) {
    BasicBytesMut made;
    if (capacity != 0) made.use(Storage::allocate(capacity));
    return made;
  }
  static BasicBytesMut copy_of(std::span<const std::byte> source) {
    BasicBytesMut made = with_capacity(source.size());
    made.append(source);
    return made;
  }
  // Bytes that nobody else has are not copied.
  static BasicBytesMut from(Shared&& bytes) {
    auto same = std::move(bytes).try_into_mut();
    if (same) return std::move(*same);
    BasicBytesMut made = copy_of(bytes);
    bytes = Shared();
    return made;
  }

  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }
  std::byte* begin() noexcept { return data_; }
  std::byte* end() noexcept { return data_ + size_; }
  const std::byte* begin() const noexcept { return data_; }
  const std::byte* end() const noexcept { return data_ + size_; }

  // As a source of cursor.h.
  std::size_t remaining() const noexcept { return size_; }
  std::span<const std::byte> chunk() const noexcept { return {data_, size_}; }

  // Room for `more` behind the bytes. try_reclaim(): the same, or false if that would take an allocation.
  [[gnu::always_inline]] void reserve(std::size_t more) {
    if (more > capacity_ - size_) [[unlikely]]
      make_room(more);
  }
  bool try_reclaim(std::size_t more) noexcept { return more <= capacity_ - size_ || reclaim(more); }

  // spare() is uninitialised.
  std::span<std::byte> spare() noexcept { return {data_ + size_, capacity_ - size_}; }
  [[gnu::always_inline]] void commit(std::size_t n) noexcept {
    if (n > capacity_ - size_) [[unlikely]]
      too_much_committed(n);
    size_ += n;
  }

  // The source may lie within these bytes.
  [[gnu::always_inline]] void append(std::span<const std::byte> source) {
    if (source.size() > capacity_ - size_) [[unlikely]]
      return append_to_more(source);
    add(source);
  }
  void append(std::size_t n, std::byte fill) {
    if (n == 0) return;
    reserve(n);
    std::memset(data_ + size_, static_cast<int>(fill), n);
    size_ += n;
  }
  void resize(std::size_t n, std::byte fill) {
    if (n > size_) append(n - size_, fill);
    size_ = n;
  }

  void truncate(std::size_t n) noexcept { size_ = std::min(size_, n); }
  void clear() noexcept { size_ = 0; }
  [[gnu::always_inline]] void advance(std::size_t n) noexcept {
    check_position(n);
    skip(n);
  }

  // Everything; the spare room stays here.
  BasicBytesMut split() noexcept { return split_to(size_); }
  // The first n, without room to grow; the rest and the room stay here.
  [[gnu::always_inline]] BasicBytesMut split_to(std::size_t n) noexcept {
    check_position(n);
    BasicBytesMut first(data_, n, n, another());
    skip(n);
    return first;
  }
  // From n on, with the room; the first n stay here.
  [[gnu::always_inline]] BasicBytesMut split_off(std::size_t n) noexcept {
    check_position(n);
    BasicBytesMut rest(data_ + n, size_ - n, capacity_ - n, another());
    size_ = capacity_ = n;
    return rest;
  }

  // Puts `next` behind these bytes and leaves it empty. O(1) if there it is, in the same storage, or if these
  // have no storage; a copy otherwise.
  void unsplit(BasicBytesMut&& next) {
    if (this == &next) [[unlikely]]
      zerocopy::misuse("BytesMut I3", "unsplit() of %zu bytes with themselves", size_);
    if (storage_ == nullptr) {
      swap(next);
      return;
    }
    const BasicBytesMut* const behind = &next;
    if (next.storage_ == storage_ && behind->data_ == data_ + size_) {
      // I2: no room of next's begins within ours, so that one of the two is empty or ours ends there.
      size_ += next.size_;
      capacity_ += next.capacity_;
    } else {
      append(next.chunk());
    }
    next = BasicBytesMut();
  }

  [[gnu::always_inline]] Shared freeze() && noexcept {
    capacity_ = 0;
    return Shared(std::exchange(data_, nullptr), std::exchange(size_, 0), std::exchange(storage_, nullptr));
  }

  friend bool operator==(const BasicBytesMut& a, const BasicBytesMut& b) noexcept {
    return zerocopy::same_bytes(a.chunk(), b.chunk());
  }
  friend std::strong_ordering operator<=>(const BasicBytesMut& a, const BasicBytesMut& b) noexcept {
    return zerocopy::compare_bytes(a.chunk(), b.chunk());
  }

 private:
  friend Shared;

  static constexpr std::size_t kLeast = 64 - sizeof(Storage);
  static constexpr std::size_t kMostKept = 64 * 1024 - Storage::kBeforeLarge;

  BasicBytesMut(std::byte* data, std::size_t size, std::size_t capacity, Storage* storage) noexcept
      : data_(data), size_(size), storage_(storage), capacity_(capacity) {}

  [[gnu::always_inline]] void check_position(std::size_t n) const noexcept {
    if (n > size_) [[unlikely]]
      zerocopy::misuse("BytesMut I1", "position %zu of %zu bytes", n, size_);
  }
  [[noreturn, gnu::cold, gnu::noinline]] void too_much_committed(std::size_t n) const noexcept {
    zerocopy::misuse("BytesMut I2", "%zu bytes are committed where there was room for %zu", n,
                     capacity_ - size_);
  }

  // The storage, for a handle more.
  [[gnu::always_inline]] Storage* another() const noexcept {
    Storage* const storage = storage_;  // or it is loaded again behind the count, which might be it
    if (storage != nullptr) storage->add_handle();
    return storage;
  }
  [[gnu::always_inline]] void skip(std::size_t n) noexcept {
    data_ += n;
    size_ -= n;
    capacity_ -= n;
  }
  // Into a handle with room for it.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnonnull"  // gcc 12 at -O1 does not see that no room has room for nothing
  [[gnu::always_inline]] void add(std::span<const std::byte> source) noexcept {
    std::byte* const behind = data_ + size_;
    size_ += source.size();
    // memcpy() may not be given a null pointer, even for nothing.
    if (!source.empty()) std::memcpy(behind, source.data(), source.size());
  }
#pragma GCC diagnostic pop
  // Of an empty handle.
  void use(Storage* storage) noexcept {
    data_ = storage->bytes();
    capacity_ = storage->capacity();
    storage_ = storage;
  }

  [[gnu::noinline]] void append_to_more(std::span<const std::byte> source) {
    const std::uintptr_t offset =
        reinterpret_cast<std::uintptr_t>(source.data()) - reinterpret_cast<std::uintptr_t>(data_);
    const bool own = offset < size_;
    make_room(source.size());
    add(own ? std::span<const std::byte>(data_ + offset, source.size()) : source);
  }

  [[gnu::noinline]] bool reclaim(std::size_t more) noexcept {
    if (storage_ == nullptr || !storage_->is_unique()) return false;
    const auto front = static_cast<std::size_t>(data_ - storage_->bytes());
    const std::size_t behind = storage_->capacity() - front;
    if (more <= behind - size_) {
      capacity_ = behind;
      return true;
    }
    if (front < size_ || more > storage_->capacity() - size_) return false;
    const std::span<const std::byte> bytes = chunk();
    size_ = 0;
    use(storage_);
    add(bytes);
    return true;
  }

  [[gnu::noinline]] void make_room(std::size_t more) {
    if (reclaim(more)) return;
    if (more > Storage::kMost - size_) zerocopy::too_long();
    const std::size_t needed = size_ + more;
    if (storage_ == nullptr) return use(Storage::allocate(std::max(needed, kLeast)));
    const std::size_t present = storage_->capacity();
    const bool alone = storage_->is_unique();
    // Beside other handles the storage stays with them: as much room again as there are bytes, or each small
    // part that is split off and kept would cost a copy of all that is behind it.
    const std::size_t doubled = alone ? present : size_;
    const std::size_t twice = doubled > Storage::kMost / 2 ? Storage::kMost : 2 * doubled;
    const std::size_t wanted = alone ? twice : std::max(twice, std::min(present, kMostKept));
    const std::size_t capacity = std::max(needed, wanted);
    if (alone && storage_->is_large() && data_ == storage_->bytes())
      return use(Storage::grow(storage_, capacity));
    BasicBytesMut moved;
    moved.use(Storage::allocate(capacity));
    moved.add(chunk());
    swap(moved);
  }

  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  Storage* storage_ = nullptr;
  std::size_t capacity_ = 0;  // not beside size_, or gcc 12 loads both as a vector, which waits for stores
};

using BytesMut = BasicBytesMut<zerocopy::AtomicCount<>>;
using LocalBytesMut = BasicBytesMut<zerocopy::LocalCount<>>;

static_assert(sizeof(BytesMut) == 4 * sizeof(void*) && sizeof(LocalBytesMut) == 4 * sizeof(void*));

}  // namespace assay
