// The cache of heap_cache.h in memory without a collector: a chain owns its entries, an entry its key and its
// value; the list from the latest used to the oldest is of plain pointers. Evicted entries are freed at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "suites/collector/workloads/heap_cache.h"
#include "suites/collector/workloads/lru_plan.h"
#include "suites/collector/workloads/manual.h"

namespace assay::suite::collector {

template <class M>
struct OwnedEntry {
  OwnedEntry(std::uint64_t hash_of_key, typename M::template Owner<CacheKey>&& its_key,
             typename M::template ArrayOwner<std::uint64_t>&& its_value)
      : hash(hash_of_key), key(std::move(its_key)), value(std::move(its_value)) {}
  void drop_owned() {
    M::drop(key);
    M::drop_array(value);
  }
  std::uint64_t hash;
  typename M::template Owner<CacheKey> key;
  typename M::template ArrayOwner<std::uint64_t> value;
  typename M::template Owner<OwnedEntry> chain{};
  OwnedEntry *newer = nullptr, *older = nullptr;
};

template <class M>
class OwnedCache {
 public:
  explicit OwnedCache(std::size_t capacity)
      : capacity_(capacity), buckets_(capacity), table_(M::template make_array<Owner>(buckets_.count)) {}
  ~OwnedCache() {
    while (count_ > 0) evict();
    M::drop_array(table_);
  }
  OwnedCache(const OwnedCache&) = delete;
  OwnedCache& operator=(const OwnedCache&) = delete;

  std::uint64_t request(std::uint64_t key) {
    const std::uint64_t hash = hash_of(key);
    Entry* entry = find(key, hash);
    if (entry != nullptr) {
      if (newest_ != entry) {
        take_from_list(*entry);
        put_first(*entry);
      }
    } else {
      if (count_ == capacity_) evict();
      entry = add(key, hash);
    }
    return read_value(M::get(entry->value), LruSizes::words(hash));
  }

  std::size_t peak_bytes() const { return buckets_.bytes() + peak_; }

 private:
  using Entry = OwnedEntry<M>;
  using Owner = typename M::template Owner<Entry>;

  Entry* find(std::uint64_t key, std::uint64_t hash) const {
    Entry* entry = M::get(M::get(table_)[buckets_.of(hash)]);
    while (entry != nullptr && (entry->hash != hash || M::get(entry->key)->words[0] != key))
      entry = M::get(entry->chain);
    return entry;
  }

  Entry* add(std::uint64_t key, std::uint64_t hash) {
    auto its_key = M::template make<CacheKey>(key);
    const std::size_t words = LruSizes::words(hash);
    auto value = M::template make_array<std::uint64_t>(words);
    write_value(M::get(value), words, hash);
    Owner entry = M::template make<Entry>(hash, std::move(its_key), std::move(value));
    Entry* const added = M::get(entry);
    Owner& bucket = M::get(table_)[buckets_.of(hash)];
    added->chain = std::move(bucket);
    bucket = std::move(entry);
    put_first(*added);
    ++count_;
    live_ += LruSizes::item(hash);
    peak_ = std::max(peak_, live_);
    return added;
  }

  void evict() {
    Entry* const entry = oldest_;
    take_from_list(*entry);
    --count_;
    live_ -= LruSizes::item(entry->hash);
    Owner* place = &M::get(table_)[buckets_.of(entry->hash)];
    while (M::get(*place) != entry) place = &M::get(*place)->chain;
    Owner rest = std::move(entry->chain);
    Owner dead = std::exchange(*place, std::move(rest));
    M::drop(dead);
  }

  void take_from_list(Entry& entry) {
    (entry.newer == nullptr ? newest_ : entry.newer->older) = entry.older;
    (entry.older == nullptr ? oldest_ : entry.older->newer) = entry.newer;
  }

  void put_first(Entry& entry) {
    entry.newer = nullptr;
    entry.older = newest_;
    (newest_ == nullptr ? oldest_ : newest_->newer) = &entry;
    newest_ = &entry;
  }

  const std::size_t capacity_;
  const LruBuckets buckets_;
  typename M::template ArrayOwner<Owner> table_;
  Entry *newest_ = nullptr, *oldest_ = nullptr;
  std::size_t count_ = 0, live_ = 0, peak_ = 0;
};

}  // namespace assay::suite::collector
