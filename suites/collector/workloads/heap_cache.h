// A cache all of whose parts are objects of a collected heap: a table of chains, entries in a list from the
// latest used to the oldest, keys, values of many sizes. The least recently used entry makes place for a new
// one; nothing but the collector frees it. Nearly every request stores young references into old objects.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "gc/concept.h"
#include "suites/collector/workloads/lru_plan.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

struct CacheKey {
  explicit CacheKey(std::uint64_t number) : words{number, ~number} {}
  std::uint64_t words[2];
};

template <class H>
struct CacheEntry {
  using Value = Array<std::uint64_t>;
  CacheEntry(std::uint64_t hash_of_key, CacheKey* its_key, Value* its_value)
      : key(its_key), value(its_value), hash(hash_of_key) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(key);
    visit(value);
    visit(chain);
    visit(newer);
    visit(older);
  }
  typename H::template Member<CacheKey> key;
  typename H::template Member<Value> value;
  typename H::template Member<CacheEntry> chain, newer, older;
  std::uint64_t hash;
};

template <class H>
struct CacheDirectory {
  using Table = Array<typename H::template Member<CacheEntry<H>>>;
  explicit CacheDirectory(Table* its_table) : table(its_table) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(table);
    visit(newest);
    visit(oldest);
  }
  typename H::template Member<Table> table;
  typename H::template Member<CacheEntry<H>> newest, oldest;
};

// Lives on the stack: it has a root. `Maker` makes objects and arrays, and has a mutator().
template <class H, class Maker>
class HeapCache {
 public:
  HeapCache(Maker& maker, std::size_t capacity)
      : maker_(maker), capacity_(capacity), buckets_(capacity), directory_(maker.mutator()) {
    auto* const table = maker.template make_array<typename H::template Member<Entry>>(buckets_.count);
    directory_ = maker.template make<Directory>(table);
  }

  // Returns what was read of the value.
  std::uint64_t request(std::uint64_t key) {
    const std::uint64_t hash = hash_of(key);
    Entry* entry = find(key, hash);
    if (entry != nullptr) {
      if (directory_.get()->newest.get() != entry) {
        take_from_list(*entry);
        put_first(*entry);
      }
    } else {
      if (count_ == capacity_) evict();
      entry = add(key, hash);
    }
    auto* const value = entry->value.get();
    return read_value(value->data(), value->size());
  }

  std::size_t objects() const { return 2 + LruSizes::kObjects * count_; }
  std::size_t live_bytes() const { return buckets_.bytes() + live_; }
  std::size_t peak_bytes() const { return buckets_.bytes() + peak_; }

 private:
  using Entry = CacheEntry<H>;
  using Directory = CacheDirectory<H>;

  Entry* find(std::uint64_t key, std::uint64_t hash) const {
    Entry* entry = (*directory_.get()->table.get())[buckets_.of(hash)].get();
    while (entry != nullptr && (entry->hash != hash || entry->key.get()->words[0] != key))
      entry = entry->chain.get();
    return entry;
  }

  Entry* add(std::uint64_t key, std::uint64_t hash) {
    typename H::template Root<CacheKey> rooted(maker_.mutator());
    rooted = maker_.template make<CacheKey>(key);
    const std::size_t words = LruSizes::words(hash);
    auto* const value = maker_.template make_array<std::uint64_t>(words);
    write_value(value->data(), words, hash);
    Entry* const entry = maker_.template make<Entry>(hash, rooted.get(), value);
    auto& bucket = (*directory_.get()->table.get())[buckets_.of(hash)];
    entry->chain = bucket.get();
    bucket = entry;
    put_first(*entry);
    ++count_;
    live_ += LruSizes::item(hash);
    peak_ = std::max(peak_, live_);
    return entry;
  }

  void evict() {
    Entry* const entry = directory_.get()->oldest.get();
    take_from_list(*entry);
    auto* place = &(*directory_.get()->table.get())[buckets_.of(entry->hash)];
    while (place->get() != entry) place = &place->get()->chain;
    *place = entry->chain.get();
    --count_;
    live_ -= LruSizes::item(entry->hash);
  }

  void take_from_list(Entry& entry) {
    Directory& directory = *directory_.get();
    Entry *const newer = entry.newer.get(), *const older = entry.older.get();
    if (newer == nullptr)
      directory.newest = older;
    else
      newer->older = older;
    if (older == nullptr)
      directory.oldest = newer;
    else
      older->newer = newer;
  }

  void put_first(Entry& entry) {
    Directory& directory = *directory_.get();
    Entry* const first = directory.newest.get();
    entry.newer = nullptr;
    entry.older = first;
    if (first == nullptr)
      directory.oldest = &entry;
    else
      first->newer = &entry;
    directory.newest = &entry;
  }

  Maker& maker_;
  const std::size_t capacity_;
  const LruBuckets buckets_;
  typename H::template Root<Directory> directory_;
  std::size_t count_ = 0, live_ = 0, peak_ = 0;
};

}  // namespace assay::suite::collector
