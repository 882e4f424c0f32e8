// The workloads of arenas and pools of objects, instantiated for one template by the macro `benchmark`.
#pragma once

#include "suites/core/version.h"
#include "suites/core/workload.h"
#include "suites/object/workloads/typed_arena.h"

namespace assay::suite::object {

template <template <class> class Objects>
struct Workloads {
  Workloads() { add_typed_arena_workloads<Objects>(); }
  StatedVersion version{version_of<Objects<int>>()};
};

}  // namespace assay::suite::object

// The alias hides parameters with defaults.
#define ASSAY_WORKLOADS(Type) \
  template <class T>          \
  using SubjectOf = Type<T>;  \
  static const ::assay::suite::object::Workloads<SubjectOf> workloads;
