// One thread, and nobody else who wants the lock: what it costs to be on the safe side.
//   lock_exclusive, lock_try, lock_read    get in, add one to a word (or read it), let go
// A second thread exists and sleeps, as in a program that needs locks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "pointers/lock_concept.h"
#include "suites/core/team.h"
#include "suites/core/workload.h"

namespace assay::suite::lock {

inline constexpr Description kExclusive{
    .name = "lock_exclusive",
    .family = "lock",
    .sentence = "exclusive access to a word and back, with nobody else interested",
    .any_length = true};
inline constexpr Description kTry{.name = "lock_try",
                                  .family = "lock",
                                  .sentence = "exclusive access to a word by the try form, always free",
                                  .any_length = true};
inline constexpr Description kRead{.name = "lock_read",
                                   .family = "lock",
                                   .sentence = "a reader's access to a word, with nobody else interested",
                                   .any_length = true};

constexpr std::size_t kUncontended = 200'000;

// The compiler may keep nothing that it read, and must have written all.
inline void escape(const void* address) { asm volatile("" : : "r"(address) : "memory"); }

// The C library leaves locked instructions out as long as a process has never had a second thread.
inline Team<2>& two_threads() {
  static Team<2>* team = new Team<2>();  // its thread lives as long as the process
  return *team;
}

enum class Form { kWaiting, kTrying, kReading };

template <template <class> class Lock, Form kForm>
class Uncontended : public Workload {
 public:
  explicit Uncontended(const Settings& settings) {
    operations = settings.repeated(kUncontended);
    peak_live = sizeof lock_;
    two_threads();
  }

  std::uint64_t pass() override {
    const std::size_t count = operations;
    lock_.get_mut() = 0;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if constexpr (kForm == Form::kReading) {
        auto guard = lock_.read();
        sum += *guard + i;
      } else if constexpr (kForm == Form::kTrying) {
        auto guard = [this] {
          if constexpr (Lock<std::uint64_t>::kTraits.shares)
            return lock_.try_write();
          else
            return lock_.try_lock();
        }();
        if (!guard) fail("a free lock could not be got");
        **guard += i;
      } else {
        auto guard = [this] {
          if constexpr (Lock<std::uint64_t>::kTraits.shares)
            return lock_.write();
          else
            return lock_.lock();
        }();
        *guard += i;
      }
      escape(&lock_);
    }
    return fold(fold(0, lock_.get_mut()), sum);
  }

 private:
  alignas(64) Lock<std::uint64_t> lock_;
};

template <template <class> class Lock>
void add_uncontended_workloads() {
  static const WorkloadEntry exclusive(made_by(kExclusive, make_workload<Uncontended<Lock, Form::kWaiting>>));
  static const WorkloadEntry tried(made_by(kTry, make_workload<Uncontended<Lock, Form::kTrying>>));
  if constexpr (Lock<std::uint64_t>::kTraits.shares) {
    static const WorkloadEntry read(made_by(kRead, make_workload<Uncontended<Lock, Form::kReading>>));
  }
}

}  // namespace assay::suite::lock
