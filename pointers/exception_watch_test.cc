#include "pointers/exception_watch.h"

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <thread>

namespace assay {
namespace {

// What std::uncaught_exceptions() says, at the end of a scope.
struct Compared {
  bool& ended;
  ExceptionWatch watch{};
  int before = std::uncaught_exceptions();
  ~Compared() {
    ended = watch.ended_by_exception();
    EXPECT_EQ(ended, std::uncaught_exceptions() > before);
  }
};

// Throws and catches while another exception may be on its way.
struct Nested {
  bool& ended;
  bool& inner_ended;
  ~Nested() {
    { const Compared quiet{ended}; }
    EXPECT_FALSE(ended);
    try {
      const Compared inner{inner_ended};
      throw std::runtime_error("inner");
    } catch (const std::runtime_error&) {
    }
  }
};

void check_on_this_thread() {
  bool ended = true, nested = true, inner = false;
  { const Compared quiet{ended}; }
  EXPECT_FALSE(ended);
  try {
    const Compared thrown_through{ended};
    throw std::runtime_error("outer");
  } catch (const std::runtime_error&) {
    const Compared in_handler{nested};
  }
  EXPECT_TRUE(ended);
  EXPECT_FALSE(nested);
  try {
    const Nested during_unwinding{nested, inner};
    throw std::runtime_error("outer");
  } catch (const std::runtime_error&) {
  }
  EXPECT_TRUE(inner);
}

TEST(ExceptionWatchTest, ExceptionsAreCountedAsByTheLibrary) {
  check_on_this_thread();
  std::thread(check_on_this_thread).join();
}

}  // namespace
}  // namespace assay
