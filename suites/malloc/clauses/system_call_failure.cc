// One refusal by the kernel, at every point where the subject asks it for something.
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/core/live_map.h"
#include "suites/core/random.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/malloc/clauses/system_call_trap.h"
#include "suites/malloc/entry_points.h"
#include "suites/core/forked.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

constexpr int kTakeAlignment = 3;  // the first entries of the table
static_assert(kAlignedEntries[kTakeAlignment - 1].takes_alignment);

constexpr int kSlots = 32, kOperations = 300;

std::uint64_t refused_number;

// A program whose blocks are large enough to make the subject map and unmap all the time. Contents are
// checked whole, also after a realloc that failed; null is an answer like any other.
void run_program(LiveMap& live, std::uint64_t program_seed) {
  Random random(program_seed);
  void* blocks[kSlots] = {};
  const auto intact = [](const char* problem, const char* doing) {
    require(problem == nullptr, "%s when mapping call %zu (%s) had failed: %s", doing,
            std::size_t{refused_number}, last_refused_call(), problem);
  };
  for (int i = 0; i < kOperations; ++i) {
    void*& block = blocks[random.below(kSlots)];
    std::size_t size = random.log_between(16, random.one_in(8) ? 3'000'000 : 200'000);
    if (block == nullptr) {
      const std::uint64_t kind = random.below(4);
      block = kind == 0   ? calloc(1, size)
              : kind == 1 ? kAlignedEntries[random.below(kTakeAlignment)].allocate(
                                std::size_t{1} << random.between(4, 16), size)
                          : malloc(size);
      if (block != nullptr) intact(live.add(block, size, size, 0), "allocating");
    } else if (random.one_in(3)) {
      LiveMap::Block record{};
      live.take(block, &record);
      void* moved = realloc(block, size);
      if (moved == nullptr)
        size = record.requested;
      else
        block = moved;
      const std::size_t kept = size < record.requested ? size : record.requested;
      intact(LiveMap::compare(block, kept, record.seed),
             moved == nullptr ? "after a failed realloc" : "after realloc");
      intact(live.add(block, size, size, 0), "reallocating");
    } else {
      intact(live.remove(block), "freeing");
      free(block);
      block = nullptr;
    }
  }
  for (void* block : blocks) {
    if (block == nullptr) continue;
    intact(live.remove(block), "freeing");
    free(block);
  }
}

void need_trap() {
  if (!trap_mapping_calls()) skipped("the kernel does not allow a seccomp filter: %s", strerror(errno));
}

// The harness's own records are mapped before the calls are counted.
void warm(LiveMap& live) {
  char byte;
  live.add(&byte, 1, 1, 0);
  live.remove(&byte);
}

// What is lost at each refusal adds up. Blocks are not touched: it is address space that is measured.
void check_for_leaks() {
  need_trap();
  refuse_mapping_calls([](std::uint64_t number, long call) {
    return number % 5 == 0 && (call == SYS_mmap || call == SYS_mremap || call == SYS_brk);
  });
  constexpr int kRounds = 3000;
  Random random(seed());
  std::size_t before = 0;
  for (int i = 0; i < kRounds; ++i) {
    if (i == kRounds / 4) before = mapped_bytes();
    void* aligned = memalign(65536, random.log_between(100'000, 2 * kMiB));
    void* block = malloc(random.log_between(100'000, 2 * kMiB));
    void* moved = realloc(block, random.log_between(100'000, 4 * kMiB));
    free(moved == nullptr ? block : moved);
    free(aligned);
  }
  const std::size_t after = mapped_bytes();
  require(after <= before + 128 * kMiB,
          "every fifth request for memory refused: %zu MiB mapped after %d rounds, %zu MiB after %d",
          before / kMiB, kRounds / 4, after / kMiB, kRounds);
}

CLAUSE("C-72", kViolation, "C23 7.24.3; POSIX.1-2024 malloc, free",
       "whichever mapping call the kernel refuses, blocks stay intact and nothing leaks") {
  auto& calls = shared_with_children<std::uint64_t>();
  constexpr std::uint64_t kPoints = 50;
  for (refused_number = 1; refused_number <= kPoints; ++refused_number) {
    const Ending ending = run_forked([&calls] {
      LiveMap live;
      warm(live);
      need_trap();
      refuse_mapping_calls([](std::uint64_t number, long) { return number == refused_number; });
      run_program(live, seed());
      calls = mapping_calls();
    });
    require(ending.clean(), "mapping call %zu refused: the process ends in %s", std::size_t{refused_number},
            describe(ending));
    if (refused_number > calls) break;
  }

  const Ending ending = run_forked(&check_for_leaks);
  require(ending.clean(), "with every fifth request for memory refused the process ends in %s",
          describe(ending));
}

}  // namespace
}  // namespace assay::suite
