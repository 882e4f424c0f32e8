// The workloads of safe memory reclamation, instantiated for one type by the macro `benchmark`: a domain, a
// type that names one and the structures over it (suites/reclamation/subject.h), or a type that has nothing
// but a Cell<T> of its own (suites/reclamation/workloads/reading.h).
#pragma once

#include "suites/core/version.h"
#include "suites/core/workload.h"
#include "suites/reclamation/workloads/garbage.h"
#include "suites/reclamation/workloads/reading.h"
#include "suites/reclamation/workloads/structures.h"

namespace assay::suite::reclamation {

template <class S>
struct Workloads {
  Workloads() {
    add_reading_workloads<S>();
    add_structure_workloads<S>();
    add_garbage_workloads<S>();
  }
  StatedVersion version{version_of<S>()};
};

}  // namespace assay::suite::reclamation

#define ASSAY_WORKLOADS(Type) static const ::assay::suite::reclamation::Workloads<Type> workloads;
