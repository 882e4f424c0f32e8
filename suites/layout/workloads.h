// What the layout of a record costs to access, instantiated for one type of records.h by the macro
// `benchmark`.
//
//   layout_scan     every member of 100,000 records in the order of memory: bytes through the caches
//   layout_random   two members of records in random order: cache lines per record
//   layout_update   one member of records in random order is read and written
//   layout_counters two threads count in records of their own, which alternate in memory: false sharing where
//                   two of them share a cache line
// One operation is one record (counters: one increment). bytes_per_record and lines_per_record say why.
// Times are of one core's memory hierarchy, or of two cores' coherence, not of an allocator. How much
// layout_counters shows depends on where the two threads run: processors that are threads of one core share
// its first cache, and there a shared line costs far less than between two cores.
#pragma once

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "suites/core/random.h"
#include "suites/core/team.h"
#include "suites/core/workload.h"
#include "suites/layout/records.h"

namespace assay::suite::layout {

template <class R>
class Records : public Workload {
 public:
  void report(const Resident&, Figures& figures) final {
    figures.add("bytes_per_record", "bytes", static_cast<double>(sizeof(R)));
    figures.add("lines_per_record", "lines", describe_record<R>().lines_touched());
  }

 protected:
  explicit Records(const Settings& settings)
      : count_(settings.scaled(100'000)), records_(harness_array<R>(count_)) {
    operations = settings.repeated(500'000);
    for (std::size_t i = 0; i < count_; ++i) {
      R& record = records_[i];
      const std::uint64_t mark = mark_of(i);
      record.live = mark % 2 != 0;
      record.key = mark;
      record.kind = static_cast<std::uint16_t>(mark >> 8);
      record.level = static_cast<std::uint8_t>(mark >> 16);
      record.weight = static_cast<double>(mark >> 40);
      record.dirty = mark % 3 != 0;
    }
  }

  // A permutation of the records.
  std::uint32_t* random_order(std::uint64_t seed) const {
    auto* order = harness_array<std::uint32_t>(count_);
    Random random(seed);
    for (std::size_t i = 0; i < count_; ++i) order[i] = static_cast<std::uint32_t>(i);
    for (std::size_t i = count_; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    return order;
  }

  // Calls visit(i) for `operations` records, round after round of 0 … count_ - 1: no division between them.
  template <class Visit>
  [[gnu::always_inline]] void in_rounds(Visit visit) const {
    for (std::size_t left = this->operations; left > 0;) {
      const std::size_t count = std::min(left, count_);
      for (std::size_t i = 0; i < count; ++i) visit(i);
      left -= count;
      asm volatile("" : : : "memory");  // the next round reads memory again
    }
  }

  std::size_t count_;
  R* records_;
};

template <class R>
class Scan final : public Records<R> {
 public:
  explicit Scan(const Settings& settings) : Records<R>(settings) {}

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    this->in_rounds([&](std::size_t i) {
      const R& record = this->records_[i];
      // The weight's bits: additions of doubles wait for each other, and would hide the memory.
      sum += record.key + record.kind + record.count + record.level + record.live + record.dirty +
             std::bit_cast<std::uint64_t>(double{record.weight});
    });
    return sum;
  }
};

template <class R>
class RandomReads final : public Records<R> {
 public:
  explicit RandomReads(const Settings& settings)
      : Records<R>(settings), order_(this->random_order(settings.seed)) {}

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    this->in_rounds([&](std::size_t i) {
      const R& record = this->records_[order_[i]];
      sum += record.key ^ record.dirty;
    });
    return sum;
  }

 private:
  std::uint32_t* order_;
};

template <class R>
class RandomUpdates final : public Records<R> {
 public:
  explicit RandomUpdates(const Settings& settings)
      : Records<R>(settings), order_(this->random_order(settings.seed)) {}

  void begin() override {
    for (std::size_t i = 0; i < this->count_; ++i) this->records_[i].count = 0;
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    this->in_rounds([&](std::size_t i) {
      R& record = this->records_[order_[i]];
      record.count = record.count + record.kind + 1;
      checksum += record.count;
    });
    return checksum;
  }

 private:
  std::uint32_t* order_;
};

// Eight neighbouring records, one thread counts in the even ones, the other in the odd ones. Nothing is
// shared while one of them is off its core, which on a busy machine is most of a pass: so they count in
// bursts, each of which begins only when both are there.
template <class R>
class Counters final : public Records<R> {
 public:
  explicit Counters(const Settings& settings)
      : Records<R>(settings), bursts_((settings.repeated(1'000'000) + 2 * kBurst - 1) / (2 * kBurst)) {
    this->operations = 2 * kBurst * bursts_;
  }

  void begin() override {
    for (std::size_t i = 0; i < kShared; ++i) this->records_[i].count = 0;
    arrived_.store(0, std::memory_order_relaxed);
  }

  std::uint64_t pass() override {
    team_.run([this](unsigned member) {
      for (std::size_t burst = 1; burst <= bursts_; ++burst) {
        // Relaxed: it orders nothing but the start.
        arrived_.fetch_add(1, std::memory_order_relaxed);
        while (arrived_.load(std::memory_order_relaxed) < 2 * burst) sched_yield();
        count(member);
      }
    });
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < kShared; ++i) checksum = fold(checksum, this->records_[i].count + i);
    return checksum;
  }

 private:
  static constexpr std::size_t kShared = 8, kBurst = 10'000;

  void count(unsigned member) {
    R* const records = this->records_;
    for (std::size_t i = 0; i < kBurst; ++i) {
      R& record = records[(2 * i + member) % kShared];
      record.count = record.count + 1;
      asm volatile("" : : : "memory");  // each increment is one in memory
    }
  }

  const std::size_t bursts_;
  alignas(kCacheLine) std::atomic<std::size_t> arrived_{0};
  Team<2> team_;
};

inline constexpr Description kScan{.name = "layout_scan",
                                   .family = "layout",
                                   .sentence = "every member of 100,000 records, in the order of memory",
                                   .any_length = true};
inline constexpr Description kRandomReads{.name = "layout_random",
                                          .family = "layout",
                                          .sentence = "two members of 100,000 records, in random order",
                                          .any_length = true};
inline constexpr Description kRandomUpdates{
    .name = "layout_update",
    .family = "layout",
    .sentence = "one member of 100,000 records is read and written, in random order",
    .any_length = true};
inline constexpr Description kCounters{
    .name = "layout_counters",
    .family = "layout",
    .sentence = "two threads count in eight neighbouring records, one in the even, one in the odd ones",
    .any_length = true,
    .threaded = true};

template <class R>
void add_layout_workloads() {
  static const WorkloadEntry scan(made_by(kScan, make_workload<Scan<R>>));
  static const WorkloadEntry reads(made_by(kRandomReads, make_workload<RandomReads<R>>));
  static const WorkloadEntry updates(made_by(kRandomUpdates, make_workload<RandomUpdates<R>>));
  static const WorkloadEntry counters(made_by(kCounters, make_workload<Counters<R>>));
}

}  // namespace assay::suite::layout

#define ASSAY_WORKLOADS(Type) \
  static const bool layout_workloads = (::assay::suite::layout::add_layout_workloads<Type>(), true);
