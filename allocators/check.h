// Programmer errors. A checked build (compiled with ASSAY_CHECKED) finds misuse of an allocator (a foreign
// address, a block freed twice, a stale key or mark) and ends the program with the invariant that it breaks;
// any other build does not spend an instruction on it. One program must be wholly one or the other.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace assay {

#ifdef ASSAY_CHECKED
inline constexpr bool kChecked = true;
#else
inline constexpr bool kChecked = false;
#endif

// trap("BlockPool I2", "0x… is not a block of this pool"): prints both and aborts.
template <class... Arguments>
[[noreturn, gnu::cold, gnu::noinline]] void trap(const char* invariant, const char* format,
                                                 Arguments... arguments) {
  char text[256];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
  std::snprintf(text, sizeof text, format, arguments...);
#pragma GCC diagnostic pop
  std::fprintf(stderr, "assay: %s: %s\n", invariant, text);
  std::abort();
}

}  // namespace assay
