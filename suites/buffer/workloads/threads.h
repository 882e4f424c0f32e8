// Handles in a program of two threads, for buffers that claim to be used by several. One operation is one
// handle made and dropped.
//   buffer_drop_other_thread  10,000 handles to 4 KB of bytes are made on one thread, then dropped on another
//   buffer_clone_two_threads  handles to the same bytes come and go on two threads at once
// A Batch holds the bytes, makes handles, and drops them on any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "suites/buffer/workloads/contents.h"
#include "suites/buffer/workloads/sharing.h"
#include "suites/core/team.h"
#include "suites/core/workload.h"
#include "zerocopy/buffer_concept.h"

namespace assay::suite::buffer {

inline constexpr Description kDropOtherThread =
    sharing("buffer_drop_other_thread",
            "10,000 handles to 4 KB of bytes are made on one thread, and then dropped on another", true);
inline constexpr Description kCloneTwoThreads =
    sharing("buffer_clone_two_threads", "handles to the same bytes come and go on two threads at once", true);

constexpr std::size_t kBatch = 10'000;
constexpr std::size_t kBatches = 10;
constexpr std::size_t kClonesOfEach = 100'000;

template <class B>
class HandleBatch {
 public:
  HandleBatch(View contents, std::size_t count)
      : bytes_(B::copy_of(contents)), count_(count), handles_(harness_array<B>(count)) {}

  void make_all() {
    for (std::size_t i = 0; i < count_; ++i) std::construct_at(handles_ + i, bytes_);
    escape(handles_);
  }

  std::uint64_t drop_all() {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      sum += look(handles_[i]);
      std::destroy_at(handles_ + i);
    }
    return sum;
  }

  std::uint64_t clone_and_drop(std::size_t count) const { return buffer::clone_and_drop(bytes_, count); }

 private:
  const B bytes_;
  const std::size_t count_;
  B* const handles_;  // none between passes
};

template <class Batch>
class DropElsewhere final : public Workload {
 public:
  explicit DropElsewhere(const Settings& settings)
      : batches_(rounds_of(settings, kBatches)),
        batch_(random_bytes(kShared, settings.seed), settings.scaled(kBatch)) {
    operations = batches_ * settings.scaled(kBatch);
    peak_live = kShared;
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < batches_; ++i) {
      batch_.make_all();
      team_.run([this, &sum](unsigned member) {
        if (member == 1) sum += batch_.drop_all();
      });
    }
    return fold(0, sum);
  }

 private:
  const std::size_t batches_;
  Batch batch_;
  Team<2> team_;
};

template <class Batch>
class CloneOnBoth final : public Workload {
 public:
  explicit CloneOnBoth(const Settings& settings)
      : each_(settings.repeated(kClonesOfEach)), batch_(random_bytes(kShared, settings.seed), 1) {
    operations = 2 * each_;
    peak_live = kShared;
  }

  std::uint64_t pass() override {
    std::uint64_t sums[2] = {};
    team_.run([this, &sums](unsigned member) { sums[member] = batch_.clone_and_drop(each_); });
    return fold(fold(0, sums[0]), sums[1]);
  }

 private:
  const std::size_t each_;
  const Batch batch_;
  Team<2> team_;
};

template <class Batch>
void add_batch_workloads() {
  static const WorkloadEntry drop(made_by(kDropOtherThread, make_workload<DropElsewhere<Batch>>));
  static const WorkloadEntry both(made_by(kCloneTwoThreads, make_workload<CloneOnBoth<Batch>>));
}

template <class B>
void add_thread_workloads() {
  if constexpr (B::kTraits.threads) add_batch_workloads<HandleBatch<B>>();
}

}  // namespace assay::suite::buffer
