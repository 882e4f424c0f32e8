// The workloads of suites/cell/workloads/ on Rust's RefCell, Cell and Cow: suites/peers/rust/ref_cell.rs does
// the passes, this registers them under the same descriptions.
#include <cstddef>
#include <cstdint>

#include "suites/cell/workloads/borrowing.h"
#include "suites/cell/workloads/graph.h"
#include "suites/cell/workloads/setting.h"
#include "suites/cell/workloads/writing_late.h"
#include "suites/core/version.h"
#include "suites/peers/rust/harness.h"

extern "C" {
void* assay_ref_cell_one(std::size_t operations);
std::uint64_t assay_ref_cell_borrow(void*);
std::uint64_t assay_ref_cell_borrow_mut(void*);
std::uint64_t assay_ref_cell_nested(void*);

void* assay_ref_cell_mixing(std::size_t count, std::size_t operations, const std::uint32_t* picks,
                            const std::uint32_t* kinds);
void assay_ref_cell_mixed_begin(void*);
std::uint64_t assay_ref_cell_mixed(void*);

void* assay_cell_counters(std::size_t count, std::size_t operations, const std::uint32_t* picks);
std::uint64_t assay_cell_get_set(void*);

void* assay_ref_cell_graph(std::size_t count, std::size_t operations,
                           const assay::suite::cell::Neighbours* first, const std::uint32_t* order);
void assay_ref_cell_graph_begin(void*);
std::uint64_t assay_ref_cell_graph_pass(void*);

void* assay_cow_filter(std::size_t operations, const assay::suite::cell::Record* records,
                       const std::uint32_t* picks, const std::uint32_t* draws);
std::uint64_t assay_cow_mostly_read(void*);
std::uint64_t assay_cow_mostly_written(void*);
}

namespace assay::suite::cell {
namespace {

const StatedVersion version(ASSAY_CRATE_VERSION);

using Call = void(void*);
using Pass = std::uint64_t(void*);

template <Pass* kPass, Call* kBegin = nullptr>
class InRust : public Workload {
 public:
  void begin() override {
    if constexpr (kBegin != nullptr) kBegin(context_);
  }
  std::uint64_t pass() override { return kPass(context_); }

 protected:
  void* context_ = nullptr;
};

template <Pass* kPass>
class RustBorrows final : public InRust<kPass> {
 public:
  explicit RustBorrows(const Settings& settings) {
    this->operations = settings.repeated(kBorrows);
    this->context_ = assay_ref_cell_one(this->operations);
  }
};

class RustMixed final : public InRust<assay_ref_cell_mixed, assay_ref_cell_mixed_begin> {
 public:
  explicit RustMixed(const Settings& settings) {
    const MixedPlan plan(settings);
    operations = plan.operations;
    peak_live = plan.count * sizeof(Value);
    context_ = assay_ref_cell_mixing(plan.count, plan.operations, plan.picks, plan.kinds);
  }
};

class RustGetsAndSets final : public InRust<assay_cell_get_set> {
 public:
  explicit RustGetsAndSets(const Settings& settings) {
    const std::size_t count = settings.scaled(kCounters);
    operations = settings.repeated(kSets);
    peak_live = count * sizeof(std::uint64_t);
    context_ = assay_cell_counters(count, operations, random_numbers(operations, count, settings.seed));
  }
};

class RustGraph final : public InRust<assay_ref_cell_graph_pass, assay_ref_cell_graph_begin> {
 public:
  explicit RustGraph(const Settings& settings) {
    const GraphPlan plan(settings);
    operations = plan.operations;
    peak_live = plan.count * (sizeof(Neighbours) + sizeof(std::uint64_t));
    context_ = assay_ref_cell_graph(plan.count, plan.operations, plan.first, plan.order);
  }
};

template <Pass* kPass>
class RustFilter final : public InRust<kPass> {
 public:
  explicit RustFilter(const Settings& settings) {
    const FilterPlan plan(settings);
    this->operations = plan.operations;
    this->peak_live = plan.count * sizeof(Record);
    this->context_ = assay_cow_filter(plan.operations, plan.records, plan.picks, plan.draws);
  }
};

const WorkloadEntry borrow(made_by(kBorrow, make_workload<RustBorrows<assay_ref_cell_borrow>>));
const WorkloadEntry borrow_mut(made_by(kBorrowMut, make_workload<RustBorrows<assay_ref_cell_borrow_mut>>));
const WorkloadEntry nested(made_by(kNested, make_workload<RustBorrows<assay_ref_cell_nested>>));
const WorkloadEntry mixed(made_by(kMixed, make_workload<RustMixed>));
const WorkloadEntry get_set(made_by(kGetSet, make_workload<RustGetsAndSets>));
const WorkloadEntry graph(made_by(kGraph, make_workload<RustGraph>));
const WorkloadEntry mostly_read(made_by(kMostlyRead, make_workload<RustFilter<assay_cow_mostly_read>>));
const WorkloadEntry mostly_written(made_by(kMostlyWritten,
                                           make_workload<RustFilter<assay_cow_mostly_written>>));

}  // namespace
}  // namespace assay::suite::cell
