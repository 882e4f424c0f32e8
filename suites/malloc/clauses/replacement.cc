// Whether the subject replaces the whole family: a block of one heap given to another's free is corruption.
#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "suites/core/clause.h"
#include "suites/malloc/entry_points.h"
#include "suites/core/forked.h"
#include "suites/malloc/provider.h"
#include "suites/malloc/text_list.h"

namespace assay::suite {
namespace {

constexpr const char* kFamily[] = {"calloc",   "realloc", "free",    "aligned_alloc",     "posix_memalign",
                                   "memalign", "valloc",  "pvalloc", "malloc_usable_size"};
constexpr const char* kNewInC23[] = {"free_sized", "free_aligned_sized"};  // no shame not to have them

struct Source {
  const char* call;
  void* (*allocate)();
};
constexpr Source kSources[] = {
    {"malloc(100)", [] { return malloc(100); }},
    {"calloc(1, 100)", [] { return calloc(1, 100); }},
    {"realloc(NULL, 100)", [] { return realloc(nullptr, 100); }},
    {"reallocarray(NULL, 1, 100)", [] { return reallocarray(nullptr, 1, 100); }},
    {"aligned_alloc(64, 128)", [] { return aligned_alloc(64, 128); }},
    {"posix_memalign(p, 64, 100)",
     [] {
       void* block = nullptr;
       return posix_memalign(&block, 64, 100) == 0 ? block : nullptr;
     }},
    {"memalign(64, 100)", [] { return memalign(64, 100); }},
    {"valloc(100)", [] { return valloc(100); }},
    {"pvalloc(100)", [] { return pvalloc(100); }},
};

CLAUSE("C-61", kViolation, "glibc manual, Replacing malloc",
       "one object provides every function of the malloc family") {
  const Provider provider = provider_of("malloc");
  TextList foreign;
  for (const char* name : kFamily) {
    const Provider other = provider_of(name);
    if (other != provider)
      foreign.add("%s is in %s", name, other.base == nullptr ? "no object" : other.object);
  }
  for (const char* name : kNewInC23) {
    const Provider other = provider_of(name);
    if (other.base != nullptr && other != provider) foreign.add("%s is in %s", name, other.object);
  }
  for (const Source& source : kSources) {
    const Ending freed = run_forked([&] { free(source.allocate()); });
    if (!freed.clean()) foreign.add("free(%s) ends in %s", source.call, describe(freed));
    const Ending reallocated = run_forked([&] { free(realloc(source.allocate(), 5000)); });
    if (!reallocated.clean()) foreign.add("realloc(%s, 5000) ends in %s", source.call, describe(reallocated));
  }
  require(foreign.empty(), "malloc is in %s, but %s", provider.object, foreign.text());
}

CLAUSE("C-65", kQuality, "glibc manual, Replacing malloc; man mallinfo, mallopt",
       "mallinfo, mallinfo2, malloc_info, malloc_trim and mallopt may be called") {
  struct Call {
    const char* name;
    void (*call)();
  };
  constexpr Call kCalls[] = {
      {"mallinfo2()", [] { mallinfo2(); }},
      {"mallinfo()",
       [] { entry_point<struct mallinfo()>("mallinfo")(); }},  // by name: deprecated by its header
      {"malloc_info(0, file)",
       [] {
         FILE* file = fopen("/dev/null", "w");
         if (file == nullptr) skipped("/dev/null cannot be opened: %s", strerror(errno));
         malloc_info(0, file);
         fclose(file);
       }},
      {"malloc_trim(0)", [] { malloc_trim(0); }},
      {"mallopt(M_TRIM_THRESHOLD, 65536)", [] { mallopt(M_TRIM_THRESHOLD, 65536); }},
  };
  for (const Call& call : kCalls) {
    const Ending ending = run_forked([&] {
      void* before = malloc(1000);
      call.call();
      free(before);
      free(malloc(100000));
    });
    require(ending.clean(), "%s between malloc and free ends in %s", call.name, describe(ending));
  }
}

}  // namespace
}  // namespace assay::suite
