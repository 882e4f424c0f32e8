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
#include "suites/malloc/forked.h"
#include "suites/malloc/provider.h"

namespace assay::suite {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kRoom = 256 * kMiB;
constexpr std::size_t kBlockSizes[] = {1000, kMiB};

// Every block that fits, remembered outside the subject's memory. Made before the limit is set.
class Hoard {
 public:
  explicit Hoard(std::size_t size)
      : size_(size), blocks_(static_cast<void**>(map_memory(kRoom / size * sizeof(void*)))) {}
  ~Hoard() { munmap(blocks_, kRoom / size_ * sizeof(void*)); }
  Hoard(const Hoard&) = delete;
  Hoard& operator=(const Hoard&) = delete;

  void grow_until_null() {
    while (count_ < kRoom / size_) {
      errno = kSentinel;
      void* block = malloc(size_);
      if (block == nullptr) return;
      blocks_[count_++] = block;
    }
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
  std::size_t size_;
  void** blocks_;
  std::size_t count_ = 0;
};

// In a child: `body(hoard)` after the hoard of blocks of `size` has met the limit.
template <class Body>
void at_the_limit(std::size_t size, const Body& body) {
  const Ending ending = run_forked([&] {
    Hoard hoard(size);
    leave_address_space(kRoom);
    hoard.grow_until_null();
    body(hoard);
  });
  require(ending.clean(), "with the address space full of %zu-byte blocks the process ends in %s", size,
          describe(ending));
}

void must_refuse(const char* call, const void* result, int error, std::size_t size) {
  require(result == nullptr, "%s returned %p with the address space full of %zu-byte blocks", call, result, size);
  require(error == ENOMEM, "%s returned null with errno %s, the address space being full of %zu-byte blocks", call,
          error == kSentinel ? "unchanged" : strerror(error), size);
}

CLAUSE("C-67", kViolation, "POSIX.1-2024 malloc, calloc, realloc, posix_memalign; man memalign",
       "with the address space exhausted every function fails with ENOMEM and the process lives") {
  for (const std::size_t block_size : kBlockSizes) {
    at_the_limit(block_size, [](const Hoard& hoard) {
      const int error = errno;
      const std::size_t size = hoard.size();
      if (hoard.count() < kRoom / size) must_refuse("the last malloc", nullptr, error, size);
      constexpr std::size_t kMore = 2 * kRoom;
      const auto refuse = [size](const char* call, auto allocate) {
        errno = kSentinel;
        const void* result = allocate();
        must_refuse(call, result, errno, size);
      };
      refuse("malloc(512 MiB)", [] { return malloc(opaque(kMore)); });
      refuse("calloc(512, 1 MiB)", [] { return calloc(512, opaque(kMiB)); });
      refuse("realloc(block, 512 MiB)", [&] { return realloc(hoard[0], opaque(kMore)); });
      refuse("reallocarray(block, 512, 1 MiB)", [&] { return reallocarray(hoard[0], 512, opaque(kMiB)); });
      for (const AlignedEntry& entry : kAlignedEntries)
        refuse(entry.name, [&] { return entry.allocate(64, opaque(kMore)); });
      refuse("valloc(512 MiB)", [] { return valloc(opaque(kMore)); });
      if (provider_of("pvalloc") == provider_of("malloc"))
        refuse("pvalloc(512 MiB)", [] { return pvalloc(opaque(kMore)); });
    });
  }
}

CLAUSE("C-68", kViolation, "C23 7.24.3.3; POSIX.1-2024 free", "after exhaustion and free, 90% of the bytes can be had again") {
  for (const std::size_t block_size : kBlockSizes) {
    at_the_limit(block_size, [](Hoard& hoard) {
      const std::size_t first = hoard.count();
      hoard.free_all();
      hoard.grow_until_null();
      require(hoard.count() >= first / 10 * 9, "%zu blocks of %zu bytes fitted, and after freeing them all only %zu",
              first, hoard.size(), hoard.count());
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

CLAUSE("C-70", kViolation, "C23 7.24.3.3", "free works with the address space exhausted, in any order and thread") {
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
        require(damage == kIntact, "freeing at the limit changed byte %zu of another block of %zu bytes", damage,
                block_size);
        free(hoard[i]);
      }
    });
    require(ending.clean(), "free of %zu-byte blocks at the limit of the address space ends in %s", block_size,
            describe(ending));
  }
}

}  // namespace
}  // namespace assay::suite
