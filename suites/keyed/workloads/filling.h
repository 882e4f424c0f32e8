// Filling a slab of 100,000 values of 32 bytes, and emptying half of it.
//   slab_insert       into storage that was reserved
//   slab_grow         from an empty slab that has to grow
//   slab_remove_half  50,000 removals from a full slab, in random order
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "allocators/keyed_concept.h"
#include "suites/keyed/workloads/values.h"

namespace assay::suite::keyed {

inline constexpr Description kInsert{.name = "slab_insert",
                                     .family = "slab",
                                     .sentence = "100,000 insertions of 32 bytes into reserved storage",
                                     .passes = 5};
inline constexpr Description kGrow{
    .name = "slab_grow",
    .family = "slab",
    .sentence = "100,000 insertions of 32 bytes into a slab that grows from nothing",
    .passes = 3};
inline constexpr Description kRemoveHalf{.name = "slab_remove_half",
                                         .family = "slab",
                                         .sentence = "50,000 removals from a full slab, in random order",
                                         .passes = 5};

constexpr std::size_t kFullSlab = 100'000;
constexpr std::size_t kSample = 16;  // of what was inserted, one in so many is read back

template <template <class> class Slab>
class Filling : public Workload {
 public:
  explicit Filling(const Settings& settings)
      : count_(settings.scaled(kFullSlab)), keys_(harness_array<Key>(count_)) {
    operations = count_;
    peak_live = count_ * sizeof(Value);
  }

  void begin() override {
    if constexpr (Slab<Value>::kTraits.reserves)
      if (!reserved_) slab_.reserve(count_);
    reserved_ = true;
  }

  std::uint64_t pass() override { return fill(slab_); }
  void end() override { slab_.clear(); }

 protected:
  using Key = typename Slab<Value>::Key;

  std::uint64_t fill(Slab<Value>& slab) {
    const std::size_t count = count_;  // in a register, whatever the slab does
    for (std::size_t i = 0; i < count; ++i) {
      keys_[i] = slab.insert(value_of_number(i));
      escape(&slab);
    }
    std::uint64_t sum = slab.size();
    for (std::size_t i = 0; i < count; i += kSample) {
      const Value* value = slab.get(keys_[i]);
      if (value == nullptr) fail("a key of value %zu is not live", i);
      sum += word_of(*value);
    }
    return fold(0, sum);
  }

 private:
  std::size_t count_;
  Key* keys_;
  Slab<Value> slab_;
  bool reserved_ = false;
};

template <template <class> class Slab>
class Growing : public Filling<Slab> {
 public:
  using Filling<Slab>::Filling;

  void begin() override {}
  std::uint64_t pass() override { return this->fill(slab_.emplace()); }
  void end() override { slab_.reset(); }

 private:
  std::optional<Slab<Value>> slab_;
};

template <template <class> class Slab>
class RemovingHalf : public Workload {
 public:
  explicit RemovingHalf(const Settings& settings)
      : count_(settings.scaled(kFullSlab)),
        keys_(harness_array<Key>(count_)),
        order_(shuffled(count_, settings.seed)) {
    operations = (count_ + 1) / 2;
    peak_live = count_ * sizeof(Value);
  }

  void begin() override {
    for (std::size_t i = 0; i < count_; ++i) keys_[i] = slab_.insert(value_of_number(i));
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    const std::size_t count = operations;
    for (std::size_t i = 0; i < count; ++i) {
      const std::optional<Value> value = slab_.remove(keys_[order_[i]]);
      if (!value) fail("a key of value %u is not live", order_[i]);
      sum += word_of(*value);
      escape(&slab_);
    }
    return fold(sum, slab_.size());
  }

  void end() override { slab_.clear(); }

 private:
  using Key = typename Slab<Value>::Key;
  std::size_t count_;
  Key* keys_;
  std::uint32_t* order_;
  Slab<Value> slab_;
};

template <template <class> class Slab>
void add_filling_workloads() {
  static const WorkloadEntry insert(made_by(kInsert, make_workload<Filling<Slab>>));
  static const WorkloadEntry grow(made_by(kGrow, make_workload<Growing<Slab>>));
  static const WorkloadEntry remove_half(made_by(kRemoveHalf, make_workload<RemovingHalf<Slab>>));
}

}  // namespace assay::suite::keyed
