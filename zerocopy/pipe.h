// A pipe through which splice() takes pages from a file to a socket.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "zerocopy/descriptor.h"
#include "zerocopy/transfer_concept.h"

namespace assay::zerocopy {

class Pipe {
 public:
  // 0, or an errno value and no descriptor. Of the size that is asked for, or, where the user's share of pipe
  // buffers is used up or that is more than the system allows, of the size that the kernel gives.
  int open(std::size_t size, TransferRecord& record) noexcept {
    close();
    int ends[2];
    record.calls += 2;
    if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
    out_ = Descriptor(ends[0]);
    in_ = Descriptor(ends[1]);
    int got = ::fcntl(ends[1], F_SETPIPE_SZ, static_cast<int>(size));
    if (got < 0) {
      ++record.calls;
      got = ::fcntl(ends[1], F_GETPIPE_SZ);
    }
    size_ = got > 0 ? static_cast<std::size_t>(got) : kAlways;
    return 0;
  }
  void close() noexcept {
    out_.close();
    in_.close();
  }

  bool is_open() const noexcept { return in_.is_open(); }
  int in() const noexcept { return in_.get(); }
  int out() const noexcept { return out_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  // What any pipe holds (PIPE_BUF).
  static constexpr std::size_t kAlways = 4096;

  Descriptor out_;
  Descriptor in_;
  std::size_t size_ = 0;
};

}  // namespace assay::zerocopy
