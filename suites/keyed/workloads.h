// The workloads of keyed stores, instantiated for one template by the macro `benchmark`.
#pragma once

#include "suites/core/version.h"
#include "suites/core/workload.h"
#include "suites/keyed/workloads/churn.h"
#include "suites/keyed/workloads/connections.h"
#include "suites/keyed/workloads/filling.h"
#include "suites/keyed/workloads/reading.h"

namespace assay::suite::keyed {

template <template <class> class Store>
struct Workloads {
  Workloads() {
    add_churn_workloads<Store>();
    add_connection_workloads<Store>();
    add_filling_workloads<Store>();
    add_reading_workloads<Store>();
  }
  StatedVersion version{version_of<Store<int>>()};
};

}  // namespace assay::suite::keyed

// The alias hides parameters with defaults.
#define ASSAY_WORKLOADS(Type) \
  template <class T>          \
  using SubjectOf = Type<T>;  \
  static const ::assay::suite::keyed::Workloads<SubjectOf> workloads;
