// C-15, C-16: the family under several threads.
#include <stdlib.h>

#include <atomic>
#include <thread>

#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/core/random.h"

namespace assay::suite {
namespace {

constexpr std::size_t kThreads = 4;

void run_threads(void (*body)(std::size_t index)) {
  std::thread threads[kThreads];
  for (std::size_t i = 0; i < kThreads; ++i) threads[i] = std::thread(body, i);
  for (std::thread& thread : threads) thread.join();
}

// All threads ask for sizes of about the same class at about the same time: only then do they meet in it.
std::size_t size_at(std::size_t turn, std::size_t turns, Random& random) {
  constexpr std::size_t kSteps = 4, kDoublings = 10;  // from 8 bytes to 8 KiB
  const std::size_t band = turn * kSteps * kDoublings / turns, base = std::size_t{8} << band / kSteps;
  return base + (base * (band % kSteps) + random.below(base)) / kSteps;
}

// A block on its way: whoever exchanges it out of a mailbox owns it, and all of its words hold `word`. Its
// upper half is kMark, so that what an owner wrote is told from what the allocator wrote.
struct Parcel {
  std::uint64_t* block;
  std::size_t words;
  std::uint64_t word;
};
constexpr std::uint64_t kMark = 0xa55a'c33c, kMarkShift = 32;
constexpr std::size_t kMailboxes = 16;
std::atomic<Parcel*> mailboxes[kMailboxes];

void require_quiet(const Parcel& parcel) {
  for (std::size_t i = 0; i < parcel.words; ++i) {
    const std::uint64_t found = parcel.block[i];
    if (found == parcel.word) continue;
    if (found >> kMarkShift == kMark) return;  // two owners at one time: C-16 finds that
    violated("word %zu of %zu at %p became %#zx under its owner", i, parcel.words,
             static_cast<void*>(parcel.block), found);
  }
}

// No lock or counter of the harness stands between one thread's free and another's malloc: where a block
// changes under its owner, the thread that freed it was not done with it.
void recycle(std::size_t index) {
  constexpr std::size_t kParcels = 32, kTurns = 200'000;
  static Parcel parcels[kThreads][kParcels];
  Parcel* held[kParcels];
  for (std::size_t i = 0; i < kParcels; ++i) held[i] = &parcels[index][i];
  Random random(seed() * kThreads + index);
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    Parcel*& parcel = held[random.below(kParcels)];
    if (parcel != nullptr) {
      require_quiet(*parcel);
      free(parcel->block);
      const std::size_t size = size_at(turn, kTurns, random), words = size / sizeof parcel->word;
      *parcel = {static_cast<std::uint64_t*>(malloc(size)), words,
                 kMark << kMarkShift | turn * kThreads | index};
      require(parcel->block != nullptr, "malloc(%zu) returned null", size);
      for (std::size_t i = 0; i < words; ++i) parcel->block[i] = parcel->word;
    }
    // Release: the contents go with the parcel. Acquire: so they came with the other one.
    if (random.one_in(8))
      parcel = mailboxes[random.below(kMailboxes)].exchange(parcel, std::memory_order_acq_rel);
  }
}

CLAUSE("C-15", kViolation, "C23 7.24.3 p2",
       "a block freed by one thread is quiet before another thread gets it") {
  run_threads(recycle);
}

LiveMap live;
std::atomic<void*> handed_over[kMailboxes];

// Who lives where is all that is checked here: contents are for the clauses on contents.
void mix_operations(std::size_t index) {
  constexpr std::size_t kSlots = 64, kTurns = 60'000;
  void* slots[kSlots] = {};
  Random random(seed() * kThreads + index);
  LiveMap::Block record;
  for (std::size_t turn = 0; turn < kTurns; ++turn) {
    void*& block = slots[random.below(kSlots)];
    if (random.one_in(4))
      block = handed_over[random.below(kMailboxes)].exchange(block, std::memory_order_acq_rel);
    require(block == nullptr || live.take(block, &record), "block %p was lost", block);
    const std::uint64_t choice = random.below(6);
    if (block != nullptr && choice < 5) {
      free(block);
      block = nullptr;
      continue;
    }
    const std::size_t size = size_at(turn, kTurns, random);
    block = block != nullptr ? realloc(block, size) : choice == 0 ? calloc(1, size) : malloc(size);
    require(block != nullptr, "a request for %zu bytes returned null", size);
    const char* problem = live.add(block, size, size, 0);
    require(problem == nullptr, "with %zu threads: %s", kThreads, problem);
  }
}

CLAUSE("C-16", kViolation, "C23 7.24.3 p2; POSIX.1-2024 2.9.1",
       "all threads may call the family at the same time") {
  run_threads(mix_operations);
}

}  // namespace
}  // namespace assay::suite
