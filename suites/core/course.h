// Resident and live size over a pass, for the picture of how a heap grows and drains.
#pragma once

#include "suites/core/footprint.h"
#include "suites/core/workload.h"

namespace assay::suite {

class Course {
 public:
  void look(std::size_t live) {
    if (count_ == kMost) return;
    resident_[count_] = own(resident_bytes());
    live_[count_++] = live;
  }

  void report(Figures& figures) const {
    for (std::size_t i = 0; i < count_; ++i) {
      figures.add("resident_over_time", "bytes", static_cast<double>(resident_[i]));
      figures.add("live_over_time", "bytes", static_cast<double>(live_[i]));
    }
  }

 private:
  static constexpr std::size_t kMost = 240;
  std::size_t count_ = 0;
  std::size_t resident_[kMost], live_[kMost];
};

}  // namespace assay::suite
