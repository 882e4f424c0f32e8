// A cache of shared values, of which the least recently used goes when a new one needs its place: 1,000
// values of 64 bytes under 4,000 keys, small keys far more often. Clients hold the last 64 answers, so that
// some values outlive their place in the cache. One operation is one request.
//
// Keys are positions in an array: the map is nobody's pointer and costs every subject the same.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "pointers/concept.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"
#include "suites/pointer/workloads/values.h"

namespace assay::suite::pointer {

inline constexpr Description kLruCache{
    .name = "pointer_lru_cache",
    .family = "pointer",
    .sentence = "requests to a cache of 1,000 shared values; the least recently used one makes place"};

constexpr std::size_t kCachedValues = 1000;
constexpr std::size_t kKeysPerValue = 4;
constexpr std::size_t kRequests = 100'000;
constexpr std::size_t kClients = 64;

struct CachePlan {
  explicit CachePlan(const Settings& settings)
      : capacity(settings.scaled(kCachedValues)),
        keys(kKeysPerValue * capacity),
        requests(harness_array<std::uint32_t>(kRequests)) {
    Random random(settings.seed);
    for (std::size_t i = 0; i < kRequests; ++i)
      requests[i] = static_cast<std::uint32_t>(random.below(random.below(keys) + 1));
  }
  std::size_t capacity, keys;
  std::uint32_t* requests;
};

// A ring of positions, the latest used first. The position after the last key is where it begins.
class UseOrder {
 public:
  explicit UseOrder(std::size_t keys)
      : begin_(static_cast<std::uint32_t>(keys)),
        before_(harness_array<std::uint32_t>(keys + 1)),
        after_(harness_array<std::uint32_t>(keys + 1)) {
    before_[begin_] = after_[begin_] = begin_;
  }

  void push_front(std::uint32_t key) {
    const std::uint32_t first = after_[begin_];
    before_[key] = begin_;
    after_[key] = first;
    before_[first] = after_[begin_] = key;
  }

  void remove(std::uint32_t key) {
    after_[before_[key]] = after_[key];
    before_[after_[key]] = before_[key];
  }

  std::uint32_t oldest() const { return before_[begin_]; }

 private:
  std::uint32_t begin_;
  std::uint32_t* before_;
  std::uint32_t* after_;
};

template <template <class> class P>
class LruCache final : public Workload {
 public:
  explicit LruCache(const Settings& settings)
      : plan_(settings),
        order_(plan_.keys),
        values_(harness_array<P<Line>>(plan_.keys)),
        clients_(harness_array<P<Line>>(kClients)) {
    operations = kRequests;
    peak_live = (plan_.capacity + kClients) * sizeof(Line);
    std::uninitialized_default_construct_n(values_, plan_.keys);
    std::uninitialized_default_construct_n(clients_, kClients);
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    std::size_t live = 0;
    for (std::size_t i = 0; i < kRequests; ++i) {
      const std::uint32_t key = plan_.requests[i];
      P<Line>& value = values_[key];
      if (value) {
        order_.remove(key);
      } else {
        if (live == plan_.capacity) {
          const std::uint32_t oldest = order_.oldest();
          order_.remove(oldest);
          values_[oldest].reset();
        } else {
          ++live;
        }
        value = P<Line>::make(mark_of(i));
      }
      order_.push_front(key);
      P<Line>& client = clients_[i % kClients];
      client = value;
      escape(client.get());
      checksum = fold(checksum, word_of(*client.get()));
    }
    for (std::size_t i = 0; i < kClients; ++i) clients_[i].reset();
    for (; live > 0; --live) {
      const std::uint32_t oldest = order_.oldest();
      order_.remove(oldest);
      values_[oldest].reset();
    }
    return checksum;
  }

 private:
  const CachePlan plan_;
  UseOrder order_;
  P<Line>* const values_;  // these and the clients own nothing between passes
  P<Line>* const clients_;
};

template <template <class> class P>
void add_cache_workloads() {
  if constexpr (P<Line>::kTraits.shares)
    static const WorkloadEntry lru(made_by(kLruCache, make_workload<LruCache<P>>));
}

}  // namespace assay::suite::pointer
