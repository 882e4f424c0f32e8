// What a reader costs that stalls while pinned: retirements beside it, and the garbage that they leave.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "suites/core/team.h"
#include "suites/core/workload.h"
#include "suites/reclamation/workloads/domain.h"
#include "suites/reclamation/workloads/reading.h"

namespace assay::suite::reclamation {

// The reader is pinned during the whole pass, and sleeps. Garbage is looked at after each quarter.
template <class S>
class StalledReading final : public Workload {
 public:
  explicit StalledReading(const Settings& settings)
      : quarter_(settings.repeated(5'000)), object_(new Configuration(0)) {
    operations = 4 * quarter_;
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    stage_.store(kStart, std::memory_order_relaxed);
    team_.run([this, &checksum](unsigned member) {
      if (member == 1)
        stall();
      else
        checksum = retire();
    });
    return checksum;
  }

  void end() override { domain_.collect(); }

  void report(const Resident&, Figures& figures) override {
    figures.add("garbage_quarter", "objects", static_cast<double>(garbage_[0]));
    figures.add("garbage_half", "objects", static_cast<double>(garbage_[1]));
    figures.add("garbage_end", "objects", static_cast<double>(garbage_[3]));
  }

 private:
  using Domain = typename MeasuredDomain<S>::type;
  enum Stage : int { kStart, kStalls, kOver };

  void stall() {
    auto guard = domain_.pin();
    const Configuration* const kept = guard.protect(object_);
    const std::uint64_t number = kept->number;
    reach(kStalls);
    await(kOver);
    if (kept->number != number || kept->mark != mark_of(number)) fail("a protected object was changed");
  }

  std::uint64_t retire() {
    await(kStalls);
    std::uint64_t checksum = 0;
    for (std::size_t& garbage : garbage_) {
      for (std::size_t i = 0; i < quarter_; ++i) {
        auto* const next = new Configuration(++number_);
        // Release publishes the next one, acquire gets the last one, which is about to be freed.
        const Configuration* const last = object_.exchange(next, std::memory_order_acq_rel);
        checksum += last->mark == mark_of(last->number);
        domain_.retire(last);
      }
      garbage = domain_.garbage();
    }
    reach(kOver);
    return checksum;
  }

  void reach(Stage stage) {
    stage_.store(stage, std::memory_order_release);  // pairs with await()
    stage_.notify_all();
  }
  void await(Stage stage) {
    for (int now; (now = stage_.load(std::memory_order_acquire)) < stage;)  // pairs with reach()
      stage_.wait(now, std::memory_order_acquire);
  }

  const std::size_t quarter_;
  Domain domain_;
  std::atomic<const Configuration*> object_;
  std::atomic<int> stage_{kStart};
  std::uint64_t number_ = 0;
  std::array<std::size_t, 4> garbage_{};
  Team<2> team_;
};

inline constexpr Description kStalled{
    .name = "reclaim_stalled_reader",
    .family = "reclamation",
    .sentence = "20,000 objects of 64 bytes are replaced and retired while a reader stalls",
    .any_length = true,
    .threaded = true};

template <class S>
void add_garbage_workloads() {
  if constexpr (HasDomain<S>) {
    if constexpr (!MeasuredDomain<S>::type::kTraits.waits_for_readers) {
      static const WorkloadEntry stalled(made_by(kStalled, make_workload<StalledReading<S>>));
    }
  }
}

}  // namespace assay::suite::reclamation
