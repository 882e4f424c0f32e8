// The workloads of suites/allocator/workloads/arena.h on Rust's bumpalo crate: suites/peers/rust/bumpalo.rs
// does the passes, this registers them under the same descriptions. The crate has no marks, and so no
// request_arena.
#include <malloc.h>

#include <cstddef>
#include <cstdint>

#include "allocators/system_allocator.h"
#include "suites/allocator/workloads/arena.h"
#include "suites/core/version.h"
#include "suites/peers/rust/harness.h"

extern "C" {
void* assay_bumpalo_small_objects(std::size_t lists, const assay::suite::allocator::ObjectLayout*);
std::uint64_t assay_bumpalo_cold(void*);
std::uint64_t assay_bumpalo_warm(void*);
std::uint64_t assay_bumpalo_reference(void*);
std::uint64_t assay_bumpalo_unknown(void*);

void* assay_bumpalo_slices(std::size_t items, const unsigned char* bytes,
                           const assay::suite::allocator::Input::Item*);
std::uint64_t assay_bumpalo_slices_pass(void*);
void* assay_bumpalo_tree(std::uint32_t levels);
std::uint64_t assay_bumpalo_tree_pass(void*);
void* assay_bumpalo_frames(std::size_t frames);
std::uint64_t assay_bumpalo_frames_pass(void*);
}

namespace assay::suite::allocator {
namespace {

const StatedVersion version(ASSAY_CRATE_VERSION);

template <std::uint64_t (*kPass)(void*), bool kCold = false>
class InRust : public Workload {
 public:
  void begin() override {
    if constexpr (kCold) malloc_trim(0);
  }
  std::uint64_t pass() override { return kPass(context_); }

 protected:
  void* context_ = nullptr;
};

template <class Base, class Layouts = KnownLayout>
class RustSmallObjects final : public Base {
 public:
  explicit RustSmallObjects(const Settings& settings) {
    const std::size_t lists = (settings.scaled(kMillion) + kListLength - 1) / kListLength;
    this->operations = lists * kListLength;
    const Layouts layouts = layouts_for(settings);
    for (std::size_t i = 0; i < this->operations; ++i) this->peak_live += layouts.size(i);
    const ObjectLayout* table = nullptr;
    if constexpr (requires { layouts.layouts; }) table = layouts.layouts;
    this->context_ = assay_bumpalo_small_objects(lists, table);
  }

 private:
  static Layouts layouts_for(const Settings& settings) {
    if constexpr (requires(Layouts l) { l.layouts; })
      return {random_layouts(settings.seed)};
    else
      return {};
  }
};

class RustSlices final : public InRust<assay_bumpalo_slices_pass> {
 public:
  explicit RustSlices(const Settings& settings) {
    const Input input(settings);
    operations = input.items;
    peak_live = input.size;
    context_ = assay_bumpalo_slices(input.items, input.bytes, input.item);
  }
};

class RustTree final : public InRust<assay_bumpalo_tree_pass> {
 public:
  explicit RustTree(const Settings& settings) {
    const unsigned levels = tree_levels(settings);
    operations = (std::size_t{1} << levels) - 1;
    peak_live = operations * sizeof(TreeNode);
    context_ = assay_bumpalo_tree(levels);
  }
};

class RustFrames final : public InRust<assay_bumpalo_frames_pass> {
 public:
  explicit RustFrames(const Settings& settings) {
    using Ours = FrameArena<SystemAllocator>;
    const std::size_t frames = settings.repeated(Ours::kFrames);
    operations = frames * Ours::kBlocks;
    peak_live = Ours::kLiveBytes;
    context_ = assay_bumpalo_frames(frames);
  }
};

using Cold = RustSmallObjects<InRust<assay_bumpalo_cold, true>>;
using Warm = RustSmallObjects<InRust<assay_bumpalo_warm>>;
using Reference = RustSmallObjects<InRust<assay_bumpalo_reference>>;
using Unknown = RustSmallObjects<InRust<assay_bumpalo_unknown>, UnknownLayouts>;

const WorkloadEntry cold(made_by(kSmallObjectsCold, make_workload<Cold>));
const WorkloadEntry warm(made_by(kSmallObjectsWarm, make_workload<Warm>));
const WorkloadEntry reference(made_by(kSmallObjectsReference, make_workload<Reference>));
const WorkloadEntry unknown(made_by(kSmallObjectsUnknown, make_workload<Unknown>));
const WorkloadEntry slices(made_by(kSlicesAndStrings, make_workload<RustSlices>));
const WorkloadEntry tree(made_by(kTree, make_workload<RustTree>));
const WorkloadEntry frames(made_by(kFrameArena, make_workload<RustFrames>));

}  // namespace
}  // namespace assay::suite::allocator
