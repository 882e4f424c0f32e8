// Libraries that come and go.
#include <dlfcn.h>
#include <stdlib.h>

#include <atomic>

#include "suites/core/clause.h"
#include "suites/core/random.h"
#include "suites/malloc/stamped_block.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

template <class Function>
Function* function(void* library, const char* name) {
  auto* found = reinterpret_cast<Function*>(dlsym(library, name));
  require(found != nullptr, "dlsym(\"%s\"): %s", name, dlerror());
  return found;
}

void* open_library(const char* path) {
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  require(library != nullptr, "dlopen failed: %s", dlerror());
  return library;
}

CLAUSE("C-84", kViolation, "glibc manual, initial-exec TLS; gperftools #1080",
       "a library whose constructor starts a thread that allocates can be loaded") {
  const char* path = sibling("libplugin.so");
  setenv("ASSAY_PLUGIN_THREAD", "1", 1);
  std::atomic<int> loads{0};
  Team loader(1, [&](int) {
    for (; loads < 200; ++loads) {
      void* library = open_library(path);
      require(function<bool()>(library, "plugin_thread_allocated")(),
              "malloc returned null in a thread started by a library's constructor");
      dlclose(library);
    }
  });
  if (!loader.join_unless_stalled())
    violated("dlopen or dlclose number %d hangs: the library's constructor waits for a thread that allocates",
             loads + 1);
}

CLAUSE("C-85", kViolation, "C23 6.2.4, 7.24.3 p1", "blocks allocated by a library outlive its dlclose") {
  const char* path = sibling("libplugin.so");
  Random random(seed());
  StampedBlock blocks[200];
  for (int round = 0; round < 10; ++round) {
    void* library = open_library(path);
    auto* allocate = function<void*(std::size_t)>(library, "plugin_malloc");
    for (StampedBlock& block : blocks) {
      block.verify_and_free("after the library that allocated it was unloaded");
      const std::size_t size = random.log_between(1, 50'000);
      block = {allocate(size), size, random.next()};
      require(block.block != nullptr, "malloc(%zu), called in a library, returned null", size);
      fill_pattern(block.block, size, block.seed);
    }
    dlclose(library);
    if (dlopen(path, RTLD_NOW | RTLD_NOLOAD) != nullptr) skipped("dlclose does not unload %s", path);
  }
  for (StampedBlock& block : blocks)
    block.verify_and_free("after the library that allocated it was unloaded");
}

}  // namespace
}  // namespace assay::suite
