// Clocks for the parts of a pass that a workload reports apart.
#pragma once

#include <time.h>
#include <x86intrin.h>

#include <cstdint>

namespace assay::suite {

// CPU time of all threads of the process, in nanoseconds.
inline double cpu_nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Elapsed time, in nanoseconds.
inline double wall_nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Cycles of the time stamp counter. The fences keep the timed instructions between two readings.
inline std::uint64_t cycles() {
  _mm_lfence();
  const std::uint64_t now = __rdtsc();
  _mm_lfence();
  return now;
}

}  // namespace assay::suite
