// A table of 4,096 words behind one lock, which two threads look up in and change.
//   lock_map_reads        95 of 100 operations look a word up
//   lock_map_writes       50 of 100 do
#pragma once

#include <cstddef>
#include <cstdint>

#include "pointers/lock_concept.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"
#include "suites/lock/workloads/uncontended.h"

namespace assay::suite::lock {

inline constexpr Description kMapReads{
    .name = "lock_map_reads",
    .family = "lock",
    .sentence = "two threads look up (95 %) and change words of a table behind one lock",
    .any_length = true,
    .threaded = true};
inline constexpr Description kMapWrites{
    .name = "lock_map_writes",
    .family = "lock",
    .sentence = "two threads look up (50 %) and change words of a table behind one lock",
    .any_length = true,
    .threaded = true};

constexpr std::size_t kSlots = 4096;
constexpr std::size_t kProbes = 8;              // words of one look-up
constexpr std::size_t kMapOperations = 30'000;  // of each thread

struct Table {
  std::uint64_t words[kSlots];
};

template <template <class> class Lock, unsigned kReads>
class Map : public Workload {
 public:
  explicit Map(const Settings& settings) : each_(settings.repeated(kMapOperations)), seed_(settings.seed) {
    operations = 2 * each_;
    peak_live = sizeof lock_;
    two_threads();
  }

  // What a look-up finds depends on the order of the threads, so only the changes are in the checksum.
  std::uint64_t pass() override {
    lock_.get_mut() = Table{};
    two_threads().run([this](unsigned member) {
      Random random(seed_ + member);
      std::uint64_t sum = 0;
      for (std::size_t i = 0; i < each_; ++i) {
        const std::size_t at = random.below(kSlots - kProbes);
        if (random.below(100) < kReads) {
          auto guard = look();
          for (std::size_t k = 0; k < kProbes; ++k) sum += guard->words[at + k];
        } else {
          auto guard = change();
          for (std::size_t k = 0; k < kProbes; ++k) guard->words[at + k] += i;
        }
        escape(&sum);
      }
    });
    std::uint64_t checksum = 0;
    for (const std::uint64_t word : lock_.get_mut().words) checksum = fold(checksum, word);
    return checksum;
  }

 private:
  auto change() {
    if constexpr (Lock<Table>::kTraits.shares)
      return lock_.write();
    else
      return lock_.lock();
  }
  auto look() {
    if constexpr (Lock<Table>::kTraits.shares)
      return lock_.read();
    else
      return lock_.lock();
  }

  const std::size_t each_;
  const std::uint64_t seed_;
  alignas(64) Lock<Table> lock_;
};

template <template <class> class Lock>
void add_map_workloads() {
  static const WorkloadEntry reads(made_by(kMapReads, make_workload<Map<Lock, 95>>));
  static const WorkloadEntry writes(made_by(kMapWrites, make_workload<Map<Lock, 50>>));
}

}  // namespace assay::suite::lock
