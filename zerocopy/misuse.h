// What ends the program when a buffer or a transfer is misused: a message that names the invariant.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <cstdlib>

namespace assay::zerocopy {

[[noreturn, gnu::cold, gnu::noinline, gnu::format(printf, 2, 3)]] inline void misuse(const char* invariant,
                                                                                     const char* format,
                                                                                     ...) {
  std::fprintf(stderr, "assay: %s: ", invariant);
  va_list arguments;
  va_start(arguments, format);
  std::vfprintf(stderr, format, arguments);
  va_end(arguments);
  std::fputc('\n', stderr);
  std::abort();
}

}  // namespace assay::zerocopy
