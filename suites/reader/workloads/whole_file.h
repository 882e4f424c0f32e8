// A file of 256 MB, read from its first byte to its last by a reader that is open. One operation is one page
// of 4 KiB.
//   reader_cached    the file is in the page cache, all of it: the kernel is asked before each pass
//   reader_written   the same, as it was written
//   reader_cold      nothing of it is: what the cache has is dropped before each pass
//
// How a file came to the cache decides how large the pieces are that the kernel copies and maps at a time:
// what was written lies there in pieces as large as the writes, here 64 KiB; what was read, in those in which
// the kernel read ahead, up to huge pages. Where a file system keeps everything the two are the same.
#pragma once

#include <cstdint>

#include "suites/reader/workloads/pass.h"

namespace assay::suite::reader {

inline constexpr Description kCachedFile{
    .name = "reader_cached",
    .family = "reader",
    .sentence = "every byte of a file of 256 MB that was read to the page cache",
    .repetitions = 5};
inline constexpr Description kWrittenFile{
    .name = "reader_written",
    .family = "reader",
    .sentence = "every byte of a file of 256 MB that was written in pieces of 64 KiB, from the page cache",
    .repetitions = 5};
inline constexpr Description kColdFile{
    .name = "reader_cold",
    .family = "reader",
    .sentence = "every byte of a file of 256 MB that is not in the page cache"};

template <Reader R>
class WholeFile : public ReadingWorkload<R> {
 protected:
  explicit WholeFile(const Settings& settings) : file_(file_bytes(settings), settings.seed) {
    this->bytes_ = file_.size();
    this->operations = file_.size() / kPageBytes;
    prepare(this->reader_);
  }

  std::uint64_t read(R& reader) final {
    WordSum sum;
    look_at(reader, 0, file_.size(), sum);
    return fold(0, sum.get());
  }
  void prepare(R& reader) final { open_reader(reader, file_); }

  MeasuredFile file_;
};

template <Reader R>
struct WrittenFile : WholeFile<R> {
  explicit WrittenFile(const Settings& settings) : WholeFile<R>(settings) {}
  void begin() override { this->file_.warm(); }
};

template <Reader R>
struct CachedFile : WrittenFile<R> {
  explicit CachedFile(const Settings& settings) : WrittenFile<R>(settings) {
    static_cast<void>(this->file_.drop());
  }
};

// What the reader still has mapped would stay in the cache: its pass is ended.
template <Reader R>
struct ColdFile : WholeFile<R> {
  explicit ColdFile(const Settings& settings) : WholeFile<R>(settings) {}
  void begin() override {
    if (this->reader_.start(0, 0) != 0) fail("start of an empty range");
    if (!this->file_.drop()) fail("%lu bytes stay in the page cache", this->file_.resident());
  }
};

template <Reader R>
const char* cold_obstacle() {
  if (const char* const unable = reader_obstacle<R>()) return unable;
  const MeasuredFile file(kPageBytes, 1);
  return file.drop() ? nullptr : "the file system of temporary files keeps them in memory";
}

template <Reader R>
void add_whole_file_workloads() {
  static const WorkloadEntry cached(made_by(kCachedFile, make_workload<CachedFile<R>>, reader_obstacle<R>));
  static const WorkloadEntry written(
      made_by(kWrittenFile, make_workload<WrittenFile<R>>, reader_obstacle<R>));
  static const WorkloadEntry cold(made_by(kColdFile, make_workload<ColdFile<R>>, cold_obstacle<R>));
}

}  // namespace assay::suite::reader
