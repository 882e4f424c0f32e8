// Ranges of 1 byte to 256 KiB anywhere in a file of 256 MB that is in the page cache, as a database or a
// player that seeks asks for them. One operation is one range.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/core/random.h"
#include "suites/reader/workloads/pass.h"

namespace assay::suite::reader {

inline constexpr Description kRandomRanges{
    .name = "reader_ranges",
    .family = "reader",
    .sentence = "random ranges of 1 byte to 256 KiB of a file in the page cache",
    .repetitions = 5,
    .any_length = true};

constexpr std::size_t kRanges = 2000;
constexpr std::uint64_t kLongestRange = 256 << 10;

template <Reader R>
class RandomRanges : public ReadingWorkload<R> {
 public:
  explicit RandomRanges(const Settings& settings)
      : file_(file_bytes(settings), settings.seed),
        ranges_(harness_array<Range>(settings.repeated(kRanges))) {
    Random random(settings.seed);
    this->operations = settings.repeated(kRanges);
    for (std::size_t i = 0; i < this->operations; ++i) {
      const std::uint64_t length = random.between(1, std::min(kLongestRange, file_.size()));
      ranges_[i] = {random.between(0, file_.size() - length), length};
      this->bytes_ += length;
    }
    prepare(this->reader_);
  }

  void begin() override { file_.warm(); }

 private:
  struct Range {
    std::uint64_t offset, length;
  };

  std::uint64_t read(R& reader) override {
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < this->operations; ++i) {
      WordSum sum;
      look_at(reader, ranges_[i].offset, ranges_[i].length, sum);
      checksum = fold(checksum, sum.get());
    }
    return checksum;
  }
  void prepare(R& reader) override { open_reader(reader, file_); }

  MeasuredFile file_;
  Range* ranges_;
};

template <Reader R>
void add_range_workloads() {
  static const WorkloadEntry ranges(
      made_by(kRandomRanges, make_workload<RandomRanges<R>>, reader_obstacle<R>));
}

}  // namespace assay::suite::reader
