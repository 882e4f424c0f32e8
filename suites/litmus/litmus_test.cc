#include "suites/litmus/litmus.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace assay::suite::litmus {
namespace {

constexpr std::uint64_t kRounds = 20'000;

TEST(LitmusTest, ForbiddenOutcomesAreNotSeen) {
  std::set<std::string> tests;
  for (const Observation& row : observe_all(kRounds)) {
    EXPECT_FALSE(row.forbidden_was_seen()) << row.test << " with " << name_of(row.ordering) << ": "
                                           << row.outcome << " was seen " << row.seen << " times";
    EXPECT_GE(row.rounds, kRounds) << row.test;
    tests.insert(row.test);
  }
  EXPECT_EQ(tests.size(), 5u);
}

TEST(LitmusTest, OutcomesAreRecognised) {
  EXPECT_TRUE(MessagePassing::weak({1, 0}));
  EXPECT_FALSE(MessagePassing::weak({1, 1}));
  EXPECT_FALSE(MessagePassing::weak({0, 1}));
  EXPECT_TRUE(StoreBuffering::weak({0, 0}));
  EXPECT_FALSE(StoreBuffering::weak({1, 0}));
  EXPECT_TRUE(LoadBuffering::weak({1, 1}));
  EXPECT_FALSE(LoadBuffering::weak({0, 1}));
  EXPECT_TRUE(IndependentReads::weak({1, 0, 1, 0}));
  EXPECT_FALSE(IndependentReads::weak({1, 0, 1, 1}));
  EXPECT_TRUE(Coherence::weak({1, 2, 2, 1}));
  EXPECT_TRUE(Coherence::weak({2, 1, 1, 2}));
  EXPECT_TRUE(Coherence::weak({1, 0, 0, 0}));
  EXPECT_FALSE(Coherence::weak({0, 1, 2, 1}));
  EXPECT_FALSE(Coherence::weak({1, 2, 1, 2}));
  EXPECT_FALSE(Coherence::weak({1, 1, 2, 2}));
}

TEST(LitmusTest, OnlyTheModelsWeakeningsAreAllowed) {
  EXPECT_TRUE(MessagePassing::allowed(Ordering::kRelaxed));
  EXPECT_FALSE(MessagePassing::allowed(Ordering::kAcquireRelease));
  EXPECT_TRUE(StoreBuffering::allowed(Ordering::kAcquireRelease));
  EXPECT_FALSE(StoreBuffering::allowed(Ordering::kSequential));
  EXPECT_FALSE(LoadBuffering::allowed(Ordering::kAcquireRelease));
  EXPECT_TRUE(IndependentReads::allowed(Ordering::kAcquireRelease));
  EXPECT_FALSE(IndependentReads::allowed(Ordering::kSequential));
  EXPECT_FALSE(Coherence::allowed(Ordering::kRelaxed));
}

// A machine that shows what is forbidden must be noticed: this test's program is wrong on every one.
struct Broken : MessagePassing {
  template <Ordering kOrdering>
  static void run(unsigned member, Words&, Registers& r) {
    if (member == 1) r[0] = 1;
  }
};

TEST(LitmusTest, AForbiddenOutcomeIsCounted) {
  const Observation row = observe<Broken, Ordering::kSequential>(kRounds);
  EXPECT_EQ(row.seen, row.rounds);
  EXPECT_TRUE(row.forbidden_was_seen());
}

}  // namespace
}  // namespace assay::suite::litmus
