// Readers and writers: LK-18 to LK-21, and how many readers there may be: LK-25.
#pragma once

#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "suites/core/forked.h"
#include "suites/core/on_threads.h"
#include "suites/core/trap.h"
#include "suites/lock/access.h"

namespace assay::suite::lock {

template <class Of>
void check_readers_share() {
  if constexpr (!kClaims<Of>.shares) {
    absent("claims no readers");
  } else {
    LockOf<Of, long> lock(9);
    {
      auto mine = lock.read();
      on_threads(5, [&](unsigned) {  // each waits for the others: none gets by if they exclude each other
        auto guard = lock.read();
        require(*guard == 9 && &*guard == &*mine, "readers see different values");
      });
      static std::atomic<int> arrived;
      arrived = 0;
      on_threads(4, [&](unsigned) {
        const auto guard = lock.read();
        arrive(arrived);
        await(arrived, 4);
      });
      auto tried = lock.try_read();
      require(tried.has_value(), "try_read() did not get in beside a reader");
    }
    require(is_free(lock), "readers did not let go");
  }
}

template <class Of>
void check_writer_excludes() {
  if constexpr (!kClaims<Of>.shares) {
    absent("claims no readers");
  } else {
    LockOf<Of, long> lock(0);
    {
      const auto guard = lock.write();
      for (int i = 0; i < 3; ++i) require(!is_readable(lock), "a reader got in beside the writer");
    }
    {
      const auto guard = lock.read();
      const auto second = lock.read();
      const auto third = lock.read();
      for (int i = 0; i < 3; ++i) require(!is_free(lock), "a writer got in beside three readers");
    }
    {
      auto first = std::optional(lock.read());
      const auto second = lock.read();
      first.reset();
      require(!is_free(lock), "a writer got in beside the second of two readers");
    }
    require(is_free(lock) && is_readable(lock), "readers and writers did not let go");
    std::atomic<int> readers{0}, writers{0};
    on_threads(4, [&](unsigned member) {
      for (unsigned i = 0; i < 100; ++i) {
        if ((i + member) % 4 == 0) {
          const auto guard = lock.write();
          require(writers.fetch_add(1) == 0 && readers.load() == 0, "a writer got in beside another thread");
          std::this_thread::yield();
          writers.fetch_sub(1);
        } else {
          const auto guard = lock.read();
          readers.fetch_add(1);
          require(writers.load() == 0, "a reader got in beside the writer");
          if (i % 5 == 0) std::this_thread::yield();
          readers.fetch_sub(1);
        }
      }
    });
  }
}

// A reader is inside at all times, because each gets in before the one ahead of it leaves.
template <class Of>
void check_writers_first() {
  if constexpr (!kClaims<Of>.writers_first) {
    absent("claims no precedence of writers");
  } else {
    LockOf<Of, long> lock(0);
    for (int round = 0; round < 3; ++round) {
      std::atomic<bool> begun{false}, written{false};
      auto inside = std::optional(lock.read());
      std::thread writer([&] {
        raise(begun);
        auto guard = lock.write();
        ++*guard;
        raise(written);
      });
      await(begun);
      bool refused = false;
      for (int next = 0; next < 3000 && !refused; ++next) {
        auto follower = lock.try_read();
        refused = !follower.has_value();
        if (!refused) inside = std::move(follower);
        nap(20);
      }
      require(refused, "3,000 readers, one after the other, got in while a writer waited");
      require(!written.load(), "the writer got in beside a reader");
      inside.reset();
      await(written);
      writer.join();
      require(is_readable(lock) && is_free(lock), "after the writer had gone the lock stayed closed");
    }
    require(read_value(lock) == 3, "three writers left %ld", read_value(lock));
  }
}

template <class Of>
void check_downgrade() {
  if constexpr (!kClaims<Of>.downgrades) {
    absent("claims no downgrade");
  } else {
    LockOf<Of, long> lock(1);
    for (long round = 0; round < 5; ++round) {
      std::atomic<bool> begun{false}, read{false};
      auto writing = lock.write();
      *writing = 100 * (round + 1);
      std::thread reader, writer;
      if (round % 2 == 0) {  // somebody waits
        reader = std::thread([&] {
          raise(begun);
          const auto guard = lock.read();
          raise(read);
        });
        await(begun);
        nap(300);
      }
      require(!read.load(), "a reader got in beside the writer");
      if (round == 3) {  // a writer waits
        writer = std::thread([&] {
          raise(begun);
          auto guard = lock.write();
          *guard = 7;
        });
        await(begun);
        nap(300);
      }
      auto reading = std::move(writing).downgrade();
      nap(100);
      require(*reading == 100 * (round + 1), "a writer got in at the downgrade, and left %ld", *reading);
      require(!is_free(lock), "after a downgrade a writer got in");
      if (reader.joinable()) await(read);  // beside this one
      if (round == 1) read_elsewhere(lock);
      { auto last = std::move(reading); }
      if (reader.joinable()) reader.join();
      if (writer.joinable()) {
        writer.join();
        require(read_value(lock) == 7, "the writer behind a downgrade left %ld", read_value(lock));
      }
      require(is_free(lock), "a downgraded guard did not let go");
    }
  }
}

template <class Of>
void check_most_readers() {
  constexpr std::size_t kMost = kClaims<Of>.most_readers;
  if constexpr (!kClaims<Of>.shares || kMost == 0) {
    absent("claims no limit to readers");
  } else if constexpr (kMost > 1'000'000) {
    skipped("%zu guards take too much memory", kMost);
  } else {
    using L = LockOf<Of, long>;
    L lock(2);
    std::vector<decltype(lock.read())> guards;
    guards.reserve(kMost + 1);
    for (std::size_t i = 0; i < kMost; ++i) guards.push_back(lock.read());
    require(!is_free(lock), "with %zu readers inside a writer got in", kMost);
    require_trap("one reader more than there may be", [&] { guards.push_back(lock.read()); });
    require_trap("one try_read() more than there may be", [&] { static_cast<void>(lock.try_read()); });
    guards.clear();
    require(is_free(lock), "%zu readers did not let go", kMost);
  }
}

template <class Of>
struct SharingClauses {
  Clause share{"LK-18", ClauseClass::kViolation, "[thread.sharedmutex.requirements]",
               "Any number of readers is inside at one time", &check_readers_share<Of>};
  Clause exclude{"LK-19", ClauseClass::kViolation, "[thread.sharedmutex.requirements]",
                 "A writer is inside alone: no reader and no other writer is", &check_writer_excludes<Of>};
  Clause writers{"LK-20", ClauseClass::kViolation, "Courtois, Heymans, Parnas (1971), second problem",
                 "A writer that waits gets in however many readers follow each other",
                 &check_writers_first<Of>};
  Clause downgrade{"LK-21", ClauseClass::kViolation, "Rust std::sync::RwLockWriteGuard::downgrade",
                   "A downgraded writer goes on as a reader, beside others, with no writer in between",
                   &check_downgrade<Of>};
  Clause most{"LK-25", ClauseClass::kViolation, "pointers/lock_concept.h",
              "One reader more than most_readers ends the program, and that many do not",
              &check_most_readers<Of>};
};

}  // namespace assay::suite::lock
