// The order of processes. Whatever drifts while a run lasts (heat, other load, the clock's frequency) must
// fall on all subjects alike and on none systematically: a workload runs under every subject in direct
// succession, the order of subjects is drawn anew each time, and so is the order of workloads in each round.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace assay::suite {

// One workload in one round, under every subject: what is compared.
struct Pairing {
  int round;
  std::size_t workload;
  std::vector<std::size_t> subjects;  // in the order in which they run
};

std::vector<Pairing> make_plan(int rounds, std::size_t workloads, std::size_t subjects, std::uint64_t seed);

}  // namespace assay::suite
