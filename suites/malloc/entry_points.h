// The entry points of the malloc family as the checks call them: by symbol, at run time, so that a preloaded
// subject answers, and opaque to the compiler (built with -fno-builtin), so that no call is folded away.
#pragma once

#include <dlfcn.h>
#include <malloc.h>
#include <stdlib.h>

#include <cstddef>

namespace assay::suite {

constexpr int kSentinel = 4711;  // a value of errno that no call sets
inline const std::size_t kPageSize = 4096;

// Makes `value` unknown to the compiler, so that it can neither warn about nor fold an absurd size.
template <class T>
[[gnu::noinline]] T opaque(T value) {
  asm volatile("" : "+r"(value));
  return value;
}

// The function of that name in the process, or null. C23's free_sized and free_aligned_sized, NetBSD's
// reallocarr and the size hints are looked up so, because Debian 12's headers do not declare them.
template <class Function>
Function* entry_point(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

}  // namespace assay::suite
