// Owners in a program of two threads, one of which made the object. One operation is one copy and its end,
// or one object.
//   pointer_clone_owner_thread  on the thread that made the object; the other one sleeps
//   pointer_clone_other_thread  on the other thread
//   pointer_clone_two_threads   on both at once
//   pointer_drop_other_thread   10,000 objects are made on one thread, then dropped on the other
// A Counter makes an object when it is constructed, and counts it up and down on any thread. A Batch makes
// and drops its objects on any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "pointers/concept.h"
#include "suites/core/team.h"
#include "suites/core/workload.h"
#include "suites/pointer/workloads/sharing.h"
#include "suites/pointer/workloads/values.h"

namespace assay::suite::pointer {

inline constexpr Description kCloneOwnerThread{
    .name = "pointer_clone_owner_thread",
    .family = "pointer",
    .sentence = "a further owner comes and goes on the thread that made the object, another thread exists",
    .passes = 5,
    .any_length = true,
    .threaded = true};
inline constexpr Description kCloneOtherThread{
    .name = "pointer_clone_other_thread",
    .family = "pointer",
    .sentence = "a further owner comes and goes on a thread that did not make the object",
    .passes = 5,
    .any_length = true,
    .threaded = true};
inline constexpr Description kCloneTwoThreads{
    .name = "pointer_clone_two_threads",
    .family = "pointer",
    .sentence = "further owners of one object come and go on two threads at once",
    .passes = 5,
    .any_length = true,
    .threaded = true};

inline constexpr Description kDropOtherThread{
    .name = "pointer_drop_other_thread",
    .family = "pointer",
    .sentence = "10,000 objects of 8 bytes are made on one thread, and then dropped on another",
    .passes = 5,
    .any_length = true,
    .threaded = true};

constexpr std::size_t kClonesOfEach = 100'000;
constexpr std::size_t kBatch = 10'000;
constexpr std::size_t kBatches = 10;

enum class Cloners { kOwnerThread, kOtherThread, kBoth };

template <class Counter, Cloners kCloners>
class CloneInTeam final : public Workload {
 public:
  explicit CloneInTeam(const Settings& settings)
      : each_(settings.repeated(kCloners == Cloners::kBoth ? kClonesOfEach : kClones)) {
    operations = (kCloners == Cloners::kBoth ? 2 : 1) * each_;
    peak_live = sizeof(Word);
  }

  std::uint64_t pass() override {
    std::uint64_t sums[2] = {};
    auto clone = [this, &sums](unsigned member) {
      if (kCloners == Cloners::kBoth || member == (kCloners == Cloners::kOtherThread))
        sums[member] = counter_.clone_and_drop(each_);
    };
    if constexpr (kCloners == Cloners::kOwnerThread)
      clone(0);
    else
      team_.run(clone);
    return fold(fold(0, sums[0]), sums[1]);
  }

 private:
  const std::size_t each_;
  const Counter counter_;
  Team<2> team_;
};

template <class Batch>
class DropElsewhere final : public Workload {
 public:
  explicit DropElsewhere(const Settings& settings)
      : batches_(settings.repeated(kBatches)), batch_(settings.scaled(kBatch)) {
    operations = batches_ * settings.scaled(kBatch);
    peak_live = settings.scaled(kBatch) * sizeof(Word);
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < batches_; ++i) {
      batch_.make_all();
      team_.run([this, &sum](unsigned member) {
        if (member == 1) sum += batch_.drop_all();
      });
    }
    return fold(0, sum);
  }

 private:
  const std::size_t batches_;
  Batch batch_;
  Team<2> team_;
};

template <template <class> class P>
class WordBatch {
 public:
  explicit WordBatch(std::size_t count) : count_(count), owners_(harness_array<P<Word>>(count)) {}

  void make_all() {
    for (std::size_t i = 0; i < count_; ++i) {
      std::construct_at(owners_ + i, P<Word>::make(mark_of(i)));
      escape(owners_[i].get());
    }
  }

  std::uint64_t drop_all() {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      sum += word_of(*owners_[i].get());
      std::destroy_at(owners_ + i);
    }
    return sum;
  }

 private:
  const std::size_t count_;
  P<Word>* const owners_;  // no owners between passes
};

template <template <class> class P>
class WordCounter {
 public:
  std::uint64_t clone_and_drop(std::size_t count) const { return pointer::clone_and_drop(owner_, count); }

 private:
  const P<Word> owner_ = P<Word>::make(mark_of(0));
};

template <class Counter>
void add_counter_workloads() {
  static const WorkloadEntry owner(
      made_by(kCloneOwnerThread, make_workload<CloneInTeam<Counter, Cloners::kOwnerThread>>));
  static const WorkloadEntry other(
      made_by(kCloneOtherThread, make_workload<CloneInTeam<Counter, Cloners::kOtherThread>>));
  static const WorkloadEntry both(
      made_by(kCloneTwoThreads, make_workload<CloneInTeam<Counter, Cloners::kBoth>>));
}

template <class Batch>
void add_batch_workload() {
  static const WorkloadEntry drop(made_by(kDropOtherThread, make_workload<DropElsewhere<Batch>>));
}

template <template <class> class P>
void add_thread_workloads() {
  constexpr PointerTraits kTraits = P<Word>::kTraits;
  if constexpr (kTraits.thread_safe) add_batch_workload<WordBatch<P>>();
  if constexpr (kTraits.thread_safe && kTraits.shares) add_counter_workloads<WordCounter<P>>();
}

}  // namespace assay::suite::pointer
