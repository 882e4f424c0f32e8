// Hand-overs between threads that the suite of the family does not make. To be run with ThreadSanitizer too.
#include "pointers/arc.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>

namespace assay {
namespace {

struct Value {
  explicit Value(int first) : number(first) {}
  int number;
};

// The thread has nothing but a Weak that is older than the object, and reads the object that it comes to
// find.
TEST(ArcTest, AWeakThatIsOlderThanTheObjectSeesItWhole) {
  for (int round = 0; round < 200; ++round) {
    std::thread other;
    const auto arc = Arc<Value>::make_cyclic([&other](const Arc<Value>::Weak& weak) {
      other = std::thread([weak] {
        Arc<Value> found;
        while (!found) {
          std::this_thread::yield();
          found = weak.upgrade();
        }
        EXPECT_EQ(found->number, 7);
      });
      return Value(7);
    });
    other.join();
    EXPECT_EQ(arc.use_count(), 1U);
    EXPECT_EQ(arc.weak_count(), 0U);
  }
}

// Whoever upgrades in time makes the owner copy; otherwise the value moves away and upgrades fail.
TEST(ArcTest, MakeMutAndUpgradesExcludeEachOther) {
  for (int round = 0; round < 200; ++round) {
    auto arc = Arc<Value>::make(1);
    std::atomic<bool> started{false};
    std::thread other([&started, weak = arc.downgrade()] {
      started.store(true, std::memory_order_relaxed);  // orders nothing
      for (int i = 0; i < 20; ++i) {
        const Arc<Value> found = weak.upgrade();
        if (!found) break;
        EXPECT_EQ(found->number, 1);
      }
    });
    while (!started.load(std::memory_order_relaxed)) std::this_thread::yield();
    arc.make_mut().number = 2;
    EXPECT_EQ(arc.use_count(), 1U);
    other.join();
    EXPECT_EQ(arc->number, 2);
  }
}

// The only owner writes as soon as get_mut() says that it is alone, while the last Weak has just gone.
TEST(ArcTest, GetMutComesAfterAllThatWeaksDid) {
  for (int round = 0; round < 200; ++round) {
    auto arc = Arc<Value>::make(0);
    std::thread other([weak = arc.downgrade()]() mutable {
      if (const Arc<Value> found = weak.upgrade()) found->number = 5;
      weak.reset();
    });
    Value* alone = nullptr;
    while ((alone = arc.get_mut()) == nullptr) std::this_thread::yield();
    EXPECT_EQ(alone->number, 5);
    alone->number = 6;
    other.join();
  }
}

}  // namespace
}  // namespace assay
