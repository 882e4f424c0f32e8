// Standard output and standard error of this process, caught in memory while the object lives.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>

namespace assay::suite {

class CapturedOutput {
 public:
  CapturedOutput() : file_(memfd_create("output", MFD_CLOEXEC)), out_(dup(1)), err_(dup(2)) {
    dup2(file_, 1);
    dup2(file_, 2);
  }
  ~CapturedOutput() {
    restore();
    close(file_);
  }
  CapturedOutput(const CapturedOutput&) = delete;
  CapturedOutput& operator=(const CapturedOutput&) = delete;

  // Back to the real ones: a finding may need standard output.
  void restore() {
    if (out_ < 0) return;
    dup2(out_, 1);
    dup2(err_, 2);
    close(out_);
    close(err_);
    out_ = err_ = -1;
  }

  // Copies the first line that was written to `text`; false when nothing was.
  template <std::size_t N>
  bool first_line(char (&text)[N]) const {
    const ssize_t length = pread(file_, text, N - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    for (char* c = text; *c != '\0'; ++c)
      if (*c == '\n') *c = '\0';
    return length > 0;
  }

 private:
  int file_, out_, err_;
};

}  // namespace assay::suite
