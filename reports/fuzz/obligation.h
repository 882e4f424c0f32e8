// What a reader owes whatever bytes it is given: it returns, or it throws FormatError with a message that
// begins with the file's name and a line and can be read. Each *_fuzz.cc states that of one reader. A test
// (fuzz_test.cc) calls it with mutants of good files, so that every build fuzzes a little; libFuzzer calls it
// for as long as one likes:
//
//   CC=clang bazel run --config=fuzz //reports/fuzz:results_fuzz -- /tmp/found $PWD/reports/fuzz/corpus
#pragma once

#include <exception>
#include <string>

#include "reports/read.h"

namespace assay::report {

inline const std::string kInputName = "input";  // of the file, in messages

// Defined by each *_fuzz.cc: false where its reader refuses the bytes as it should. Aborts, with a message on
// standard error, where it does not keep its promises.
bool accepts(const std::string& bytes);

[[noreturn]] void broken(const std::string& promise, const std::string& found);

void check_message(const std::string& message);

// Runs `read`. False where that threw what a reader may throw.
template <class Read>
bool reads(Read read) {
  try {
    read();
    return true;
  } catch (const FormatError& error) {
    check_message(error.what());
    return false;
  } catch (const std::exception& error) {
    broken("an exception other than FormatError", error.what());
  }
}

}  // namespace assay::report
