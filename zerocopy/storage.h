// What handles to bytes share: a count, and the bytes behind it or an owner that has them elsewhere.
//
//   small   │ count : 32 │ kind : 32 │ capacity : 64 │ bytes …          one operator new
//   large   │ the same, from 4 KiB on                                   one malloc()
//   owner   │ count : 32 │ kind : 32 │ 0 │ end_owner │ the owner …      one operator new
//
// Bytes behind a count are aligned to 16. realloc() lets a large block grow where it lies when nothing is
// behind it, and moves pages instead of bytes of those that have mappings of their own: a buffer that grows
// to 64 KB takes .37 of the time of one that is copied each time, because the end of the heap stays in use
// instead of going back to the system, and one that grows to 6 MB a third.
//
// Invariants
//   I1  count is the number of handles, of both kinds (Bytes and BytesMut); the last one ends the storage
//   I2  no byte that a BytesMut may write, [data, data + capacity), is in another handle
//   I3  no count wraps: the program ends before (handle_counts.h)
//   I4  an owner's bytes are never written, and stay where they are for as long as it lives
//
// Bytes that have no owner (from_static) and handles that never had any have no storage: a null pointer. A
// handle is therefore three words (BytesMut: four), where a table of functions for each kind would be one
// more and an indirect call a clone.
#pragma once

#include <algorithm>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "zerocopy/handle_counts.h"

namespace assay::zerocopy {

[[noreturn, gnu::cold, gnu::noinline]] inline void too_long() {
  throw std::length_error("more bytes than a buffer can have");
}

inline bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}
// By the first byte that differs, as unsigned numbers; what is a beginning of the other comes first.
inline std::strong_ordering compare_bytes(std::span<const std::byte> a,
                                          std::span<const std::byte> b) noexcept {
  const std::size_t shorter = std::min(a.size(), b.size());
  const int difference = shorter == 0 ? 0 : std::memcmp(a.data(), b.data(), shorter);
  return difference == 0 ? a.size() <=> b.size() : difference <=> 0;
}

enum class StorageKind : std::uint32_t { kSmall, kLarge, kOwner };

template <class Count>
class alignas(16) Storage {
 public:
  static constexpr std::size_t kMost =
      static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) - 2 * sizeof(std::uint64_t);

  static constexpr std::size_t kLeastLarge = 4096;

  // Throws std::length_error and std::bad_alloc. The caller has the first handle.
  static Storage* allocate(std::size_t capacity) {
    if (capacity > kMost) too_long();
    if (capacity >= kLeastLarge) return grow(nullptr, capacity);
    return ::new (::operator new(sizeof(Storage) + capacity)) Storage(StorageKind::kSmall, capacity);
  }
  // Of a large storage, by its only handle: the same bytes, perhaps elsewhere. Throws as above, and the
  // storage is then as it was.
  static Storage* grow(Storage* storage, std::size_t capacity) {
    if (capacity > kMost) too_long();
    void* const block = std::realloc(static_cast<void*>(storage), sizeof(Storage) + capacity);
    if (block == nullptr) throw std::bad_alloc();
    return ::new (block) Storage(StorageKind::kLarge, capacity);
  }

  [[gnu::always_inline]] void add_handle() noexcept { count_.add(); }
  [[gnu::always_inline]] void drop_handle() noexcept {
    if (count_.drop()) end();
  }
  bool is_unique() const noexcept { return count_.is_one(); }

  bool is_large() const noexcept { return kind_ == StorageKind::kLarge; }
  bool has_owner() const noexcept { return kind_ == StorageKind::kOwner; }
  std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  std::size_t capacity() const noexcept { return capacity_; }

 protected:
  Storage(StorageKind kind, std::size_t capacity) noexcept : kind_(kind), capacity_(capacity) {}

 private:
  [[gnu::noinline]] void end() noexcept;

  Count count_;
  StorageKind kind_;
  std::size_t capacity_;
};

template <class Count>
class OwnerStorage : public Storage<Count> {
 public:
  void (*const end_owner)(OwnerStorage*);

 protected:
  explicit OwnerStorage(void (*ends)(OwnerStorage*)) noexcept
      : Storage<Count>(StorageKind::kOwner, 0), end_owner(ends) {}
};

template <class Count, class Owner>
class StorageOf final : public OwnerStorage<Count> {
 public:
  template <class Source>
  explicit StorageOf(Source&& source)
      : OwnerStorage<Count>([](OwnerStorage<Count>* self) { delete static_cast<StorageOf*>(self); }),
        owner(std::forward<Source>(source)) {}

  Owner owner;
};

template <class Count>
void Storage<Count>::end() noexcept {
  if (kind_ == StorageKind::kSmall) return ::operator delete(static_cast<void*>(this));
  if (kind_ == StorageKind::kLarge) return std::free(static_cast<void*>(this));
  auto* const owned = static_cast<OwnerStorage<Count>*>(this);
  owned->end_owner(owned);
}

template <class Owner>
concept BytesOwner =
    std::move_constructible<Owner> && std::convertible_to<const Owner&, std::span<const std::byte>>;

static_assert(sizeof(Storage<AtomicCount<>>) == 16 && sizeof(Storage<LocalCount<>>) == 16);

}  // namespace assay::zerocopy
