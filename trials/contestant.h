// One of two live processes that take turns (suites/core/turns.h).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "suites/core/turns.h"
#include "suites/runner/signal_watch.h"

namespace assay::trials {

struct Side {
  std::string name;                      // "base", "head": for messages
  std::vector<std::string> arguments;    // of the program, which is the first of them
  std::vector<std::string> environment;  // all of it
};

class Contestant {
 public:
  // Starts the process; held on `processor` unless that is negative.
  Contestant(const Side& side, int processor, suite::SignalWatch& signals);
  ~Contestant();  // ends it, with all that it started
  Contestant(const Contestant&) = delete;
  Contestant& operator=(const Contestant&) = delete;

  bool ready();  // waits until it has set itself up
  std::optional<suite::Turn> take_turn(long passes);

  // Why ready() or take_turn() came back empty-handed: "head: killed by SIGSEGV: its last words". "" when the
  // run was interrupted.
  const std::string& problem() const { return problem_; }

 private:
  std::optional<std::string> answer();
  bool hear_errors();
  std::string last_words();

  std::string name_, problem_, heard_, words_;
  suite::SignalWatch& signals_;
  pid_t process_ = -1;
  int to_ = -1, from_ = -1, errors_ = -1;
};

}  // namespace assay::trials
