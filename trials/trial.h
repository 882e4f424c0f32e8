// A trial: two programs measured in turns until the verdict stands.
//
// Both are alive at once and on one processor, and take turns of a few milliseconds, in the order ABBA: what
// else the machine does, and how fast that processor is just then, falls on both. Every restart gives one
// value, the median of the log ratios of its pairs of turns. Values within a process are not independent (it
// keeps its layout, its pages, its luck), so a restart counts once, however many turns it took; a trial has
// at least twelve.
#pragma once

#include <string>
#include <vector>

#include "reports/judge.h"
#include "trials/contestant.h"

namespace assay::trials {

class Trial {
 public:
  // `threaded` programs run on all processors. `compare_checksums` where both must do the same work.
  Trial(Side base, Side head, bool threaded, bool compare_checksums, suite::SignalWatch& signals);

  // One more value. False when a side failed or the run was interrupted: see problem().
  bool restart();
  const std::string& problem() const { return problem_; }

  std::size_t restarts() const { return cpu_.size(); }
  const std::vector<double>& cpu() const { return cpu_; }    // log(head ÷ base) of CPU time, one a restart
  const std::vector<double>& wall() const { return wall_; }  // of elapsed time
  double base_cpu() const;                                   // nanoseconds a pass, the median of the restarts
  double base_wall() const;
  double seconds() const { return seconds_; }  // spent so far

 private:
  bool warm(Contestant& base, Contestant& head);

  Side base_, head_;
  bool threaded_, compare_checksums_;
  suite::SignalWatch& signals_;
  std::string problem_;
  long passes_ = 0;        // in a turn, the same for both
  std::size_t pairs_ = 0;  // of turns in a restart
  std::vector<double> cpu_, wall_, base_times_, base_walls_;
  double seconds_ = 0;
};

// Restarts until the judgement is more than "undecided", or `budget` seconds are spent. Nothing when a side
// failed.
std::optional<report::Judgement> run(Trial& trial, const report::Rule& rule, double budget);

}  // namespace assay::trials
