// Forked children: they have the heap as it was, in the middle of a collection, too, and none of the parent's
// other threads.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "suites/collector/subject.h"
#include "suites/core/forked.h"

namespace assay::suite::collector {

constexpr int kForkedLength = 300;

// All that there is to do with a heap.
template <class H, class R>
void use_all(Mutator<H>& mutator, const R& chain) {
  Root<H, Probe<H>> other(mutator);
  make_chain<Probe<H>>(mutator, other, 5000, kForkedLength);
  for (const Collection collection : {Collection::kMinor, Collection::kMajor, Collection::kCompact}) {
    overwrite<Probe<H>>(mutator, 50);
    mutator.collect(collection);
    if constexpr (H::kTraits.verifies) mutator.verify();
    expect_chain(chain.get(), 0, kForkedLength, "after a fork");
    expect_chain(other.get(), 5000, kForkedLength, "after a fork");
  }
}

// Forks after so much marking beside the program.
template <class H>
void fork_after(int steps) {
  std::optional<H> heap(eager<H>());
  std::optional<Mutator<H>> mutator(*heap);
  std::optional<Root<H, Probe<H>>> chain(*mutator);
  make_chain<Probe<H>>(*mutator, *chain, 0, kForkedLength);
  overwrite<Probe<H>>(*mutator, 200);
  if constexpr (kMarksBeside<H>)
    for (int i = 0; i < steps; ++i) advance<H>(*mutator);
  const Ending ending = run_forked([&] {
    use_all<H>(*mutator, *chain);
    chain.reset();
    mutator.reset();
    heap.reset();
    if constexpr (H::kTraits.destroys)
      require(Tally::alive() == 0, "%ld objects outlived the heap of a forked child", Tally::alive());
  });
  require(ending.clean(), "a child that uses the heap ended with %s", describe(ending));
  use_all<H>(*mutator, *chain);
}

// While another thread is parked.
template <class H>
void fork_beside_a_thread() {
  H heap(eager<H>());
  std::mutex busy;
  std::condition_variable changed;
  bool parked = false, done = false;
  std::thread other([&] {
    Mutator<H> mutator(heap);
    Root<H, Probe<H>> chain(mutator);
    make_chain<Probe<H>>(mutator, chain, 0, kForkedLength);
    mutator.park();
    {
      std::unique_lock lock(busy);
      parked = true;
      changed.notify_all();
      changed.wait(lock, [&] { return done; });
    }
    mutator.unpark();
    expect_chain(chain.get(), 0, kForkedLength, "on a thread that was parked during a fork");
  });
  {
    std::unique_lock lock(busy);
    changed.wait(lock, [&] { return parked; });
  }
  {
    Mutator<H> mutator(heap);
    Root<H, Probe<H>> chain(mutator);
    make_chain<Probe<H>>(mutator, chain, 0, kForkedLength);
    const Ending ending = run_forked([&] { use_all<H>(mutator, chain); });
    require(ending.clean(), "a child that uses the heap of several mutators ended with %s", describe(ending));
    use_all<H>(mutator, chain);
  }
  {
    const std::lock_guard lock(busy);
    done = true;
    changed.notify_all();
  }
  other.join();
}

template <class H>
void check_forks() {
  for (const int steps : {0, 1, 2, 5, 20}) fork_after<H>(steps);
  if constexpr (H::kTraits.threads) fork_beside_a_thread<H>();
}

}  // namespace assay::suite::collector
