// The workloads of suites/object/workloads/typed_arena.h on Rust's typed-arena crate:
// suites/peers/rust/typed_arena.rs does the passes, this registers them under the same descriptions. The
// crate cannot clear an arena, and so has no typed_million_warm.
#include <malloc.h>

#include <cstddef>
#include <cstdint>

#include "suites/core/version.h"
#include "suites/object/workloads/typed_arena.h"
#include "suites/peers/rust/harness.h"

extern "C" {
std::uint64_t assay_typed_arena_million(std::size_t count);
std::uint64_t assay_typed_arena_destructors(std::size_t count);
}

namespace assay::suite::object {
namespace {

const StatedVersion version(ASSAY_CRATE_VERSION);

template <std::uint64_t (*kPass)(std::size_t), bool kCold>
class InRust final : public Workload {
 public:
  explicit InRust(const Settings& settings) {
    operations = settings.scaled(kObjects);
    peak_live = operations * sizeof(FromMark);
  }

  void begin() override {
    if constexpr (kCold) malloc_trim(0);
  }
  std::uint64_t pass() override { return kPass(operations); }
};

const WorkloadEntry cold(made_by(kTypedMillionCold, make_workload<InRust<assay_typed_arena_million, true>>));
const WorkloadEntry fresh(made_by(kTypedMillion, make_workload<InRust<assay_typed_arena_million, false>>));
const WorkloadEntry destructors(made_by(kTypedDestructors,
                                        make_workload<InRust<assay_typed_arena_destructors, false>>));

}  // namespace
}  // namespace assay::suite::object
