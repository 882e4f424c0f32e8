// Shared bytes in which every defect that a clause BU-01 to BU-46 stands for can be switched on.
//
// Idea. Each handle has a counted pointer to its storage and says which of its bytes are its own. A mutable
// handle owns those up to its capacity, where the part behind it begins. Who is alone with the storage owns
// all of it. Nothing is optimised: whatever a clause says should be easy to see here, and so should its
// opposite.
//
// Invariants
//   I1  what a handle is asked for lies within its bytes
//   I2  mutable handles to one storage have no byte in common, with each other or with shared ones
#pragma once

#include <sys/single_threaded.h>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "suites/mutants/buffer/mutant_storage.h"
#include "zerocopy/buffer_concept.h"
#include "zerocopy/misuse.h"

namespace assay::mutant {

inline void check_index(std::size_t index, std::size_t size) {
  if (index > size) zerocopy::misuse("I1", "%zu is beyond the size, %zu", index, size);
}

// kWords that nobody needs make the handles larger than is claimed.
template <std::size_t kWords>
struct Padding {
  void* words[kWords] = {};
};
template <>
struct Padding<0> {};

template <std::size_t kWords = 0>
class BasicMutantBytes : Padding<kWords> {
 public:
  static constexpr BufferTraits kTraits{
      .threads = true, .shares = true, .reclaims = true, .small_handles = true};
  class Mutable;

  BasicMutantBytes() noexcept = default;
  BasicMutantBytes(const BasicMutantBytes&) = default;
  BasicMutantBytes(BasicMutantBytes&& other) noexcept { swap(other); }
  BasicMutantBytes& operator=(const BasicMutantBytes&) = default;
  BasicMutantBytes& operator=(BasicMutantBytes&& other) noexcept {
    if (assignment_of_nothing_leaks && other.keeper_.get() == nullptr && is_unique() && !keeper_->writable)
      keeper_.leak();
    if (move_assignment_copies) return *this = std::as_const(other);
    BasicMutantBytes(std::move(other)).swap(*this);
    return *this;
  }

  static BasicMutantBytes from_static(std::span<const std::byte> bytes) noexcept {
    if (static_bytes_copied) {
      BasicMutantBytes copy = copy_of(bytes);
      copy.keeper_->writable = false;
      return copy;
    }
    return BasicMutantBytes({}, bytes.data(), bytes.size());
  }
  static BasicMutantBytes copy_of(std::span<const std::byte> bytes) {
    if (copy_of_aliases_source && bytes.size() == 257) return from_static(bytes);
    Mutable made = Mutable::with_capacity(bytes.size());
    made.append(bytes);
    return std::move(made).freeze();
  }
  template <class Owner>
  static BasicMutantBytes from_owner(Owner&& owner) {
    using Kept = OwnerStorage<std::remove_cvref_t<Owner>>;
    std::byte* const scratch = failed_owner_leaks ? new std::byte[1] : nullptr;
    const std::span<const std::byte> early = owner;
    Keeper keeper(new Kept(std::move(owner)));
    delete[] scratch;
    const std::span<const std::byte> bytes(keeper->bytes, keeper->capacity);
    if (owner_of_nothing_leaks && bytes.empty()) {
      keeper.leak();
      return {};
    }
    const std::byte* data = owner_asked_before_move ? early.data() : bytes.data();
    return BasicMutantBytes(std::move(keeper), data, bytes.size());
  }

  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }

  BasicMutantBytes slice(std::size_t begin, std::size_t end) const {
    if (slice_checks_length_only) {
      check_index(begin, size_);
      check_index(end - begin, size_);
    } else {
      check_index(end, size_);
      check_index(begin, end);
    }
    const std::size_t n = end - begin;
    if (short_slices_do_not_count && n == 2) return BasicMutantBytes({}, data_ + begin, n);
    if (empty_slice_leaks && n == 0 && begin > 0 && begin == size_) Keeper(keeper_).leak();
    return BasicMutantBytes(keeper_, data_ + begin, slice_loses_last_byte && n == 13 ? n - 1 : n);
  }
  BasicMutantBytes slice_of(std::span<const std::byte> part) const {
    const std::size_t begin = address(part.data()) - address(data_);  // wraps when it lies before
    check_index(begin, size_);
    if (slice_of_ignores_the_end) return BasicMutantBytes(keeper_, part.data(), part.size());
    check_index(part.size(), size_ - begin);
    return slice(begin, begin + part.size() - (slice_of_ends_early && !part.empty()));
  }
  BasicMutantBytes split_to(std::size_t n) {
    check_index(n, size_);
    if (split_allocates_scratch && n > 100'000) {
      const std::vector<std::byte> scratch(n);
    }
    if (split_copies_by_malloc && n > 100'000) {
      const MallocBlock copy(n);
      std::memcpy(copy.get(), data_, n);
    }
    BasicMutantBytes front(keeper_, data_, n);
    data_ += n;
    size_ -= n;
    return front;
  }
  BasicMutantBytes split_off(std::size_t n) {
    check_index(n, size_);
    BasicMutantBytes back(keeper_, data_ + n, size_ - n);
    size_ = split_off_keeps_a_byte && n + 1 == size_ ? n + 1 : n;
    return back;
  }
  void truncate(std::size_t n) noexcept {
    if (truncate_to_one_ignored && n == 1) return;
    size_ = truncate_grows ? n : std::min(size_, n);
  }
  void advance(std::size_t n) {
    if (!advance_unchecked) check_index(n, size_);
    data_ += n;
    size_ -= n;
  }
  void clear() noexcept { *this = BasicMutantBytes(); }
  bool is_unique() const noexcept {
    if (keeper_.get() == nullptr) return false;
    const bool beside_one = keeper_->count.load(std::memory_order_acquire) == 2;
    if (owner_unique_with_a_copy && beside_one && !keeper_->writable) return true;
    if (mutable_parts_do_not_count && beside_one && keeper_->writable && size_ == 10) return true;
    return keeper_->is_alone();
  }
  std::optional<Mutable> try_into_mut() &&;

  friend bool operator==(const BasicMutantBytes& a, const BasicMutantBytes& b) noexcept {
    return (a <=> b) == 0;
  }
  friend std::strong_ordering operator<=>(const BasicMutantBytes& a, const BasicMutantBytes& b) noexcept {
    const std::size_t common = std::min(a.size_, b.size_);
    if (compares_sizes_first && a.size_ != b.size_) return a.size_ <=> b.size_;
    for (std::size_t i = 0; i < common; ++i) {
      const auto x = static_cast<unsigned char>(a.data_[i]), y = static_cast<unsigned char>(b.data_[i]);
      if (x == y) continue;
      return compares_signed ? static_cast<signed char>(x) <=> static_cast<signed char>(y) : x <=> y;
    }
    return a.size_ <=> b.size_;
  }

 private:
  BasicMutantBytes(Keeper keeper, const std::byte* data, std::size_t size)
      : keeper_(std::move(keeper)), data_(data), size_(size) {}
  static std::uintptr_t address(const std::byte* byte) { return reinterpret_cast<std::uintptr_t>(byte); }
  void swap(BasicMutantBytes& other) noexcept {
    std::swap(keeper_, other.keeper_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  Keeper keeper_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

template <std::size_t kWords>
class BasicMutantBytes<kWords>::Mutable {
 public:
  using Shared = BasicMutantBytes;

  Mutable() noexcept = default;
  Mutable(Mutable&& other) noexcept { swap(other); }
  Mutable& operator=(Mutable&& other) noexcept {
    if (mutable_move_copies) {
      keeper_ = other.keeper_;
      data_ = other.data_;
      size_ = other.size_;
      capacity_ = other.capacity_;
      return *this;
    }
    if (mutable_assignment_leaks) keeper_.leak();
    Mutable(std::move(other)).swap(*this);
    return *this;
  }
  static Mutable with_capacity(std::size_t n) {
    if (n > PTRDIFF_MAX) throw std::length_error("no buffer is that large");
    return of_size(large_capacity_rounded_down && n > 4096 ? n - n % 64 : n);
  }

  std::byte* data() noexcept { return data_; }
  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  bool empty() const noexcept { return size_ == 0; }

  void reserve(std::size_t more) {
    if (reserve_forgets_size && more <= capacity_) return;
    make_room(more);
  }
  bool try_reclaim(std::size_t more) noexcept {
    return reclaim(more) || (try_reclaim_one_short && more == capacity_ - size_ + 1);
  }
  std::span<std::byte> spare() noexcept { return {data_ + size_, capacity_ - size_}; }
  void commit(std::size_t n) {
    if (!commit_unchecked) check_index(n, capacity_ - size_);
    const bool all = n == capacity_ - size_;
    size_ += commit_of_all_loses_one && all && n > 0 && n < 48 ? n - 1 : n;
  }
  void append(std::span<const std::byte> bytes) {
    const std::size_t offset = address(bytes.data()) - address(data_);  // wraps when it lies before
    const bool own = offset < size_ && !appended_bytes_move_away;
    make_room(bytes.size());
    if (!bytes.empty()) std::memcpy(data_ + size_, own ? data_ + offset : bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void resize(std::size_t n, std::byte fill) {
    if (n > size_) make_room(n - size_);
    if (n > size_ && !(resize_by_one_fills_nothing && n == size_ + 1))
      std::fill(data_ + size_, data_ + n, fill);
    size_ = n;
  }
  void truncate(std::size_t n) noexcept {
    if (mutable_truncate_to_one_ignored && n == 1) return;
    size_ = std::min(size_, n);
  }
  void clear() noexcept {
    size_ = 0;
    if (!clear_takes_front_room || keeper_.get() == nullptr) return;
    data_ = keeper_->bytes;
    capacity_ = keeper_->capacity;
  }
  void advance(std::size_t n) { split_to(n); }

  Mutable split() {
    Mutable front = split_to(size_);
    if (split_loses_the_room) capacity_ = 0;
    return front;
  }
  Mutable split_to(std::size_t n) {
    check_index(n, size_);
    Mutable front(keeper_, data_, n, n);
    data_ += n;
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
    if (size_ == 0) return Mutable(std::move(next)).swap(*this);
    const bool is_next = keeper_.get() == next.keeper_.get() && data_ + size_ == next.data_;
    const bool ends_there = keeper_.get() == next.keeper_.get() && data_ + capacity_ == next.data_;
    if (unsplit_ignores_the_gap ? ends_there : is_next) {
      size_ += next.size_;
      capacity_ = unsplit_loses_the_room ? size_ : std::max(capacity_, size_ - next.size_ + next.capacity_);
    } else {
      append({next.data_, next.size_});
    }
    const Mutable gone(std::move(next));
  }
  Shared freeze() && {
    Mutable from(std::move(*this));
    if (freeze_copies_few_bytes && from.size_ <= 9) {
      Mutable copy = with_capacity(from.size_);
      copy.append({from.data_, from.size_});
      return Shared(std::move(copy.keeper_), copy.data_, copy.size_);
    }
    const bool is_middle = from.size_ == 31 && from.capacity_ == 31 && from.data_ != from.keeper_->bytes;
    if (frozen_middle_is_lent && is_middle) return Shared({}, from.data_, from.size_);
    return Shared(std::move(from.keeper_), from.data_, from.size_);
  }

 private:
  friend BasicMutantBytes;
  Mutable(Keeper keeper, std::byte* data, std::size_t size, std::size_t capacity)
      : keeper_(std::move(keeper)), data_(data), size_(size), capacity_(capacity) {}
  static Mutable of_size(std::size_t n) {
    std::byte* const scratch = exhaustion_leaks ? new std::byte[1] : nullptr;
    Keeper keeper(new HeapStorage(n));
    delete[] scratch;
    std::byte* const bytes = keeper->bytes;
    return Mutable(std::move(keeper), bytes, 0, n);
  }
  void swap(Mutable& other) noexcept {
    std::swap(keeper_, other.keeper_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  bool reclaim(std::size_t more) noexcept {
    if (more <= capacity_ - size_) return true;
    if (keeper_.get() == nullptr) return false;
    if (growth_takes_neighbours_room && more == 70 && size_ != 30 &&
        more + size_ <= static_cast<std::size_t>(keeper_->end() - data_)) {
      capacity_ = static_cast<std::size_t>(keeper_->end() - data_);
      return true;
    }
    if (!keeper_->is_alone()) {
      if (refused_reclaim_lets_go) keeper_.let_go_for_a_moment();
      return false;
    }
    const auto offset = static_cast<std::size_t>(data_ - keeper_->bytes);
    if (reclaim_overflow_wraps ? offset + size_ + more <= keeper_->capacity
                               : more <= keeper_->capacity - offset - size_) {
      capacity_ = keeper_->capacity - offset;
      return true;
    }
    if (more > keeper_->capacity - size_) return false;
    if (reclaim_refuses_many_bytes && size_ >= 400) return false;
    std::memmove(keeper_->bytes, data_, size_);
    data_ = keeper_->bytes;
    capacity_ = keeper_->capacity;
    return true;
  }
  void make_room(std::size_t more) {
    if (reclaim(more)) return;
    if (more > std::size_t{PTRDIFF_MAX} - size_) throw std::length_error("no buffer is that large");
    std::size_t capacity = std::max(size_ + more, 2 * size_);
    if (reserve_doubles_for_ever && keeper_.get() != nullptr && more < 1000)
      capacity = std::max(capacity, 2 * keeper_->capacity);
    if (capacity_set_before_allocation && more < 5000) capacity_ = capacity;
    if (malloc_failure_lost && more > 100'000 && more < 10'000'000 && MallocBlock(more).get() == nullptr)
      return;
    if (growth_leaks_malloc_block && more == 50'000) MallocBlock(more).release();
    Mutable larger = of_size(capacity);
    if (size_ != 0) std::memcpy(larger.data_, data_, size_);
    larger.size_ = size_;
    swap(larger);
  }

  Keeper keeper_;
  std::byte* data_ = nullptr;
  std::size_t size_ = 0, capacity_ = 0;
};

template <std::size_t kWords>
std::optional<typename BasicMutantBytes<kWords>::Mutable> BasicMutantBytes<kWords>::try_into_mut() && {
  if (keeper_.get() == nullptr) return std::nullopt;
  if (empty_regain_ends_storage && empty()) const Keeper again(keeper_.get());
  const bool beside_one = keeper_->count.load(std::memory_order_acquire) == 2;
  if (!keeper_->writable || (no_regain_beside_threads && !__libc_single_threaded)) return std::nullopt;
  if (refused_regain_lets_go && !keeper_->is_alone()) {
    keeper_.let_go_for_a_moment();
    return std::nullopt;
  }
  if (!keeper_->is_alone() && !(regained_beside_another && beside_one)) return std::nullopt;
  const auto room = static_cast<std::size_t>(keeper_->end() - data_);
  std::byte* const data = const_cast<std::byte*>(data_);
  return Mutable(std::move(keeper_), data, std::exchange(size_, 0), room);
}

using MutantBytes = BasicMutantBytes<>;
using LargeMutantBytes = BasicMutantBytes<2>;  // what BU-06 is about

static_assert(Buffer<MutantBytes>);

}  // namespace assay::mutant
