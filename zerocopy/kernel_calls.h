// How transfers call the kernel: counted, again after EINTR, and never for more than the kernel takes.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "zerocopy/transfer_concept.h"

namespace assay::zerocopy {

// One call of read(), sendfile() and their like moves no more, whatever it is asked for (read(2)).
inline constexpr std::uint64_t kMostPerCall = 0x7ffff000;

// Calls until a signal handler does not interrupt it. Returns what the call returned; errno is the call's.
template <class Call>
[[gnu::always_inline]] inline auto uninterrupted(TransferRecord& record, Call call) noexcept {
  for (;;) {
    ++record.calls;
    const auto returned = call();
    if (returned >= 0 || errno != EINTR) [[likely]]
      return returned;
  }
}

inline std::size_t per_call(std::uint64_t length, std::uint64_t most = kMostPerCall) noexcept {
  return static_cast<std::size_t>(std::min(length, most));
}

// What went wrong with a call that returned `returned`, which has to move at least one byte to be right. The
// end of a source is told apart before; a destination that takes nothing and says nothing is EIO.
template <class Integer>
int error_of(Integer returned) noexcept {
  return returned < 0 ? errno : EIO;
}

// The call does not do this for these descriptors, or not at all: another way may.
inline bool is_refusal(int error) noexcept {
  return error == EINVAL || error == ENOSYS || error == EOPNOTSUPP || error == EXDEV || error == EPERM;
}

}  // namespace assay::zerocopy
