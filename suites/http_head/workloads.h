// The workloads of parsers of HTTP/1 heads, instantiated for one type by the macro `benchmark`.
#pragma once

#include "suites/core/version.h"
#include "suites/core/workload.h"
#include "suites/http_head/workloads/parsing.h"

namespace assay::suite::http_head {

template <HttpHeadParser H>
struct Workloads {
  Workloads() { add_parsing_workloads<H>(); }
  StatedVersion version{version_of<H>()};
};

}  // namespace assay::suite::http_head

// The alias lets a type have commas.
#define ASSAY_WORKLOADS(...)              \
  using SubjectOfWorkloads = __VA_ARGS__; \
  static const ::assay::suite::http_head::Workloads<SubjectOfWorkloads> workloads;
