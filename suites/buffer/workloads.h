// The workloads of shared byte buffers, instantiated for one type by the macro `benchmark`. A buffer has
// those whose operations it claims.
#pragma once

#include "suites/buffer/workloads/freezing.h"
#include "suites/buffer/workloads/growing.h"
#include "suites/buffer/workloads/integers.h"
#include "suites/buffer/workloads/lines.h"
#include "suites/buffer/workloads/owners.h"
#include "suites/buffer/workloads/sharing.h"
#include "suites/buffer/workloads/threads.h"
#include "suites/core/version.h"
#include "suites/core/workload.h"

namespace assay::suite::buffer {

template <Buffer B>
struct Workloads {
  Workloads() {
    add_sharing_workloads<B>();
    add_freezing_workloads<B>();
    add_growing_workloads<B>();
    add_line_workloads<B>();
    add_integer_workloads<B>();
    add_owner_workloads<B>();
    add_thread_workloads<B>();
  }
  StatedVersion version{version_of<B>()};
};

}  // namespace assay::suite::buffer

// The alias lets a type have commas.
#define ASSAY_WORKLOADS(...)              \
  using SubjectOfWorkloads = __VA_ARGS__; \
  static const ::assay::suite::buffer::Workloads<SubjectOfWorkloads> workloads;
