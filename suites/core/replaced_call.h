// How a wrapper of the C library is replaced: part of system_calls.h.
//
// The symbols are defined under other names, because the C library's headers declare them noexcept or not,
// inline or not, as its version and _FORTIFY_SOURCE have it. What was asked for goes on to the next
// definition (RTLD_NEXT), which is a sanitizer's where there is one. To be compiled without instrumentation
// (-fno-sanitize=all): a sanitizer's own start calls these before instrumented code can run.
#pragma once

#if defined(__has_feature)
#define ASSAY_CLANG_INSTRUMENTS \
  (__has_feature(thread_sanitizer) || __has_feature(address_sanitizer) || __has_feature(memory_sanitizer))
#else
#define ASSAY_CLANG_INSTRUMENTS 0
#endif
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) || ASSAY_CLANG_INSTRUMENTS
#error "a sanitizer would call this before it has started, and crash: compile it with -fno-sanitize=all"
#endif

// A symbol of the same type, or with arguments behind those that matter.
#define ASSAY_ALSO(symbol, name, other) \
  extern "C"                            \
      [[gnu::visibility("default"), gnu::alias(#other)]] decltype(name) name##_as_##symbol __asm__(#symbol);
#define ASSAY_REPLACE(symbol, name, result, ...)                                       \
  extern "C" [[gnu::visibility("default")]] result name(__VA_ARGS__) __asm__(#symbol); \
  extern "C" result name(__VA_ARGS__)
