// An object that knows whether it was freed: its memory is never used again, its seal is broken by its end,
// and every look at it checks the seal. So a use after free is found whenever it happens, and an object that
// is freed twice, too. Its members are plain memory, for ThreadSanitizer to see who frees beside a reader.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "suites/core/clause.h"
#include "suites/core/mapped_memory.h"

namespace assay::suite::reclamation {

class alignas(16) Canary {
 public:
  explicit Canary(std::uint64_t number = 0) : number_(number) { seal_ = seal_of(number); }
  Canary(const Canary&) = delete;
  Canary& operator=(const Canary&) = delete;
  virtual ~Canary() {
    if (ends_of(this).fetch_add(1, std::memory_order_acq_rel) != 0)
      violated("object %llu was freed twice", static_cast<unsigned long long>(number_));
    seal_ = 0;  // the number stays, to be told
  }

  // The number, if it still lives.
  std::uint64_t read() const {
    const std::uint64_t number = number_;
    if (seal_ != seal_of(number))
      violated("object %llu was freed while a guard protected it", static_cast<unsigned long long>(number));
    return number;
  }

  static bool freed(const Canary* canary) { return ends_of(canary).load(std::memory_order_acquire) != 0; }
  static long made() { return made_.load(std::memory_order_relaxed); }
  static long live() { return live_.load(std::memory_order_relaxed); }

  static void* operator new(std::size_t bytes) {
    const long place = made_.fetch_add(1, std::memory_order_relaxed);
    require(bytes <= kRoom && place < static_cast<long>(kMost), "the suite makes too many objects");
    live_.fetch_add(1, std::memory_order_relaxed);
    return room() + static_cast<std::size_t>(place) * kRoom;
  }
  static void operator delete(void*) { live_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kRoom = 64, kMost = std::size_t{1} << 21;

  static std::uint64_t seal_of(std::uint64_t number) { return number * 0x9e3779b97f4a7c15 + 1; }

  static unsigned char* room() {
    static auto* const room = static_cast<unsigned char*>(map_memory(kMost * kRoom));
    return room;
  }

  // Kept apart, so that it outlives the object.
  static std::atomic<unsigned>& ends_of(const Canary* canary) {
    static auto* const ends =
        static_cast<std::atomic<unsigned>*>(map_memory(kMost * sizeof(std::atomic<unsigned>)));
    return ends[static_cast<std::size_t>(reinterpret_cast<const unsigned char*>(canary) - room()) / kRoom];
  }

  static inline std::atomic<long> made_{0}, live_{0};

  volatile std::uint64_t number_;
  volatile std::uint64_t seal_;  // the end of an object is a store like any other
};

}  // namespace assay::suite::reclamation
