// send() until all is sent or it cannot go on: no signal, no EINTR, no byte twice. The kernel has copied what
// was accepted when this returns.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "zerocopy/io_result.h"
#include "zerocopy/kernel_calls.h"
#include "zerocopy/transfer_concept.h"

namespace assay::zerocopy {

inline IoResult plain_send(int socket, std::span<const std::byte> bytes, TransferRecord& record) noexcept {
  IoResult result;
  while (result.bytes < bytes.size()) {
    const ssize_t sent = uninterrupted(record, [&] {
      return ::send(socket, bytes.data() + result.bytes, per_call(bytes.size() - result.bytes), MSG_NOSIGNAL);
    });
    if (sent <= 0) [[unlikely]] {
      result.error = error_of(sent);
      break;
    }
    result.bytes += static_cast<std::uint64_t>(sent);
  }
  record.bytes += result.bytes;
  return result;
}

}  // namespace assay::zerocopy
