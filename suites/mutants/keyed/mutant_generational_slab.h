// A generation-checked slab in which every defect that a clause H-01 to H-09 stands for can be switched on.
//
// Idea. As MutantSlab, and each slot counts its values: a key is an index and the count. Counts have eight
// bits, so that a test sees their end: a slot that has used up all is never used again.
//
// Invariants
//   I1  size_ is the number of slots that hold a value
//   I2  the vacant list holds each slot without a value once, but those at the last generation
//   I3  a slot's generation grows each time that its value goes, and 0 is no generation
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "allocators/check.h"
#include "allocators/keyed_concept.h"
#include "suites/core/mutation.h"

namespace assay::mutant {

using suite::Mutation;

inline const Mutation last_value_keeps_generation("last_value_keeps_generation");
inline const Mutation clear_keeps_generations("clear_keeps_generations");  // generational-arena #44
inline const Mutation drain_keeps_generations("drain_keeps_generations");  // generational-arena #44
inline const Mutation compact_keeps_generation("compact_keeps_generation");
inline const Mutation first_generation_is_zero("first_generation_is_zero");
inline const Mutation generation_wraps("generation_wraps");
inline const Mutation generation_wraps_at_16_bits("generation_wraps_at_16_bits");
inline const Mutation foreign_index_wraps("foreign_index_wraps");
inline const Mutation get_many_compares_whole_keys("get_many_compares_whole_keys");  // RediSearch #8408
inline const Mutation iteration_gives_next_generation("iteration_gives_next_generation");

template <class T>
class MutantGenerationalSlab {
 public:
  static constexpr KeyedTraits kTraits{.checks_generations = true,
                                       .emplaces = true,
                                       .iterates = true,
                                       .compacts = true,
                                       .retains = true,
                                       .gets_many = true,
                                       .copies = std::copy_constructible<T>,
                                       .default_key_is_null = true,
                                       .traps_misuse = true};
  using value_type = T;
  struct Key {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };

  Key insert(T value) { return emplace(std::move(value)); }

  template <class... Arguments>
  Key emplace(Arguments&&... arguments) {
    if (vacant_.empty()) {
      vacant_.reserve(slots_.size() + 1);  // so that vacate() never allocates
      slots_.emplace_back();
      vacant_.push_back(slots_.size() - 1);
    }
    const std::size_t at = vacant_.back();
    slots_[at].value.emplace(std::forward<Arguments>(arguments)...);
    vacant_.pop_back();
    ++size_;
    return key_at(at);
  }

  bool contains(Key key) const noexcept { return get(key) != nullptr; }
  T* get(Key key) noexcept { return const_cast<T*>(std::as_const(*this).get(key)); }
  const T* get(Key key) const noexcept {
    if (foreign_index_wraps && !slots_.empty())
      key.index = static_cast<std::uint32_t>(key.index % slots_.size());
    return valid(key) ? &*slots_[key.index].value : nullptr;
  }
  T& operator[](Key key) {
    if (!valid(key)) trap("MutantGenerationalSlab I3", "key %u of generation %u", key.index, key.generation);
    return *get(key);
  }

  std::optional<T> remove(Key key) {
    if (!valid(key)) return std::nullopt;
    std::optional<T> removed(std::move(slots_[key.index].value));
    vacate(key.index, !(last_value_keeps_generation && size_ == 1));
    return removed;
  }

  std::size_t size() const noexcept { return size_; }
  void clear() noexcept { vacate_all(!clear_keeps_generations); }

  template <class F>
  void for_each(F f) {
    for (std::size_t at = 0; at < slots_.size(); ++at) {
      if (!live(at)) continue;
      Key key = key_at(at);
      if (iteration_gives_next_generation) ++key.generation;
      f(key, *slots_[at].value);
    }
  }

  // From both ends towards the middle.
  template <class F>
  void compact(F f) {
    std::size_t to = 0, from = slots_.size();
    while (true) {
      while (to < slots_.size() && !vacant(to)) ++to;
      do {
        if (from == 0) return;
        --from;
      } while (!live(from));
      if (from <= to || !f(*slots_[from].value, key_at(from), key_at(to))) return;
      slots_[to].value.emplace(std::move(*slots_[from].value));
      std::erase(vacant_, to);
      ++size_;
      vacate(from, !compact_keeps_generation);
    }
  }

  template <class Predicate>
  void retain(Predicate keep) {
    for (std::size_t at = 0; at < slots_.size(); ++at)
      if (live(at) && !keep(key_at(at), *slots_[at].value)) vacate(at, true);
  }

  class Drain {
   public:
    explicit Drain(MutantGenerationalSlab& slab) : slab_(slab) {}
    Drain(const Drain&) = delete;
    ~Drain() { slab_.vacate_all(!drain_keeps_generations); }
    std::optional<T> next() {
      while (at_ < slab_.slots_.size() && !slab_.live(at_)) ++at_;
      if (at_ == slab_.slots_.size()) return std::nullopt;
      std::optional<T> yielded(std::move(slab_.slots_[at_].value));
      slab_.vacate(at_, !drain_keeps_generations);
      return yielded;
    }

   private:
    MutantGenerationalSlab& slab_;
    std::size_t at_ = 0;
  };
  Drain drain() { return Drain(*this); }

  bool get_many(std::span<const Key> keys, std::span<T*> values) noexcept {
    if (values.size() < keys.size()) return false;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (get_many_compares_whole_keys ? !live(keys[i].index) || keys[i] == Key{} : !valid(keys[i]))
        return false;
      if (std::count(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(i), keys[i]) != 0) return false;
    }
    for (std::size_t i = 0; i < keys.size(); ++i) values[i] = &*slots_[keys[i].index].value;
    return true;
  }

  void check_invariants() const {
    std::size_t live_slots = 0, retired = 0;
    for (const Slot& slot : slots_) {
      live_slots += slot.value.has_value();
      retired += !slot.value.has_value() && slot.generation > last_generation();
      if (slot.generation == 0 && !first_generation_is_zero)
        trap("MutantGenerationalSlab I3", "a slot of %zu has no generation", slots_.size());
    }
    if (live_slots != size_) trap("MutantGenerationalSlab I1", "%zu values, not %zu", live_slots, size_);
    if (size_ + retired + vacant_.size() != slots_.size())
      trap("MutantGenerationalSlab I2", "%zu slots are vacant, %zu retired", vacant_.size(), retired);
  }

 private:
  static std::uint32_t last_generation() noexcept { return generation_wraps_at_16_bits ? 0xffff : 0xff; }

  struct Slot {
    std::optional<T> value;
    std::uint32_t generation = first_generation_is_zero ? 0 : 1;
  };

  bool live(std::size_t at) const noexcept { return at < slots_.size() && slots_[at].value.has_value(); }
  bool vacant(std::size_t at) const noexcept {
    return std::find(vacant_.begin(), vacant_.end(), at) != vacant_.end();
  }
  bool valid(Key key) const noexcept {
    return live(key.index) && slots_[key.index].generation == key.generation;
  }
  Key key_at(std::size_t at) const noexcept {
    return {static_cast<std::uint32_t>(at), slots_[at].generation};
  }

  void vacate(std::size_t at, bool next_generation) noexcept {
    Slot& slot = slots_[at];
    slot.value.reset();
    --size_;
    slot.generation += next_generation;
    if (slot.generation > last_generation() && (generation_wraps || generation_wraps_at_16_bits))
      slot.generation = 1;
    if (slot.generation <= last_generation()) vacant_.push_back(at);
  }

  void vacate_all(bool next_generation) noexcept {
    for (std::size_t at = 0; at < slots_.size(); ++at)
      if (live(at)) vacate(at, next_generation);
  }

  std::vector<Slot> slots_;
  std::vector<std::size_t> vacant_;
  std::size_t size_ = 0;
};

static_assert(Keyed<MutantGenerationalSlab<int>>);

}  // namespace assay::mutant
