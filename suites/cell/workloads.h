// The workloads of cells, instantiated for one template by the macro `benchmark`.
#pragma once

#include "suites/cell/workloads/borrowing.h"
#include "suites/cell/workloads/graph.h"
#include "suites/cell/workloads/setting.h"
#include "suites/cell/workloads/writing_late.h"
#include "suites/core/version.h"
#include "suites/core/workload.h"

namespace assay::suite::cell {

template <template <class> class Cell>
struct Workloads {
  Workloads() {
    add_setting_workloads<Cell>();
    add_borrowing_workloads<Cell>();
    add_graph_workloads<Cell>();
    add_writing_late_workloads<Cell>();
  }
  StatedVersion version{version_of<Cell<int>>()};
};

}  // namespace assay::suite::cell

// The alias hides parameters with defaults.
#define ASSAY_WORKLOADS(Type) \
  template <class T>          \
  using SubjectOf = Type<T>;  \
  static const ::assay::suite::cell::Workloads<SubjectOf> workloads;
