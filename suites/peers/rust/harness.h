// What suites/peers/rust/harness.rs calls in C++. A program that links a peer in Rust includes this once.
#pragma once

#include <cstddef>

#include "suites/core/workload.h"

extern "C" {

[[gnu::used]] inline void* assay_harness_memory(std::size_t bytes) {
  return assay::suite::harness_memory(bytes);
}

[[gnu::used, noreturn]] inline void assay_fail(const char* reason) { assay::suite::fail("%s", reason); }

}  // extern "C"
