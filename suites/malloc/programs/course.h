// One run of a program with one allocator, in a directory that is always the same, and what came of it.
#pragma once

#include <string>

#include "suites/malloc/programs/loader_report.h"
#include "suites/malloc/programs/program.h"
#include "suites/malloc/programs/stage.h"

namespace assay::suite::programs {

struct Course {
  bool succeeded = false;
  std::string ended;    // "exit status 0", "killed by SIGSEGV", …
  Files left;           // "standard output", "standard error" and the program's files
  LoaderReport loader;  // empty without a library
};

// Runs the program on `stage` with `library` in LD_PRELOAD, or with the C library's allocator when that is
// "". Throws std::system_error when the process or its files cannot be made.
Course run(const Program& program, const Stage& stage, const std::string& library);

// What differs between two courses, "" when nothing does: how it ended, else the first line of the first
// output.
std::string first_difference(const Program& program, const Course& expected, const Course& got);

// What the test says of a program.
struct Judgement {
  enum class Kind { kSame, kWrong, kSkipped } kind = Kind::kSame;
  std::string detail;  // of kWrong and kSkipped
};

// Runs the program with the C library's allocator and with `library`, and compares; "" compares the C
// library's with itself.
Judgement judge(const Program& program, const std::string& library);

}  // namespace assay::suite::programs
