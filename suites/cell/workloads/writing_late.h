// Values of 128 bytes that a filter looks at and sometimes changes; what it returns is looked at once more.
//   cow_mostly_read      one in a hundred is written
//   cow_mostly_written   nine in ten are written
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "pointers/cell_concept.h"
#include "suites/cell/workloads/values.h"

namespace assay::suite::cell {

inline constexpr Description kMostlyRead{.name = "cow_mostly_read",
                                         .family = "cow",
                                         .sentence =
                                             "1,000 records of 128 bytes pass a filter that writes one in a "
                                             "hundred",
                                         .any_length = true};
inline constexpr Description kMostlyWritten{
    .name = "cow_mostly_written",
    .family = "cow",
    .sentence =
        "1,000 records of 128 bytes pass a filter that writes nine in "
        "ten",
    .any_length = true};

constexpr std::size_t kRecords = 1'000;
constexpr std::size_t kFiltered = 500'000;

struct Record {
  std::uint64_t words[16];
};

inline Record record_of_number(std::uint64_t number) {
  Record record{};
  for (std::size_t i = 0; i < 16; ++i) record.words[i] = mark_of(number * 16 + i);
  return record;
}

struct FilterPlan {
  explicit FilterPlan(const Settings& settings)
      : count(settings.scaled(kRecords)),
        operations(settings.repeated(kFiltered)),
        records(make_objects<Record>(count, [](std::size_t i) { return record_of_number(i); })),
        picks(random_numbers(operations, count, settings.seed)),
        draws(random_numbers(operations, 100, settings.seed + 1)) {}
  std::size_t count, operations;
  const Record* records;
  const std::uint32_t *picks, *draws;
};

// The filter writes when the draw is below `kPercent`.
template <template <class> class Cow, unsigned kPercent>
class Filter final : public Workload {
 public:
  explicit Filter(const Settings& settings) : plan_(settings) {
    operations = plan_.operations;
    peak_live = plan_.count * sizeof(Record);
  }
  std::uint64_t pass() override {
    const FilterPlan plan = plan_;  // in registers, whatever a Cow does
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < plan.operations; ++i) {
      auto cow = C::borrow(plan.records[plan.picks[i]]);
      if (plan.draws[i] < kPercent) cow.to_mut().words[5] = i;
      escape(&cow);
      const Record& record = *cow;
      sum += record.words[5] ^ record.words[15];
    }
    return fold(0, sum);
  }

 private:
  using C = Cow<Record>;
  const FilterPlan plan_;
};

template <template <class> class Cow>
void add_writing_late_workloads() {
  if constexpr (Cow<long>::kTraits.copies_on_write) {
    static const WorkloadEntry read(made_by(kMostlyRead, make_workload<Filter<Cow, 1>>));
    static const WorkloadEntry written(made_by(kMostlyWritten, make_workload<Filter<Cow, 90>>));
  }
}

}  // namespace assay::suite::cell
