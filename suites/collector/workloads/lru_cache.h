// Requests to a cache whose least recently used value goes when a new one needs its place.
//   collector_lru_cache  160,000 values, 30 MB live in half a million objects
//   collector_lru_1gb    5,400,000 values, 1 GB live in 16 million objects: pauses
//   collector_mark_1gb   a cache of the same size is filled; what is timed is one collection of all of it.
//                        One operation is one live object
// In the first two one operation is one request, the first of which fill the cache.
#pragma once

#include <cstddef>
#include <cstdint>

#include "gc/concept.h"
#include "suites/collector/workloads/heap_cache.h"
#include "suites/collector/workloads/heap_workload.h"
#include "suites/collector/workloads/lru_plan.h"
#include "suites/collector/workloads/manual.h"
#include "suites/collector/workloads/owned_cache.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

inline constexpr Description kLruCache{
    .name = "collector_lru_cache",
    .family = "collector",
    .sentence =
        "requests to a cache of 160,000 values and four times the keys; the least recently used goes"};
inline constexpr Description kLargeLruCache{.name = "collector_lru_1gb",
                                            .family = "collector",
                                            .sentence = "requests to a cache of 1 GB in 16 million objects",
                                            .repetitions = 1,
                                            .warm_ups = 0,
                                            .thorough_only = true};
inline constexpr Description kLargeMark{
    .name = "collector_mark_1gb",
    .family = "collector",
    .sentence = "one collection of a heap of 1 GB in 16 million objects, all of them live",
    .repetitions = 1,
    .warm_ups = 0,
    .thorough_only = true};

constexpr std::size_t kCacheValues = 160'000;
constexpr std::size_t kLargeCacheValues = 5'400'000;
constexpr std::size_t kRequestsPerValue = 8, kRequestsPerValueOfLarge = 3;

template <Collector H, std::size_t kValues, std::size_t kRequests>
class HeapLruCache final : public HeapWorkload<H> {
 public:
  explicit HeapLruCache(const Settings& settings)
      : capacity_(settings.scaled(kValues)), seed_(settings.seed) {
    this->operations = kRequests * capacity_;
    this->peak_objects = 2 + LruSizes::kObjects * capacity_;
  }

 private:
  friend HeapCache<H, HeapLruCache>;

  std::uint64_t run() override {
    HeapCache<H, HeapLruCache> cache(*this, capacity_);
    LruRequests requests(seed_, capacity_);
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < this->operations; ++i) {
      this->progress(i, cache.live_bytes());
      checksum = fold(checksum, cache.request(requests.next()));
    }
    this->peak_live = cache.peak_bytes();
    this->finish(cache.objects(), cache.live_bytes());
    return checksum;
  }

  const std::size_t capacity_;
  const std::uint64_t seed_;
};

template <Collector H>
class FullMark final : public HeapWorkload<H> {
 public:
  explicit FullMark(const Settings& settings) : capacity_(settings.scaled(kLargeCacheValues)) {
    this->operations = this->peak_objects = 2 + LruSizes::kObjects * capacity_;
  }

 private:
  friend HeapCache<H, FullMark>;

  std::uint64_t run() override {
    HeapCache<H, FullMark> cache(*this, capacity_);
    std::uint64_t checksum = 0;
    for (std::size_t key = 0; key < capacity_; ++key) {
      this->progress(key, cache.live_bytes());
      checksum = fold(checksum, cache.request(key));
    }
    this->peak_live = cache.peak_bytes();
    this->begin_clock();
    this->collect(Collection::kMajor);
    this->finish(cache.objects(), cache.live_bytes());
    for (std::size_t key = capacity_; key > 0; --key) checksum = fold(checksum, cache.request(key - 1));
    return checksum;
  }

  const std::size_t capacity_;
};

template <ManualMemory M, std::size_t kValues, std::size_t kRequests>
class OwnedLruCache final : public OwnedWorkload<M> {
 public:
  explicit OwnedLruCache(const Settings& settings)
      : capacity_(settings.scaled(kValues)), seed_(settings.seed) {
    this->operations = kRequests * capacity_;
  }

  std::uint64_t pass() override {
    OwnedCache<M> cache(capacity_);
    LruRequests requests(seed_, capacity_);
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < this->operations; ++i)
      checksum = fold(checksum, cache.request(requests.next()));
    this->peak_live = cache.peak_bytes();
    return checksum;
  }

 private:
  const std::size_t capacity_;
  const std::uint64_t seed_;
};

template <class S>
void add_cache_workloads() {
  if constexpr (Collector<S>) {
    static const WorkloadEntry usual(
        made_by(kLruCache, make_workload<HeapLruCache<S, kCacheValues, kRequestsPerValue>>));
    if constexpr (S::kTraits.reclaims) {
      static const WorkloadEntry large(made_by(
          kLargeLruCache, make_workload<HeapLruCache<S, kLargeCacheValues, kRequestsPerValueOfLarge>>));
      static const WorkloadEntry mark(made_by(kLargeMark, make_workload<FullMark<S>>));
    }
  } else {
    static const WorkloadEntry usual(
        made_by(kLruCache, make_workload<OwnedLruCache<S, kCacheValues, kRequestsPerValue>>));
    static const WorkloadEntry large(made_by(
        kLargeLruCache, make_workload<OwnedLruCache<S, kLargeCacheValues, kRequestsPerValueOfLarge>>));
  }
}

}  // namespace assay::suite::collector
