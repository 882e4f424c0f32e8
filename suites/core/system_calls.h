// The program's own system calls, counted and made to fail: what takes the place of the C library's wrappers
// in the program that links it.
//
//   {
//     const system_calls::Faults faults({.act = Act::kFail, .error = EINTR, .after = 3});
//     const system_calls::Watched watched;     // only what this thread does here is counted, and fails
//     result = transfer.send_file(…);
//   }
//   system_calls::counts().calls_of(SystemCall::kSendfile)
//
// Everything is per thread and off until a Watched lives. Nothing allocates, and a signal handler may call
// what is replaced. Not seen: calls by an inline instruction (liburing), and those that the C library makes
// itself (stdio, getaddrinfo). It has to be in the program, or in a library that comes before the C library.
//
// Rings: where their memory is mapped by mmap(), operations that io_uring_enter submits are calls of the kind
// kRingOperation. One that shall fail becomes a no-operation with that result (Linux 6.9); a short one is
// submitted with less length.
#pragma once

#include <cstddef>
#include <cstdint>

namespace assay::suite {

enum class SystemCall : unsigned char {
  kRead,  // and pread, preadv: the next two
  kPread,
  kReadv,
  kWrite,
  kPwrite,
  kWritev,
  kSend,  // and sendto
  kSendmsg,
  kRecv,  // and recvfrom
  kRecvmsg,
  kSendfile,
  kSplice,
  kVmsplice,
  kTee,
  kCopyFileRange,
  kRingOperation,  // within one of the next kind: no call of its own
  kRingEnter,
  kRingSetup,
  kRingRegister,
  kOpen,
  kClose,
  kPipe,
  kSocket,  // socket, accept, connect, bind, listen, shutdown
  kSocketOption,
  kPoll,
  kMmap,
  kMunmap,
  kMadvise,
  kFcntl,
  kIoctl,
  kStat,
  kSeek,
  kTruncate,  // and fallocate
  kSignal,    // pthread_sigmask, sigprocmask, sigpending, sigtimedwait: only counted
  kOther,
};
constexpr std::size_t kSystemCalls = static_cast<std::size_t>(SystemCall::kOther) + 1;

const char* name_of(SystemCall call);

namespace system_calls {

using Set = std::uint64_t;  // of kinds

template <class... Kinds>
constexpr Set set_of(Kinds... kinds) {
  return ((Set{1} << static_cast<unsigned>(kinds)) | ...);
}
constexpr Set kAll = (Set{1} << kSystemCalls) - 1;
constexpr Set kReading = set_of(SystemCall::kRead, SystemCall::kPread, SystemCall::kReadv);
constexpr Set kWriting = set_of(SystemCall::kWrite, SystemCall::kPwrite, SystemCall::kWritev);
constexpr Set kSending = set_of(SystemCall::kSend, SystemCall::kSendmsg);
constexpr Set kReceiving = set_of(SystemCall::kRecv, SystemCall::kRecvmsg);
constexpr Set kInKernel = set_of(SystemCall::kSendfile, SystemCall::kSplice, SystemCall::kCopyFileRange);
constexpr Set kMoving = kReading | kWriting | kSending | kReceiving | kInKernel;

struct Counts {
  std::uint64_t calls[kSystemCalls] = {};
  std::uint64_t bytes[kSystemCalls] = {};  // results above 0 of calls that return a count

  std::uint64_t calls_of(SystemCall kind) const { return calls[static_cast<std::size_t>(kind)]; }
  std::uint64_t calls_of(Set kinds) const { return sum(calls, kinds); }
  std::uint64_t bytes_of(Set kinds) const { return sum(bytes, kinds); }
  std::uint64_t all_calls() const { return sum(calls, kAll & ~set_of(SystemCall::kRingOperation)); }

 private:
  static std::uint64_t sum(const std::uint64_t (&of)[kSystemCalls], Set kinds) {
    std::uint64_t total = 0;
    for (std::size_t kind = 0; kind < kSystemCalls; ++kind)
      if ((kinds >> kind & 1) != 0) total += of[kind];
    return total;
  }
};

const Counts& counts();  // of this thread
void reset_counts();

class Watched {
 public:
  Watched();
  ~Watched();
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  const bool before_;
};

enum class Act : unsigned char {
  kFail,          // with `error`, and nothing done; of close: after it has been done, as the kernel does
  kNothing,       // returns 0, as at the end of a file
  kShort,         // does half of what is asked for
  kOneByte,       // does one byte of it
  kShortAndFail,  // does half of it, and the next call of the same kind fails with `error`
  kLimit,         // does at most `most`
  kPretend,       // does nothing and says that it has, as far as the kernel would go (see Pretended)
};

struct Fault {
  Act act = Act::kFail;
  int error = 0;
  Set kinds = kAll;
  std::uint64_t after = 0;  // so many calls of these kinds are left alone
  bool for_good = false;    // from then on all; otherwise the one
  std::uint64_t most = 0;
};

// While it lives, what is watched on this thread meets with the fault. One at a time.
class Faults {
 public:
  explicit Faults(const Fault& fault);
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  std::uint64_t met() const;  // so many calls have met with it
  SystemCall kind() const;    // of the latest
};

// What calls that pretended would have moved: that huge ranges can be checked without moving them.
struct Pretended {
  std::uint64_t from_files = 0;      // bytes taken at offsets that were given
  std::uint64_t next = UINT64_MAX;   // the offset behind the latest of them
  std::uint64_t gaps = 0;            // of them did not begin where the one before had ended
  std::uint64_t to_sinks = 0;        // bytes given to sockets, or to files
  std::uint64_t begin = UINT64_MAX;  // the first offset
};
const Pretended& pretended();  // by this thread, since the latest Faults began

// The kernel moves no more by a call.
constexpr std::uint64_t kMostByACall = 0x7ffff000;

// Whether operations of rings can be made to fail here; asks the kernel once.
bool ring_operations_fail();

}  // namespace system_calls
}  // namespace assay::suite
