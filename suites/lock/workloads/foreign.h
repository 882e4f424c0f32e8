// The workloads of this family for a lock in another language, whose passes are functions of C.
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/core/workload.h"
#include "suites/lock/workloads/contended.h"
#include "suites/lock/workloads/maps.h"
#include "suites/lock/workloads/uncontended.h"

namespace assay::suite::lock {

// A whole pass of one thread.
using ForeignPass = std::uint64_t (*)(std::size_t count);

template <ForeignPass kPass>
class ForeignUncontended final : public Workload {
 public:
  explicit ForeignUncontended(const Settings& settings) {
    operations = settings.repeated(kUncontended);
    peak_live = 64;
    two_threads();
  }
  std::uint64_t pass() override { return kPass(operations); }
};

// What two threads share: `create` makes it, `reset` sets its words to zero, `checksum` folds them all.
struct ForeignShared {
  void* (*create)();
  void (*reset)(void* lock);
  std::uint64_t (*checksum)(void* lock);
};

using ForeignContend = void (*)(const void* lock, std::uint32_t member, std::size_t entries,
                                std::uint32_t pause);

template <const ForeignShared& kShared, ForeignContend kContend>
class ForeignContended final : public Workload {
 public:
  explicit ForeignContended(const Settings& settings)
      : entries_(settings.repeated(kContendedEntries)), lock_(kShared.create()) {
    operations = 2 * entries_;
    peak_live = sizeof(Words);
    two_threads();
  }
  std::uint64_t pass() override {
    kShared.reset(lock_);
    two_threads().run([this](unsigned member) { kContend(lock_, member, entries_, kPause); });
    return kShared.checksum(lock_);
  }

 private:
  const std::size_t entries_;
  void* const lock_;
};

using ForeignMap = void (*)(const void* lock, std::uint64_t seed, std::size_t each, std::uint64_t reads);

template <const ForeignShared& kShared, ForeignMap kMap, unsigned kReads>
class ForeignMapping final : public Workload {
 public:
  explicit ForeignMapping(const Settings& settings)
      : each_(settings.repeated(kMapOperations)), seed_(settings.seed), lock_(kShared.create()) {
    operations = 2 * each_;
    peak_live = sizeof(Table);
    two_threads();
  }
  std::uint64_t pass() override {
    kShared.reset(lock_);
    two_threads().run([this](unsigned member) { kMap(lock_, seed_ + member, each_, kReads); });
    return kShared.checksum(lock_);
  }

 private:
  const std::size_t each_;
  const std::uint64_t seed_;
  void* const lock_;
};

}  // namespace assay::suite::lock
