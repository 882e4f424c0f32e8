// What happens to storage between a delete and the next new.
#include <pthread.h>
#include <string.h>

#include <atomic>
#include <utility>
#include <vector>

#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/core/random.h"
#include "suites/malloc/new_forms.h"

namespace assay::suite {
namespace {

// Two threads take turns, so that they never allocate at the same time and every block may pass from the one
// to the other. The turn is passed without any ordering of memory: the order has to come from new and delete
// themselves.
constexpr int kTurns = 4000, kBlocks = 8;
constexpr std::size_t kBytes = 256;
std::atomic<int> turn{0};

void* take_turns(void* self) {
  const int mine = *static_cast<const int*>(self);
  void* blocks[kBlocks] = {};
  std::uint64_t pattern = 0;
  for (int i = mine; i < kTurns; i += 2) {
    while (turn.load(std::memory_order_relaxed) != i) sched_yield();
    for (void*& block : blocks) {
      if (block == nullptr) continue;
      const std::size_t damage = find_damage(block, kBytes, pattern);
      require(damage == kIntact,
              "thread %d, turn %d: byte %zu of a block changed while the other thread had its turn", mine, i,
              damage);
      ::operator delete(block);
    }
    pattern = static_cast<std::uint64_t>(i) << 32;
    for (void*& block : blocks) {
      block = ::operator new(kBytes);
      fill_pattern(block, kBytes, pattern);
    }
    turn.store(i + 1, std::memory_order_relaxed);
  }
  return nullptr;
}

CLAUSE("N-19", kViolation, "C++20 [new.delete.dataraces]",
       "a delete happens before the new that gives the storage out again") {
  pthread_t threads[2];
  static constexpr int kNumbers[2] = {0, 1};
  for (int i = 0; i < 2; ++i) {
    const int error = pthread_create(&threads[i], nullptr, &take_turns, const_cast<int*>(&kNumbers[i]));
    if (error != 0) skipped("pthread_create failed: %s", strerror(error));
  }
  for (const pthread_t thread : threads) pthread_join(thread, nullptr);
}

// A block that a sized delete put among those of another size shows when it is given out for that size.
CLAUSE("N-20", kViolation, "C++20 [new.delete.single], [new.delete.array]",
       "delete with the right size files the storage under that size") {
  LiveMap live;
  Random random(seed());
  struct Block {
    char* start;
    std::size_t size;
  };
  static Block blocks[1500];
  const auto must_hold = [](const char* problem, std::size_t size) {
    require(problem == nullptr, "with every block released by sized delete, one of %zu bytes: %s", size,
            problem);
  };
  // Around the borders of the usual size classes: powers of two, their quarters and eighths, and pages.
  const auto border_size = [&random] {
    const std::size_t power = std::size_t{1} << random.between(3, 15);
    const std::size_t border = power + power / 8 * random.below(8);
    return border - 1 + random.below(3);
  };
  for (int i = 0; i < 20000; ++i) {
    Block& block = blocks[random.below(std::size(blocks))];
    if (block.start != nullptr) {
      must_hold(live.remove(block.start), block.size);
      if (block.size % 2 == 0)
        ::operator delete(block.start, block.size);
      else
        ::operator delete[](block.start, block.size);
    }
    block.size = border_size();
    block.start =
        static_cast<char*>(block.size % 2 == 0 ? ::operator new(block.size) : ::operator new[](block.size));
    must_hold(live.add(block.start, block.size, block.size, 0), block.size);
  }
  // As containers do it: each growth releases the old storage with its size.
  for (int round = 0; round < 50; ++round) {
    std::vector<std::uint32_t> growing;
    for (std::uint32_t i = 0; i < 3000; ++i) growing.push_back(i);
    for (std::uint32_t i = 0; i < 3000; ++i)
      require(growing[i] == i, "element %u of a growing vector is %u", i, growing[i]);
  }
  for (const auto& [start, size] : blocks) {
    if (start != nullptr) must_hold(live.remove(start), size);
  }
}

}  // namespace
}  // namespace assay::suite
