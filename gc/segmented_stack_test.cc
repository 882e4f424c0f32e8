#include "gc/segmented_stack.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace assay::gc {
namespace {

struct Allowance {
  static bool ask(void* context, std::size_t) { return static_cast<Allowance*>(context)->left-- > 0; }
  int left;
};

CollectorOptions options_of(Allowance& allowance) {
  CollectorOptions options;
  options.may_grow = Allowance::ask;
  options.may_grow_context = &allowance;
  return options;
}

TEST(SegmentedStack, GivesBackInReverseOrderAcrossSegments) {
  MemoryAccount account{CollectorOptions{}};
  SegmentedStack<std::uint64_t> stack(account);
  constexpr std::uint64_t kItems = 20'000;
  for (int round = 0; round < 3; ++round) {
    for (std::uint64_t i = 0; i < kItems; ++i) ASSERT_TRUE(stack.push(i));
    for (std::uint64_t i = kItems; i-- > 0;) ASSERT_EQ(stack.pop(), i);
    EXPECT_TRUE(stack.empty());
  }
  EXPECT_GT(account.held(), 0u);
  stack.trim();
  EXPECT_EQ(account.held(), 0u);
}

TEST(SegmentedStack, HoldsAtASegmentsEdgeWithoutTakingAnother) {
  Allowance allowance{1};
  MemoryAccount account{options_of(allowance)};
  SegmentedStack<std::uint64_t> stack(account);
  std::uint64_t items = 0;
  while (account.held() == 0) ASSERT_TRUE(stack.push(items++));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(stack.pop(), items - 1);
    EXPECT_TRUE(stack.push(items - 1));
  }
}

TEST(SegmentedStack, RefusesWhatThereIsNoMemoryForAndKeepsTheRest) {
  Allowance allowance{1};
  MemoryAccount account{options_of(allowance)};
  SegmentedStack<std::uint64_t> stack(account);
  std::uint64_t items = 0;
  while (stack.push(items)) ++items;
  EXPECT_FALSE(stack.push(items));
  while (items-- > 0) ASSERT_EQ(stack.pop(), items);
  EXPECT_TRUE(stack.empty());
  EXPECT_TRUE(stack.push(1));
}

}  // namespace
}  // namespace assay::gc
