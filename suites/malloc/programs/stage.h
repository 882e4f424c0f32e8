// Where programs run: a directory of its own with a fixed inside, so that one run sees what every other saw.
//
//   run/       where the script starts: the program's inputs, what it leaves, home/ and tmp/
//   script  output  errors
#pragma once

#include <string>

#include "suites/malloc/programs/program.h"

namespace assay::suite::programs {

// Below $TEST_TMPDIR or $TMPDIR where these are short, else below /tmp; gone with the object.
class Stage {
 public:
  Stage();  // throws std::system_error when there can be no directory
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage();

  const std::string& directory() const { return directory_; }

  // Clears the directory and puts the program's inputs there.
  void set(const Program& program) const;

  // For /bin/sh -c: runs the script with nothing of this process's environment but what `settings` adds
  // ("NAME=value", the values without a quote).
  std::string command(const std::vector<std::string>& settings) const;

 private:
  std::string directory_;
};

std::string contents(const std::string& path);  // "" when there is no such file

}  // namespace assay::suite::programs
