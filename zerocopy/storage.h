// What handles to bytes share: a count, and the bytes behind it or an owner that has them elsewhere.
//
//   small   │ count : 32 │ kind : 32 │ capacity : 64 │ bytes …          one operator new
//   large   │ the same, and nothing up to the 64th byte │ bytes …       one malloc(), from 4 KiB on
//   owner   │ count : 32 │ kind : 32 │ next : 64 │ end │ the owner …    one operator new
//
// Bytes behind a count are aligned to 16. The first of many are in another line of the cache than the count,
// lest who reads them waits for those who count handles on other threads: two that cloned and read the same
// 4 KB took 1.9 times as long. realloc() lets a large block grow where it lies when nothing is behind it, and
// moves pages instead of bytes of those that have mappings of their own: a buffer that grows to 64 KB takes
// .38 of the time of one that is copied each time, because the end of the heap stays in use instead of going
// back to the system, and one that grows to 6 MB a third.
//
// The end of an owner may drop the last handle to another, and so on. Such ends nest as usual until they have
// used kDirectBytes of stack. What is dropped further down waits in a list through the storages themselves,
// for the outermost end to see to it when it has destroyed its own: a chain of owners of any length ends on
// little stack, and allocates nothing. So what an owner needs to end, an arena for one, must outlive the
// outermost drop, if owners nest that deeply.
//
// Invariants
//   I1  count is the number of handles, of both kinds (Bytes and BytesMut); the last one ends the storage
//   I2  no byte that a BytesMut may write, [data, data + capacity), is in another handle
//   I3  no count wraps: the program ends before (handle_counts.h)
//   I4  an owner's bytes are never written, and stay where they are for as long as it lives
//   I5  nothing waits for its end but within the end of another, on the same thread
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
class OwnerStorage;

template <class Count>
class alignas(16) Storage {
 public:
  static constexpr std::size_t kBeforeLarge = 64;
  static constexpr std::size_t kMost =
      static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) - kBeforeLarge;

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
    void* const block = std::realloc(static_cast<void*>(storage), kBeforeLarge + capacity);
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
  std::byte* bytes() noexcept {
    return reinterpret_cast<std::byte*>(this) + (is_large() ? kBeforeLarge : sizeof(Storage));
  }
  std::size_t capacity() const noexcept { return capacity_; }

 protected:
  Storage(StorageKind kind, std::size_t capacity) noexcept : kind_(kind), capacity_(capacity) {}

 private:
  friend OwnerStorage<Count>;

  [[gnu::noinline]] void end() noexcept;

  Count count_;
  StorageKind kind_;
  union {
    std::size_t capacity_;
    OwnerStorage<Count>* next_;  // of an owner's: those that wait for their end
  };
};

template <class Count>
class OwnerStorage : public Storage<Count> {
 public:
  static constexpr std::size_t kDirectBytes = 8192;

  void end_owner() noexcept {
    const auto frame = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
    // The stack grows down. Another stack, that of a fibre, is far away.
    if (outermost_ != 0 && outermost_ - frame >= kDirectBytes) {
      this->next_ = std::exchange(waiting_, this);
      return;
    }
    if (outermost_ != 0) return end_(this);
    outermost_ = frame;
    end_(this);
    while (waiting_ != nullptr) {
      OwnerStorage* const next = std::exchange(waiting_, waiting_->next_);
      next->end_(next);
    }
    outermost_ = 0;
  }

 protected:
  explicit OwnerStorage(void (*ends)(OwnerStorage*)) noexcept
      : Storage<Count>(StorageKind::kOwner, 0), end_(ends) {}

 private:
  void (*const end_)(OwnerStorage*);

  static inline constinit thread_local std::uintptr_t outermost_ = 0;  // its frame, or 0 outside of ends
  static inline constinit thread_local OwnerStorage* waiting_ = nullptr;
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
  static_cast<OwnerStorage<Count>*>(this)->end_owner();
}

template <class Owner>
concept BytesOwner =
    std::move_constructible<Owner> && std::convertible_to<const Owner&, std::span<const std::byte>>;

static_assert(sizeof(Storage<AtomicCount<>>) == 16 && sizeof(Storage<LocalCount<>>) == 16);

}  // namespace assay::zerocopy
