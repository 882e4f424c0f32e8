// Before main and after it.
#include <dlfcn.h>
#include <stdlib.h>

#include "suites/core/clause.h"
#include "suites/core/random.h"
#include "suites/malloc/first_call.h"
#include "suites/malloc/stamped_block.h"

namespace assay::suite {
namespace {

constexpr int kLevels = 5;  // of which the last runs when the subject's own destructors have run
StampedBlock blocks[kLevels + 1];
int levels_run = 0;

// Frees what the level before it has allocated, and one block that is as old as the check.
void run_level() {
  static StampedBlock from_check[kLevels];
  static Random random(seed());
  if (levels_run == 0) {
    for (StampedBlock& block : from_check)
      block = StampedBlock::allocate(random.log_between(1, 100'000), random);
  } else {
    from_check[levels_run - 1].verify_and_free("since before exit");
    blocks[levels_run - 1].verify_and_free("between two exit handlers");
  }
  blocks[levels_run] = StampedBlock::allocate(random.log_between(1, 100'000), random);
  ++levels_run;
}

struct StaticObject {
  ~StaticObject() { run_level(); }
};

[[gnu::destructor]] void destructor_of_the_program() {
  if (levels_run != 0) run_level();
}

void last_level() {
  run_level();
  require(levels_run == kLevels + 1, "%d of %d exit handlers had run at the end", levels_run - 1, kLevels);
  held();
}

CLAUSE("C-81", kViolation, "C23 7.24.4.4 exit; C++20 [basic.start.term]",
       "exit handlers and static destructors may allocate, and free each other's blocks") {
  void* library = dlopen(sibling("libplugin.so"), RTLD_NOW | RTLD_LOCAL);
  require(library != nullptr, "dlopen failed: %s", dlerror());
  // Opened last, the library is finished last.
  reinterpret_cast<void (*)(void (*)())>(dlsym(library, "plugin_at_unload"))(last_level);
  run_level();
  atexit(run_level);
  static const StaticObject object;
  atexit(run_level);
  exit(EXIT_SUCCESS);
}

CLAUSE("C-82", kViolation, "C23 7.24.3 p1: no call need come first",
       "any function may be the first one called, in a constructor or before all of them") {
  for (const char* time : {"constructor", "early"}) {
    for (const char* call :
         {"malloc-small", "malloc-large", "malloc-huge", "malloc-zero", "malloc-impossible", "calloc",
          "calloc-overflow", "realloc-null", "realloc-null-zero", "aligned_alloc", "posix_memalign",
          "posix_memalign-huge", "memalign", "valloc", "free-null", "usable_size-null"}) {
      if (const char* failure = run_first_call(call, time))
        violated("a process whose first call is %s (%s): %s", call, time, failure);
    }
  }
}

}  // namespace
}  // namespace assay::suite
