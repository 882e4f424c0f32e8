// The workloads of readers of files, instantiated for one reader by the macro `benchmark`.
#pragma once

#include "suites/core/version.h"
#include "suites/core/workload.h"
#include "suites/reader/workloads/ranges.h"
#include "suites/reader/workloads/small_files.h"
#include "suites/reader/workloads/whole_file.h"

namespace assay::suite::reader {

template <Reader R>
struct Workloads {
  Workloads() {
    add_range_workloads<R>();
    add_small_file_workloads<R>();
    add_whole_file_workloads<R>();
  }
  StatedVersion version{version_of<R>()};
};

}  // namespace assay::suite::reader

#define ASSAY_WORKLOADS(Type) static const ::assay::suite::reader::Workloads<Type> workloads;
