// Finds the places where a series of measurements changed its level, and nothing where single runs were wild.
//
// The base is Apache Otava, formerly Hunter (Fleming et al., ICPE 2023): E-divisive means (Matteson and
// James, JASA 2014) in overlapping windows propose places; a t-test between the stretches around a place
// keeps it or merges them, the weakest first. What differs is for series in which one value in twenty is
// wild, and for a gate, which looks at every prefix:
//
//   place   where the energy distance 2|x−y| − |x−x′| − |y−y′| is largest, of values clamped to three
//           deviations from the median of the window. All splits of n values take O(n log n): a Fenwick
//           tree over the ranks tells what a value adds as it moves from the right side to the left.
//   test    Student's t²: the loss with one level less the loss with two, in units of the noise; but no
//           value adds more than 3² to a loss (bounded loss: Fearnhead and Rigaill, JASA 2019). A wild
//           value is as far from two levels as from one and says nothing; a new level takes four values
//           that agree, or three after a quiet history. Level and noise are mean and deviation of the
//           values that are not wild.
//   again   Where the longer side has been near the new level before, as in bimodal series, a value adds at
//           most twice the log of the odds against that.
//   alike   Neighbours that resemble each other are fewer than they seem: t² is divided by (1+r) ÷ (1−r),
//           r the correlation of neighbours beyond its standard error.
//   often   p is multiplied by the number of places where the split could have been (Bonferroni), without
//           permutations. That a gate looks again at each commit is not corrected for; it is in the false
//           changes that change_points_power counts.
//
// Counted quantities are the limit of no noise; differences below 10⁻¹² of the level are rounding. While no
// value has ever left its level, each says 4²: a new level is reported with its second value after fifteen
// equal ones, with the third after eight, the fourth after five. One wild value is no level, two equal are.
//
// Limits. A drift is reported as stairs once it has gone some two deviations within a window: a creeping
// slowdown alarms too. A step of the size that wild values had before takes more commits. Above a
// correlation of a half, as in a random walk, false changes are frequent. A small change moves by some
// commits while values come in. Costs about 25 µs for 250 values, 3 ms for 10,000.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace assay::report {

struct Change {
  std::size_t index;     // of the first value after the change
  double before, after;  // means of the stretches on both sides, at most a window long, without wild values
  double p;              // of the t-test between them, times the places where the change could be
};

struct ChangeSettings {
  double level = 0.002;      // a change is one whose t-test has a smaller p
  double least = 0;          // … and whose relative size |after ÷ before − 1| is at least this
  std::size_t window = 250;  // values that are looked at together; at least 8
  std::size_t from = 0;      // changes before this index are not wanted: saves the time for early windows
};

// In order of index. Values are finite, and so are the results.
std::vector<Change> find_changes(std::span<const double> values, const ChangeSettings& settings = {});

}  // namespace assay::report
