// The bound of a shared pool while threads are at work, and numbers of threads that come and go.
#include "allocators/shared_block_pool.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

#include "suites/core/random.h"

namespace assay {
namespace {

// Whoever holds one of N tickets must get a block, wherever the free ones are. Threads allocate more than
// they free for a while, then the other way round, so that the caches open and close.
void use_with_tickets(SharedBlockPool& pool, std::size_t blocks, unsigned threads, int operations) {
  std::atomic<long> tickets{static_cast<long>(blocks)}, refused{0}, changed{0};
  std::vector<std::jthread> team;
  for (unsigned thread = 0; thread < threads; ++thread)
    team.emplace_back([&, thread] {
      suite::Random random(thread);
      std::vector<std::uint64_t*> own;
      const auto free_last = [&] {
        if (*own.back() != reinterpret_cast<std::uintptr_t>(own.back()) + thread) ++changed;
        pool.deallocate(own.back(), 16, 16);
        own.pop_back();
        tickets.fetch_add(1);
      };
      for (int i = 0; i < operations; ++i) {
        if (random.below(100) < ((i >> 9 & 1) != 0 ? 70U : 30U)) {
          if (tickets.fetch_sub(1) <= 0) {
            tickets.fetch_add(1);
          } else if (void* block = pool.allocate(16, 16); block != nullptr) {
            own.push_back(static_cast<std::uint64_t*>(block));
            *own.back() = reinterpret_cast<std::uintptr_t>(block) + thread;
          } else {
            ++refused;
          }
        } else if (!own.empty()) {
          std::swap(own[random.below(own.size())], own.back());
          free_last();
        }
        if (i % 4096 == 77 && !own.empty() && !pool.owns(own[0])) ++changed;
      }
      while (!own.empty()) free_last();
    });
  team.clear();
  EXPECT_EQ(refused, 0) << "of " << blocks << " blocks with " << threads << " threads";
  EXPECT_EQ(changed, 0) << "of " << blocks << " blocks with " << threads << " threads";
}

TEST(SharedBlockPool, GivesExactlyItsBlocksWhileThreadsAreAtWork) {
  for (const std::size_t blocks : {1, 2, 63, 64, 65, 130, 1000})
    for (const unsigned threads : {2U, 4U, 40U}) {
      SharedBlockPool pool({.block_size = 16, .alignment = 16, .blocks = blocks});
      use_with_tickets(pool, blocks, threads, static_cast<int>(400'000 / threads));
      pool.check_invariants();
      std::set<void*> all;
      while (void* block = pool.allocate(16, 16)) all.insert(block);
      EXPECT_EQ(all.size(), blocks);
      for (void* block : all) pool.deallocate(block, 16, 16);
      EXPECT_EQ(pool.counts().live_blocks, 0U);
    }
}

TEST(SharedBlockPool, LosesNoBlockWithAThread) {
  SharedBlockPool pool({.block_size = 16, .alignment = 16, .blocks = 500});
  for (int i = 0; i < 100; ++i)
    std::jthread([&pool] {
      void* blocks[20];
      for (void*& block : blocks) block = pool.allocate(16, 16);
      for (void* block : blocks) pool.deallocate(block, 16, 16);
    });
  std::size_t taken = 0;
  while (pool.allocate(16, 16) != nullptr) ++taken;
  EXPECT_EQ(taken, 500U);
}

TEST(ThreadSlot, IsUniqueAmongThreadsThatRunAndUsedAgain) {
  std::set<unsigned> seen;
  for (int i = 0; i < 3 * static_cast<int>(kThreadSlots); ++i)
    std::jthread([&seen] { seen.insert(ThreadSlot::claim()); });
  EXPECT_LE(seen.size(), 2U) << "one at a time, threads use the same number";
  EXPECT_FALSE(seen.contains(kThreadSlots));

  std::atomic<unsigned> without{0};
  std::mutex busy;
  seen.clear();
  {
    std::atomic<unsigned> arrived{0};
    std::vector<std::jthread> team;
    for (unsigned i = 0; i < kThreadSlots + 8; ++i)
      team.emplace_back([&] {
        const unsigned slot = ThreadSlot::claim();
        {
          const std::lock_guard lock(busy);
          if (slot == kThreadSlots) {
            ++without;
          } else {
            EXPECT_TRUE(seen.insert(slot).second) << "two threads have " << slot;
          }
        }
        ++arrived;
        while (arrived < kThreadSlots + 8) std::this_thread::yield();
      });
  }
  EXPECT_EQ(seen.size() + without, kThreadSlots + 8);
  EXPECT_GE(seen.size(), kThreadSlots - 1) << "the main thread may have one";
}

#if defined(__linux__)
void forbid_membarrier() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{4, filter};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
    trap("no sandbox here", "%s", std::strerror(errno));
}

TEST(HeavyFenceDeathTest, SaysWhatToDoAboutASandboxThatForbidsIt) {
  if (!heavy_fence_available()) GTEST_SKIP() << "the kernel has no membarrier(2)";
  heavy_fence();
  const auto fence_in_sandbox = [] {
    forbid_membarrier();
    heavy_fence();
  };
  EXPECT_DEATH(fence_in_sandbox(), "no sandbox here|enter the sandbox before");
}
#endif

}  // namespace
}  // namespace assay
