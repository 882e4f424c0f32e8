// How misuse ends: one line on the standard error, made without malloc, and abort().
#pragma once

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>

#include "allocators/malloc/lock.h"

namespace assay::drop_in {

// A line of text on the stack.
class Line {
 public:
  Line& operator<<(const char* text) noexcept {
    while (*text != '\0') put(*text++);
    return *this;
  }
  Line& operator<<(const void* address) noexcept {
    *this << "0x";
    const auto value = reinterpret_cast<std::uintptr_t>(address);
    int shift = 60;
    while (shift > 0 && (value >> shift) == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15]);
    return *this;
  }
  Line& operator<<(std::size_t number) noexcept {
    char digits[20];
    int count = 0;
    do digits[count++] = static_cast<char>('0' + number % 10);
    while ((number /= 10) != 0);
    while (count > 0) put(digits[--count]);
    return *this;
  }
  void write() noexcept {
    put('\n');
    for (std::size_t done = 0; done < length_;) {
      const ssize_t part = ::write(STDERR_FILENO, text_ + done, length_ - done);
      if (part <= 0) return;
      done += static_cast<std::size_t>(part);
    }
  }

 private:
  void put(char character) noexcept {
    if (length_ < sizeof text_) text_[length_++] = character;
  }
  char text_[240];
  std::size_t length_ = 0;
};

enum class Misuse { kInvalidFree, kDoubleFree, kOverwritten };

inline constinit thread_local bool stopping = false;

// The program's handler of SIGABRT may allocate, where the heap lets it: without the locks that the
// thread holds, and once. `size` is that of the block's class, 0 where the address lies in none.
[[noreturn, gnu::noinline, gnu::cold]] inline void stop(Misuse misuse, const void* block,
                                                        std::size_t size) noexcept {
  if (stopping) {
    signal(SIGABRT, SIG_DFL);
    abort();
  }
  stopping = true;
  if (locks_held != 0) ignores_locks = true;
  Line line;
  line << "assay malloc: ";
  switch (misuse) {
    case Misuse::kInvalidFree:
      line << "invalid free: " << block << " is not the start of a block";
      break;
    case Misuse::kDoubleFree:
      line << "double free: the block at " << block << " is free already";
      break;
    case Misuse::kOverwritten:
      line << "write after free, or beyond the end of the block before: the free block at " << block
           << " was overwritten";
      break;
  }
  if (size != 0) line << " (size class " << size << ")";
  line.write();
  abort();
}

}  // namespace assay::drop_in
