// The real programs that an allocator must serve without a trace of it in what they compute. A program brings
// its input and a script; both are the same whoever serves it, and so must be what comes out.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace assay::suite::programs {

using Files = std::map<std::string, std::string>;  // from names to contents

struct Program {
  std::string name;
  std::vector<std::string> needs;         // executables; one that is not installed skips the program
  std::function<Files()> inputs;          // made in the directory where the script starts
  std::string script;                     // of /bin/sh -eu
  std::vector<std::string> files;         // that it leaves, to be compared besides what it prints
  std::set<std::string> users;            // executables that must allocate from the subject
  std::set<std::string> own_malloc = {};  // executables that may define one, which no library replaces
  bool errors_compared = true;            // standard error too
  bool needs_desktop = false;             // may not start where there is none
};

// Each in a file of that name.
Program python3();
Program gcc();
Program git();
Program sqlite3();
Program redis();
Program node();
Program perl();
Program chromium();

std::vector<Program> all_programs();

// Where the scripts find executables, whatever the user's PATH is; a wrapper that a user put in front of one
// would be another program.
inline constexpr const char* kPath = "/usr/local/bin:/usr/bin:/bin";

// The first of `executables` that is in none of the directories of `path`, "" when all are there.
std::string first_missing(const std::vector<std::string>& executables, const std::string& path = kPath);

}  // namespace assay::suite::programs
