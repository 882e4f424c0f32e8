// What the workloads of collectors share: a heap, a mutator, and the figures beside the times.
//
//   peak_over_live     the peak of the resident size over the most that was live at one time, as requested
//   held_over_live     the same for what the heap says that it holds from the system
//   floating_garbage   objects that a collection of the whole heap kept beyond those that are reachable, over
//                      these: 0 where the mutator stands still while the heap is marked. The most of the
//                      pass, and a lower bound where the live set changes: it is what was beyond the largest
//   pause_p50, _p99, _max                 lengths of single pauses
//   pauses_over_length                    how many pauses of each length (reports/FORMAT.md)
//   mutator_utilisation_over_window       the smallest part of a window that was left to the mutator
//   held_over_time, live_over_time        at equal steps of the pass
//
// The series are of the first measured pass, the others of each. A pass begins with an empty heap: what the
// one before it left is collected outside of the clock. The first pass ends, outside of the clock too, with a
// full collection of what it has live: objects are counted then, and the heap must count the same.
//
// A heap has the knobs that H::kOptions says, a CollectorOptions, or their defaults: subjects that differ in
// nothing else show what a knob does.
#pragma once

#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "gc/concept.h"
#include "gc/pauses.h"
#include "suites/core/clocks.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

// Of the calling thread: what pauses are recorded in.
inline std::uint64_t thread_nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(time.tv_nsec);
}

// Depths grow by one when the scale doubles.
inline unsigned deeper(unsigned depth, const Settings& settings) {
  constexpr unsigned kSteps = 10;
  unsigned steps = 0;
  for (std::size_t size = settings.scaled(std::size_t{1} << kSteps); size > 1; size /= 2) ++steps;
  return depth + steps > kSteps ? depth + steps - kSteps : 1;
}

constexpr std::size_t nodes_of_tree(unsigned depth) { return (std::size_t{2} << depth) - 1; }

// Pauses by length: five classes a decade from 1 µs to 10 s, what lies beyond in the outermost.
class PauseHistogram {
 public:
  explicit PauseHistogram(const PauseLog& log) {
    for (const Pause& pause : log.pauses()) {
      const double steps =
          kSteps * std::log10(static_cast<double>(std::max<std::uint64_t>(pause.length(), 1)) / kShortest);
      ++counts_[static_cast<std::size_t>(std::clamp<double>(steps, 0, kClasses - 1))];
    }
  }

  void report(Figures& figures) const {
    for (const std::size_t count : counts_)
      figures.add("pauses_over_length", "count", static_cast<double>(count));
  }

 private:
  static constexpr int kSteps = 5, kClasses = 7 * kSteps;
  static constexpr double kShortest = 1000;  // nanoseconds
  std::size_t counts_[kClasses] = {};
};

// Ten windows a decade from 1 ms to 1 s.
inline void report_utilisation(Figures& figures, const PauseLog& log, std::uint64_t begin,
                               std::uint64_t end) {
  constexpr int kSteps = 10, kWindows = 3 * kSteps + 1;
  constexpr double kShortest = 1e6;
  for (int i = 0; i < kWindows; ++i) {
    const double window = kShortest * std::pow(10, static_cast<double>(i) / kSteps);
    figures.add("mutator_utilisation_over_window", "ratio",
                log.minimum_mutator_utilisation(static_cast<std::uint64_t>(window + 0.5), begin, end));
  }
}

template <Collector H>
class HeapWorkload : public Workload {
 public:
  std::uint64_t pass() final {
    looks_ = 0;
    due_ = 0;
    begin_clock();
    const std::uint64_t checksum = run();
    if (!measured_) fail("a pass did not finish()");
    return checksum;
  }

  void end() final { mutator_.collect(Collection::kMajor); }

  void report(const Resident& resident, Figures& figures) override {
    figures.add("cpu_time", "ns/op", cpu_ / static_cast<double>(operations));
    figures.add("wall_time", "ns/op", wall_ / static_cast<double>(operations));
    figures.add("peak_over_live", "ratio", resident.peak_over(peak_live));
    report_sizes(figures);
    if (!of_pass_.pauses().empty()) report_pauses(figures);
    reported_ = true;
  }

 protected:
  HeapWorkload() = default;

  virtual std::uint64_t run() = 0;  // makes everything, calls progress(), ends with finish()

  template <class T, class... Arguments>
  T* make(Arguments&&... arguments) {
    T* object = mutator_.template make<T>(std::forward<Arguments>(arguments)...);
    if (object == nullptr) [[unlikely]]
      fail("make() returned null without a limit");
    return object;
  }

  template <class T>
  Array<T>* make_array(std::size_t size) {
    Array<T>* array = mutator_.template make_array<T>(size);
    if (array == nullptr) [[unlikely]]
      fail("make_array(%zu) returned null without a limit", size);
    return array;
  }

  typename H::Mutator& mutator() { return mutator_; }
  void collect(Collection kind) { mutator_.collect(kind); }

  std::uint64_t moved_objects() const { return heap_.stats().moved_objects; }
  std::uint64_t held_bytes() const { return heap_.stats().held_bytes; }

  // `done` of the operations, `live` bytes, as requested.
  void progress(std::size_t done, std::size_t live) {
    if (done >= due_) [[unlikely]]
      look(done, live);
  }

  // The clock begins here instead of where the pass does.
  void begin_clock() {
    pauses_.clear();
    measured_ = false;
    cpu_ = -cpu_nanoseconds();
    wall_ = -wall_nanoseconds();
    begin_ = thread_nanoseconds();
  }

  // The clock ends here, if finish() is too late.
  void end_clock() {
    end_ = thread_nanoseconds();
    cpu_ += cpu_nanoseconds();
    wall_ += wall_nanoseconds();
    measured_ = true;
  }

  // The clock has ended, or does. `objects` of `live` bytes are reachable.
  void finish(std::size_t objects, std::size_t live) {
    if (!measured_) end_clock();
    look(operations, live);
    if (pauses_.lost() > 0) fail("%zu pauses were too many to record", pauses_.lost());
    of_pass_.clear();
    for (const Pause& pause : pauses_.pauses()) {
      of_pass_.record(pause);
      if (pause.begin < begin_ || pause.end < pause.begin || pause.end > end_)
        fail("a pause from %lu to %lu in a pass from %lu to %lu ns of its thread's CPU time", pause.begin,
             pause.end, begin_, end_);
    }
    if (!counted_) count_live(objects);
  }

  std::size_t peak_objects = 0;  // that are reachable at one time, or not yet stored; valid after a pass

  // CPU time in nanoseconds instead of what the clock says.
  void took(double cpu) { cpu_ = cpu; }

 private:
  CollectorOptions options() {
    CollectorOptions options;
    if constexpr (requires { H::kOptions; }) options = H::kOptions;
    options.pauses = &pauses_;
    return options;
  }

  static constexpr std::size_t kLooks = 64, kMostPauses = std::size_t{1} << 20;
  static constexpr bool kCounts = H::kTraits.precise && H::kTraits.counts && H::kTraits.reclaims;

  struct Look {
    std::size_t live, held, objects;
  };

  [[gnu::noinline]] void look(std::size_t done, std::size_t live) {
    due_ = done + operations / kLooks + 1;
    if (looks_ > kLooks) return;
    const CollectorStats stats = heap_.stats();
    look_[looks_++] = {live, stats.held_bytes, stats.live_objects};
  }

  void count_live(std::size_t objects) {
    collect(Collection::kMajor);
    const CollectorStats stats = heap_.stats();
    if (kCounts && stats.live_objects != objects)
      fail("a full collection found %lu objects live, and %zu are", stats.live_objects, objects);
    counted_ = true;
  }

  void report_sizes(Figures& figures) const {
    double held = static_cast<double>(heap_.stats().most_held_bytes), objects = 0;
    for (std::size_t i = 0; i < looks_; ++i) {
      held = std::max(held, static_cast<double>(look_[i].held));
      objects = std::max(objects, static_cast<double>(look_[i].objects));
      if (reported_) continue;
      figures.add("held_over_time", "bytes", static_cast<double>(look_[i].held));
      figures.add("live_over_time", "bytes", static_cast<double>(look_[i].live));
    }
    figures.add("held_over_live", "ratio", held / static_cast<double>(peak_live));
    if (kCounts)
      figures.add("floating_garbage", "ratio",
                  std::max(0.0, objects / static_cast<double>(peak_objects) - 1));
  }

  void report_pauses(Figures& figures) const {
    figures.add("pause_p50", "ns", static_cast<double>(of_pass_.quantile(0.5)));
    figures.add("pause_p99", "ns", static_cast<double>(of_pass_.quantile(0.99)));
    figures.add("pause_max", "ns", static_cast<double>(of_pass_.longest()));
    if (reported_) return;
    PauseHistogram(of_pass_).report(figures);
    report_utilisation(figures, of_pass_, begin_, end_);
  }

  PauseLog pauses_{kMostPauses}, of_pass_{kMostPauses};  // all, and those of the latest pass
  H heap_{options()};
  typename H::Mutator mutator_{heap_};
  std::uint64_t begin_ = 0, end_ = 0;  // of the pass, by its thread's clock
  double cpu_ = 0, wall_ = 0;          // nanoseconds of the pass
  bool measured_ = false, counted_ = false, reported_ = false;
  std::size_t looks_ = 0, due_ = 0;
  Look look_[kLooks + 1];
};

}  // namespace assay::suite::collector
