// The bias: who counts where, when it is revoked, and that nothing is lost while threads hand objects around.
#include "pointers/biased_arc.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace assay {

namespace {

std::atomic<long> live{0};

// Each owner's thread writes a plain field of its own; the destructor reads all.
struct Tracked {
  explicit Tracked(long value_ = 0) : value(value_) { ++live; }
  Tracked(Tracked&& other) noexcept : value(other.value) { ++live; }
  Tracked(const Tracked& other) : value(other.value) { ++live; }
  ~Tracked() {
    EXPECT_EQ(seal, this) << "destroyed twice, or never made";
    seal = nullptr;
    for (const long entry : entries) sum += entry;
    ended_on = std::this_thread::get_id();
    --live;
  }
  long value;
  const Tracked* seal = this;
  std::array<long, 8> entries{};
  static inline std::atomic<long> sum{0};
  static inline std::atomic<std::thread::id> ended_on;
};

using Pointer = BiasedArc<Tracked>;

template <class Body>
void on_thread(Body body) {
  std::thread(std::move(body)).join();
}

// On a thread of its own, whose bias was never revoked.
template <class Body>
void by_new_maker(Body body) {
  on_thread([&body] { body(); });
  EXPECT_EQ(live, 0);
}

TEST(BiasedArc, CountsOwnersOfAllThreads) {
  by_new_maker([] {
    const Pointer mine = Pointer::make(1);
    Pointer second = mine;
    EXPECT_EQ(mine.use_count(), 2U);
    on_thread([&] {
      const Pointer theirs = mine;
      EXPECT_EQ(mine.use_count(), 3U);
      second.reset();  // was counted by the maker, and is dropped here
      EXPECT_EQ(mine.use_count(), 2U);
    });
    EXPECT_EQ(mine.use_count(), 1U);
    const Pointer again = mine;
    EXPECT_EQ(mine.use_count(), 2U);
  });
}

TEST(BiasedArc, IsDestroyedAtOnceWhereItIsDropped) {
  by_new_maker([] {
    Pointer mine = Pointer::make(1);
    std::thread::id other;
    on_thread([&other, pointer = std::move(mine)]() mutable {
      other = std::this_thread::get_id();
      pointer.reset();
      EXPECT_EQ(live, 0);
    });
    EXPECT_EQ(Tracked::ended_on.load(), other);
  });
}

TEST(BiasedArc, LastOwnerOfTheMakerLeavesTheOthers) {
  by_new_maker([] {
    Pointer mine = Pointer::make(1);
    Pointer theirs;
    on_thread([&] { theirs = mine; });  // counted elsewhere
    mine.reset();
    EXPECT_EQ(live, 1);
    EXPECT_EQ(theirs.use_count(), 1U);
    theirs.reset();  // on the maker's thread again
  });
}

TEST(BiasedArc, OutlivesItsMaker) {
  std::vector<Pointer> made(100);
  on_thread([&] {
    for (Pointer& pointer : made) pointer = Pointer::make(1);
  });
  const Pointer copy = made[0];
  EXPECT_EQ(copy.use_count(), 2U);
  on_thread([&] { made.clear(); });
  EXPECT_EQ(live, 1);
  EXPECT_EQ(copy.use_count(), 1U);
}

TEST(BiasedArc, IsNotTakenOverByTheNextThread) {
  Pointer pointer;
  BiasHolder::Identity first = 0;
  on_thread([&] {
    pointer = Pointer::make(1);
    first = BiasHolder::self()->id();
  });
  on_thread([&] {
    const Pointer own = Pointer::make(2);  // makes this thread a holder, of the same record
    EXPECT_NE(BiasHolder::self()->id(), first);
    const Pointer copy = pointer;
    pointer.reset();
    EXPECT_EQ(copy.use_count(), 1U);
  });
  EXPECT_EQ(live, 0);
}

TEST(BiasedArc, MakerThatHandsAllOverIsNotTrustedForAWhile) {
  if (!heavy_fence_available()) GTEST_SKIP() << "nothing is biased here";
  by_new_maker([] {
    std::vector<Pointer> made;
    for (int i = 0; i < 100; ++i) made.push_back(Pointer::make(i));
    const Pointer kept = made.back();
    EXPECT_NE(BiasHolder::id_for_new(), 0U);
    const BiasHolder::Identity before = BiasHolder::self()->id();
    on_thread([&] { made.clear(); });
    EXPECT_EQ(live, 1);
    EXPECT_NE(BiasHolder::self()->id(), before) << "the generation has not ended";
    const Pointer copy = kept;  // has lost its bias, and counts on
    EXPECT_EQ(kept.use_count(), 2U);
    EXPECT_EQ(BiasHolder::id_for_new(), 0U);
    for (std::uint32_t i = 0; i < BiasHolder::kDoubts; ++i) {
      const Pointer plain = Pointer::make(0);
      const Pointer owner = plain;
      EXPECT_EQ(plain.use_count(), 2U);
    }
    EXPECT_NE(BiasHolder::id_for_new(), 0U);
  });
}

TEST(BiasedArc, ProvesOnElsewhereThatAnOwnerIsAlone) {
  by_new_maker([] {
    Pointer mine = Pointer::make(5);
    Pointer copy = mine;
    on_thread([&] { EXPECT_EQ(mine.get_mut(), nullptr); });
    copy.reset();
    on_thread([&] {
      EXPECT_EQ(mine.get_mut(), mine.get());
      const Pointer::Weak weak = mine.downgrade();
      EXPECT_EQ(mine.get_mut(), nullptr);
    });
    EXPECT_EQ(mine.get_mut(), mine.get());
    Pointer other = Pointer::make(6);
    on_thread([&] {
      const Pointer::Weak weak = other.downgrade();
      std::optional<Tracked> value = Pointer::try_unwrap(std::move(other));
      ASSERT_TRUE(value.has_value());
      EXPECT_EQ(value->value, 6);
      EXPECT_EQ(weak.upgrade(), Pointer());
    });
  });
}

// The maker copies and drops in a loop while other threads drop what they were given, so that revocations
// fall into the middle of its changes.
TEST(BiasedArc, IsRevokedWhileTheMakerCounts) {
  for (int round = 0; round < 30; ++round) {
    by_new_maker([] {
      constexpr int kObjects = 3;
      std::vector<Pointer> mine, given;
      for (int i = 0; i < kObjects; ++i) {
        mine.push_back(Pointer::make(i));
        for (int copies = 0; copies < 4; ++copies) given.push_back(mine.back());
      }
      std::atomic<bool> done{false};
      std::thread other([&] {
        for (Pointer& pointer : given) {
          const Pointer copy = pointer;
          pointer.reset();
          std::this_thread::yield();
        }
        done = true;
      });
      std::size_t copies = 0;
      while (!done) {
        const Pointer first = mine[copies % kObjects];
        const Pointer second = first;
        if (++copies % 64 == 0) std::this_thread::yield();
      }
      other.join();
      for (Pointer& pointer : mine) {
        EXPECT_EQ(pointer.use_count(), 1U);
        const Pointer copy = pointer;
        EXPECT_EQ(pointer.use_count(), 2U);
      }
    });
  }
}

class Mailbox {
 public:
  void put(Pointer pointer) {
    const std::lock_guard lock(busy_);
    inside_.push_back(std::move(pointer));
  }
  Pointer take(std::size_t at) {
    const std::lock_guard lock(busy_);
    if (inside_.empty()) return {};
    std::swap(inside_[at % inside_.size()], inside_.back());
    Pointer pointer = std::move(inside_.back());
    inside_.pop_back();
    return pointer;
  }

 private:
  std::mutex busy_;
  std::vector<Pointer> inside_;
};

// Threads come and go, make objects, put owners into mailboxes and take out others', copy, drop and upgrade.
TEST(BiasedArc, LosesNothingAmongThreadsThatHandOwnersAround) {
  constexpr unsigned kThreads = 4, kGenerations = 6, kSteps = 2500;
  Tracked::sum = 0;
  std::atomic<long> written{0};
  {
    std::array<Mailbox, kThreads> mailboxes;
    for (unsigned generation = 0; generation < kGenerations; ++generation) {
      std::vector<std::thread> threads;
      for (unsigned member = 0; member < kThreads; ++member)
        threads.emplace_back([&, member] {
          std::minstd_rand random(generation * kThreads + member + 1);
          std::array<Pointer, 6> owners;
          std::array<Pointer::Weak, 3> weaks;
          for (unsigned step = 0; step < kSteps; ++step) {
            Pointer& owner = owners[random() % owners.size()];
            Pointer::Weak& weak = weaks[random() % weaks.size()];
            Mailbox& mailbox = mailboxes[random() % kThreads];
            switch (random() % 9) {
              case 0:
                owner = Pointer::make(1);
                break;
              case 1:
                if (owner) mailbox.put(owner);
                break;
              case 2:
                if (owner) mailbox.put(std::move(owner));
                break;
              case 3:
              case 4:
                owner = mailbox.take(random());
                break;
              case 5:
                owner = owners[random() % owners.size()];
                break;
              case 6:
                weak = owner.downgrade();
                break;
              case 7:
                if (Pointer found = weak.upgrade()) owner = std::move(found);
                break;
              default:
                owner.reset();
            }
            if (owner) {
              ++owner->entries[member];
              ++written;
            }
            if (random() % 64 == 0) std::this_thread::yield();
          }
        });
      for (std::thread& thread : threads) thread.join();
    }
  }
  EXPECT_EQ(live, 0);
  EXPECT_EQ(Tracked::sum, written) << "a destructor did not see all that owners wrote";
}

// Threads other than the caller do not exist in the child: what they were doing is over.
TEST(BiasedArc, ObjectsOfVanishedThreadsEndInAForkedChild) {
  std::atomic<bool> made{false}, done{false};
  Pointer given;
  std::thread maker([&] {
    given = Pointer::make(1);
    const Pointer mine = given;
    made = true;
    while (!done) const Pointer copy = mine;
  });
  while (!made) std::this_thread::yield();
  for (int i = 0; i < 10; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      { const Pointer copy = given; }
      given.reset();
      const Pointer own = Pointer::make(2);
      _exit(own.use_count() == 1 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  done = true;
  maker.join();
  given.reset();
  EXPECT_EQ(live, 0);
}

template <class T>
using NarrowArc = SharedPointer<T, BiasedCounts<100>>;

TEST(BiasedArcDeathTest, OneOwnerTooManyTraps) {
  static_assert(NarrowArc<int>::kTraits.most_owners == 100);
  const NarrowArc<int> first = NarrowArc<int>::make(1);
  std::vector<NarrowArc<int>> owners(99, first);
  EXPECT_EQ(first.use_count(), 100U);
  EXPECT_DEATH(owners.push_back(first), "too many owners");
}

TEST(BiasedArcDeathTest, AlsoOnOtherThreads) {
  const NarrowArc<int> first = NarrowArc<int>::make(1);
  EXPECT_DEATH(on_thread([&] { const std::vector<NarrowArc<int>> owners(101, first); }), "too many owners");
}

}  // namespace
}  // namespace assay
