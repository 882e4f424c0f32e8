// A text of 1 MB is cut into its lines, of 20 to 120 letters: each is a slice, all are held, then dropped.
// One operation is one line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include "suites/buffer/workloads/contents.h"
#include "suites/core/workload.h"
#include "zerocopy/buffer_concept.h"

namespace assay::suite::buffer {

inline constexpr Description kLines{
    .name = "buffer_lines",
    .family = "buffer",
    .sentence = "a text of 1 MB is cut into slices of a line each, which are held and dropped",
    .passes = 5};

constexpr std::size_t kText = 1024 * 1024;
constexpr std::size_t kLeastLine = 20, kMostLine = 120;

// Each line with its end.
struct Text {
  explicit Text(const Settings& settings)
      : lines(2 * settings.scaled(kText) / (kLeastLine + kMostLine), kLeastLine + 1, kMostLine + 1,
              settings.seed) {
    const std::span<std::byte> text = random_bytes(lines.sum, settings.seed);
    for (std::byte& letter : text) letter = static_cast<std::byte>('a' + static_cast<unsigned>(letter) % 26);
    std::size_t end = 0;
    for (std::size_t i = 0; i < lines.count; ++i) text[(end += lines.lengths[i]) - 1] = std::byte{'\n'};
    contents = text;
  }
  Lengths lines;
  View contents;
};

template <class B>
class Lines final : public Workload {
 public:
  explicit Lines(const Settings& settings)
      : plan_(settings), text_(B::copy_of(plan_.contents)), lines_(harness_array<B>(plan_.lines.count)) {
    operations = plan_.lines.count;
    peak_live = plan_.contents.size();
  }

  std::uint64_t pass() override {
    const std::size_t size = text_.size();
    std::uint64_t sum = 0;
    std::size_t count = 0;
    for (std::size_t begin = 0; begin < size; ++count) {
      const auto* const end =
          static_cast<const std::byte*>(std::memchr(text_.data() + begin, '\n', size - begin));
      const auto next = static_cast<std::size_t>(end + 1 - text_.data());
      std::construct_at(lines_ + count, text_.slice(begin, next - 1));
      begin = next;
    }
    escape(lines_);
    for (std::size_t i = 0; i < count; ++i) {
      sum += look(lines_[i]);
      std::destroy_at(lines_ + i);
    }
    return fold(count, sum);
  }

 private:
  const Text plan_;
  const B text_;
  B* const lines_;  // none between passes
};

template <class B>
void add_line_workloads() {
  static const WorkloadEntry lines(made_by(kLines, make_workload<Lines<B>>));
}

}  // namespace assay::suite::buffer
