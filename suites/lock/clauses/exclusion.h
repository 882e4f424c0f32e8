// One thread at a time, and what it leaves for the next: LK-01 to LK-04.
#pragma once

#include <sys/mman.h>

#include <atomic>
#include <cstdint>
#include <new>

#include "suites/core/on_threads.h"
#include "suites/core/pattern.h"
#include "suites/lock/access.h"

namespace assay::suite::lock {

template <class Of>
void check_exclusion() {
  LockOf<Of, long> lock;
  std::atomic<int> inside{0};
  const auto visit = [&] {
    require(inside.fetch_add(1) == 0, "two threads were inside at one time");
    std::this_thread::yield();
    inside.fetch_sub(1);
  };
  on_threads(4, [&](unsigned member) {
    for (unsigned i = 0; i < 150; ++i) {
      if ((i + member) % 3 == 0) {
        lock.with([&](long&) { visit(); });
      } else if ((i + member) % 3 == 1) {
        if (const auto guard = try_hold(lock)) visit();
      } else {
        const auto guard = hold(lock);
        visit();
      }
    }
  });
}

struct Page {
  unsigned char bytes[1024] = {};
  std::uint64_t version = 0;
};

template <class Of>
void check_visibility() {
  LockOf<Of, Page> lock;
  std::uint64_t beside = 0;  // no part of the value, and guarded all the same
  hold(lock)->version = 0;
  fill_pattern(hold(lock)->bytes, sizeof(Page::bytes), 0);
  constexpr unsigned kThreads = 3, kRounds = 300;
  on_threads(kThreads, [&](unsigned) {
    for (unsigned i = 0; i < kRounds; ++i) {
      auto guard = hold(lock);
      Page& page = *guard;
      require(find_damage(page.bytes, sizeof page.bytes, page.version) == kIntact,
              "bytes of version %llu of the value are not those that were written",
              static_cast<unsigned long long>(page.version));
      require(beside == page.version, "what was written beside version %llu is that of version %llu",
              static_cast<unsigned long long>(page.version), static_cast<unsigned long long>(beside));
      beside = ++page.version;
      fill_pattern(page.bytes, sizeof page.bytes, page.version);
      if (i % 16 == 0) std::this_thread::yield();
    }
  });
  const std::uint64_t last = hold(lock)->version;
  require(last == kThreads * kRounds, "%u writes left version %llu", kThreads * kRounds,
          static_cast<unsigned long long>(last));
}

template <class Of>
void check_try() {
  LockOf<Of, long> lock(7);
  for (int round = 0; round < 3; ++round) {
    {
      const auto guard = hold(lock);
      for (int i = 0; i < 10; ++i)
        require(!is_free(lock), "a try form got in while another thread was inside");
    }
    require(is_free(lock), "a try form did not get in after the holder had gone");
    auto guard = try_hold(lock);
    require(guard.has_value(), "a try form did not get in with nobody inside");
    require(**guard == 7, "a try form's guard gives %ld instead of 7", **guard);
    require(!is_free(lock), "what a try form got did not keep another thread out");
  }
  require(is_free(lock), "the guard of a try form did not let go");
}

// The new holder may be the last one, and takes the lock's memory away while the old one's unlock is still on
// its way out.
template <class Of>
void check_destruction() {
  using L = LockOf<Of, long>;
  constexpr std::size_t kPage = 4096;
  static_assert(sizeof(L) <= kPage);
  for (int round = 0; round < 60; ++round) {
    void* memory = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) skipped("mmap of a page failed");
    L* lock = new (memory) L(3);
    std::atomic<bool> held{false};
    std::thread first([&, lock] {
      const auto guard = hold(*lock);
      raise(held);
      if (round % 2 == 0) nap();  // so that the other one sleeps for it
    });
    while (!held.load()) std::this_thread::yield();
    { const auto guard = hold(*lock); }
    lock->~L();
    munmap(memory, kPage);
    first.join();
  }
}

template <class Of>
struct ExclusionClauses {
  Clause exclusion{"LK-01", ClauseClass::kViolation, "pointers/lock_concept.h; Dijkstra (1965)",
                   "No two threads have exclusive access at one time, however they got it",
                   &check_exclusion<Of>};
  Clause visibility{"LK-02", ClauseClass::kViolation, "[thread.mutex.requirements.mutex]",
                    "A holder sees all that earlier holders wrote, in the value and beside it",
                    &check_visibility<Of>};
  Clause tries{"LK-03", ClauseClass::kViolation, "pointers/lock_concept.h",
               "A try form gets in exactly when nobody is inside, and never waits", &check_try<Of>};
  Clause destruction{"LK-04", ClauseClass::kViolation, "glibc bug 13690",
                     "The next holder may destroy the lock at once: an unlock is done with it by then",
                     &check_destruction<Of>};
};

}  // namespace assay::suite::lock
