// What people do instead of trial.h, as controls of the calibration: the same time, the same programs, in the
// usual order, first all of one and then all of the other.
#pragma once

#include <optional>

#include "trials/contestant.h"

namespace assay::trials {

struct ControlResult {
  double ratio;  // head ÷ base
  bool alarm, worse;
};

// A single run of each, `seconds` / 2 long; an alarm when the means differ by more than 5 %.
std::optional<ControlResult> sequential(const Side& base, const Side& head, double seconds,
                                        suite::SignalWatch& signals);

// Twenty repetitions of each in one process, as benchmark frameworks repeat; an alarm when the Mann–Whitney U
// test between the two twenties has p < 0.05.
std::optional<ControlResult> repetitions(const Side& base, const Side& head, double seconds,
                                         suite::SignalWatch& signals);

}  // namespace assay::trials
