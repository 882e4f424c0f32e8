// 500 files of 256 bytes to 64 KiB, in the page cache, opened, read and closed in random order, 1,000 of them
// in a pass: a compiler's headers, a server's icons. One operation is one file.
//
// They are opened by their descriptors below /proc, which takes less than a path of several directories and
// is the same for all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

#include "suites/core/random.h"
#include "suites/reader/workloads/pass.h"

namespace assay::suite::reader {

inline constexpr Description kSmallFiles{
    .name = "reader_small",
    .family = "reader",
    .sentence = "files of 256 bytes to 64 KiB in the page cache, each opened, read and closed",
    .any_length = true};

constexpr std::size_t kFiles = 500;
constexpr std::size_t kSmallReads = 2 * kFiles;
constexpr std::uint64_t kSmallestFile = 256, kLargestFile = 64 << 10;

template <Reader R>
class SmallFiles : public ReadingWorkload<R> {
 public:
  explicit SmallFiles(const Settings& settings)
      : count_(std::min(settings.scaled(kFiles), kFiles)),
        files_(harness_array<MeasuredFile>(count_)),
        order_(harness_array<std::uint32_t>(settings.repeated(kSmallReads))) {
    this->operations = settings.repeated(kSmallReads);
    Random random(settings.seed);
    for (std::size_t i = 0; i < count_; ++i)
      new (files_ + i) MeasuredFile(random.log_between(kSmallestFile, kLargestFile), settings.seed + i);
    for (std::size_t i = 0; i < this->operations; ++i) {
      order_[i] = static_cast<std::uint32_t>(random.below(count_));
      this->bytes_ += files_[order_[i]].size();
    }
  }

  void begin() override {
    for (std::size_t i = 0; i < count_; ++i) files_[i].warm();
  }

 private:
  std::uint64_t read(R& reader) override {
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < this->operations; ++i) {
      WordSum sum;
      open_reader(reader, files_[order_[i]]);
      look_at(reader, 0, reader.size(), sum);
      reader.close();
      checksum = fold(checksum, sum.get());
    }
    return checksum;
  }

  std::size_t count_;
  MeasuredFile* files_;
  std::uint32_t* order_;
};

// Those that have the file in memory of their own are no floors here: it would have to come there first. Who
// bypasses the page cache is not asked for files that lie in it.
template <Reader R>
void add_small_file_workloads() {
  if constexpr (!R::kTraits.bypasses_cache && !requires { R::kPreloads; })
    static const WorkloadEntry small(
        made_by(kSmallFiles, make_workload<SmallFiles<R>>, reader_obstacle<R, kFiles * kLargestFile>));
}

}  // namespace assay::suite::reader
