// A file of 128 MiB copied to another one on the file system of temporary files: transfer_copy. The target is
// empty when a pass begins, so that its blocks are found within it; they are not waited for. One operation is
// one page of 4 KiB.
#pragma once

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <cstdint>

#include "suites/core/measured_file.h"
#include "suites/transfer/workloads/sending.h"

namespace assay::suite::transfer {

inline constexpr Description kCopyFile{.name = "transfer_copy",
                                       .family = "transfer",
                                       .sentence = "a file of 128 MiB copied to another one",
                                       .repetitions = 5};

constexpr std::uint64_t kCopyPage = 4096;
constexpr std::uint64_t kCopyPages = (128 << 20) / kCopyPage;

template <Transfer T>
class CopyingFile : public Workload {
 public:
  explicit CopyingFile(const Settings& settings)
      : source_(settings.scaled(kCopyPages) * kCopyPage, settings.seed), sum_(source_.sum()) {
    operations = source_.size() / kCopyPage;
    // Who shares blocks writes them first: once, and not in the first pass alone.
    if (fdatasync(source_.get()) != 0) fail("fdatasync: %s", strerror(errno));
    if (const int error = transfer_.open(); error != 0) fail("open: %s", strerror(error));
  }

  void begin() override {
    source_.warm();
    if (ftruncate(target_.get(), 0) != 0) fail("ftruncate: %s", strerror(errno));
  }

  std::uint64_t pass() override {
    before_ = transfer_.record();
    const std::uint64_t faults_before = faults();
    const double process = cpu_nanoseconds(), thread = thread_nanoseconds();
    require_done(transfer_.copy(source_.get(), 0, target_.get(), 0, source_.size()), source_.size(),
                 "copy()");
    cost_ = {cpu_nanoseconds() - process, thread_nanoseconds() - thread, 0, faults() - faults_before};
    return fold(sum_, source_.size());
  }

  void end() override {
    if (compared_) return;
    target_.measure();
    if (target_.size() != source_.size() || target_.sum() != sum_) fail("the copy is not the source");
    compared_ = true;
  }

  void report(const Resident&, Figures& figures) override {
    cost_.report(figures, source_.size());
    report_record(figures, before_, transfer_.record());
  }

 private:
  MeasuredFile source_, target_;
  std::uint64_t sum_;
  T transfer_;
  TransferRecord before_;
  PassCost cost_;
  bool compared_ = false;
};

// Asked by copying a page: one kernel has several file systems.
template <Transfer T>
const char* copy_obstacle() {
  if (const char* const none = MeasuredFile::obstacle(2 * kCopyPages * kCopyPage)) return none;
  if (const char* const none = transfer_obstacle<T>()) return none;
  const MeasuredFile source(kCopyPage, 1), target;
  T transfer;
  int error = transfer.open();
  if (error == 0) error = transfer.copy(source.get(), 0, target.get(), 0, kCopyPage).error;
  if (error == 0) return nullptr;
  static char text[256];
  snprintf(text, sizeof text, "copy() within %s: %s", MeasuredFile::directory(), strerror(error));
  return text;
}

template <Transfer T>
void add_copy_workloads() {
  if constexpr (T::kTraits.copies_files)
    static const WorkloadEntry copy(made_by(kCopyFile, make_workload<CopyingFile<T>>, copy_obstacle<T>));
}

}  // namespace assay::suite::transfer
