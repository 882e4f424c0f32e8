// The limit while threads press against it, and what is reported about it.
#include "allocators/budget_allocator.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory_resource>
#include <thread>
#include <vector>

namespace assay {
namespace {

TEST(BudgetAllocator, ReportsUsageAndRefusals) {
  BudgetAllocator allocator(std::pmr::new_delete_resource(), 1000);
  EXPECT_EQ(allocator.usage(), 0);
  void* block = allocator.allocate(250, 8);
  EXPECT_DOUBLE_EQ(allocator.usage(), 0.25);
  EXPECT_EQ(allocator.allocate(751, 8), nullptr);
  void* rest = allocator.allocate(750, 8);
  EXPECT_NE(rest, nullptr) << "a refusal took a part of the budget";
  EXPECT_EQ(allocator.refusals(), 1U);
  allocator.deallocate(rest, 750, 8);
  allocator.set_limit(100);
  EXPECT_DOUBLE_EQ(allocator.usage(), 2.5);
  EXPECT_EQ(allocator.allocate(1, 1), nullptr);
  allocator.deallocate(block, 250, 8);
  EXPECT_EQ(allocator.counts().live_bytes, 0U);
}

// An upstream that sees more live bytes than the limit allows says so.
class Limited : public std::pmr::memory_resource {
 public:
  explicit Limited(std::size_t limit) : limit_(limit) {}
  std::atomic<int> exceeded{0};

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    if (live_.fetch_add(size) + size > limit_) ++exceeded;
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
    live_.fetch_sub(size);
    std::pmr::new_delete_resource()->deallocate(block, size, alignment);
  }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }

  const std::size_t limit_;
  std::atomic<std::size_t> live_{0};
};

TEST(BudgetAllocator, NeverExceedsItsLimitWithThreads) {
  Limited upstream(300);
  BudgetAllocator allocator(&upstream, 300);
  std::vector<std::jthread> team;
  for (int thread = 0; thread < 4; ++thread)
    team.emplace_back([&allocator] {
      for (int i = 0; i < 20'000; ++i)
        if (void* block = allocator.allocate(100, 8)) allocator.deallocate(block, 100, 8);
    });
  team.clear();
  EXPECT_EQ(upstream.exceeded, 0);
  EXPECT_EQ(allocator.counts().live_blocks, 0U);
  EXPECT_EQ(allocator.counts().live_bytes, 0U);
}

class Loud : public std::pmr::memory_resource {
  void* do_allocate(std::size_t size, std::size_t alignment) override {
    return std::pmr::new_delete_resource()->allocate(size, alignment);
  }
  void do_deallocate(void*, std::size_t, std::size_t) override { std::fputs("upstream\n", stderr); }
  bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

TEST(BudgetAllocatorDeathTest, TrapsBeforeTheUpstreamIsTold) {
  if (!kChecked) GTEST_SKIP() << "only in the checked build";
  Loud upstream;
  BudgetAllocator allocator(&upstream);
  void* const block = allocator.allocate(10, 8);
  EXPECT_DEATH(allocator.deallocate(block, 100, 8), "^assay: BudgetAllocator I3");
  std::pmr::new_delete_resource()->deallocate(block, 10, 8);
}

}  // namespace
}  // namespace assay
