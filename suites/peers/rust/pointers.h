// The workloads of suites/pointer/workloads/ on Rust's standard pointers: suites/peers/rust/pointers.rs does
// the passes, the templates here register them under the same descriptions. One program a pointer.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "suites/core/version.h"
#include "suites/core/workload.h"
#include "suites/peers/rust/harness.h"
#include "suites/pointer/workloads/lru_cache.h"
#include "suites/pointer/workloads/making.h"
#include "suites/pointer/workloads/search_tree.h"
#include "suites/pointer/workloads/sharing.h"
#include "suites/pointer/workloads/structures.h"
#include "suites/pointer/workloads/threads.h"

// As in pointers.rs.
extern "C" {

struct OwningPasses {
  std::size_t pointer_bytes;
  void* (*hold_smaller_bulk)();
  void (*drop_smaller_bulk)(void*);
  void* (*hold_larger_bulk)();
  void (*drop_larger_bulk)(void*);
  std::uint64_t (*make_words)(std::size_t count);
  std::uint64_t (*make_lines)(std::size_t count);
  void* (*new_frame)(std::size_t count);
  void (*make_frame)(void* frame, std::size_t count);
  std::uint64_t (*drop_frame)(void* frame, std::size_t count);
  std::uint64_t (*make_frames)(void* frame, std::size_t frames, std::size_t count);
  std::uint64_t (*list)(std::size_t nodes);
  std::uint64_t (*tree)(std::uint32_t levels);
  std::uint64_t (*search_tree)(const std::uint32_t* inserted, std::size_t keys, const std::uint32_t* searched,
                               std::size_t searches);
};

struct SharingPasses {
  const void* (*hold_word)(std::uint64_t mark);
  std::uint64_t (*clone_and_drop)(const void* word, std::size_t count);
  std::uint64_t (*upgrade)(const void* word, std::size_t count);
  void* (*new_share)(std::size_t count);
  std::uint64_t (*share)(void* share, std::size_t rounds, std::size_t count);
  std::uint64_t (*parent_tree)(std::uint32_t levels);
  void* (*new_cache)(std::size_t keys);
  std::uint64_t (*lru_cache)(void* cache, const std::uint32_t* requests, std::size_t count,
                             std::size_t capacity);
};

extern const OwningPasses assay_box_owning_passes, assay_rc_owning_passes, assay_arc_owning_passes;
extern const SharingPasses assay_rc_sharing_passes, assay_arc_sharing_passes;

}  // extern "C"

namespace assay::suite::pointer {

struct HeldBulk {
  HeldBulk(void* (*hold)(), void (*drop_it)(void*)) : bulk(hold()), drop(drop_it) {}
  HeldBulk(const HeldBulk&) = delete;
  ~HeldBulk() { drop(bulk); }
  void* bulk;
  void (*drop)(void*);
};

template <const OwningPasses& kPasses>
class RustMaking : public Workload {
 public:
  void report(const Resident&, Figures& figures) override {
    const auto smaller = [] { return HeldBulk(kPasses.hold_smaller_bulk, kPasses.drop_smaller_bulk); };
    const auto larger = [] { return HeldBulk(kPasses.hold_larger_bulk, kPasses.drop_larger_bulk); };
    report_sizes(
        figures, kPasses.pointer_bytes,
        std::min(bytes_beyond(sizeof(SmallerBulk), smaller), bytes_beyond(sizeof(LargerBulk), larger)));
  }
};

template <const OwningPasses& kPasses, class T>
class RustMake final : public RustMaking<kPasses> {
 public:
  explicit RustMake(const Settings& settings) {
    this->operations = settings.repeated(kMakes);
    this->peak_live = sizeof(T);
  }

  std::uint64_t pass() override {
    return sizeof(T) == sizeof(Word) ? kPasses.make_words(this->operations)
                                     : kPasses.make_lines(this->operations);
  }
};

template <const OwningPasses& kPasses>
class RustMakeFrames final : public RustMaking<kPasses> {
 public:
  explicit RustMakeFrames(const Settings& settings)
      : frames_(settings.repeated(kFrames)),
        count_(settings.scaled(kFrame)),
        frame_(kPasses.new_frame(count_)) {
    this->operations = frames_ * count_;
    this->peak_live = count_ * sizeof(Word);
  }

  std::uint64_t pass() override { return kPasses.make_frames(frame_, frames_, count_); }

 private:
  const std::size_t frames_, count_;
  void* const frame_;
};

template <const OwningPasses& kPasses>
class RustBatch {
 public:
  explicit RustBatch(std::size_t count) : count_(count), frame_(kPasses.new_frame(count)) {}
  void make_all() { kPasses.make_frame(frame_, count_); }
  std::uint64_t drop_all() { return kPasses.drop_frame(frame_, count_); }

 private:
  const std::size_t count_;
  void* const frame_;
};

template <const OwningPasses& kPasses>
class RustList final : public Workload {
 public:
  explicit RustList(const Settings& settings) {
    operations = settings.scaled(kListNodes);
    peak_live = operations * 2 * sizeof(std::uint64_t);
  }

  std::uint64_t pass() override { return kPasses.list(operations); }
};

template <const OwningPasses& kPasses>
class RustTree final : public Workload {
 public:
  explicit RustTree(const Settings&) {
    operations = (std::size_t{1} << kTreeLevels) - 1;
    peak_live = operations * 3 * sizeof(std::uint64_t);
  }

  std::uint64_t pass() override { return kPasses.tree(kTreeLevels); }
};

template <const OwningPasses& kPasses>
class RustSearchTree final : public Workload {
 public:
  explicit RustSearchTree(const Settings& settings) : plan_(settings) {
    operations = plan_.operations();
    peak_live = plan_.keys * 4 * sizeof(std::uint64_t);
  }

  std::uint64_t pass() override {
    return kPasses.search_tree(plan_.inserted, plan_.keys, plan_.searched, plan_.searches);
  }

 private:
  const SearchPlan plan_;
};

template <const SharingPasses& kPasses>
class RustCounter {
 public:
  std::uint64_t clone_and_drop(std::size_t count) const { return kPasses.clone_and_drop(word_, count); }

 private:
  const void* const word_ = kPasses.hold_word(mark_of(0));
};

template <const SharingPasses& kPasses>
class RustClone final : public Workload {
 public:
  explicit RustClone(const Settings& settings) {
    operations = settings.repeated(kClones);
    peak_live = sizeof(Word);
  }

  std::uint64_t pass() override { return fold(0, counter_.clone_and_drop(operations)); }

 private:
  const RustCounter<kPasses> counter_;
};

template <const SharingPasses& kPasses>
class RustUpgrade final : public Workload {
 public:
  explicit RustUpgrade(const Settings& settings) {
    operations = settings.repeated(kClones);
    peak_live = sizeof(Word);
  }

  std::uint64_t pass() override { return kPasses.upgrade(word_, operations); }

 private:
  const void* const word_ = kPasses.hold_word(mark_of(0));
};

template <const SharingPasses& kPasses>
class RustShare final : public Workload {
 public:
  explicit RustShare(const Settings& settings)
      : rounds_(settings.repeated(kShareRounds)),
        count_(settings.scaled(kSharedObjects)),
        share_(kPasses.new_share(count_)) {
    operations = rounds_ * count_;
    peak_live = count_ * sizeof(Word);
  }

  std::uint64_t pass() override { return kPasses.share(share_, rounds_, count_); }

 private:
  const std::size_t rounds_, count_;
  void* const share_;
};

template <const SharingPasses& kPasses>
class RustParentTree final : public Workload {
 public:
  explicit RustParentTree(const Settings&) {
    const std::size_t leaves = std::size_t{1} << (kParentLevels - 1);
    operations = leaves * kParentLevels;
    peak_live = (2 * leaves - 1) * 4 * sizeof(std::uint64_t);
  }

  std::uint64_t pass() override { return kPasses.parent_tree(kParentLevels); }
};

template <const SharingPasses& kPasses>
class RustLruCache final : public Workload {
 public:
  explicit RustLruCache(const Settings& settings) : plan_(settings), cache_(kPasses.new_cache(plan_.keys)) {
    operations = kRequests;
    peak_live = (plan_.capacity + kClients) * sizeof(Line);
  }

  std::uint64_t pass() override {
    return kPasses.lru_cache(cache_, plan_.requests, kRequests, plan_.capacity);
  }

 private:
  const CachePlan plan_;
  void* const cache_;
};

// Rust's stable pointers take no allocator: what others have in one, they have on the heap.
template <const OwningPasses& kPasses>
struct RustOwning {
  RustOwning() {
    static const WorkloadEntry word(made_by(kMakeWord, make_workload<RustMake<kPasses, Word>>));
    static const WorkloadEntry line(made_by(kMakeLine, make_workload<RustMake<kPasses, Line>>));
    static const WorkloadEntry pool(made_by(kMakeInPool, make_workload<RustMake<kPasses, Word>>));
    static const WorkloadEntry arena(made_by(kMakeInArena, make_workload<RustMakeFrames<kPasses>>));
    static const WorkloadEntry list(made_by(kList, make_workload<RustList<kPasses>>));
    static const WorkloadEntry tree(made_by(kTree, make_workload<RustTree<kPasses>>));
    static const WorkloadEntry search(made_by(kSearchTree, make_workload<RustSearchTree<kPasses>>));
  }
  StatedVersion version{ASSAY_CRATE_VERSION};
};

template <const SharingPasses& kPasses>
struct RustSharing {
  RustSharing() {
    static const WorkloadEntry clone(made_by(kClone, make_workload<RustClone<kPasses>>));
    static const WorkloadEntry share(made_by(kShare, make_workload<RustShare<kPasses>>));
    static const WorkloadEntry upgrade(made_by(kUpgrade, make_workload<RustUpgrade<kPasses>>));
    static const WorkloadEntry parents(made_by(kParentTree, make_workload<RustParentTree<kPasses>>));
    static const WorkloadEntry lru(made_by(kLruCache, make_workload<RustLruCache<kPasses>>));
  }
};

// Of pointers whose owners threads may share, or give to each other.
template <const OwningPasses& kPasses>
struct RustHandingOver {
  RustHandingOver() { add_batch_workload<RustBatch<kPasses>>(); }
};

template <const SharingPasses& kPasses>
struct RustSharingThreads {
  RustSharingThreads() { add_counter_workloads<RustCounter<kPasses>>(); }
};

}  // namespace assay::suite::pointer
