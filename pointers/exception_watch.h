// Whether an exception ends a scope, for guards that must know.
#pragma once

#include <cxxabi.h>

namespace assay {

// What every thread has according to the Itanium C++ ABI, Exception Handling, 2.2.2.
struct ExceptionGlobals {
  void* caught;
  unsigned uncaught;
};

inline constinit thread_local const ExceptionGlobals* exception_globals = nullptr;

[[gnu::noinline, gnu::cold]] inline const ExceptionGlobals* find_exception_globals() noexcept {
  exception_globals = reinterpret_cast<const ExceptionGlobals*>(abi::__cxa_get_globals());
  return exception_globals;
}

// An exception ends a scope of this thread if there are more in flight at its end than at its begin.
// Scopes within destructors begin with some. As std::uncaught_exceptions(), without the calls: guards are
// made after their lock was got and remember where the count is, so that no load of it is waited for.
class ExceptionWatch {
 public:
  ExceptionWatch() noexcept : globals_(exception_globals) {
    if (globals_ == nullptr) [[unlikely]]
      globals_ = find_exception_globals();
    before_ = globals_->uncaught;
  }

  bool ended_by_exception() const noexcept { return globals_->uncaught > before_; }

 private:
  const ExceptionGlobals* globals_;
  unsigned before_;
};

}  // namespace assay
