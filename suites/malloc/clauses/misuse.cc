// C-43: what becomes of calls that are undefined. Any answer conforms; the best one ends the program at once.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <iterator>

#include "suites/core/clause.h"
#include "suites/core/captured_output.h"
#include "suites/malloc/entry_points.h"
#include "suites/core/forked.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

// Whether one of the next blocks of that size is handed out twice: the heap is corrupt.
bool given_twice(std::size_t size) {
  void* blocks[16];
  for (void*& block : blocks) block = malloc(size);
  for (std::size_t i = 0; i < std::size(blocks); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (blocks[i] == blocks[k]) return true;
  return false;
}

char* block_of(std::size_t size) { return opaque(static_cast<char*>(malloc(size))); }

struct Misuse {
  const char* name;
  bool (*commit)();  // returns, if at all, whether the heap is visibly corrupt
};
constexpr Misuse kMisuses[] = {
    {"double free of 64 bytes",
     [] {
       char* block = block_of(64);
       free(block);
       free(opaque(block));
       return given_twice(64);
     }},
    {"double free of 64 bytes with another free between",
     [] {
       char* block = block_of(64);
       char* other = block_of(64);
       free(block);
       free(other);
       free(opaque(block));
       return given_twice(64);
     }},
    {"double free of 1 MiB",
     [] {
       char* block = block_of(kMiB);
       free(block);
       free(opaque(block));
       return given_twice(kMiB);
     }},
    {"free of the middle of a block",
     [] {
       char* block = block_of(256);
       memset(block, 0, 256);
       free(opaque(block + 64));
       return given_twice(192);
     }},
    {"free of an odd address",
     [] {
       free(opaque(block_of(256) + 1));
       return given_twice(256);
     }},
    {"free of an address on the stack",
     [] {
       alignas(64) char local[256] = {};
       free(opaque(&local[64]));
       return given_twice(64);
     }},
    {"free of a static address",
     [] {
       alignas(64) static char fixed[256];
       free(opaque(&fixed[64]));
       return given_twice(64);
     }},
    {"write after free",
     [] {
       char* block = block_of(64);
       free(block);
       memset(opaque(block), 0x41, 64);
       return given_twice(64);
     }},
};

// Commits it in a child and notes what came of it; returns whether it was the end of the child.
bool stopped(const Misuse& misuse) {
  static char line[300];
  Ending ending;
  {
    CapturedOutput output;
    ending = run_forked([&misuse] {
      constexpr rlimit kOneSecond{1, 1};
      setrlimit(RLIMIT_CPU, &kOneSecond);
      if (misuse.commit()) _exit(1);
    });
    output.first_line(line);
  }
  note("%s: %s%s%s", misuse.name,
       ending.signal == SIGKILL ? "endless loop"
       : ending.signal != 0     ? describe(ending)
       : ending.code != 0       ? "a block is handed out twice"
                                : "no visible effect",
       line[0] == '\0' ? "" : ", saying: ", line);
  return ending.signal != 0 && ending.signal != SIGKILL;
}

CLAUSE("C-43", kQuality, "C23 7.24.3.3: undefined",
       "a double free, an invalid free or a write after free ends the program") {
  unsigned survived = 0;
  for (const Misuse& misuse : kMisuses) survived += !stopped(misuse);
  require(survived == 0, "the program goes on after %u of %zu misuses", survived, std::size(kMisuses));
}

}  // namespace
}  // namespace assay::suite
