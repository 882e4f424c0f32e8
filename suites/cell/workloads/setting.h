// Values through cells without borrows: cell_get_set takes 1,000 counters in random order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pointers/cell_concept.h"
#include "suites/cell/workloads/values.h"

namespace assay::suite::cell {

inline constexpr Description kGetSet{.name = "cell_get_set",
                                     .family = "cell",
                                     .sentence = "get() and set() of 1,000 counters in random order",
                                     .any_length = true};

constexpr std::size_t kCounters = 1'000;
constexpr std::size_t kSets = 2'000'000;

template <template <class> class Cell>
class GetsAndSets final : public Workload {
 public:
  explicit GetsAndSets(const Settings& settings) : count_(settings.scaled(kCounters)) {
    operations = settings.repeated(kSets);
    peak_live = count_ * sizeof(std::uint64_t);
    cells_ = make_objects<C>(count_, [](std::size_t) { return C(0); });
    picks_ = random_numbers(operations, count_, settings.seed);
  }
  std::uint64_t pass() override {
    const std::size_t count = operations;  // in registers, whatever a cell does
    const std::uint32_t* const picks = picks_;
    C* const cells = cells_;
    for (std::size_t i = 0; i < count_; ++i) cells[i].set(i);
    for (std::size_t i = 0; i < count; ++i) {
      const C& cell = cells[picks[i]];
      cell.set(cell.get() * 3 + i);
      escape(&cell);
    }
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < count_; ++i) checksum = fold(checksum, cells[i].get());
    return checksum;
  }

 private:
  using C = Cell<std::uint64_t>;
  std::size_t count_;
  C* cells_;
  const std::uint32_t* picks_;
};

template <template <class> class Cell>
void add_setting_workloads() {
  if constexpr (Cell<long>::kTraits.sets)
    static const WorkloadEntry get_set(made_by(kGetSet, make_workload<GetsAndSets<Cell>>));
}

}  // namespace assay::suite::cell
