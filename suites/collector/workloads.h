// The workloads of garbage-collected heaps, instantiated for one heap by the macro `benchmark`, or for a kind
// of memory without a collector (workloads/manual.h), which has those whose order of death is known.
#pragma once

#include "suites/collector/workloads/barrier.h"
#include "suites/collector/workloads/binary_trees.h"
#include "suites/collector/workloads/compaction.h"
#include "suites/collector/workloads/deep_list.h"
#include "suites/collector/workloads/fragmentation.h"
#include "suites/collector/workloads/gcbench.h"
#include "suites/collector/workloads/graph.h"
#include "suites/collector/workloads/lru_cache.h"
#include "suites/collector/workloads/references.h"
#include "suites/collector/workloads/strings.h"
#include "suites/core/version.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

template <class S>
struct Workloads {
  Workloads() {
    add_barrier_workloads<S>();
    add_binary_tree_workloads<S>();
    add_cache_workloads<S>();
    add_compaction_workloads<S>();
    add_deep_list_workloads<S>();
    add_fragmentation_workloads<S>();
    add_gcbench_workloads<S>();
    add_graph_workloads<S>();
    add_reference_workloads<S>();
    add_string_workloads<S>();
  }
  StatedVersion version{version_of<S>()};
};

}  // namespace assay::suite::collector

#define ASSAY_WORKLOADS(Type) static const ::assay::suite::collector::Workloads<Type> workloads;
