// A slab whose keys do not come back: each has the index of a slot and the generation of the value in it.
//
// Idea. Slab reuses keys, so that one kept for too long reads the value of somebody else: an event for a
// closed connection reaches the next one. Here every slot has a tag that grows with each insertion and each
// removal; a key remembers it, and get() compares.
//
//   index     0     1     2     3     4     5     6 …
//   slots  │ v0  │     │ v2  │ v3  │     │ v5  │ never used       used_ = 6
//    tags     2     5     2     4     3     2     1                odd: vacant
//    free  │ 4 │ 1 │                                             a stack: the next key is {1, 6}
//            the key of v3 is {3, 4}; {3, 2} was valid before
//
// Invariants: I1, I2 and I3 of slab_storage.h, whose slots these are, and
//   I4  the tag of a live slot is even, of any other odd; it never decreases, and is never 0
//   I5  a slot with the last tag, 2^GenerationBits - 1, is retired: vacant for ever and not on the stack
//
// A key is valid while its generation is the tag: never again after the removal, whatever follows, clear(),
// drain() and copies included, and Key{} never. A slot serves 2^(GenerationBits - 1) - 1 values before it is
// retired: about two billion with 32 bits, 127 with 8.
//
// Costs: those of Slab, and one tag a slot, of 1, 2 or 4 bytes as GenerationBits needs, instead of a bit.
// get() tests the index and the tag, which also says that the slot is live: fewer instructions than in Slab,
// and one more cache line once 100,000 tags of 400 KB do not stay in the nearest cache. The tags lie together
// and not with their values, so that these keep their size and 64 slots are tested at a time by for_each();
// beside the values they cost the same in get() and a fifth more in iteration. clear() visits live slots
// only.
//
// What it does not do. Slots that were used are kept with their tags until the slab dies: shrink_to_fit()
// gives back only those that were never used. A key of another slab of the same type may be valid here by
// chance; so may keys of a slab that was moved from, in what it stores afterwards. At most 2^32 - 1 slots.
// Not thread-safe.
//
// Source: Catherine West, "Using Rust for Game Development" (RustConf 2018), made it widely known.
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "allocators/check.h"
#include "allocators/keyed_concept.h"
#include "allocators/slab_storage.h"
#include "allocators/slab_views.h"

namespace assay {

template <int kBits>
using GenerationTag = std::conditional_t<(kBits <= 8), std::uint8_t,
                                         std::conditional_t<(kBits <= 16), std::uint16_t, std::uint32_t>>;

template <class T, int GenerationBits>
class BasicGenerationalSlab : private SlabStorage<T, SlotTags<GenerationTag<GenerationBits>>> {
  static_assert(GenerationBits >= 2 && GenerationBits <= 32, "the tag of a slot has 2 to 32 bits");
  using Tag = GenerationTag<GenerationBits>;
  using Storage = SlabStorage<T, SlotTags<Tag>>;
  using Storage::free_count_;
  using Storage::used_;
  using Storage::value_at;

 public:
  static constexpr KeyedTraits kTraits{.checks_generations = true,
                                       .emplaces = true,
                                       .iterates = true,
                                       .has_vacant_entry = true,
                                       .reserves = true,
                                       .retains = true,
                                       .finds_keys = true,
                                       .gets_many = true,
                                       .copies = std::copy_constructible<T>,
                                       .default_key_is_null = true,
                                       .traps_misuse = kChecked};
  using value_type = T;

  // Ordered by index. Key{} is null.
  class Key {
   public:
    constexpr Key() = default;
    constexpr std::uint32_t index() const noexcept { return index_; }
    constexpr std::uint32_t generation() const noexcept { return generation_; }
    friend constexpr auto operator<=>(const Key&, const Key&) = default;

   private:
    friend class BasicGenerationalSlab;
    constexpr Key(std::size_t index, std::uint32_t generation) noexcept
        : index_(static_cast<std::uint32_t>(index)), generation_(generation) {}
    std::uint32_t index_ = 0, generation_ = 0;
  };

  BasicGenerationalSlab() noexcept : BasicGenerationalSlab(std::pmr::new_delete_resource()) {}
  explicit BasicGenerationalSlab(std::pmr::memory_resource* upstream) noexcept : Storage(upstream) {}
  // The slab that was moved from is as a new one, so that keys of its former values may be valid in it again.
  BasicGenerationalSlab(BasicGenerationalSlab&& other) noexcept
      : Storage(std::move(other)), retired_(std::exchange(other.retired_, 0)) {}
  BasicGenerationalSlab& operator=(BasicGenerationalSlab&& other) noexcept {
    BasicGenerationalSlab(std::move(other)).exchange_all(*this);
    return *this;
  }
  // In a copy the same keys are valid; it has the same upstream and the same future keys.
  BasicGenerationalSlab(const BasicGenerationalSlab& other) requires std::copy_constructible<T>
      : Storage(other, other.upstream()), retired_(other.retired_) {}
  BasicGenerationalSlab& operator=(const BasicGenerationalSlab& other) requires std::copy_constructible<T> {
    if (this != &other) BasicGenerationalSlab(other).exchange_all(*this);
    return *this;
  }
  ~BasicGenerationalSlab() = default;

  // Throw what T or upstream throw, and change nothing then.
  [[gnu::always_inline]] Key insert(const T& value) requires std::copy_constructible<T> {
    return emplace(value);
  }
  [[gnu::always_inline]] Key insert(T&& value) { return emplace(std::move(value)); }
  template <class... Arguments>
  [[gnu::always_inline]] Key emplace(Arguments&&... arguments) {
    const std::size_t at = this->emplace_value(std::forward<Arguments>(arguments)...);
    return {at, tag_at(at)};
  }

  // No key has an odd generation, so that an equal one means a live slot.
  bool contains(Key key) const noexcept {
    return key.index_ < used_ && tag_at(key.index_) == key.generation_;
  }
  T* get(Key key) noexcept { return contains(key) ? value_at(key.index_) : nullptr; }
  const T* get(Key key) const noexcept { return contains(key) ? value_at(key.index_) : nullptr; }

  // The key must be live.
  T& operator[](Key key) noexcept { return *value_at(checked(key)); }
  const T& operator[](Key key) const noexcept { return *value_at(checked(key)); }

  std::optional<T> remove(Key key) {
    std::optional<T> removed;
    if (contains(key)) {
      removed.emplace(std::move(*value_at(key.index_)));
      vacate(key.index_);
    }
    return removed;
  }

  std::size_t size() const noexcept { return used_ - free_count_ - retired_; }
  bool empty() const noexcept { return size() == 0; }

  // Slots that will never be used again.
  std::size_t retired() const noexcept { return retired_; }

  // O(slots): every key that was handed out becomes void.
  void clear() noexcept {
    this->visit_slots([this](std::size_t at) {
      this->evict(at);
      retired_ += tag_at(at) == kLastTag;
    });
    if (retired_ == 0)
      this->forget_slots();
    else
      this->restack([this](std::size_t at) { return tag_at(at) != kLastTag; });
  }

  // f(key, value) for all, in increasing order of keys; f may change the value only.
  template <class F>
  void for_each(F f) {
    this->visit_slots([this, &f](std::size_t at) { f(Key(at, tag_at(at)), *value_at(at)); });
  }
  template <class F>
  void for_each(F f) const {
    this->visit_slots([this, &f](std::size_t at) { f(Key(at, tag_at(at)), *value_at(at)); });
  }

  // What the next insertion returns.
  Key vacant_key() const noexcept {
    const std::size_t at = this->next_index();
    return {at, (at < capacity() ? tag_at(at) : SlotTags<Tag>::kFresh) + 1u};
  }

  SlabVacantEntry<BasicGenerationalSlab> vacant_entry() noexcept {
    return SlabVacantEntry<BasicGenerationalSlab>(*this);
  }

  using Storage::capacity;  // retired slots included
  // The next n insertions do not grow. Throws std::length_error, and what T and upstream throw.
  void reserve(std::size_t n) { this->reserve_slots(n); }
  void shrink_to_fit() { this->fit(); }

  // Removes the values for which keep(key, value) is false; asks once for each, in order of keys.
  template <class Predicate>
  void retain(Predicate keep) {
    this->visit_slots([this, &keep](std::size_t at) {
      if (!keep(Key(at, tag_at(at)), *value_at(at))) vacate(at);
    });
  }

  SlabDrain<BasicGenerationalSlab> drain() noexcept { return SlabDrain<BasicGenerationalSlab>(*this); }

  // The key of a value by its address; nothing for a value that is not in this slab.
  std::optional<Key> key_of(const T& value) const noexcept {
    const std::size_t at = this->index_of(&value);
    if (at >= used_ || this->vacant(at)) return std::nullopt;
    return Key(at, tag_at(at));
  }

  // Fills `values` and returns true if all keys are live, no two are the same and `values` has room.
  bool get_many(std::span<const Key> keys, std::span<T*> values) noexcept {
    return this->get_all(
        keys, values, [this](Key key) { return contains(key); }, [](Key key) { return key.index_; });
  }

  // Traps when an invariant is broken. O(slots).
  void check_invariants() const {
    this->check_storage("GenerationalSlab I1", "GenerationalSlab I2", "GenerationalSlab I3", retired_);
    this->visit_slots([this](std::size_t at) {
      if (tag_at(at) == 0) trap("GenerationalSlab I4", "live slot %zu has tag 0", at);
    });
    std::size_t retired = 0;
    this->template visit_slots<true>([this, &retired](std::size_t at) { retired += tag_at(at) == kLastTag; });
    if (retired != retired_) trap("GenerationalSlab I5", "%zu slots are retired, not %zu", retired, retired_);
  }

 private:
  friend class SlabDrain<BasicGenerationalSlab>;

  static constexpr Tag kLastTag = static_cast<Tag>((std::uint64_t{1} << GenerationBits) - 1);

  void exchange_all(BasicGenerationalSlab& other) noexcept {
    this->exchange(other);
    std::swap(retired_, other.retired_);
  }

  void vacate(std::size_t at) noexcept {
    this->evict(at);
    if (tag_at(at) != kLastTag) [[likely]]
      this->push_free(at);
    else
      ++retired_;
  }

  std::optional<T> take_next(std::size_t& at) {
    at = this->template next_slot<false>(at);
    return at < used_ ? remove(Key(at, tag_at(at))) : std::nullopt;
  }

  Tag tag_at(std::size_t at) const noexcept { return this->occupancy().tag(at); }

  std::size_t checked(Key key) const noexcept {
    if constexpr (kChecked)
      if (!contains(key))
        trap("GenerationalSlab I4", "key {%u, %u} is not live", key.index_, key.generation_);
    return key.index_;
  }

  std::size_t retired_ = 0;
};

template <class T>
using GenerationalSlab = BasicGenerationalSlab<T, 32>;

// A byte a slot, where slots are reused rarely.
template <class T>
using ByteGenerationalSlab = BasicGenerationalSlab<T, 8>;

static_assert(Keyed<GenerationalSlab<int>>);

}  // namespace assay
