// A million objects in Rust's Box, allocated and dropped one by one: the other side of the documents'
// comparison of Box and Bump. suites/peers/rust/bumpalo.rs does the passes.
#include <malloc.h>

#include <cstddef>
#include <cstdint>

#include "suites/allocator/workloads/arena.h"
#include "suites/peers/rust/harness.h"

extern "C" {
void* assay_box_small_objects(std::size_t lists);
std::uint64_t assay_box_pass(void*);
}

namespace assay::suite::allocator {
namespace {

template <bool kCold>
class Boxes final : public Workload {
 public:
  explicit Boxes(const Settings& settings) {
    const std::size_t lists = (settings.scaled(kMillion) + kListLength - 1) / kListLength;
    operations = lists * kListLength;
    peak_live = operations * sizeof(SmallObject);
    context_ = assay_box_small_objects(lists);
  }

  void begin() override {
    if constexpr (kCold) malloc_trim(0);
  }
  std::uint64_t pass() override { return assay_box_pass(context_); }

 private:
  void* context_;
};

const WorkloadEntry cold(made_by(kSmallObjectsCold, make_workload<Boxes<true>>));
const WorkloadEntry warm(made_by(kSmallObjectsWarm, make_workload<Boxes<false>>));

}  // namespace
}  // namespace assay::suite::allocator
