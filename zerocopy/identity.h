// Who a descriptor stands for. The number says nothing about it once the descriptor was closed: the next
// socket or file that is opened gets the same.
#pragma once

#include <sys/socket.h>
#include <sys/stat.h>

#include <cstdint>

#include "zerocopy/transfer_concept.h"

namespace assay::zerocopy {

struct Identity {
  std::uint64_t space = 0;  // of the number: a device, or sockets; 0: unknown
  std::uint64_t number = 0;

  bool known() const noexcept { return space != 0; }
  friend bool operator==(const Identity&, const Identity&) = default;
};

// By device and inode. One system call.
inline Identity file_identity(int file, TransferRecord& record) noexcept {
  struct stat status;
  ++record.calls;
  if (::fstat(file, &status) != 0) return {};
  return {status.st_dev + 2, status.st_ino};
}

// By the cookie that the kernel gives every socket once, and never again (SO_COOKIE, Linux 4.12). One system
// call.
inline Identity socket_identity(int socket, TransferRecord& record) noexcept {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  ++record.calls;
  if (::getsockopt(socket, SOL_SOCKET, SO_COOKIE, &cookie, &size) != 0) return {};
  return {1, cookie};
}

}  // namespace assay::zerocopy
