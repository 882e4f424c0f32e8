// The allocator as a program has it that links it.
#include <gtest/gtest.h>
#include <malloc.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace {

void* (*volatile allocate)(std::size_t) = malloc;
void (*volatile release)(void*) = free;
std::size_t (*volatile usable)(void*) = malloc_usable_size;

// Instructions between two stops of a child, by single steps; 0 where the system does not let us count.
template <class Work>
long instructions_of(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(1);
    work();  // warm
    raise(SIGSTOP);
    work();
    raise(SIGSTOP);
    _exit(0);
  }
  int status;
  long steps = 0;
  if (waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
    do {
      ++steps;
      if (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0 || waitpid(child, &status, 0) != child)
        break;
    } while (WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP) steps = 0;
  }
  kill(child, SIGKILL);
  waitpid(child, &status, 0);
  return steps;
}

// The golden count: 17 instructions to allocate and 28 to free. Change it only downwards, or with a reason.
TEST(LinkedMallocTest, ASmallMallocAndFreeIsFortyFiveInstructions) {
  constexpr int kPairs = 100;
  const auto pairs = [](int count) {
    return instructions_of([count] {
      for (int i = 0; i < count; ++i) release(allocate(64));
    });
  };
  const long many = pairs(2 * kPairs), few = pairs(kPairs);
  if (many == 0 || few == 0) GTEST_SKIP() << "no process may be traced here";
  constexpr long kLoop = 12;  // at most, in the loop itself as compiled without optimisation
  EXPECT_LE((many - few) / kPairs, 45 + kLoop);
}

TEST(LinkedMallocTest, IsTheMallocOfTheProcess) {
  EXPECT_EQ(usable(allocate(17)), 32u);  // no other allocator's answer
  EXPECT_EQ(usable(operator new(1000)), 1008u);
}

TEST(LinkedMallocTest, TrimReturnsWhatIsFree) {
  std::vector<void*> blocks(2000);
  for (void*& block : blocks) std::memset(block = allocate(10'000), 1, 10'000);
  for (void* block : blocks) release(block);
  malloc_trim(0);
  EXPECT_EQ(mallinfo2().fordblks, 0u);
}

TEST(LinkedMallocTest, ThreadsInheritTheCachesOfThoseThatEnded) {
  const auto work = [] {
    for (int i = 0; i < 1000; ++i) release(allocate(static_cast<std::size_t>(i)));
  };
  std::thread(work).join();
  const std::size_t mapped = mallinfo2().arena;
  for (int i = 0; i < 200; ++i) std::thread(work).join();
  EXPECT_EQ(mallinfo2().arena, mapped);
}

TEST(LinkedMallocDeathTest, MisuseIsNamed) {
  char local[64];
  char* volatile stack = local;
  EXPECT_DEATH(release(stack + 16), "assay malloc: invalid free: 0x");
  EXPECT_DEATH(
      {
        void* block = allocate(100);
        release(block);
        release(block);
      },
      "assay malloc: double free: the block at 0x[0-9a-f]+ is free already .size class 112.");
  EXPECT_DEATH(
      {
        auto* block = static_cast<char*>(allocate(100));
        release(block);
        std::memset(block, 1, 100);
        allocate(100);
      },
      "assay malloc: write after free");
  EXPECT_DEATH(
      {
        auto* block = static_cast<char*>(allocate(200'000));
        release(block + 65536);
      },
      "invalid free");
}

}  // namespace
