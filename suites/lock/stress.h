// Many threads that take many locks in every way there is.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>

#include "suites/core/on_threads.h"
#include "suites/core/pattern.h"
#include "suites/core/random.h"
#include "suites/lock/access.h"

namespace assay::suite::lock {

struct Account {
  long balance = 1000;
  std::uint64_t version = 0;
  unsigned char record[40] = {};

  void write(long amount) {
    balance += amount;
    ++version;
    fill_pattern(record, sizeof record, version);
  }
  void check() const {
    if (version != 0 && find_damage(record, sizeof record, version) != kIntact)
      violated("a record is not that of its version %llu", static_cast<unsigned long long>(version));
  }
};

// One of the forms of exclusive access; false if it gave up.
template <class L, class Use>
bool use_somehow(L& lock, Random& random, Use use) {
  switch (random.below(6)) {
    case 0: {
      auto guard = try_hold(lock);
      if (guard.has_value()) use(**guard);
      return guard.has_value();
    }
    case 1:
      if constexpr (L::kTraits.timed) {
        auto guard = try_hold_for(lock, std::chrono::microseconds(random.below(120)));
        if (guard.has_value()) use(**guard);
        return guard.has_value();
      }
      [[fallthrough]];
    case 2:
      lock.with([&](Account& account) { use(account); });
      return true;
    case 3:
      if constexpr (L::kTraits.downgrades) {
        auto writing = lock.write();
        use(*writing);
        const std::uint64_t version = writing->version;
        auto reading = std::move(writing).downgrade();
        require(reading->version == version, "another writer was inside at a downgrade");
        return true;
      }
      [[fallthrough]];
    default: {
      auto guard = hold(lock);
      auto moved = std::move(guard);
      use(*moved);
      return true;
    }
  }
}

template <class L>
void look_somehow(L& lock, Random& random) {
  if constexpr (L::kTraits.shares) {
    if (random.one_in(3)) {
      auto guard = lock.try_read();
      if (guard.has_value()) (*guard)->check();
      return;
    }
    if constexpr (L::kTraits.timed) {
      if (random.one_in(3)) {
        auto guard = lock.try_read_for(std::chrono::microseconds(random.below(120)));
        if (guard.has_value()) (*guard)->check();
        return;
      }
    }
    lock.read()->check();
  } else {
    hold(lock)->check();
  }
}

template <class Of>
void check_every_form() {
  for (const unsigned threads : {2u, 4u, 16u}) {
    LockOf<Of, Account> lock;
    std::atomic<long> added{0};
    on_threads(threads, [&](unsigned member) {
      Random random(seed() + member);
      for (unsigned i = 0; i < 12000 / threads; ++i) {
        if (random.one_in(3)) {
          look_somehow(lock, random);
          continue;
        }
        const bool rests = random.one_in(20);
        const long amount = static_cast<long>(random.below(9));
        const bool used = use_somehow(lock, random, [&](Account& account) {
          account.check();
          if (rests) nap(20);
          account.write(amount);
        });
        if (used) added.fetch_add(amount, std::memory_order_relaxed);
      }
    });
    const long grown = hold(lock)->balance - 1000;
    require(grown == added, "%ld were added, and the balance grew by %ld", added.load(), grown);
  }
}

template <class Of>
void check_transfers() {
  constexpr std::size_t kAccounts = 24;
  using L = LockOf<Of, Account>;
  for (const unsigned threads : {3u, 8u}) {
    const auto accounts = std::make_unique<std::array<L, kAccounts>>();
    on_threads(threads, [&](unsigned member) {
      Random random(seed() + 100 + member);
      for (unsigned i = 0; i < 30000 / threads; ++i) {
        std::size_t from = random.below(kAccounts), to = random.below(kAccounts - 1);
        if (to >= from) ++to;
        const long amount = static_cast<long>(random.between(1, 5));
        auto first = hold((*accounts)[from < to ? from : to]);  // in order, so that none wait in a circle
        auto second = hold((*accounts)[from < to ? to : from]);
        first->check();
        second->check();
        (from < to ? first : second)->write(-amount);
        (from < to ? second : first)->write(amount);
      }
    });
    long sum = 0;
    for (L& account : *accounts) sum += std::move(account).into_inner().balance;
    require(sum == 1000 * static_cast<long>(kAccounts), "transfers made %ld of %zu", sum, 1000 * kAccounts);
  }
}

// Waits that end at the moment when the lock becomes free.
template <class Of>
void check_races_with_time() {
  if constexpr (!kClaims<Of>.timed) {
    absent("claims no timed forms");
  } else {
    LockOf<Of, Account> lock;
    on_threads(5, [&](unsigned member) {
      Random random(seed() + 200 + member);
      for (unsigned i = 0; i < 600; ++i) {
        const auto span = std::chrono::microseconds(random.below(160));
        if constexpr (kClaims<Of>.shares) {
          if (member % 2 == 0) {
            if (auto guard = lock.try_read_for(span)) (*guard)->check();
            if (i % 8 == 0) lock.read()->check();
            continue;
          }
        }
        if (auto guard = try_hold_for(lock, span)) {
          (*guard)->write(1);
          if (random.one_in(3)) nap(40);
        }
        if (i % 8 == 0) hold(lock)->write(1);
      }
    });
    require(is_free(lock), "the lock stayed closed after all had gone");
  }
}

template <class Of>
struct StressClauses {
  Clause forms{"STRESS-1", ClauseClass::kViolation, "conservation",
               "2 to 16 threads that use every form of locking lose no write and see no half of one",
               &check_every_form<Of>};
  Clause transfers{"STRESS-2", ClauseClass::kViolation, "conservation",
                   "Transfers between accounts that have a lock each keep the sum", &check_transfers<Of>};
  Clause times{"STRESS-3", ClauseClass::kViolation, "pointers/lock_concept.h",
               "Waits that end just when the lock becomes free lose no wake-up", &check_races_with_time<Of>};
};

}  // namespace assay::suite::lock
