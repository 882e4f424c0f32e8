// The end of memory as the allocator's own records meet it, and at the start of a process.
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

#include "suites/core/clause.h"
#include "suites/core/mapped_memory.h"
#include "suites/malloc/address_space.h"
#include "suites/malloc/entry_points.h"
#include "suites/core/forked.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

// One block of every size class that has not been used yet: each needs records of its own. Nulls are in
// order.
void* use_new_size_classes(void*) {
  void* blocks[200];
  int count = 0;
  for (std::size_t size = 1; size < 4 * kMiB && count < 200; size += 1 + size / 12) {
    void* block = malloc(size);
    if (block == nullptr) continue;
    memset(block, 0xa5, size);
    blocks[count++] = block;
  }
  while (count > 0) free(blocks[--count]);
  return nullptr;
}

constexpr int kThreads = 24;
constexpr std::size_t kStack = 64 * 1024;

CLAUSE("C-69", kViolation, "C23 7.24.3; POSIX.1-2024 malloc",
       "new size classes and new threads at the limit of memory fail cleanly or work") {
  const Ending ending = run_forked([] {
    // Threads run on stacks made beforehand. Room comes back in small steps, so that each of them, and each
    // size class, runs out at another point of its setting-up.
    auto* stacks = static_cast<char*>(map_memory(kThreads * kStack));
    constexpr std::size_t kStep = 16 * 1024;
    auto* ballast = static_cast<char*>(map_memory(kThreads * kStep));
    leave_address_space(64 * kMiB);
    void* chain = nullptr;  // through the blocks themselves: they are only there to be in the way
    for (std::size_t taken = 0; taken < 128 * kMiB; taken += 1000) {
      void* block = malloc(1000);
      if (block == nullptr) break;
      *static_cast<void**>(block) = chain;
      chain = block;
    }
    use_new_size_classes(nullptr);
    for (int i = 0; i < kThreads; ++i) {
      pthread_attr_t attributes;
      pthread_attr_init(&attributes);
      pthread_attr_setstack(&attributes, stacks + static_cast<std::size_t>(i) * kStack, kStack);
      pthread_t thread;
      const bool started = pthread_create(&thread, &attributes, &use_new_size_classes, nullptr) == 0;
      pthread_attr_destroy(&attributes);
      if (started) pthread_join(thread, nullptr);
      munmap(ballast + static_cast<std::size_t>(i) * kStep, kStep);
    }
    while (chain != nullptr) {
      void* next = *static_cast<void**>(chain);
      free(chain);
      chain = next;
    }
  });
  require(ending.clean(), "using new size classes in new threads with no address space left ends in %s",
          describe(ending));
}

// Whether a program starts and ends with that much address space. The probe itself, called wrongly, runs all
// of its static initialisation, allocates and prints: it then exits with status 2.
bool starts_within(std::size_t bytes) {
  constexpr int kUsageStatus = 2;
  const pid_t child = fork();
  if (child < 0) skipped("fork failed: %s", strerror(errno));
  if (child == 0) {
    const rlimit limit{bytes, bytes}, none{0, 0};
    const int nothing = open("/dev/null", O_WRONLY);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_AS, &limit);
    execl("/proc/self/exe", "probe", static_cast<char*>(nullptr));
    _exit(127);
  }
  return wait_for(child).code == kUsageStatus;
}

CLAUSE("C-71", kQuality, "robustness", "a program starts with 256 MiB of address space") {
  if (!starts_within(RLIM_INFINITY)) skipped("the probe does not run as a program of its own");
  std::size_t enough = 256 * kMiB, little = 0;
  require(starts_within(enough), "a program does not start with RLIMIT_AS at 256 MiB");
  while (enough - little > kMiB) {
    const std::size_t middle = little + (enough - little) / 2;
    (starts_within(middle) ? enough : little) = middle;
  }
  note("starts from %zu MiB of address space on", enough / kMiB);
}

}  // namespace
}  // namespace assay::suite
