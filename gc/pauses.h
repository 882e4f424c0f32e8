// PauseLog: how long a heap kept mutators from running, and what that left to them.
//
// A pause is an interval in which a mutator works for the collector, or waits for it: a whole collection, a
// slice of an incremental one, a stop phase of a concurrent one. Pauses are recorded one by one, not one per
// operation of the mutator: a mean over operations hides them.
//
// Minimum mutator utilisation (Cheng, Blelloch, "A Parallel, Real-Time Garbage Collector", PLDI 2001): the
// smallest part of any window of a given length that was left to the mutator; 0 for windows that one pause
// fills. Only windows that begin where a pause does are looked at, and the first and the last of the run
// where these would stick out of it, O(n) for n pauses: of any other, more is paused, or as much, when it
// moves on to the next begin if it begins between pauses, and back to the last one if it begins in a pause.
//
// Times are what the recorder passes, in nanoseconds: of the thread's CPU clock, pauses on a shared machine
// do not contain what other processes took. Not thread-safe: one log a mutator.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay {

struct Pause {
  std::uint64_t begin, end;
  std::uint64_t length() const { return end - begin; }
};

class PauseLog {
 public:
  // Room for as many is made now, so that recording does not allocate; later ones than that are counted in
  // lost().
  explicit PauseLog(std::size_t most = 1 << 20) { pauses_.reserve(most); }

  // In the order of time, without overlap.
  void record(Pause pause) noexcept {
    if (pauses_.size() == pauses_.capacity())
      ++lost_;
    else
      pauses_.push_back(pause);
  }
  const std::vector<Pause>& pauses() const { return pauses_; }
  std::size_t lost() const { return lost_; }
  void clear() {
    pauses_.clear();
    lost_ = 0;
  }

  // The shortest length that at least a part of all pauses does not exceed: 0.5 is the median, the lower one
  // of two, 1 the longest, 0 the shortest. 0 if there is none. O(n).
  std::uint64_t quantile(double part) const {
    if (pauses_.empty()) return 0;
    std::vector<std::uint64_t> lengths;
    lengths.reserve(pauses_.size());
    for (const Pause& pause : pauses_) lengths.push_back(pause.length());
    constexpr double kRounding = 1e-6;  // 0.55 * 100 is a little more than 55
    const double rank = std::ceil(part * static_cast<double>(lengths.size()) - kRounding);
    const std::size_t at = std::clamp<std::size_t>(static_cast<std::size_t>(rank), 1, lengths.size()) - 1;
    std::nth_element(lengths.begin(), lengths.begin() + static_cast<std::ptrdiff_t>(at), lengths.end());
    return lengths[at];
  }
  std::uint64_t longest() const { return quantile(1); }

  // Over a run from `begin` to `end`. Of pauses that lie partly outside, the part inside counts. A window
  // longer than the run is the run. The limit for windows of no length: 0 if the run has a pause of any
  // length.
  double minimum_mutator_utilisation(std::uint64_t window, std::uint64_t begin, std::uint64_t end) const {
    if (end <= begin) return 1;
    window = std::clamp<std::uint64_t>(window, 1, end - begin);
    const std::uint64_t last = end - window;  // where the last window begins
    std::uint64_t most = 0;
    PausedUntil at_begin(pauses_), at_end(pauses_);
    for (const Pause& pause : pauses_) {
      const std::uint64_t from = std::clamp(pause.begin, begin, last);
      most = std::max(most, at_end(from + window) - at_begin(from));
    }
    return 1 - static_cast<double>(most) / static_cast<double>(window);
  }

 private:
  // The sum of all pauses before a time, asked for in the order of time.
  class PausedUntil {
   public:
    explicit PausedUntil(const std::vector<Pause>& pauses) : next_(pauses.begin()), end_(pauses.end()) {}

    std::uint64_t operator()(std::uint64_t time) {
      for (; next_ != end_ && next_->end <= time; ++next_) sum_ += next_->length();
      return next_ != end_ && next_->begin < time ? sum_ + (time - next_->begin) : sum_;
    }

   private:
    std::vector<Pause>::const_iterator next_, end_;
    std::uint64_t sum_ = 0;  // of those that ended
  };

  std::vector<Pause> pauses_;
  std::size_t lost_ = 0;
};

}  // namespace assay
