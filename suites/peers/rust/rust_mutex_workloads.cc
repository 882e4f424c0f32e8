// The workloads of suites/lock on Rust's Mutex: suites/peers/rust/locks.rs does the passes, this registers
// them under the same descriptions.
#include <cstddef>
#include <cstdint>

#include "suites/core/version.h"
#include "suites/lock/workloads/foreign.h"
#include "suites/peers/rust/harness.h"

extern "C" {
std::uint64_t assay_rust_mutex_exclusive(std::size_t count);
std::uint64_t assay_rust_mutex_try(std::size_t count);
void* assay_rust_mutex_new();
void assay_rust_mutex_reset(void* lock);
void assay_rust_mutex_contend(const void* lock, std::uint32_t member, std::size_t entries,
                              std::uint32_t pause);
std::uint64_t assay_rust_mutex_checksum(void* lock);
void* assay_rust_mutex_map_new();
void assay_rust_mutex_map_reset(void* lock);
void assay_rust_mutex_map(const void* lock, std::uint64_t seed, std::size_t each, std::uint64_t reads);
std::uint64_t assay_rust_mutex_map_checksum(void* lock);
}

namespace assay::suite::lock {
namespace {

const StatedVersion version(ASSAY_CRATE_VERSION);

constexpr ForeignShared kWords{assay_rust_mutex_new, assay_rust_mutex_reset, assay_rust_mutex_checksum};
constexpr ForeignShared kTable{assay_rust_mutex_map_new, assay_rust_mutex_map_reset,
                               assay_rust_mutex_map_checksum};

const WorkloadEntry exclusive(made_by(kExclusive,
                                      make_workload<ForeignUncontended<assay_rust_mutex_exclusive>>));
const WorkloadEntry tried(made_by(kTry, make_workload<ForeignUncontended<assay_rust_mutex_try>>));
const WorkloadEntry contended(made_by(kContended,
                                      make_workload<ForeignContended<kWords, assay_rust_mutex_contend>>));
const WorkloadEntry reads(made_by(kMapReads,
                                  make_workload<ForeignMapping<kTable, assay_rust_mutex_map, 95>>));
const WorkloadEntry writes(made_by(kMapWrites,
                                   make_workload<ForeignMapping<kTable, assay_rust_mutex_map, 50>>));

}  // namespace
}  // namespace assay::suite::lock
