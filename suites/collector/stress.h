// Several mutators of one heap: threads that hand objects to each other, come and go, block and collect; and
// several heaps at a time. The checks read and write objects with plain loads and stores, so that a thread
// sanitizer sees what the heap does not order: handing over is ordered by the program, destruction by the
// heap.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "suites/collector/model.h"
#include "suites/collector/subject.h"
#include "suites/core/random.h"

namespace assay::suite::collector {

// What threads hand to each other: a chain, in which each holder leaves its trace.
template <class H>
struct Parcel : Cell<H, Parcel<H>> {
  Parcel(long value, const Parcel* rest)
      : Cell<H, Parcel>(value), length(rest == nullptr ? 1 : rest->length + 1) {
    Tally::count(Tally::made);
  }
  Parcel(const Parcel&) = delete;
  ~Parcel() {
    this->end();
    Tally::count(Tally::destroyed);
  }
  long length;
  long holders = 0;
};

template <class H>
using Parcels = Array<Member<H, Parcel<H>>>;

// Who waits for the lock does not keep others from collecting.
template <class H>
class Parked {
 public:
  Parked(Mutator<H>& mutator, std::mutex& mutex) : lock_(mutex, std::defer_lock) {
    mutator.park();
    lock_.lock();
    mutator.unpark();
  }

 private:
  std::unique_lock<std::mutex> lock_;
};

// Runs work(member) on so many threads, which begin together.
template <class Work>
void on_threads(unsigned threads, const Work& work) {
  std::atomic<unsigned> ready{0};
  std::vector<std::thread> members;
  for (unsigned member = 0; member < threads; ++member)
    members.emplace_back([&, member] {
      ready.fetch_add(1, std::memory_order_relaxed);
      while (ready.load(std::memory_order_relaxed) != threads) std::this_thread::yield();
      work(member);
    });
  for (std::thread& member : members) member.join();
}

// Every reference of the chain, read and written by who holds it alone.
template <class H>
void sign(Parcel<H>* first) {
  for (auto* parcel = first; parcel != nullptr; parcel = parcel->left.get()) {
    parcel->value();
    const long rest = parcel->left.get() == nullptr ? 0 : parcel->left->length;
    require(parcel->length == rest + 1, "a chain of %ld objects goes on with %ld", parcel->length, rest);
    ++parcel->holders;
  }
}

template <class H, class R>
void lengthen(Mutator<H>& mutator, R& chain, long value, std::size_t count) {
  for (; count > 0; --count) {
    auto* const parcel = made<Parcel<H>>(mutator, value, chain.get());
    parcel->left = chain.get();
    chain = parcel;
  }
}

template <class H>
void collect_somehow(Mutator<H>& mutator, Random& random) {
  const auto which = random.below(8);
  if constexpr (H::kTraits.incremental)
    if (which < 4) return (void)mutator.step();
  mutator.collect(which < 6 ? Collection::kMinor : which == 6 ? Collection::kMajor : Collection::kCompact);
}

// Chains in boxes that all threads put into and take from.
template <class H>
class Exchange {
 public:
  static constexpr std::size_t kBoxes = 8;
  explicit Exchange(const CollectorOptions& options) : heap_(options) {
    Mutator<H> mutator(heap_);
    boxes_.emplace(mutator);
    *boxes_ = made_array<Member<H, Parcel<H>>>(mutator, kBoxes);
  }

  // From any thread, also while others do.
  void work(unsigned member, int steps, unsigned collections) {
    Mutator<H> mutator(heap_);
    Random random(seed() + member);
    Root<H, Parcel<H>> mine(mutator);
    for (int step = 0; step < steps; ++step) {
      switch (random.below(8)) {
        case 0:
        case 1:
          lengthen<H>(mutator, mine, step, random.log_between(1, 12));
          break;
        case 2:
        case 3:
        case 4: {
          const Parked<H> lock(mutator, busy_);
          auto& box = (*boxes_->get())[random.below(kBoxes)];
          Parcel<H>* const taken = box.get();
          box = mine.get();
          mine = taken;
          break;
        }
        case 5: {
          const Parked<H> lock(mutator, busy_);
          sign<H>((*boxes_->get())[random.below(kBoxes)].get());
          break;
        }
        case 6:
          mutator.safepoint();
          break;
        default:
          sign<H>(mine.get());
      }
      if (mine.get() != nullptr && mine->length > 100) mine = nullptr;
      if (random.one_in(collections)) collect_somehow<H>(mutator, random);
      if (random.one_in(32)) std::this_thread::yield();
    }
  }

  // When the threads are gone, all is whole; and gone with the boxes.
  void end() {
    Mutator<H> mutator(heap_);
    if constexpr (H::kTraits.verifies) mutator.verify();
    for (auto& box : *boxes_->get()) sign<H>(box.get());
    boxes_.reset();
    if constexpr (H::kTraits.reclaims && H::kTraits.precise && H::kTraits.destroys) {
      collect_all(mutator);
      require(Tally::alive() == 0, "the threads are gone, and %ld unreachable objects are left",
              Tally::alive());
    }
  }

 private:
  H heap_;
  std::optional<Persistent<H, Parcels<H>>> boxes_;
  std::mutex busy_;
};

inline CollectorOptions small_heap() {
  CollectorOptions options;
  options.least_headroom = std::size_t{64} << 10;
  options.headroom_percent = 20;
  options.nursery = std::size_t{16} << 10;
  options.slice = 1;
  return options;
}

template <class H>
void check_exchange() {
  if constexpr (!H::kTraits.threads) {
    absent("claims one mutator");
  } else {
    for (const unsigned threads : {2u, 3u, 4u, 8u})
      for (const Schedule schedule :
           {Schedule::kPaced, Schedule::kEverySafepoint, Schedule::kEveryAllocation}) {
        const bool often = schedule != Schedule::kPaced;
        CollectorOptions options = small_heap();
        options.schedule = schedule;
        Exchange<H> exchange(options);
        const int steps = (often ? 1500 : 40'000) / static_cast<int>(threads);
        on_threads(threads, [&](unsigned member) { exchange.work(member, steps, often ? 200 : 60); });
        exchange.end();
      }
  }
}

// Threads that begin, work and end while others collect.
template <class H>
void check_coming_and_going() {
  if constexpr (!H::kTraits.threads) {
    absent("claims one mutator");
  } else {
    for (const unsigned spawners : {1u, 3u}) {
      Exchange<H> exchange(small_heap());
      on_threads(spawners + 1, [&](unsigned member) {
        if (member == spawners) return exchange.work(member, 4000, 10);
        for (unsigned i = 0; i < 40; ++i) {
          const unsigned visitor = member * 100 + i;
          std::thread([&] { exchange.work(visitor, i % 3 == 0 ? 0 : 60, 40); }).join();
        }
      });
      exchange.end();
    }
  }
}

// A parked thread's roots are kept, and follow their objects, however many collections it sleeps through.
template <class H>
void check_parking() {
  if constexpr (!H::kTraits.threads) {
    absent("claims one mutator");
  } else {
    constexpr unsigned kThreads = 3, kRounds = 100;
    constexpr int kLength = 50;
    H heap(small_heap());
    std::mutex busy;
    std::condition_variable changed;
    unsigned parked = 0, turn = 0;  // whose it is; all others sleep
    on_threads(kThreads, [&](unsigned member) {
      Mutator<H> mutator(heap);
      Root<H, Probe<H>> chain(mutator);
      make_chain<Probe<H>>(mutator, chain, 1000 * member, kLength);
      mutator.park();
      std::unique_lock lock(busy);
      ++parked;
      changed.notify_all();
      for (unsigned round = 0; round < kRounds; ++round) {
        changed.wait(lock, [&] { return parked == kThreads && turn == round * kThreads + member; });
        mutator.unpark();
        expect_chain(chain.get(), 1000 * member, kLength, "after others' collections");
        mutator.collect(round % 3 == 0 ? Collection::kMinor : Collection::kCompact);
        make_chain<Probe<H>>(mutator, chain, 1000 * member, kLength);
        mutator.collect(Collection::kMajor);
        if constexpr (H::kTraits.verifies) mutator.verify();
        mutator.park();
        ++turn;
        changed.notify_all();
      }
      changed.wait(lock, [&] { return turn == kRounds * kThreads; });
      lock.unlock();
      mutator.unpark();
    });
    Mutator<H> mutator(heap);
    if constexpr (H::kTraits.reclaims && H::kTraits.precise && H::kTraits.destroys) {
      collect_all(mutator);
      require(Tally::alive() == 0, "the threads are gone, and %ld unreachable objects are left",
              Tally::alive());
    }
  }
}

// One thread's Weak leads to what another drops: to a whole object, or to nothing.
template <class H>
void check_weak_between_threads() {
  if constexpr (!H::kTraits.threads || !H::kTraits.has_weak) {
    absent("claims no weak references between threads");
  } else {
    using Weaks = Array<Weak<H, Parcel<H>>>;
    for (const unsigned threads : {2u, 4u}) {
      H heap(small_heap());
      std::mutex busy;
      std::optional<Persistent<H, Weaks>> shared;
      {
        Mutator<H> mutator(heap);
        shared.emplace(mutator);
        *shared = made_array<Weak<H, Parcel<H>>>(mutator, 16);
      }
      on_threads(threads, [&](unsigned member) {
        Mutator<H> mutator(heap);
        Random random(seed() + member);
        Root<H, Parcel<H>> kept(mutator), found(mutator);
        for (unsigned step = 0; step < 20'000 / threads; ++step) {
          const std::size_t at = random.below(16);
          if (random.one_in(3)) {
            kept = made<Parcel<H>>(mutator, static_cast<long>(at), nullptr);
            const Parked<H> lock(mutator, busy);
            (*shared->get())[at] = kept.get();
          } else {
            {
              const Parked<H> lock(mutator, busy);
              found = (*shared->get())[at].get();
            }
            if (random.one_in(8)) mutator.safepoint();
            if (found.get() != nullptr)
              require(found->value() == static_cast<long>(at), "a Weak of object %zu leads to %ld", at,
                      found->value());
          }
          if (random.one_in(50)) collect_somehow<H>(mutator, random);
          if (random.one_in(32)) std::this_thread::yield();
        }
      });
      Mutator<H> mutator(heap);
      if constexpr (H::kTraits.reclaims && H::kTraits.precise) {
        collect_all(mutator);
        for (std::size_t at = 0; at < 16; ++at)
          require((*shared->get())[at].get() == nullptr, "Weak %zu outlived the threads that kept its object",
                  at);
      }
      shared.reset();
    }
  }
}

// Random programs, each on a heap of its own.
template <class H>
void check_independent_heaps() {
  if constexpr (!H::kTraits.independent_heaps) {
    absent("claims one heap at a time");
  } else {
    using Operation = typename Language<H>::Operation;
    constexpr std::size_t kLength = 500;
    const auto run = [](std::uint64_t program, std::size_t heaps) {
      CollectorOptions options = small_heap();
      options.schedule = program % 3 == 0 ? Schedule::kEverySafepoint : Schedule::kPaced;
      const Language<H> language(options);
      std::vector<std::vector<Operation>> programs(heaps, std::vector<Operation>(kLength));
      for (std::size_t i = 0; i < heaps; ++i) {
        Random random(program * heaps + i);
        language.generate(random, programs[i].data(), kLength);
      }
      language.run_in_turns(programs);
    };
    for (std::uint64_t program = 0; program < 3; ++program) run(seed() + program, 3);
    for (const unsigned threads : {2u, 4u})
      on_threads(threads, [&](unsigned member) {
        for (std::uint64_t program = 0; program < 4; ++program) run(seed() + member * 4 + program, 1);
      });
  }
}

template <class H>
struct StressClauses {
  Clause exchange{"STRESS-1", ClauseClass::kViolation, "gc/concept.h: threads",
                  "2 to 8 threads that hand objects to each other and collect lose none, and leave none",
                  &check_exchange<H>};
  Clause coming{"STRESS-2", ClauseClass::kViolation, "CONTRACT 8b: GC-11",
                "Threads may begin and end at any time, also while others collect; what they handed on stays",
                &check_coming_and_going<H>};
  Clause parking{"STRESS-3", ClauseClass::kViolation, "gc/concept.h: park",
                 "The roots of a parked thread are kept, and it does not keep others from collecting",
                 &check_parking<H>};
  Clause weak{"STRESS-4", ClauseClass::kViolation, "gc/concept.h: Weak",
              "A Weak of what another thread drops leads to the whole object, or to nothing",
              &check_weak_between_threads<H>};
  Clause heaps{"STRESS-5", ClauseClass::kViolation, "gc/concept.h: independent_heaps",
               "Random programs on several heaps, by turns and on several threads, do not disturb each other",
               &check_independent_heaps<H>};
};

}  // namespace assay::suite::collector
