// Two threads that want one lock all the time.
//   lock_contended        a few words under the lock, as many outside of it
#pragma once

#include <cstddef>
#include <cstdint>

#include "pointers/lock_concept.h"
#include "suites/core/workload.h"
#include "suites/lock/workloads/uncontended.h"

namespace assay::suite::lock {

inline constexpr Description kContended{
    .name = "lock_contended",
    .family = "lock",
    .sentence = "two threads that take turns at four words under one lock, with a short pause each",
    .any_length = true,
    .threaded = true};

constexpr std::size_t kContendedEntries = 40'000;  // of each thread
constexpr unsigned kPause = 16;                    // words mixed outside of the lock

struct Words {
  std::uint64_t words[4];
};

// What a thread does between two entries; its result counts for nothing but time. No step of it can begin
// before the one ahead of it has ended, whatever the compiler.
inline std::uint64_t mix(std::uint64_t word, unsigned rounds) {
  for (unsigned i = 0; i < rounds; ++i) word = (word ^ (word >> 29)) * 0xbf58476d1ce4e5b9;
  return word;
}

template <template <class> class Lock>
class Contended : public Workload {
 public:
  explicit Contended(const Settings& settings) : entries_(settings.repeated(kContendedEntries)) {
    operations = 2 * entries_;
    peak_live = sizeof lock_;
    two_threads();
  }

  std::uint64_t pass() override {
    lock_.get_mut() = Words{};
    two_threads().run([this](unsigned member) {
      std::uint64_t word = member + 1;
      for (std::size_t i = 0; i < entries_; ++i) {
        {
          auto guard = [this] {
            if constexpr (Lock<Words>::kTraits.shares)
              return lock_.write();
            else
              return lock_.lock();
          }();
          for (std::uint64_t& each : guard->words) each += i;
        }
        word = mix(word, kPause);
        escape(&word);
      }
    });
    std::uint64_t checksum = 0;
    for (const std::uint64_t word : lock_.get_mut().words) checksum = fold(checksum, word);
    return checksum;
  }

 private:
  const std::size_t entries_;
  alignas(64) Lock<Words> lock_;
};

template <template <class> class Lock>
void add_contended_workloads() {
  static const WorkloadEntry contended(made_by(kContended, make_workload<Contended<Lock>>));
}

}  // namespace assay::suite::lock
