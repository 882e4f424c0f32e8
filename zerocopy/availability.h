// Whether the kernel, or a file system, has what a reader or a transfer needs. Asked by trying, not by
// version numbers: containers and security policies refuse what the kernel could do.
#pragma once

namespace assay {

struct Availability {
  int error = 0;           // an errno value; 0: there it is
  const char* needs = "";  // what was tried, such as "io_uring_setup" or "O_DIRECT on this file"

  bool ok() const noexcept { return error == 0; }
};

}  // namespace assay
