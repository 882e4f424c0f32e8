// Bytes: a handle to immutable bytes, of which any number of handles see any part, without a copy.
//
// Idea. A handle is where its bytes are and who keeps them. To clone it counts one more handle; to slice or
// to split it is the same with other bounds. The bytes are static, or in a block of their own behind the
// count, or with an owner of any kind (a mapped file, a block of an arena) that the last handle destroys.
//
//   handle │ data │ size │ storage │     three words      storage │ count … │ bytes … │    storage.h
//            |______________________________________________________________^
//
//   Bytes head = message.split_to(n);        Bytes file = Bytes::from_owner(MappedFile(…));
//   static constinit const Bytes kReply = Bytes::from_static(kReplyText);
//
// Invariants, besides those of storage.h:
//   I1  a position is at most size; a range begins before it ends (slice, split_to, split_off, advance)
//   I2  slice_of() gets a part of these bytes; an empty part is a part of all
// Who breaks one ends the program, in every build. truncate() beyond the size does nothing.
//
// Costs. Everything but copy_of and comparisons is O(1). A clone is a test for null and one increment of the
// count: locked for Bytes once the process has a second thread (handle_counts.h), plain for LocalBytes.
// slice and the splits have one comparison more, advance and truncate touch the handle only. Storage and
// bytes are one block from the beginning, where the bytes crate makes a count, in a second block, for the
// first clone. Of the time of the crate (1.2.1), with the drop of what is made, over several runs: clone 0.78
// to 0.96, slice 0.81 to 0.94, split_to 0.74 to 0.88; 0.16 to 0.21 while the process has one thread, and for
// LocalBytes always.
//
// Empty handles share the storage like others, and keep it: no branch asks for them, and a handle that came
// from split_to(size()) is as unique, or not, as any other. Bytes() lets go.
//
// Threads: different handles of one storage may be used on different threads at a time, of LocalBytes on one
// thread only. One handle may be read by many while none changes it. is_unique() and try_into_mut() are never
// true while another handle lives: they acquire what other handles' ends have released.
//
// What it does not do. is_unique() is false for bytes without storage (static ones and none): nobody knows.
// try_into_mut() gives bytes of copy_of() and of BytesMut, not of an owner (storage.h I4).
//
// Source: the interface is that of Carl Lerche's bytes crate for Rust.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "zerocopy/buffer_concept.h"
#include "zerocopy/bytes_mut.h"
#include "zerocopy/storage.h"

namespace assay {

template <class Count>
class BasicBytes {
  using Storage = zerocopy::Storage<Count>;

 public:
  static constexpr BufferTraits kTraits{
      .threads = Count::kThreads, .shares = true, .reclaims = true, .small_handles = true};
  using Mutable = BasicBytesMut<Count>;

  constexpr BasicBytes() noexcept = default;
  [[gnu::always_inline]] constexpr BasicBytes(const BasicBytes& other) noexcept
      : BasicBytes(other.data_, other.size_, other.another()) {}
  [[gnu::always_inline]] constexpr BasicBytes(BasicBytes&& other) noexcept
      : BasicBytes(std::exchange(other.data_, nullptr), std::exchange(other.size_, 0),
                   std::exchange(other.storage_, nullptr)) {}
  constexpr BasicBytes& operator=(const BasicBytes& other) noexcept {
    BasicBytes copy(other);
    swap(copy);
    return *this;
  }
  constexpr BasicBytes& operator=(BasicBytes&& other) noexcept {
    BasicBytes moved(std::move(other));
    swap(moved);
    return *this;
  }
  [[gnu::always_inline]] constexpr ~BasicBytes() {
    if (storage_ != nullptr) storage_->drop_handle();
  }
  constexpr void swap(BasicBytes& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(storage_, other.storage_);
  }

  static constexpr BasicBytes from_static(std::span<const std::byte> bytes) noexcept {
    return BasicBytes(bytes.data(), bytes.size(), nullptr);
  }
  // Throws std::length_error and std::bad_alloc.
  static BasicBytes copy_of(std::span<const std::byte> source) { return Mutable::copy_of(source).freeze(); }
  // Throws std::bad_alloc and what Owner throws when it is moved or asked for its bytes.
  template <class Owner>
  requires zerocopy::BytesOwner<std::decay_t<Owner>>
  static BasicBytes from_owner(Owner&& owner) {
    auto* const storage = new zerocopy::StorageOf<Count, std::decay_t<Owner>>(std::forward<Owner>(owner));
    BasicBytes made(nullptr, 0, storage);
    const std::span<const std::byte> bytes = std::as_const(storage->owner);
    made.data_ = bytes.data();
    made.size_ = bytes.size();
    return made;
  }

  constexpr const std::byte* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr const std::byte* begin() const noexcept { return data_; }
  constexpr const std::byte* end() const noexcept { return data_ + size_; }

  // As a source of cursor.h.
  constexpr std::size_t remaining() const noexcept { return size_; }
  constexpr std::span<const std::byte> chunk() const noexcept { return {data_, size_}; }

  [[gnu::always_inline]] constexpr BasicBytes slice(std::size_t begin, std::size_t end) const noexcept {
    if (begin > end || end > size_) [[unlikely]]
      zerocopy::misuse("Bytes I1", "range from %zu to %zu of %zu bytes", begin, end, size_);
    return BasicBytes(data_ + begin, end - begin, another());
  }
  [[gnu::always_inline]] BasicBytes slice_of(std::span<const std::byte> part) const noexcept {
    // A part that begins before the bytes has an offset that is beyond any size.
    const std::uintptr_t offset =
        reinterpret_cast<std::uintptr_t>(part.data()) - reinterpret_cast<std::uintptr_t>(data_);
    if (offset > size_ || part.size() > size_ - offset) [[unlikely]]
      return empty_part(part);
    return BasicBytes(part.data(), part.size(), another());
  }
  // The first n; this keeps the rest.
  [[gnu::always_inline]] constexpr BasicBytes split_to(std::size_t n) noexcept {
    check_position(n);
    BasicBytes first(data_, n, another());
    data_ += n;
    size_ -= n;
    return first;
  }
  // From n on; this keeps the first n.
  [[gnu::always_inline]] constexpr BasicBytes split_off(std::size_t n) noexcept {
    check_position(n);
    BasicBytes rest(data_ + n, size_ - n, another());
    size_ = n;
    return rest;
  }
  constexpr void truncate(std::size_t n) noexcept { size_ = n < size_ ? n : size_; }
  constexpr void clear() noexcept { size_ = 0; }
  [[gnu::always_inline]] constexpr void advance(std::size_t n) noexcept {
    check_position(n);
    data_ += n;
    size_ -= n;
  }

  // No other handle to the storage.
  bool is_unique() const noexcept { return storage_ != nullptr && storage_->is_unique(); }

  // With all the room behind it, and what others have left in front for reserve(). Nothing, and this stays as
  // it is, if there is another handle or if the bytes are not in a block of their own.
  std::optional<Mutable> try_into_mut() && noexcept {
    if (!is_unique() || storage_->has_owner()) return std::nullopt;
    std::byte* const data = storage_->bytes() + (data_ - storage_->bytes());
    const auto capacity = static_cast<std::size_t>(storage_->bytes() + storage_->capacity() - data);
    data_ = nullptr;
    return Mutable(data, std::exchange(size_, 0), capacity, std::exchange(storage_, nullptr));
  }

  friend bool operator==(const BasicBytes& a, const BasicBytes& b) noexcept {
    return zerocopy::same_bytes(a.chunk(), b.chunk());
  }
  friend std::strong_ordering operator<=>(const BasicBytes& a, const BasicBytes& b) noexcept {
    return zerocopy::compare_bytes(a.chunk(), b.chunk());
  }

 private:
  friend Mutable;

  constexpr BasicBytes(const std::byte* data, std::size_t size, Storage* storage) noexcept
      : data_(data), size_(size), storage_(storage) {}

  // The storage, for a handle more.
  [[gnu::always_inline]] constexpr Storage* another() const noexcept {
    Storage* const storage = storage_;  // or it is loaded again behind the count, which might be it
    if (storage != nullptr) storage->add_handle();
    return storage;
  }
  [[gnu::always_inline]] constexpr void check_position(std::size_t n) const noexcept {
    if (n > size_) [[unlikely]]
      zerocopy::misuse("Bytes I1", "position %zu of %zu bytes", n, size_);
  }
  [[gnu::cold, gnu::noinline]] BasicBytes empty_part(std::span<const std::byte> part) const noexcept {
    if (part.empty()) return BasicBytes();
    zerocopy::misuse("Bytes I2", "%zu bytes at %p are no part of %zu at %p", part.size(),
                     static_cast<const void*>(part.data()), size_, static_cast<const void*>(data_));
  }

  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  Storage* storage_ = nullptr;
};

using Bytes = BasicBytes<zerocopy::AtomicCount<>>;
// All handles of one storage on one thread.
using LocalBytes = BasicBytes<zerocopy::LocalCount<>>;

static_assert(sizeof(Bytes) == 3 * sizeof(void*) && sizeof(LocalBytes) == 3 * sizeof(void*));
static_assert(Buffer<Bytes> && Buffer<LocalBytes>);

}  // namespace assay
