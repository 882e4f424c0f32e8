// The workloads of owners, instantiated for one template by the macro `benchmark`. A pointer has those whose
// operations it claims.
#pragma once

#include "suites/core/version.h"
#include "suites/core/workload.h"
#include "suites/pointer/workloads/lru_cache.h"
#include "suites/pointer/workloads/making.h"
#include "suites/pointer/workloads/search_tree.h"
#include "suites/pointer/workloads/sharing.h"
#include "suites/pointer/workloads/structures.h"
#include "suites/pointer/workloads/threads.h"

namespace assay::suite::pointer {

template <template <class> class P>
struct Workloads {
  Workloads() {
    add_cache_workloads<P>();
    add_making_workloads<P>();
    add_search_tree_workloads<P>();
    add_sharing_workloads<P>();
    add_structure_workloads<P>();
    add_thread_workloads<P>();
  }
  StatedVersion version{version_of<P<int>>()};
};

}  // namespace assay::suite::pointer

// The alias hides parameters with defaults.
#define ASSAY_WORKLOADS(Type) \
  template <class T>          \
  using SubjectOf = Type<T>;  \
  static const ::assay::suite::pointer::Workloads<SubjectOf> workloads;
