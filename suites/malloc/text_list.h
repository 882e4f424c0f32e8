// A message that grows, "pvalloc in libc.so.6, no memalign": for checks that report all they found at once.
#pragma once

#include <stdio.h>

#include <cstdarg>
#include <cstddef>

namespace assay::suite {

class TextList {
 public:
  [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) {
    append(used_ == 0 ? "" : ", ");
    std::va_list arguments;
    va_start(arguments, format);
    grow(vsnprintf(text_ + used_, sizeof text_ - used_, format, arguments));
    va_end(arguments);
  }
  bool empty() const { return used_ == 0; }
  const char* text() const { return text_; }

 private:
  void append(const char* text) { grow(snprintf(text_ + used_, sizeof text_ - used_, "%s", text)); }
  void grow(int length) {
    used_ += static_cast<std::size_t>(length);
    if (used_ > sizeof text_ - 1) used_ = sizeof text_ - 1;  // cut
  }

  char text_[700] = "";
  std::size_t used_ = 0;
};

}  // namespace assay::suite
