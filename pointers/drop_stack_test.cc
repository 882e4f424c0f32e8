#include "pointers/drop_stack.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "pointers/box.h"
#include "pointers/rc.h"

namespace assay {
namespace {

// Its destructor tells how far down the stack it runs.
struct Link {
  Link(Box<Link> next_, std::uintptr_t& lowest_) : next(std::move(next_)), lowest(lowest_) {}
  ~Link() {
    const volatile char here = 0;
    lowest = std::min(lowest, reinterpret_cast<std::uintptr_t>(&here));
  }
  Box<Link> next;
  std::uintptr_t& lowest;
};

TEST(DropStackTest, AMillionLinksUseLittleStack) {
  const volatile char here = 0;
  auto lowest = reinterpret_cast<std::uintptr_t>(&here);
  const std::uintptr_t begin = lowest;
  Box<Link> head;
  for (int i = 0; i < 1'000'000; ++i) head = Box<Link>::make(std::move(head), lowest);
  head.reset();
  EXPECT_LT(begin - lowest, 4 * DropStack::kDirectBytes);
  EXPECT_GT(begin - lowest, DropStack::kDirectBytes / 2) << "shallow drops are to nest";
}

// Notes its name when it is destroyed.
struct Named {
  Named(int name_, std::vector<int>& log_) : name(name_), log(log_) {}
  ~Named() { log.push_back(name); }
  std::vector<Box<Named>> children;
  Box<Named> last;
  int name;
  std::vector<int>& log;
};

TEST(DropStackTest, ShallowDropsKeepTheOrderOfMembers) {
  std::vector<int> log;
  auto root = Box<Named>::make(0, log);
  root->last = Box<Named>::make(1, log);
  root->last->last = Box<Named>::make(2, log);
  root->children.push_back(Box<Named>::make(3, log));
  root.reset();
  EXPECT_EQ(log, (std::vector<int>{0, 1, 2, 3}));
}

TEST(DropStackTest, DeepDropsHappenBeforeTheOutermostReturns) {
  std::vector<int> log;
  auto root = Box<Named>::make(0, log);
  for (int i = 1; i < 10'000; ++i) {
    auto parent = Box<Named>::make(i, log);
    parent->last = std::move(root);
    root = std::move(parent);
  }
  root.reset();
  ASSERT_EQ(log.size(), 10'000U);
  for (int i = 0; i < 10'000; ++i) ASSERT_EQ(log[static_cast<std::size_t>(i)], 9'999 - i);
}

// A chain, at the end of which an object has more children than pend without malloc.
TEST(DropStackTest, ManyPendAtOnce) {
  for (const int children : {1, 15, 16, 17, 272, 5000}) {
    std::vector<int> log;
    auto root = Box<Named>::make(-1, log);
    for (int i = 0; i < children; ++i) root->children.push_back(Box<Named>::make(i, log));
    for (int i = 0; i < 1000; ++i) {
      auto parent = Box<Named>::make(-2, log);
      parent->last = std::move(root);
      root = std::move(parent);
    }
    root.reset();
    EXPECT_EQ(log.size(), 1001U + static_cast<std::size_t>(children));
  }
}

// Grows a new chain while the old one is destroyed, and drops it.
struct Phoenix {
  ~Phoenix() {
    ++destroyed;
    if (again) {
      Rc<Phoenix> chain;
      for (int i = 0; i < 10; ++i) chain = Rc<Phoenix>::make(std::move(chain), false);
    }
  }
  Rc<Phoenix> next;
  bool again;
  static inline int destroyed = 0;
};

TEST(DropStackTest, DestructorsMayMakeAndDropChains) {
  Rc<Phoenix> chain;
  for (int i = 0; i < 2000; ++i) chain = Rc<Phoenix>::make(std::move(chain), true);
  chain.reset();
  EXPECT_EQ(Phoenix::destroyed, 2000 * 11);
}

TEST(DropStackTest, EachThreadDrainsItsOwn) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      std::vector<int> log;
      for (int round = 0; round < 5; ++round) {
        Box<Named> root;
        for (int i = 0; i < 2000; ++i) {
          auto parent = Box<Named>::make(i, log);
          parent->last = std::move(root);
          root = std::move(parent);
        }
      }
      EXPECT_EQ(log.size(), 10'000U);
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace assay
