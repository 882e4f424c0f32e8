// The workloads of locks that own their data, instantiated for one template by the macro `benchmark`.
#pragma once

#include "suites/core/version.h"
#include "suites/core/workload.h"
#include "suites/lock/workloads/contended.h"
#include "suites/lock/workloads/maps.h"
#include "suites/lock/workloads/uncontended.h"

namespace assay::suite::lock {

template <template <class> class Lock>
struct Workloads {
  Workloads() {
    add_uncontended_workloads<Lock>();
    add_contended_workloads<Lock>();
    add_map_workloads<Lock>();
  }
  StatedVersion version{version_of<Lock<int>>()};
};

}  // namespace assay::suite::lock

// The alias hides parameters with defaults.
#define ASSAY_WORKLOADS(Type) \
  template <class T>          \
  using SubjectOf = Type<T>;  \
  static const ::assay::suite::lock::Workloads<SubjectOf> workloads;
