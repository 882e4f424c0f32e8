// C-15, C-16: the family under several threads.
#include <stdlib.h>

#include <atomic>
#include <thread>

#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/core/pattern.h"
#include "suites/core/random.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

constexpr std::size_t kThreads = 4;

void run_threads(void (*body)(std::size_t index)) {
  std::thread threads[kThreads];
  for (std::size_t i = 0; i < kThreads; ++i) threads[i] = std::thread(body, i);
  for (std::thread& thread : threads) thread.join();
}

std::size_t random_size(Random& random) {
  return random.one_in(200) ? random.log_between(kKiB, 512 * kKiB) : random.log_between(8, 1024);
}

// A block on its way. Whoever exchanges it out of a mailbox owns it and all of its bytes.
struct Parcel {
  void* block;
  std::size_t size;
  std::uint64_t pattern;
};
constexpr std::size_t kMailboxes = 64;
std::atomic<Parcel*> mailboxes[kMailboxes];

// No lock or counter of the harness stands between one thread's free and another's malloc: if a block changes
// under its owner, the allocator let it go before it was done with it, or gave it twice.
void recycle(std::size_t index) {
  constexpr std::size_t kParcels = 64;
  static Parcel parcels[kThreads][kParcels];
  Parcel* held[kParcels];
  for (std::size_t i = 0; i < kParcels; ++i) held[i] = &parcels[index][i];
  Random random(seed() * kThreads + index);
  for (std::uint64_t turn = 0; turn < 100'000; ++turn) {
    Parcel*& parcel = held[random.below(kParcels)];
    if (parcel != nullptr && parcel->block != nullptr) {
      const std::size_t damage = find_damage(parcel->block, parcel->size, parcel->pattern);
      require(damage == kIntact, "byte %zu of a block of %zu bytes at %p changed under its owner", damage,
              parcel->size, parcel->block);
      free(parcel->block);
    }
    if (parcel != nullptr) {
      const std::size_t size = random_size(random);
      *parcel = {malloc(size), size, (turn << 8) * kThreads + (index << 8)};
      require(parcel->block != nullptr, "malloc(%zu) returned null", size);
      fill_pattern(parcel->block, parcel->size, parcel->pattern);
    }
    // Release: the contents go with the parcel. Acquire: so they came with the other one.
    if (random.one_in(4))
      parcel = mailboxes[random.below(kMailboxes)].exchange(parcel, std::memory_order_acq_rel);
  }
}

CLAUSE("C-15", kViolation, "C23 7.24.3 p2",
       "a block freed by one thread is quiet before another thread gets it") {
  run_threads(recycle);
}

LiveMap live;
std::atomic<void*> handed_over[kMailboxes];

void require_sound(const char* problem) { require(problem == nullptr, "%zu threads: %s", kThreads, problem); }

void mix_operations(std::size_t index) {
  constexpr std::size_t kSlots = 500;
  void* slots[kSlots] = {};
  Random random(seed() * kThreads + index);
  for (unsigned turn = 0; turn < 60'000; ++turn) {
    void*& block = slots[random.below(kSlots)];
    if (random.one_in(4))
      block = handed_over[random.below(kMailboxes)].exchange(block, std::memory_order_acq_rel);
    if (block != nullptr) require_sound(live.remove(block));
    const std::uint64_t choice = random.below(6);
    if (block != nullptr && choice < 4) {
      free(block);
      block = nullptr;
      continue;
    }
    const std::size_t size = random_size(random);
    block = block != nullptr ? realloc(block, size) : choice == 0 ? calloc(1, size) : malloc(size);
    require(block != nullptr, "a request for %zu bytes returned null", size);
    require_sound(live.add(block, size, size, 0));
  }
  for (void* block : slots) {
    if (block == nullptr) continue;
    require_sound(live.remove(block));
    free(block);
  }
}

CLAUSE("C-16", kViolation, "C23 7.24.3 p2; POSIX.1-2024 2.9.1",
       "all threads may call the family at the same time") {
  run_threads(mix_operations);
}

}  // namespace
}  // namespace assay::suite
