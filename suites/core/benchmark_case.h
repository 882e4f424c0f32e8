// A Google Benchmark function under a name, for programs of benchmark_main.cc.
#pragma once

#include <benchmark/benchmark.h>

namespace assay::suite {

struct BenchmarkCase {
  BenchmarkCase(const char* case_name, void (*case_function)(benchmark::State&));
  const char* name;
  void (*function)(benchmark::State&);
  const BenchmarkCase* next;
};

}  // namespace assay::suite
