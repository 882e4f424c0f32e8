// The requests to a cache and what its values look like, for caches of all kinds of memory.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

// Small keys are requested more often.
class LruRequests {
 public:
  LruRequests(std::uint64_t seed, std::size_t capacity) : random_(seed), keys_(kKeysPerPlace * capacity) {}
  std::uint64_t next() { return random_.below(random_.below(keys_) + 1); }

 private:
  static constexpr std::size_t kKeysPerPlace = 4;
  Random random_;
  std::size_t keys_;
};

// Bytes as requested: an entry of five references and a key's hash, a key of two words, a value of 8 to 22.
struct LruSizes {
  static constexpr std::size_t kEntry = 6 * 8, kKey = 2 * 8;
  static constexpr std::size_t kObjects = 3;  // of each

  static std::size_t words(std::uint64_t hash) { return 8 + (hash >> 20) % 15; }
  static std::size_t item(std::uint64_t hash) {
    return kEntry + kKey + 8 + words(hash) * 8;
  }  // 192 on average
};

// A table of chains, a power of two of them.
struct LruBuckets {
  explicit LruBuckets(std::size_t capacity) : count(std::bit_ceil(capacity)) {}
  std::size_t of(std::uint64_t hash) const { return hash & (count - 1); }
  std::size_t bytes() const { return 8 + 8 * count + 3 * 8; }  // with the directory
  std::size_t count;
};

// mark_of() with its high bits in the low ones too.
constexpr std::uint64_t hash_of(std::uint64_t key) { return mark_of(key) ^ mark_of(key) >> 32; }

// What is written to a value, and what a request reads of it.
inline void write_value(std::uint64_t* words, std::size_t count, std::uint64_t hash) {
  for (std::size_t i = 0; i < count; ++i) words[i] = hash + i;
}
inline std::uint64_t read_value(const std::uint64_t* words, std::size_t count) {
  return words[0] + 3 * words[count - 1];
}

}  // namespace assay::suite::collector
