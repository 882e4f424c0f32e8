// Who a descriptor stands for. The number says nothing about it once the descriptor was closed: the next
// socket or file that is opened gets the same.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdint>

#include "zerocopy/transfer_concept.h"

namespace assay::zerocopy {

struct Identity {
  std::uint64_t space = 0;  // of the number: a device, or sockets; 0: unknown
  std::uint64_t number = 0;
  std::uint64_t birth = 0;  // of a file, in nanoseconds, where the file system says it

  bool known() const noexcept { return space != 0; }
  friend bool operator==(const Identity&, const Identity&) = default;
};

// By device, inode and birth: the inode of a file that was deleted is that of the next one, often at once.
// One system call.
inline Identity file_identity(int file, TransferRecord& record) noexcept {
  struct statx status = {};
  ++record.calls;
  if (::statx(file, "", AT_EMPTY_PATH, STATX_INO | STATX_BTIME, &status) != 0) return {};
  std::uint64_t birth = 0;
  if ((status.stx_mask & STATX_BTIME) != 0)
    birth = static_cast<std::uint64_t>(status.stx_btime.tv_sec) * 1'000'000'000 + status.stx_btime.tv_nsec;
  return {makedev(status.stx_dev_major, status.stx_dev_minor) + 2, status.stx_ino, birth};
}

// By the cookie that the kernel gives every socket once, and never again (SO_COOKIE, Linux 4.12). One system
// call.
inline Identity socket_identity(int socket, TransferRecord& record) noexcept {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  ++record.calls;
  if (::getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) return {};
  return {1, cookie, 0};
}

}  // namespace assay::zerocopy
