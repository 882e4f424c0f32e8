// Several mutators: GC-11, GC-18 and GC-59.
#pragma once

#include <atomic>
#include <cstddef>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

// Does not keep others from collecting while it waits.
template <class H>
void join_parked(Mutator<H>& mutator, std::thread& thread) {
  mutator.park();
  thread.join();
  mutator.unpark();
}

constexpr int kOthers = 3;

template <class H>
void check_attach() {
  if constexpr (!kClaims<H>.threads) {
    absent("claims one mutator");
  } else {
    CollectorOptions options;
    options.least_headroom = std::size_t{128} << 10;
    options.nursery = std::size_t{32} << 10;
    H heap(options);
    // Relaxed: only counts.
    std::atomic<int> lives{0};
    const auto live_often = [&](long identity) {
      for (long life = 0; life < 15; ++life) {
        Mutator<H> mutator(heap);
        Root<H, Node<H>> list(mutator);
        make_chain<Node<H>>(mutator, list, 1000 * identity + life, 60);
        if (life % 5 == identity) mutator.collect(life % 2 == 0 ? Collection::kMajor : Collection::kMinor);
        overwrite<Node<H>>(mutator, 100);
        mutator.safepoint();
        std::this_thread::yield();
        expect_chain(list.get(), 1000 * identity + life, 60, "of a thread that came and went");
        lives.fetch_add(1, std::memory_order_relaxed);
      }
    };
    {
      Mutator<H> mutator(heap);
      Root<H, Node<H>> list(mutator);
      make_chain<Node<H>>(mutator, list, 0, 100);
      std::vector<std::thread> team;
      for (long identity = 0; identity < kOthers; ++identity) team.emplace_back(live_often, identity);
      for (int i = 0; i < 12; ++i) {
        mutator.collect(i % 3 == 0 ? Collection::kMajor : Collection::kMinor);
        overwrite<Node<H>>(mutator, 50);
        std::this_thread::yield();
        expect_chain(list.get(), 0, 100, "beside threads that came and went");
      }
      for (std::thread& thread : team) join_parked<H>(mutator, thread);
      mutator.collect(Collection::kMajor);
      overwrite<Node<H>>(mutator);
      expect_chain(list.get(), 0, 100, "after threads that came and went");
    }
    require(lives.load() == 15 * kOthers, "a thread ended early");
    // With no mutator left the heap still works for the next.
    live_often(0);
  }
}

// One thread loops over safepoints, one is parked, one allocates; each has roots in scopes of its own.
template <class H>
void check_roots_of_others() {
  if constexpr (!kClaims<H>.threads) {
    absent("claims one mutator");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Node<H>> own(mutator);
    make_chain<Node<H>>(mutator, own, 0, 50);
    std::latch ready(kOthers);
    // Pairs acquire with the release below: what the others see afterwards was collected before.
    std::atomic<bool> collected{false};
    const auto wait_and_check = [&](int manner) {
      Mutator<H> other(heap);
      Root<H, Node<H>> list(other);
      make_chain<Node<H>>(other, list, 100 * manner, 80);
      Root<H, Array<long>> numbers(other);
      numbers = made_array<long>(other, 30);
      for (long& number : *numbers.get()) number = manner;
      {
        Root<H, Node<H>> inner(other), empty(other);
        inner = made<Node<H>>(other, 77);
        ready.count_down();
        if (manner == 0) {
          while (!collected.load(std::memory_order_acquire)) {
            other.safepoint();
            std::this_thread::yield();
          }
        } else if (manner == 1) {
          other.park();
          collected.wait(false, std::memory_order_acquire);
          other.unpark();
        } else {
          while (!collected.load(std::memory_order_acquire)) {
            overwrite<Node<H>>(other, 5);
            std::this_thread::yield();
          }
        }
        overwrite<Node<H>>(other, 100);
        expect_value(inner.get(), 77, "that the inner Root of another mutator refers to");
      }
      expect_chain(list.get(), 100 * manner, 80,
                   manner == 0   ? "of a mutator at its safepoints"
                   : manner == 1 ? "of a parked mutator"
                                 : "of a mutator that allocates");
      for (const long number : *numbers.get())
        require(number == manner, "the array of another mutator was lost");
    };
    std::vector<std::thread> team;
    for (int manner = 0; manner < kOthers; ++manner) team.emplace_back(wait_and_check, manner);
    mutator.park();
    ready.wait();
    mutator.unpark();
    for (const Collection kind :
         {Collection::kMajor, Collection::kMinor, Collection::kCompact, Collection::kMajor}) {
      mutator.collect(kind);
      overwrite<Node<H>>(mutator, 300);
      expect_chain(own.get(), 0, 50, "of the mutator that collected");
    }
    // Release: see above.
    collected.store(true, std::memory_order_release);
    collected.notify_all();
    for (std::thread& thread : team) join_parked<H>(mutator, thread);
    expect_chain(own.get(), 0, 50, "of the mutator that collected");
  }
}

template <class H>
void check_thread_end() {
  if constexpr (!kClaims<H>.threads) {
    absent("claims one mutator");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Node<H>> own(mutator);
    make_chain<Node<H>>(mutator, own, 0, 20);
    collect_all(mutator);
    const long before = alive(heap);
    constexpr long kEach = 100;
    for (long round = 0; round < 4; ++round) {
      std::vector<Persistent<H, Probe<H>>> left;
      for (int i = 0; i < kOthers; ++i) left.push_back(persistent<H, Probe<H>>(mutator, nullptr));
      std::vector<std::thread> team;
      for (int i = 0; i < kOthers; ++i)
        team.emplace_back([&heap, &place = left[static_cast<std::size_t>(i)], i, round] {
          Mutator<H> other(heap);
          Root<H, Probe<H>> kept(other), dropped(other);
          make_chain<Probe<H>>(other, dropped, 0, kEach);
          make_chain<Probe<H>>(other, kept, 10 * i, 15);
          if (i == round) other.collect(Collection::kMinor);
          place = kept.get();
          // It ends with its roots as they are.
        });
      for (std::thread& thread : team) join_parked<H>(mutator, thread);
      collect_all(mutator);
      overwrite<Probe<H>>(mutator, 50);
      for (int i = 0; i < kOthers; ++i)
        expect_chain(left[static_cast<std::size_t>(i)].get(), 10 * i, 15,
                     "left behind by a thread that ended");
      expect_chain(own.get(), 0, 20, "of the thread that stays");
      if constexpr (kSeesReclaiming<H>) {
        collect_all(mutator);
        expect_gone(heap, before + kOthers * 15, kOthers * kEach, "in roots of threads that ended");
      }
      for (auto& place : left) drop_chain<H>(place);
      if constexpr (kSeesReclaiming<H>) {
        collect_all(mutator);
        expect_gone(heap, before, kOthers * 15, "that threads that ended left behind");
      }
    }
  }
}

template <class H>
struct ThreadClauses {
  Clause attach{"GC-11", ClauseClass::kViolation, "CONTRACT GC-11",
                "Threads attach and detach at any time, with collections under way", &check_attach<H>};
  Clause others{"GC-18", ClauseClass::kViolation, "CONTRACT GC-01; gc/concept.h",
                "A collection by one mutator keeps what the roots of all others refer to, of parked ones too",
                &check_roots_of_others<H>};
  Clause end{"GC-59", ClauseClass::kViolation, "CONTRACT GC-11",
             "When a mutator ends, its roots end, and its objects stay for others", &check_thread_end<H>};
};

}  // namespace assay::suite::collector
