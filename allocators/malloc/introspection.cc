// The functions of <malloc.h> that look at the heap or tune it, and what the environment says.
//
//   ASSAY_MALLOC_RETAIN=MiB  so much freed memory may stay with the process for its next use, a tenth of a
//                            second at least (default: 64, or twice what is in use); 0: it goes back at once
//   ASSAY_MALLOC_STATS=1     says at exit what was mapped, used and returned
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include <cstddef>

#include "allocators/malloc/exported.h"
#include "allocators/malloc/misuse.h"
#include "allocators/malloc/os_memory.h"
#include "allocators/malloc/space.h"
#include "allocators/malloc/threads.h"

namespace assay::drop_in {
namespace {

constexpr std::size_t kKiB = 1024;

void print_statistics() noexcept {
  Line line;
  line << "assay malloc: " << OsMemory::mapped() / kKiB << " KiB mapped, " << space.used_bytes() / kKiB
       << " KiB in blocks, " << space.dirty_bytes() / kKiB << " KiB free with pages, "
       << OsMemory::discarded() / kKiB << " KiB returned to the system so far";
  line.write();
}

[[gnu::constructor(102)]] void read_environment() {
  if (const char* retain = getenv("ASSAY_MALLOC_RETAIN"); retain != nullptr && *retain != '\0') {
    char* end;
    const int error = errno;
    const unsigned long mebibytes = strtoul(retain, &end, 10);
    errno = error;
    if (*end == '\0' && mebibytes < std::size_t{1} << 27) space.set_retain(mebibytes << 20);
  }
}

[[gnu::destructor(101)]] void report_at_exit() {
  if (const char* wanted = getenv("ASSAY_MALLOC_STATS"); wanted != nullptr && *wanted == '1')
    print_statistics();
}

}  // namespace
}  // namespace assay::drop_in

using namespace assay::drop_in;

extern "C" {

// What other threads have in their caches stays theirs.
ASSAY_EXPORTED int malloc_trim(std::size_t keep) noexcept {
  Threads::flush_all();
  for (Central& central : centrals) central.discard_sparse();
  mixed_blocks.discard_sparse();
  return space.trim(keep) ? 1 : 0;
}

ASSAY_EXPORTED int mallopt(int parameter, int value) noexcept {
  if (parameter == M_TRIM_THRESHOLD && value >= 0) space.set_retain(static_cast<std::size_t>(value));
  return 1;
}

ASSAY_EXPORTED struct mallinfo2 mallinfo2() noexcept {
  struct mallinfo2 info = {};
  info.arena = OsMemory::mapped();
  info.uordblks = space.used_bytes();
  info.fordblks = space.dirty_bytes();
  info.keepcost = space.dirty_bytes();
  return info;
}

ASSAY_EXPORTED struct mallinfo mallinfo() noexcept {
  struct mallinfo info = {};
  info.arena = static_cast<int>(OsMemory::mapped());
  info.uordblks = static_cast<int>(space.used_bytes());
  info.fordblks = info.keepcost = static_cast<int>(space.dirty_bytes());
  return info;
}

ASSAY_EXPORTED void malloc_stats() noexcept { print_statistics(); }

ASSAY_EXPORTED int malloc_info(int options, FILE* stream) noexcept {
  if (options != 0) {
    errno = EINVAL;
    return -1;
  }
  fprintf(stream,
          "<malloc version=\"assay-1\">\n<system type=\"current\" size=\"%zu\"/>\n<total type=\"blocks\" "
          "size=\"%zu\"/>\n<total type=\"rest\" size=\"%zu\"/>\n</malloc>\n",
          OsMemory::mapped(), space.used_bytes(), space.dirty_bytes());
  return 0;
}

}  // extern "C"
