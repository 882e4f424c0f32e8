#include "suites/runner/plan.h"

#include <numeric>
#include <utility>

#include "suites/core/random.h"

namespace assay::suite {
namespace {

// 0 … count-1 in random order. std::shuffle would do, but differs between standard libraries.
std::vector<std::size_t> shuffled(std::size_t count, Random& random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t left = count; left > 1; --left) std::swap(order[left - 1], order[random.below(left)]);
  return order;
}

}  // namespace

std::vector<Pairing> make_plan(int rounds, std::size_t workloads, std::size_t subjects, std::uint64_t seed) {
  Random random(seed);
  std::vector<Pairing> plan;
  for (int round = 0; round < rounds; ++round)
    for (const std::size_t workload : shuffled(workloads, random))
      plan.push_back({round, workload, shuffled(subjects, random)});
  return plan;
}

}  // namespace assay::suite
