// A number that tells threads apart: the kernel's, asked for once in a thread. A child that fork() made keeps
// that of the thread it was made from. Never 0, below 2^22.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace assay {

inline std::uint32_t thread_number() noexcept {
  static constinit thread_local std::uint32_t number = 0;
  if (number == 0) [[unlikely]]
    number = static_cast<std::uint32_t>(syscall(SYS_gettid));
  return number;
}

}  // namespace assay
