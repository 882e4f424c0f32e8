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
std::uint64_t assay_typed_arena_arenas(std::size_t arenas, std::size_t count);
std::uint64_t assay_typed_arena_destructors(std::size_t arenas, std::size_t count);
}

namespace assay::suite::object {
namespace {

const StatedVersion version(ASSAY_CRATE_VERSION);

class Cold final : public Workload {
 public:
  explicit Cold(const Settings& settings) {
    operations = settings.scaled(kObjects);
    peak_live = operations * sizeof(Particle);
  }

  void begin() override { malloc_trim(0); }
  std::uint64_t pass() override { return assay_typed_arena_million(operations); }
};

template <std::uint64_t (*kPass)(std::size_t, std::size_t)>
class Arenas final : public Workload {
 public:
  explicit Arenas(const Settings& settings) : each_(settings.scaled(kObjects / kArenas)) {
    keep_freed_pages();
    operations = kArenas * each_;
    peak_live = each_ * sizeof(Particle);
  }

  std::uint64_t pass() override { return kPass(kArenas, each_); }

 private:
  const std::size_t each_;
};

const WorkloadEntry cold(made_by(kTypedMillionCold, make_workload<Cold>));
const WorkloadEntry arenas(made_by(kTypedArenas, make_workload<Arenas<assay_typed_arena_arenas>>));
const WorkloadEntry destructors(made_by(kTypedDestructors,
                                        make_workload<Arenas<assay_typed_arena_destructors>>));

}  // namespace
}  // namespace assay::suite::object
