#include "suites/core/system_calls.h"

#include <iterator>
#include <utility>

#include "suites/core/intercepted_call.h"
#include "suites/core/intercepted_ring.h"

namespace assay::suite {

const char* name_of(SystemCall call) {
  static constexpr const char* kNames[] = {"read",
                                           "pread",
                                           "readv",
                                           "write",
                                           "pwrite",
                                           "writev",
                                           "send",
                                           "sendmsg",
                                           "recv",
                                           "recvmsg",
                                           "sendfile",
                                           "splice",
                                           "vmsplice",
                                           "tee",
                                           "copy_file_range",
                                           "a ring's operation",
                                           "io_uring_enter",
                                           "io_uring_setup",
                                           "io_uring_register",
                                           "open",
                                           "close",
                                           "pipe",
                                           "socket",
                                           "a socket option",
                                           "poll",
                                           "mmap",
                                           "munmap",
                                           "madvise",
                                           "fcntl",
                                           "ioctl",
                                           "stat",
                                           "lseek",
                                           "ftruncate",
                                           "a signal mask",
                                           "syscall"};
  static_assert(std::size(kNames) == kSystemCalls);
  return kNames[static_cast<std::size_t>(call)];
}

namespace system_calls {

using intercepted::state;

const Counts& counts() { return state.counts; }
void reset_counts() { state.counts = {}; }
const Pretended& pretended() { return state.pretended; }

Watched::Watched() : before_(std::exchange(state.watched, true)) {}
Watched::~Watched() { state.watched = before_; }

Faults::Faults(const Fault& fault) {
  state.fault = fault;
  state.seen = state.met = state.pipe_level = 0;
  state.owes_error = false;
  state.pretended = {};
  state.armed = true;
}
Faults::~Faults() { state.armed = false; }
std::uint64_t Faults::met() const { return state.met; }
SystemCall Faults::kind() const { return state.latest; }

bool ring_operations_fail() {
  static const bool can = intercepted::try_failing_operation();
  return can;
}

}  // namespace system_calls
}  // namespace assay::suite
