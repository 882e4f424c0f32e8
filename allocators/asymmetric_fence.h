// A pair of fences for two sides of which one runs often and the other hardly ever.
//
//   often:  mine = true;   light_fence();  if (theirs) …        no instruction at all
//   rarely: theirs = true; heavy_fence();  if (mine) …          a system call, some microseconds
//
// As with two sequentially consistent fences, at least one side sees the other's store. The light side is
// kept in order by the compiler only; the heavy side makes the kernel execute a full fence on every processor
// that runs a thread of this process, so that the light side's store and load lie both before it or the load
// lies after it. Where the kernel offers no such call heavy_fence must not be used: ask
// heavy_fence_available() first. It asks once: a sandbox (seccomp) that a process enters later must go on to
// allow membarrier(2), or the next heavy_fence() ends the program, since nothing else can take its place.
// Sources: Goldblatt, "P1202: Asymmetric fences" (2018); membarrier(2).
#pragma once

#include <atomic>
#include <cerrno>
#include <cstring>

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "allocators/check.h"

namespace assay {

inline void light_fence() noexcept { std::atomic_signal_fence(std::memory_order_seq_cst); }

#if defined(__linux__) && defined(SYS_membarrier)

inline bool register_heavy_fence() noexcept {
  return syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

inline bool heavy_fence_available() noexcept {
  static const bool available = register_heavy_fence();
  return available;
}

inline void heavy_fence() noexcept {
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0) return;
  if (errno == EPERM && register_heavy_fence() &&  // a child process may have to register itself
      syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) == 0)
    return;
  trap("heavy_fence I1",
       "membarrier: %s, though it has worked; let the sandbox allow it, or enter the sandbox before its "
       "first use",
       std::strerror(errno));
}

#else

inline bool heavy_fence_available() noexcept { return false; }
inline void heavy_fence() noexcept { trap("heavy_fence I1", "used where it is not available"); }

#endif

}  // namespace assay
