// The workloads of transfers, instantiated for one by the macro `benchmark`: those that it claims.
#pragma once

#include "suites/core/version.h"
#include "suites/core/workload.h"
#include "suites/transfer/workloads/copies.h"
#include "suites/transfer/workloads/files.h"
#include "suites/transfer/workloads/memory.h"

namespace assay::suite::transfer {

template <Transfer T>
struct Workloads {
  Workloads() {
    add_copy_workloads<T>();
    add_file_workloads<T>();
    add_memory_workloads<T>();
  }
  StatedVersion version{version_of<T>()};
};

}  // namespace assay::suite::transfer

#define ASSAY_WORKLOADS(Type) static const ::assay::suite::transfer::Workloads<Type> workloads;
