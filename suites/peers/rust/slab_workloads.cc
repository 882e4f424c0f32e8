// The workloads of suites/keyed/workloads/ on Rust's slab crate: suites/peers/rust/slab.rs does the passes,
// this registers them under the same descriptions.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "suites/core/version.h"
#include "suites/keyed/workloads/churn.h"
#include "suites/keyed/workloads/connections.h"
#include "suites/keyed/workloads/filling.h"
#include "suites/keyed/workloads/reading.h"
#include "suites/peers/rust/harness.h"

extern "C" {
void* assay_slab_filling(std::size_t count);
void assay_slab_filling_reserve(void*);
void assay_slab_filling_clear(void*);
void assay_slab_filling_drop(void*);
std::uint64_t assay_slab_insert(void*);
std::uint64_t assay_slab_grow(void*);

void* assay_slab_removing_half(std::size_t count, const std::uint32_t* order);
void assay_slab_removing_half_begin(void*);
std::uint64_t assay_slab_remove_half(void*);
void assay_slab_removing_half_end(void*);

void* assay_slab_lookups(std::size_t count, std::size_t operations, std::uint64_t seed);
std::uint64_t assay_slab_get(void*);

void* assay_slab_iteration(std::size_t count, std::size_t live, std::size_t rounds,
                           const std::uint32_t* order);
std::uint64_t assay_slab_iterate(void*);

void* assay_slab_churning(std::size_t slots, std::size_t live, const std::uint32_t* order,
                          const std::uint32_t* picks, const std::uint32_t* bursts, std::size_t burst_count);
void assay_slab_churn_begin(void*);
std::uint64_t assay_slab_churn(void*);
void assay_slab_churn_end(void*);

void* assay_slab_small_connections(std::size_t most, const assay::suite::keyed::Event*, std::size_t count);
void assay_slab_small_connections_begin(void*);
std::uint64_t assay_slab_small_connections_pass(void*);
void assay_slab_small_connections_end(void*);
void* assay_slab_large_connections(std::size_t most, const assay::suite::keyed::Event*, std::size_t count);
void assay_slab_large_connections_begin(void*);
std::uint64_t assay_slab_large_connections_pass(void*);
void assay_slab_large_connections_end(void*);
}

namespace assay::suite::keyed {
namespace {

const StatedVersion version(ASSAY_CRATE_VERSION);

using Call = void(void*);
using Pass = std::uint64_t(void*);

template <Pass* kPass, Call* kBegin = nullptr, Call* kEnd = nullptr>
class InRust : public Workload {
 public:
  void begin() override {
    if constexpr (kBegin != nullptr) kBegin(context_);
  }
  std::uint64_t pass() override { return kPass(context_); }
  void end() override {
    if constexpr (kEnd != nullptr) kEnd(context_);
  }

 protected:
  void* context_ = nullptr;
};

template <class Base>
class RustFilling : public Base {
 public:
  explicit RustFilling(const Settings& settings) {
    const std::size_t count = settings.scaled(kFullSlab);
    this->operations = count;
    this->peak_live = count * sizeof(Value);
    this->context_ = assay_slab_filling(count);
  }
};
using RustInsert =
    RustFilling<InRust<assay_slab_insert, assay_slab_filling_reserve, assay_slab_filling_clear>>;
using RustGrow = RustFilling<InRust<assay_slab_grow, nullptr, assay_slab_filling_drop>>;

class RustRemoveHalf
    : public InRust<assay_slab_remove_half, assay_slab_removing_half_begin, assay_slab_removing_half_end> {
 public:
  explicit RustRemoveHalf(const Settings& settings) {
    const std::size_t count = settings.scaled(kFullSlab);
    operations = (count + 1) / 2;
    peak_live = count * sizeof(Value);
    context_ = assay_slab_removing_half(count, shuffled(count, settings.seed));
  }
};

class RustLookups : public InRust<assay_slab_get> {
 public:
  explicit RustLookups(const Settings& settings) {
    const std::size_t count = settings.scaled(kReadSlots);
    operations = settings.repeated(kLookups);
    peak_live = count * sizeof(Value);
    context_ = assay_slab_lookups(count, operations, settings.seed);
  }
};

template <unsigned kPercent>
class RustIteration : public InRust<assay_slab_iterate> {
 public:
  explicit RustIteration(const Settings& settings) {
    const IterationPlan plan(settings, kPercent);
    operations = plan.rounds * plan.live;
    peak_live = plan.count * sizeof(Value);
    context_ = assay_slab_iteration(plan.count, plan.live, plan.rounds, plan.order);
  }
};

template <unsigned kPercent>
class RustChurn : public InRust<assay_slab_churn, assay_slab_churn_begin, assay_slab_churn_end> {
 public:
  explicit RustChurn(const Settings& settings) {
    const ChurnPlan plan(settings, kPercent);
    operations = kChurnPairs;
    peak_live = plan.slots * sizeof(Value);
    context_ =
        assay_slab_churning(plan.slots, plan.live, plan.order, plan.picks, plan.bursts, plan.burst_count);
  }
};

template <class Base, void* (*kMake)(std::size_t, const Event*, std::size_t), std::size_t kMost,
          std::size_t kBytes>
class RustConnections : public Base {
 public:
  explicit RustConnections(const Settings& settings) {
    const std::size_t most = most_connections(settings, kMost);
    this->operations = kEvents;
    this->peak_live = most * kBytes;
    this->context_ = kMake(most, plan_events(most, kEvents, settings.seed), kEvents);
  }
};
using RustSmall =
    RustConnections<InRust<assay_slab_small_connections_pass, assay_slab_small_connections_begin,
                           assay_slab_small_connections_end>,
                    assay_slab_small_connections, 1'000, 64>;
using RustLarge =
    RustConnections<InRust<assay_slab_large_connections_pass, assay_slab_large_connections_begin,
                           assay_slab_large_connections_end>,
                    assay_slab_large_connections, 10'000, 96>;

const WorkloadEntry insert(made_by(kInsert, make_workload<RustInsert>));
const WorkloadEntry grow(made_by(kGrow, make_workload<RustGrow>));
const WorkloadEntry remove_half(made_by(kRemoveHalf, make_workload<RustRemoveHalf>));
const WorkloadEntry get(made_by(kGet, make_workload<RustLookups>));
const WorkloadEntry iterate_full(made_by(kIterateFull, make_workload<RustIteration<100>>));
const WorkloadEntry iterate_half(made_by(kIterateHalf, make_workload<RustIteration<50>>));
const WorkloadEntry iterate_tenth(made_by(kIterateTenth, make_workload<RustIteration<10>>));
const WorkloadEntry churn_tenth(made_by(kChurnTenth, make_workload<RustChurn<10>>));
const WorkloadEntry churn_half(made_by(kChurnHalf, make_workload<RustChurn<50>>));
const WorkloadEntry churn_full(made_by(kChurnFull, make_workload<RustChurn<90>>));
const WorkloadEntry connections(made_by(kConnections, make_workload<RustSmall>));
const WorkloadEntry many_connections(made_by(kManyConnections, make_workload<RustLarge>));

}  // namespace
}  // namespace assay::suite::keyed
