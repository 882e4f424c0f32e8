#include "suites/runner/progress_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <numeric>

namespace assay::suite {
namespace {

constexpr std::size_t kBar = 20;
constexpr std::chrono::seconds kLogInterval{10};

std::size_t terminal_width() {
  winsize size{};
  return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string duration(double seconds) {
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 60) return std::to_string(whole) + " s";
  return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

}  // namespace

std::string progress_text(std::size_t done, std::size_t total, const std::string& current,
                          std::optional<double> seconds_left, std::size_t width) {
  const std::size_t full = total == 0 ? kBar : done * kBar / total,
                    percent = total == 0 ? 100 : done * 100 / total;
  std::string text = "[" + std::string(full, '=') + std::string(kBar - full, ' ') + "] ";
  if (percent < 100) text += percent < 10 ? "  " : " ";
  text += std::to_string(percent) + "%";
  if (seconds_left) text += "  " + duration(*seconds_left) + " left";
  text += "  " + current;
  return text.substr(0, width);
}

void Estimate::add(std::size_t workload, double seconds) {
  seconds_[workload] += seconds;
  ++counts_[workload];
}

std::optional<double> Estimate::remaining(const std::vector<std::size_t>& processes_left) const {
  const double seconds = std::accumulate(seconds_.begin(), seconds_.end(), 0.0);
  const std::size_t count = std::accumulate(counts_.begin(), counts_.end(), std::size_t{0});
  if (count == 0) return std::nullopt;
  double left = 0;
  for (std::size_t workload = 0; workload < processes_left.size(); ++workload) {
    const bool known = counts_[workload] != 0;
    const double each = known ? seconds_[workload] / static_cast<double>(counts_[workload])
                              : seconds / static_cast<double>(count);
    left += each * static_cast<double>(processes_left[workload]);
  }
  return left;
}

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressLine::show(std::size_t done, std::size_t total, const std::string& current,
                        std::optional<double> seconds_left) {
  const auto now = std::chrono::steady_clock::now();
  if (terminal_) {
    // The last column stays free: some terminals wrap as soon as it is written.
    std::fprintf(stderr, "\r\033[K%s",
                 progress_text(done, total, current, seconds_left, terminal_width() - 1).c_str());
    drawn_ = true;
  } else if (now - last_ >= kLogInterval) {
    std::fprintf(stderr, "%s\n",
                 progress_text(done, total, current, seconds_left, std::string::npos).c_str());
    last_ = now;
  }
}

void ProgressLine::say(const std::string& line) {
  clear();
  std::fprintf(stderr, "%s\n", line.c_str());
}

void ProgressLine::clear() {
  if (drawn_) std::fputs("\r\033[K", stderr);
  drawn_ = false;
}

}  // namespace assay::suite
