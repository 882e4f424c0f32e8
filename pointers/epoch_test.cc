// What the suite of the family cannot know: how many epochs an object waits, and who is told of misuse.
#include "pointers/epoch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>

namespace assay {
namespace {

int freed = 0;
const auto count = +[](int*) { ++freed; };
int object;

TEST(EpochDomain, FreesABagWhenItIsFullAndNobodyReads) {
  EpochDomain domain;
  freed = 0;
  for (std::size_t i = 0; i < 10 * EpochDomain::kBag; ++i) domain.retire(&object, count);
  // Each full bag is stamped, and then advances the epoch once, so that it is freed with the third.
  constexpr std::size_t kWaiting = (EpochDomain::kRipe - 1) * EpochDomain::kBag;
  EXPECT_EQ(static_cast<std::size_t>(freed), 10 * EpochDomain::kBag - kWaiting);
  EXPECT_EQ(domain.garbage(), kWaiting);
}

TEST(EpochDomain, KeepsAllGarbageWhileAThreadIsPinned) {
  EpochDomain domain;
  freed = 0;
  std::optional<EpochDomain::Guard> guard(domain.pin());
  std::thread([&] {
    for (std::size_t i = 0; i < 100 * EpochDomain::kBag; ++i) domain.retire(&object, count);
  }).join();
  EXPECT_EQ(freed, 0);
  EXPECT_EQ(domain.garbage(), 100 * EpochDomain::kBag);
  guard.reset();
  domain.collect();
  EXPECT_EQ(domain.garbage(), 0U);
}

TEST(EpochDomain, AGuardIsOneWord) { EXPECT_EQ(sizeof(EpochDomain::Guard), sizeof(void*)); }

TEST(EpochDomainDeathTest, TrapsWhenItEndsWhileAThreadIsPinned) {
  const auto misuse = [] {
    std::optional<EpochDomain> domain(std::in_place);
    const auto guard = domain->pin();
    domain.reset();
  };
  EXPECT_DEATH(misuse(), "EpochDomain I4");
}

}  // namespace
}  // namespace assay
