// Blocks that any thread may take out of a table and give back: what R-20 and the stress programs do.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory_resource>

#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/core/random.h"
#include "suites/memory_resource/subject.h"

namespace assay::suite::memory_resource {

class Handover {
 public:
  explicit Handover(LiveMap& live) : live_(live) {}

  // Puts new blocks at random places and gives back what was there, most of it from other threads.
  void run(std::pmr::memory_resource& resource, std::uint64_t stream, int operations) {
    Random random(stream);
    for (int i = 0; i < operations; ++i) {
      void* block = nullptr;
      if (!random.one_in(4)) {
        const std::size_t size = random.log_between(1, random.one_in(200) ? 20'000 : 1000);
        block = try_allocate(resource, size, alignment_of(size));
        if (block != nullptr) require_sound(live_.add(block, size, size, 1));
      }
      give_back(resource, slots_[random.below(kSlots)].exchange(block));  // hands the block's bytes over
    }
  }

  void give_all_back(std::pmr::memory_resource& resource) {
    for (auto& slot : slots_) give_back(resource, slot.exchange(nullptr));
  }

 private:
  static constexpr std::size_t kSlots = 256;

  static std::size_t alignment_of(std::size_t size) { return std::size_t{1} << size % 5; }
  static void require_sound(const char* problem) { require(problem == nullptr, "%s", problem); }

  void give_back(std::pmr::memory_resource& resource, void* block) {
    if (block == nullptr) return;
    LiveMap::Block record{};
    require(live_.find(block, &record), "block %p is not live", block);
    require_sound(live_.remove(block));
    resource.deallocate(block, record.requested, alignment_of(record.requested));
  }

  LiveMap& live_;
  std::atomic<void*> slots_[kSlots] = {};
};

}  // namespace assay::suite::memory_resource
