// Whether the process certainly has one thread, so that read-modify-writes of counts need no locked
// instruction. glibc (2.32 and newer) keeps the answer in a byte: false from before a second thread is
// created, which orders what was counted until then before all that the thread does. Elsewhere never.
// A thread that was made by clone(2) itself is not known to glibc. libstdc++'s shared_ptr relies on the same.
#pragma once

#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace assay {

[[gnu::always_inline]] inline bool is_single_threaded() noexcept {
#if __has_include(<sys/single_threaded.h>)
  return __libc_single_threaded != 0;
#else
  return false;
#endif
}

}  // namespace assay
