// Who allocates for the processes of a script, as the dynamic loader says: LD_DEBUG=libs,bindings makes it
// write down every library that it starts and every name that it looks up, in one file a process.
//
// That a library is mapped proves little. glibc's loader looks up malloc for itself in every process that it
// starts, as the program sees it, so that the line
//   binding file PROGRAM [0] to LIBRARY [0]: normal symbol `malloc'
// is there for each, and names the library that serves it.
#pragma once

#include <set>
#include <string>

namespace assay::suite::programs {

// Executables by their file names. One that is linked statically is in no set: the loader never sees it.
struct LoaderReport {
  std::set<std::string> served;   // by the subject
  std::set<std::string> unaware;  // started without the subject
  std::set<std::string> other;    // started with the subject, but their malloc is another
};

// Adds what one process wrote, which may have been several programs, one after the other.
void read_loader_report(const std::string& text, const std::string& subject, LoaderReport& report);

// What is wrong with the report, "" when nothing is: each of `users` must have been served, unless it is one
// of `own_malloc`, and no other program may have run without the subject or past it.
std::string not_served(const LoaderReport& report, const std::set<std::string>& users,
                       const std::set<std::string>& own_malloc);

}  // namespace assay::suite::programs
