// What the suite of the family cannot know: the numbers of the bound, and who is told of misuse.
#include "pointers/hazard.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "pointers/epoch.h"

namespace assay {
namespace {

TEST(HazardDomain, BoundsGarbageByTheNumberOfThreads) {
  HazardDomain domain;
  { const auto guard = domain.pin(); }
  EXPECT_EQ(domain.most_garbage(), HazardDomain::kFewest);
  std::vector<std::jthread> team;
  std::atomic<std::size_t> pinned{0};
  for (std::size_t i = 1; i < 40; ++i)
    team.emplace_back([&] {
      const auto guard = domain.pin();
      for (++pinned; pinned < 39;) std::this_thread::yield();
    });
  team.clear();
  EXPECT_EQ(domain.records(), 40U);
  EXPECT_EQ(domain.most_garbage(), 40 * 2 * 40 * HazardDomain::kHazards);
}

// More than are looked for in one pass over the retired objects.
TEST(HazardDomain, KeepsWhatManyHazardsName) {
  constexpr std::size_t kThreads = 40;
  HazardDomain domain;
  std::vector<std::atomic<int*>> sources(kThreads * HazardDomain::kHazards);
  for (auto& source : sources) source = new int(1);
  std::atomic<std::size_t> pinned{0};
  std::atomic<bool> over{false};
  std::vector<std::jthread> team;
  for (std::size_t i = 0; i < kThreads; ++i)
    team.emplace_back([&, i] {
      HazardDomain::Guard guards[HazardDomain::kHazards];
      for (std::size_t k = 0; k < HazardDomain::kHazards; ++k) {
        guards[k] = domain.pin();
        guards[k].protect(sources[i * HazardDomain::kHazards + k]);
      }
      ++pinned;
      while (!over) std::this_thread::yield();
    });
  while (pinned < kThreads) std::this_thread::yield();
  for (auto& source : sources) domain.retire(source.exchange(nullptr));
  for (int i = 0; i < 1000; ++i) domain.retire(new int(2));
  domain.collect();
  EXPECT_EQ(domain.garbage(), sources.size());
  over = true;
  team.clear();
  domain.collect();
  EXPECT_EQ(domain.garbage(), 0U);
}

// In a thread-local object that is older than the thread's first use of the domain, and so ends later than
// what the domain keeps for the thread.
template <class Domain>
struct LateGuard {
  std::optional<typename Domain::Guard> guard;
  std::atomic<int>* step = nullptr;
  ~LateGuard() {
    step->store(1);
    while (step->load() < 2) std::this_thread::yield();
    guard.reset();
  }
};

template <class Domain>
void expect_late_guard_keeps_its_record() {
  Domain domain;
  std::atomic<int> step{0};
  std::thread first([&] {
    thread_local LateGuard<Domain> late;
    late.step = &step;
    late.guard.emplace(domain.pin());
  });
  while (step.load() < 1) std::this_thread::yield();
  std::thread second([&] {
    const auto guard = domain.pin();
    step.store(2);
  });
  first.join();
  second.join();
  EXPECT_EQ(domain.records(), 2U);
}

TEST(DomainRecords, ARecordWithGuardsIsNotGivenToAnotherThread) {
  expect_late_guard_keeps_its_record<HazardDomain>();
  expect_late_guard_keeps_its_record<EpochDomain>();
}

TEST(HazardDomainDeathTest, TrapsWhenItEndsWhileAGuardProtects) {
  const auto misuse = [] {
    std::optional<HazardDomain> domain(std::in_place);
    std::atomic<int*> source(new int);
    auto guard = domain->pin();
    guard.protect(source);
    domain.reset();
  };
  EXPECT_DEATH(misuse(), "HazardDomain I4");
}

}  // namespace
}  // namespace assay
