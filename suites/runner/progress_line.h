// Tells on standard error how far the run is: one line that is redrawn on a terminal, a plain line now and
// then in a log.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace assay::suite {

// "[=====>    ]  52%  mimalloc · production_mix  1 min 40 s left", cut to `width` columns.
std::string progress_text(std::size_t done, std::size_t total, const std::string& current,
                          std::optional<double> seconds_left, std::size_t width);

// Estimates what is left from how long each workload has taken so far.
class Estimate {
 public:
  explicit Estimate(std::size_t workloads) : seconds_(workloads), counts_(workloads) {}
  void add(std::size_t workload, double seconds);
  std::optional<double> remaining(const std::vector<std::size_t>& processes_left) const;  // by workload

 private:
  std::vector<double> seconds_;
  std::vector<std::size_t> counts_;
};

class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(std::size_t done, std::size_t total, const std::string& current,
            std::optional<double> seconds_left);
  void say(const std::string& line);  // a line that stays

 private:
  void clear();

  bool terminal_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point last_{};
};

}  // namespace assay::suite
