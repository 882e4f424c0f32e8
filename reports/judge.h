// Judges a comparison that grows: after which restart it may stop, and what it says then.
//
// A test that is repeated while the data comes in finds, sooner or later, whatever one waits for. So the data
// is looked at only after 12, 16, 22, 30, 42 … restarts, and the smallest p of all looks so far is multiplied
// by kLookPenalty, which bounds what eight looks add to the chance of a false alarm (simulated in
// judge_test).
//
// The test is Wilcoxon's with bounded ranks (statistics.h).
//
// worse or better   the corrected p is at most `level` and the estimate is at least `floor` from 1: what code
// layout
//                   alone can do, even with aligned functions, is no finding
// same              the interval lies within `margin` of 1
// undecided         neither, yet
#pragma once

#include <cstddef>
#include <vector>

#include "reports/read.h"

namespace assay::report {

inline constexpr double kLookPenalty = 6;
inline constexpr std::size_t kMostRestarts = 150;  // the last look

struct Rule {
  double level = 0.01;   // of false alarms
  double margin = 0.01;  // that "same" promises
  double floor = 0.004;  // least difference that is one
};

struct Judgement {
  Decision decision;
  double ratio, low, high;  // the interval holds the truth in at least 95 % of cases, in spite of the looks
  double p;                 // corrected
  std::size_t more;         // restarts that are likely to settle it, when undecided; otherwise 0
};

// The first look after `restarts`; 0 after the last.
std::size_t next_look(std::size_t restarts);

// Of at least one value: log ratios, one a restart, in their order.
Judgement judge(const std::vector<double>& log_ratios, bool less_is_better, const Rule& rule);

// The same over a table: of all corrected p, only those are differences that Benjamini and Hochberg's
// procedure admits at `level`; the others are undecided again.
void control_false_discoveries(std::vector<Judgement*> table, const Rule& rule);

}  // namespace assay::report
