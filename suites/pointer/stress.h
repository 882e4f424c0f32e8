// Threads that share owners, race upgrades against last drops, and hand objects to each other: every object
// is destroyed once, with all that was written to it in sight. For subjects that claim thread safety; the
// checks read and write objects with plain loads and stores, so that a thread sanitizer sees what the
// subject's counts do not order.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "suites/core/on_threads.h"
#include "suites/core/random.h"
#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

// Each thread that owns one may write its own entry; the destructor adds them up.
class Ledger {
 public:
  struct Tally {
    std::atomic<long> made{0}, ended{0};
  };

  Ledger(Tally& tally, long number) : tally_(tally), number_(number), seal_(seal()) {
    tally.made.fetch_add(1, std::memory_order_relaxed);
  }
  Ledger(const Ledger&) = delete;
  ~Ledger() {
    expect_whole();
    long sum = 0;
    for (const long entry : entries_) sum += entry;
    const long written = written_.load(std::memory_order_relaxed);
    require(sum == written, "the destructor of object %ld sees %ld of %ld entries", number_, sum, written);
    seal_ = 0;
    tally_.ended.fetch_add(1, std::memory_order_relaxed);
  }

  long number() const { return number_; }
  void expect_whole() const {
    require(seal_ == seal(), "an owner led to object %ld, which is dead", number_);
  }
  void write(std::size_t writer) {
    expect_whole();
    ++entries_[writer];
    written_.fetch_add(1, std::memory_order_relaxed);  // a count alone: what orders entries is the subject
  }
  // Of the one thread that an object was handed to.
  long hop() { return ++hops_; }

  static constexpr unsigned kWriters = 16;

 private:
  long seal() const { return number_ ^ 0x6c656467657221; }

  Tally& tally_;
  long number_;
  volatile long seal_;  // the end of an object is a store like any other
  long hops_ = 0;
  long entries_[kWriters] = {};
  std::atomic<long> written_{0};
};

inline void expect_all_ended(const Ledger::Tally& tally, unsigned threads, const char* when) {
  const long made = tally.made, ended = tally.ended;
  require(ended == made, "%s by %u threads, %ld of %ld objects were destroyed", when, threads, ended, made);
}

// How many owners of one object each thread may have, so that together they stay below the limit.
template <class P>
std::size_t owners_each(unsigned threads, std::size_t wanted) {
  if (P::kTraits.most_owners == 0) return wanted;
  const std::size_t most = P::kTraits.most_owners / threads;
  if (most < 3)
    skipped("%zu owners of one object are too few for %u threads", P::kTraits.most_owners, threads);
  return std::min(wanted, most - 2);  // one that was given, one for a copy on its way
}

template <class Of>
void share_among(unsigned threads) {
  using P = Subject<Of, Ledger>;
  constexpr std::size_t kObjects = 6;  // few, so that threads meet
  Ledger::Tally tally;
  on_own_thread([&] {
    std::vector<std::vector<P>> given(threads);
    for (std::size_t object = 0; object < kObjects; ++object) {
      const P first = P::make(tally, static_cast<long>(object));
      for (std::vector<P>& owners : given) owners.push_back(first);
    }
    const std::size_t slots = owners_each<P>(threads, 12);
    on_threads(threads, [&](unsigned member) {
      std::vector<P> mine(slots);
      Random random(seed() + member);
      const auto slot = [&]() -> P& { return mine[random.below(slots)]; };
      for (unsigned step = 0; step < 30'000 / threads; ++step) {
        switch (random.below(6)) {
          case 0:
            slot() = slot();
            break;
          case 1:
            slot() = std::move(slot());
            break;
          case 2:
            slot().reset();
            break;
          case 3:
            slot() = given[member][random.below(kObjects)];
            break;
          default:
            if (P& owner = slot()) owner.get()->write(member);
        }
        if (random.one_in(64)) std::this_thread::yield();
      }
      given[member].clear();
    });
  });
  expect_all_ended(tally, threads, "shared");
}

template <class Of>
void check_sharing() {
  if constexpr (!kClaims<Of>.thread_safe || !kClaims<Of>.shares)
    absent("claims no sharing between threads");
  else
    for (const unsigned threads : {2u, 3u, 4u, 8u, 16u})
      for (int round = 0; round < 8; ++round) share_among<Of>(threads);
}

// Half of the threads, at least one, drop the owners; the others upgrade until nothing comes back.
template <class Of>
void race_upgrades(unsigned threads) {
  using P = Subject<Of, Ledger>;
  constexpr int kAttempts = 20;  // those who upgrade may keep an object alive for each other
  const std::size_t objects = 8'000 / threads;
  const unsigned droppers = threads / 2;
  Ledger::Tally tally;
  std::vector<typename P::Weak> weaks;
  std::atomic<long> found{0};
  on_own_thread([&] {
    std::vector<std::vector<P>> given(droppers);
    for (std::size_t object = 0; object < objects; ++object) {
      const P first = P::make(tally, static_cast<long>(object));
      weaks.push_back(first.downgrade());
      for (std::vector<P>& owners : given) owners.push_back(first);
    }
    on_threads(threads, [&](unsigned member) {
      Random random(seed() + member);
      if (member < droppers) {
        for (P& owner : given[member]) {
          owner.get()->write(member);
          owner.reset();
          if (random.one_in(4)) std::this_thread::yield();
        }
        return;
      }
      const std::vector<typename P::Weak> mine = weaks;
      for (std::size_t object = 0; object < objects; ++object) {
        for (int attempt = 0; attempt < kAttempts; ++attempt) {
          const P owner = mine[object].upgrade();
          if (!owner) break;
          require(owner.get()->number() == static_cast<long>(object),
                  "a Weak of object %zu led to object %ld", object, owner.get()->number());
          owner.get()->write(member);
          found.fetch_add(1, std::memory_order_relaxed);
          if (random.one_in(4)) std::this_thread::yield();
        }
      }
    });
  });
  expect_all_ended(tally, threads, "upgraded and dropped");
  for (std::size_t object = 0; object < objects; ++object)
    require(!weaks[object].upgrade(), "a Weak gave an owner of object %zu, which is dead", object);
}

template <class Of>
void check_upgrades() {
  if constexpr (!kClaims<Of>.thread_safe || !kClaims<Of>.has_weak) {
    absent("claims no Weak between threads");
  } else {
    for (const unsigned threads : {2u, 3u, 4u, 8u, 16u}) {
      owners_each<Subject<Of, Ledger>>(threads, 2);
      for (int round = 0; round < 3; ++round) race_upgrades<Of>(threads);
    }
  }
}

template <class P>
void drop_in_turns(std::vector<P>& owners, unsigned member) {
  for (std::size_t i = 0; i < owners.size(); ++i) {
    owners[i].get()->write(member);
    if constexpr (P::kTraits.shares) {
      const P copy = owners[i];
      owners[i].reset();
      copy.get()->write(member);
    }
    owners[i].reset();
    if (i % 4 == 0) std::this_thread::yield();
  }
}

// Objects whose makers have ended are destroyed by who drops them last.
template <class Of>
void outlive_makers(unsigned threads) {
  using P = Subject<Of, Ledger>;
  Ledger::Tally tally;
  std::vector<std::vector<P>> made(threads);
  on_threads(threads, [&](unsigned member) {
    for (long i = 0; i < 20; ++i) {
      made[member].push_back(P::make(tally, i));
      made[member].back().get()->write(member);
      if constexpr (P::kTraits.shares) {
        const P dropped_by_its_maker = made[member].back();
      }
    }
  });
  on_threads(threads, [&](unsigned member) { drop_in_turns(made[(member + 1) % threads], member); });
  expect_all_ended(tally, threads, "dropped after their makers' ends");
}

// Objects of a maker that looks on are destroyed by who drops them, or when the maker next makes one.
template <class Of>
void drop_elsewhere(unsigned threads) {
  using P = Subject<Of, Ledger>;
  Ledger::Tally tally;
  std::vector<std::vector<P>> made(threads);
  std::atomic<unsigned> makers{0}, done{0};
  std::vector<Ledger::Tally> own(threads);
  on_threads(threads, [&](unsigned member) {
    for (long i = 0; i < 20; ++i) made[member].push_back(P::make(own[member], i));
    // The increments pair with the acquires: what a thread made, or dropped, has happened.
    makers.fetch_add(1, std::memory_order_release);
    wait_until([&] { return makers.load(std::memory_order_acquire) == threads; });
    drop_in_turns(made[(member + 1) % threads], member);
    done.fetch_add(1, std::memory_order_release);
    wait_until([&] { return done.load(std::memory_order_acquire) == threads; });
    P::make(tally, 0L).reset();
    expect_all_ended(own[member], threads, "dropped while their maker looked on");
  });
  expect_all_ended(tally, threads, "made last");
}

// From thread to thread in a ring; each keeps owners of some for a while.
template <class Of>
void hand_round(unsigned threads) {
  using P = Subject<Of, Ledger>;
  constexpr std::size_t kEach = 20, kHops = 6;
  struct Mailbox {
    std::mutex busy;
    std::vector<P> inside;
    void put(P owner) {
      const std::lock_guard lock(busy);
      inside.push_back(std::move(owner));
    }
    std::vector<P> take_all() {
      const std::lock_guard lock(busy);
      return std::exchange(inside, {});
    }
  };
  Ledger::Tally tally;
  {
    std::vector<Mailbox> mailboxes(threads);
    on_threads(threads, [&](unsigned member) {
      Mailbox& next = mailboxes[(member + 1) % threads];
      for (std::size_t i = 0; i < kEach; ++i) next.put(P::make(tally, static_cast<long>(i)));
      std::vector<P> kept(8);
      for (std::size_t received = 0; received < kEach * kHops;) {
        std::vector<P> owners = mailboxes[member].take_all();
        if (owners.empty()) std::this_thread::yield();
        received += owners.size();
        for (P& owner : owners) {
          owner.get()->write(member);
          if constexpr (P::kTraits.shares) kept[received % kept.size()] = owner;
          if (owner.get()->hop() < static_cast<long>(kHops)) next.put(std::move(owner));
        }
      }
    });
  }
  expect_all_ended(tally, threads, "handed round");
}

template <class Of>
void check_handing() {
  if constexpr (!kClaims<Of>.thread_safe) {
    absent("claims no thread safety");
  } else {
    for (const unsigned threads : {2u, 3u, 4u, 8u, 16u}) {
      owners_each<Subject<Of, Ledger>>(threads, 8);
      outlive_makers<Of>(threads);
      drop_elsewhere<Of>(threads);
      hand_round<Of>(threads);
    }
  }
}

template <class Of>
struct StressClauses {
  Clause sharing{"STRESS-1", ClauseClass::kViolation, "CONTRACT 8a: last release",
                 "2 to 16 threads that copy, move and drop owners destroy each object once, with all entries",
                 &check_sharing<Of>};
  Clause upgrades{"STRESS-2", ClauseClass::kViolation, "CONTRACT 8a: weak lock",
                  "Upgrades that race with last drops give a living object or nothing", &check_upgrades<Of>};
  Clause handing{"STRESS-3", ClauseClass::kViolation, "pointers/concept.h",
                 "Objects that are handed from thread to thread, and outlive their makers, are all destroyed",
                 &check_handing<Of>};
};

}  // namespace assay::suite::pointer
