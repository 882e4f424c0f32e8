// The workloads of suites/buffer/workloads/ on Rust's bytes crate: suites/peers/rust/bytes.rs does the
// passes, this registers them under the same descriptions. buffer_owner needs what the crate does not have.
#include <cstddef>
#include <cstdint>

#include "suites/buffer/workloads/freezing.h"
#include "suites/buffer/workloads/growing.h"
#include "suites/buffer/workloads/integers.h"
#include "suites/buffer/workloads/lines.h"
#include "suites/buffer/workloads/sharing.h"
#include "suites/buffer/workloads/threads.h"
#include "suites/core/version.h"
#include "suites/peers/rust/harness.h"

extern "C" {
struct RustBytes;
struct RustPlaces;

RustPlaces* assay_bytes_places(std::size_t count);
RustBytes* assay_bytes_hold(const std::byte*, std::size_t size);

std::uint64_t assay_bytes_clone(const RustBytes*, std::size_t count);
std::uint64_t assay_bytes_slice(const RustBytes*, const assay::suite::buffer::Range*, std::size_t count);
std::uint64_t assay_bytes_split_to(const RustBytes*, const std::uint32_t* lengths, std::size_t parts,
                                   std::size_t rounds);
std::uint64_t assay_bytes_split_off(const RustBytes*, const std::uint32_t* lengths, std::size_t parts,
                                    std::size_t rounds);
std::size_t assay_bytes_handle_bytes();
void assay_bytes_hold_pairs(RustPlaces*, const std::byte*, std::size_t size, std::size_t storages);
void assay_bytes_drop_pairs(RustPlaces*, std::size_t storages);
std::size_t assay_bytes_copied_by_clone(const RustBytes*);
std::size_t assay_bytes_copied_by_slice(const RustBytes*);
std::size_t assay_bytes_copied_by_split_to(const RustBytes*);
std::size_t assay_bytes_copied_by_split_off(const RustBytes*);

std::uint64_t assay_bytes_freeze(std::size_t capacity, const std::byte*, const std::uint32_t* lengths,
                                 std::size_t count);
std::uint64_t assay_bytes_freeze_held(std::size_t capacity, const std::byte*, const std::uint32_t* lengths,
                                      std::size_t count, RustPlaces* held);
void assay_bytes_empty(RustPlaces*, std::size_t count);
std::size_t assay_bytes_copied_by_freeze(const std::byte*, std::size_t size);

std::uint64_t assay_bytes_grow(const std::byte*, const std::uint32_t* lengths, std::size_t count);
std::size_t assay_bytes_lines(const RustBytes* text, RustPlaces* lines, std::uint64_t* sum);
std::uint64_t assay_bytes_integers_be(std::size_t records);
std::uint64_t assay_bytes_integers_le(std::size_t records);

void assay_bytes_make_all(const RustBytes*, RustPlaces* batch, std::size_t count);
std::uint64_t assay_bytes_drop_all(RustPlaces* batch, std::size_t count);
}

namespace assay::suite::buffer {
namespace {

const StatedVersion version(ASSAY_CRATE_VERSION);

RustBytes* hold(View contents) { return assay_bytes_hold(contents.data(), contents.size()); }

using Copied = std::size_t(const RustBytes*);

std::size_t rust_overhead() {
  RustPlaces* const pairs = assay_bytes_places(2 * kMeasuredStorages);
  const View contents = random_bytes(kMeasuredBytes, 1);
  return overhead_of(
      [=] { assay_bytes_hold_pairs(pairs, contents.data(), contents.size(), kMeasuredStorages); },
      [=] { assay_bytes_drop_pairs(pairs, kMeasuredStorages); });
}

class RustClone : public Workload {
 public:
  explicit RustClone(const Settings& settings) : bytes_(hold(random_bytes(kShared, settings.seed))) {
    operations = settings.repeated(kHandles);
    peak_live = kShared;
  }

  std::uint64_t pass() override { return fold(0, assay_bytes_clone(bytes_, operations)); }

  void report(const Resident&, Figures& figures) override {
    report_copied(figures, assay_bytes_copied_by_clone(bytes_));
    report_sizes(figures, assay_bytes_handle_bytes(), overhead_);
  }

 private:
  const std::size_t overhead_ = rust_overhead();  // before resident sizes are looked at
  const RustBytes* const bytes_;
};

class RustSlice : public Workload {
 public:
  explicit RustSlice(const Settings& settings)
      : bytes_(hold(random_bytes(kShared, settings.seed))), ranges_(settings.seed) {
    operations = settings.repeated(kHandles);
    peak_live = kShared;
  }

  std::uint64_t pass() override { return fold(0, assay_bytes_slice(bytes_, ranges_.ranges, operations)); }

  void report(const Resident&, Figures& figures) override {
    report_copied(figures, assay_bytes_copied_by_slice(bytes_));
  }

 private:
  const RustBytes* const bytes_;
  const Ranges ranges_;
};

using SplitPass = std::uint64_t(const RustBytes*, const std::uint32_t*, std::size_t, std::size_t);

template <SplitPass* kPass, Copied* kCopied>
class RustSplit : public Workload {
 public:
  explicit RustSplit(const Settings& settings)
      : lengths_(kParts, 1, kMostOfPart, settings.seed),
        rounds_(rounds_of(settings, kSplitRounds)),
        bytes_(hold(random_bytes(lengths_.sum, settings.seed))) {
    operations = rounds_ * kParts;
    peak_live = lengths_.sum;
  }

  std::uint64_t pass() override { return fold(0, kPass(bytes_, lengths_.lengths, kParts, rounds_)); }

  void report(const Resident&, Figures& figures) override { report_copied(figures, kCopied(bytes_)); }

 private:
  const Lengths lengths_;
  const std::size_t rounds_;
  const RustBytes* const bytes_;
};
using RustSplitTo = RustSplit<assay_bytes_split_to, assay_bytes_copied_by_split_to>;
using RustSplitOff = RustSplit<assay_bytes_split_off, assay_bytes_copied_by_split_off>;

template <bool kHeld>
class RustFreezing final : public Workload {
 public:
  explicit RustFreezing(const Settings& settings)
      : lengths_(kMessageLengths, kLeastMessage, kMostMessage, settings.seed),
        contents_(random_bytes(kMostMessage, settings.seed)),
        held_(assay_bytes_places(kHeldMessages)) {
    operations = settings.repeated(kMessages);
    peak_live = kReadBuffer;
    assay_bytes_empty(held_, kHeldMessages);
  }

  std::uint64_t pass() override {
    const std::byte* const data = contents_.data();
    return fold(0, kHeld ? assay_bytes_freeze_held(kReadBuffer, data, lengths_.lengths, operations, held_)
                         : assay_bytes_freeze(kReadBuffer, data, lengths_.lengths, operations));
  }

  void report(const Resident&, Figures& figures) override {
    report_copied(figures, assay_bytes_copied_by_freeze(contents_.data(), contents_.size()));
  }

 private:
  const Lengths lengths_;
  const View contents_;
  RustPlaces* const held_;
};

template <std::size_t kSize, std::size_t kRounds>
class RustGrow final : public Workload {
 public:
  explicit RustGrow(const Settings& settings)
      : pieces_(settings.scaled(kSize), settings.seed), rounds_(rounds_of(settings, kRounds)) {
    operations = rounds_ * pieces_.count;
    peak_live = pieces_.sum;
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    for (std::size_t round = 0; round < rounds_; ++round)
      sum += assay_bytes_grow(pieces_.contents.data(), pieces_.lengths, pieces_.count);
    return fold(0, sum);
  }

 private:
  const Pieces pieces_;
  const std::size_t rounds_;
};

class RustLines final : public Workload {
 public:
  explicit RustLines(const Settings& settings)
      : plan_(settings), text_(hold(plan_.contents)), lines_(assay_bytes_places(plan_.lines.count)) {
    operations = plan_.lines.count;
    peak_live = plan_.contents.size();
  }

  std::uint64_t pass() override {
    std::uint64_t sum;
    const std::size_t count = assay_bytes_lines(text_, lines_, &sum);
    return fold(count, sum);
  }

 private:
  const Text plan_;
  const RustBytes* const text_;
  RustPlaces* const lines_;
};

template <std::uint64_t (*kWriteAndRead)(std::size_t records)>
class RustIntegers final : public Workload {
 public:
  explicit RustIntegers(const Settings& settings)
      : records_(settings.scaled(kRecords)), rounds_(rounds_of(settings, kRecordRounds)) {
    operations = rounds_ * records_ * kIntegersOfRecord;
    peak_live = records_ * kRecordBytes;
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    for (std::size_t round = 0; round < rounds_; ++round) sum += kWriteAndRead(records_);
    return fold(0, sum);
  }

 private:
  const std::size_t records_, rounds_;
};

class RustBatch {
 public:
  RustBatch(View contents, std::size_t count)
      : bytes_(hold(contents)), count_(count), handles_(assay_bytes_places(count)) {}
  void make_all() { assay_bytes_make_all(bytes_, handles_, count_); }
  std::uint64_t drop_all() { return assay_bytes_drop_all(handles_, count_); }
  std::uint64_t clone_and_drop(std::size_t count) const { return assay_bytes_clone(bytes_, count); }

 private:
  const RustBytes* const bytes_;
  const std::size_t count_;
  RustPlaces* const handles_;
};

const struct RustWorkloads {
  RustWorkloads() {
    add_sharing_workload<RustClone>(kClone, kCloneBesideThread);
    add_sharing_workload<RustSlice>(kSlice, kSliceBesideThread);
    add_sharing_workload<RustSplitTo>(kSplitTo, kSplitToBesideThread);
    add_sharing_workload<RustSplitOff>(kSplitOff, kSplitOffBesideThread);
    static const WorkloadEntry dropped(made_by(kFreeze, make_workload<RustFreezing<false>>));
    static const WorkloadEntry held(made_by(kFreezeHeld, make_workload<RustFreezing<true>>));
    static const WorkloadEntry small(
        made_by(kGrowSmall, make_workload<RustGrow<kSmallBuffer, kSmallRounds>>));
    static const WorkloadEntry large(
        made_by(kGrowLarge, make_workload<RustGrow<kLargeBuffer, kLargeRounds>>));
    static const WorkloadEntry lines(made_by(kLines, make_workload<RustLines>));
    static const WorkloadEntry big(
        made_by(kIntegersBig, make_workload<RustIntegers<assay_bytes_integers_be>>));
    static const WorkloadEntry little(
        made_by(kIntegersLittle, make_workload<RustIntegers<assay_bytes_integers_le>>));
    add_batch_workloads<RustBatch>();
  }
} workloads;

}  // namespace
}  // namespace assay::suite::buffer
