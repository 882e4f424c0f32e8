// The end of memory: reported, survived and passed.
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <initializer_list>
#include <utility>

#include "suites/core/clause.h"
#include "suites/core/mapped_memory.h"
#include "suites/core/pattern.h"
#include "suites/core/random.h"
#include "suites/malloc/address_space.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/malloc/entry_points.h"
#include "suites/core/forked.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

constexpr std::size_t kRoom = 256 * kMiB;
constexpr std::size_t kBlockSizes[] = {1000, kMiB};

// Every block that fits, remembered outside the subject's memory. Made before the limit is set.
class Hoard {
 public:
  explicit Hoard(std::size_t size)
      : size_(size),
        capacity_(2 * kRoom / size),
        blocks_(static_cast<void**>(map_memory(capacity_ * sizeof(void*)))) {}

  void grow_until_null() {
    for (; count_ < capacity_; ++count_) {
      errno = kSentinel;
      blocks_[count_] = malloc(size_);
      if (blocks_[count_] == nullptr) return;
    }
    skipped("the subject holds so much address space in reserve that a limit on it does not bind");
  }
  void free_all() {
    while (count_ > 0) free(blocks_[--count_]);
  }
  void shuffle(Random random) {
    for (std::size_t i = count_; i > 1; --i) std::swap(blocks_[i - 1], blocks_[random.below(i)]);
  }
  std::size_t count() const { return count_; }
  void* operator[](std::size_t i) const { return blocks_[i]; }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_, capacity_;
  void** blocks_;
  std::size_t count_ = 0;
};

// In a child: `body(hoard, limit)` after the hoard of blocks of `size` has met the limit.
template <class Body>
void at_the_limit(std::size_t size, const Body& body) {
  const Ending ending = run_forked([&] {
    Hoard hoard(size);
    const std::size_t limit = leave_address_space(kRoom);
    hoard.grow_until_null();
    body(hoard, limit);
  });
  require(ending.clean(), "with the address space full of %zu-byte blocks the process ends in %s", size,
          describe(ending));
}

void must_refuse(const char* call, const void* result, int error, std::size_t size) {
  require(result == nullptr, "%s returned %p with the address space full of %zu-byte blocks", call, result,
          size);
  require(error == ENOMEM, "%s failed with error %s, the address space being full of %zu-byte blocks", call,
          error == kSentinel ? "left unchanged" : strerror(error), size);
}

CLAUSE("C-67", kViolation, "POSIX.1-2024 malloc, calloc, realloc, posix_memalign; man memalign",
       "with the address space exhausted every function fails with ENOMEM and the process lives") {
  for (const std::size_t block_size : kBlockSizes) {
    at_the_limit(block_size, [](const Hoard& hoard, std::size_t limit) {
      const std::size_t full_of = hoard.size();
      must_refuse("the last malloc", nullptr, errno, full_of);
      const auto refuse = [full_of](const char* call, auto allocate) {
        errno = kSentinel;
        const void* result = allocate();
        must_refuse(call, result, errno, full_of);
      };
      refuse("malloc of a whole address space", [=] { return malloc(limit); });
      refuse("calloc of a whole address space", [=] { return calloc(2, limit / 2); });
      refuse("realloc to a whole address space", [&] { return realloc(hoard[0], limit); });
      refuse("reallocarray to a whole address space", [&] { return reallocarray(hoard[1], 2, limit / 2); });
      for (const AlignedEntry& entry : kAlignedEntries) {
        if (strcmp(entry.name, "posix_memalign") == 0 || !shares_heap(entry.name)) continue;
        refuse(entry.name, [&] { return entry.allocate(64, limit); });
      }
      void* block = nullptr;
      const int result = posix_memalign(&block, 64, limit);
      must_refuse("posix_memalign", result == 0 ? block : nullptr, result, full_of);
    });
  }
}

CLAUSE("C-68", kViolation, "C23 7.24.3.3; POSIX.1-2024 free",
       "after exhaustion and free, 90% of the bytes can be had again") {
  for (const std::size_t block_size : kBlockSizes) {
    at_the_limit(block_size, [](Hoard& hoard, std::size_t) {
      const std::size_t first = hoard.count();
      hoard.free_all();
      hoard.grow_until_null();
      require(hoard.count() >= first / 10 * 9,
              "%zu blocks of %zu bytes fitted, and after freeing them all only %zu", first, hoard.size(),
              hoard.count());
    });
  }
}

// A thread that is there before the limit, but has not used the subject yet.
class ParkedThread {
 public:
  explicit ParkedThread(void (*work)(Hoard&)) : work_(work) {
    pthread_mutex_lock(&gate_);
    const int error = pthread_create(
        &thread_, nullptr,
        [](void* self) -> void* {
          auto* thread = static_cast<ParkedThread*>(self);
          pthread_mutex_lock(&thread->gate_);
          thread->work_(*thread->hoard_);
          return nullptr;
        },
        this);
    if (error != 0) skipped("pthread_create failed: %s", strerror(error));
  }
  void run(Hoard& hoard) {
    hoard_ = &hoard;
    pthread_mutex_unlock(&gate_);
    pthread_join(thread_, nullptr);
  }

 private:
  void (*work_)(Hoard&);
  Hoard* hoard_ = nullptr;
  pthread_mutex_t gate_ = PTHREAD_MUTEX_INITIALIZER;
  pthread_t thread_;
};

void free_every_other(Hoard& hoard) {
  for (std::size_t i = 0; i < hoard.count(); i += 2) free(hoard[i]);
}

CLAUSE("C-70", kViolation, "C23 7.24.3.3",
       "free works with the address space exhausted, in any order and thread") {
  for (const std::size_t block_size : {std::size_t{1000}, std::size_t{40000}}) {
    const Ending ending = run_forked([&] {
      Hoard hoard(block_size);
      ParkedThread fresh(free_every_other);
      leave_address_space(kRoom / 4);
      hoard.grow_until_null();
      hoard.shuffle(Random(seed()));
      for (std::size_t i = 1; i < hoard.count(); i += 2) fill_pattern(hoard[i], block_size, i);
      fresh.run(hoard);
      for (std::size_t i = 1; i < hoard.count(); i += 2) {
        const std::size_t damage = find_damage(hoard[i], block_size, i);
        require(damage == kIntact, "freeing at the limit changed byte %zu of another block of %zu bytes",
                damage, block_size);
        free(hoard[i]);
      }
    });
    require(ending.clean(), "free of %zu-byte blocks at the limit of the address space ends in %s",
            block_size, describe(ending));
  }
}

}  // namespace
}  // namespace assay::suite
