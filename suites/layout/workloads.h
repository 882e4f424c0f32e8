// What the layout of a record costs to access, instantiated for one type of records.h by the macro
// `benchmark`.
//
//   layout_scan     every member of 100,000 records in the order of memory: bytes through the caches
//   layout_random   two members of records in random order: cache lines per record
//   layout_update   one member of records in random order is read and written
//   layout_counters two threads count in records of their own, which alternate in memory: false sharing where
//                   two of them share a cache line
// One operation is one record (counters: one increment). bytes_per_record and lines_per_record say why.
// Times are of one core's memory hierarchy, or of two cores' coherence, not of an allocator.
#pragma once

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "suites/core/random.h"
#include "suites/core/workload.h"
#include "suites/layout/records.h"
#include "suites/core/team.h"

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

  std::size_t count_;
  R* records_;
};

template <class R>
class Scan final : public Records<R> {
 public:
  explicit Scan(const Settings& settings) : Records<R>(settings) {}

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    double weights = 0;
    for (std::size_t left = this->operations; left > 0;) {
      const std::size_t count = std::min(left, this->count_);
      for (std::size_t i = 0; i < count; ++i) {
        const R& record = this->records_[i];
        sum += record.key + record.kind + record.count + record.level + record.live + record.dirty;
        weights += record.weight;
      }
      left -= count;
      asm volatile("" : : : "memory");  // the next round reads memory again
    }
    return fold(sum, static_cast<std::uint64_t>(weights));
  }
};

template <class R>
class RandomReads final : public Records<R> {
 public:
  explicit RandomReads(const Settings& settings)
      : Records<R>(settings), order_(this->random_order(settings.seed)) {}

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < this->operations; ++i) {
      const R& record = this->records_[order_[i % this->count_]];
      sum += record.key ^ record.dirty;
    }
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
    for (std::size_t i = 0; i < this->operations; ++i) {
      R& record = this->records_[order_[i % this->count_]];
      record.count = record.count + record.kind + 1;
      checksum += record.count;
    }
    return checksum;
  }

 private:
  std::uint32_t* order_;
};

// Eight neighbouring records, one thread counts in the even ones, the other in the odd ones.
template <class R>
class Counters final : public Records<R> {
 public:
  explicit Counters(const Settings& settings) : Records<R>(settings) {
    this->operations = settings.repeated(4'000'000);
  }

  void begin() override {
    for (std::size_t i = 0; i < kShared; ++i) this->records_[i].count = 0;
    ready_.store(0, std::memory_order_relaxed);
  }

  std::uint64_t pass() override {
    const std::size_t each = this->operations / 2;
    team_.run([&](unsigned member) {
      // Both at once, or nothing is shared. Relaxed: it orders nothing but the start.
      ready_.fetch_add(1, std::memory_order_relaxed);
      while (ready_.load(std::memory_order_relaxed) < 2) sched_yield();
      for (std::size_t i = 0; i < each; ++i) {
        R& record = this->records_[(2 * i + member) % kShared];
        record.count = record.count + 1;
        asm volatile("" : : : "memory");  // each increment is one in memory
      }
    });
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < kShared; ++i) checksum = fold(checksum, this->records_[i].count + i);
    return checksum;
  }

 private:
  static constexpr std::size_t kShared = 8;
  std::atomic<unsigned> ready_{0};
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
