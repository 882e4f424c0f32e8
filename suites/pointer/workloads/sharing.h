// Further owners of objects that exist. One operation is one copy and its end.
//   pointer_clone    of one object, again and again: how long a count takes to come back from the store
//   pointer_share    of a thousand objects in turn: how many counts a processor changes side by side
//   pointer_upgrade  of one object, from a Weak
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "pointers/concept.h"
#include "suites/core/workload.h"
#include "suites/pointer/workloads/values.h"

namespace assay::suite::pointer {

inline constexpr Description kClone{.name = "pointer_clone",
                                    .family = "pointer",
                                    .sentence = "a further owner of one object comes and goes",
                                    .passes = 5,
                                    .any_length = true};
inline constexpr Description kShare{
    .name = "pointer_share",
    .family = "pointer",
    .sentence = "each of 1,000 objects gets a second owner in an array, then all of these go",
    .passes = 5,
    .any_length = true};
inline constexpr Description kUpgrade{
    .name = "pointer_upgrade",
    .family = "pointer",
    .sentence = "an owner is got from a weak pointer to one object, and goes",
    .passes = 5,
    .any_length = true};

constexpr std::size_t kClones = 500'000;
constexpr std::size_t kSharedObjects = 1000;
constexpr std::size_t kShareRounds = 500;

// `owner` is a copy of its own, so that it can be held in registers whoever else sees the original. No owner
// on the stack is const here: g++ keeps constants that have a constructor in memory.
template <class P>
[[gnu::noinline]] std::uint64_t clone_and_drop(const P& original, std::size_t count) {
  P owner(original);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < count; ++i) {
    P copy(owner);
    escape(copy.get());
    sum += word_of(*copy.get());
  }
  return sum;
}

template <template <class> class P>
class Clone final : public Workload {
 public:
  explicit Clone(const Settings& settings) {
    operations = settings.repeated(kClones);
    peak_live = sizeof(Word);
  }

  std::uint64_t pass() override { return fold(0, clone_and_drop(owner_, operations)); }

 private:
  const P<Word> owner_ = P<Word>::make(mark_of(0));
};

template <template <class> class P>
class Share final : public Workload {
 public:
  explicit Share(const Settings& settings)
      : rounds_(settings.repeated(kShareRounds)),
        count_(settings.scaled(kSharedObjects)),
        owners_(harness_array<P<Word>>(count_)),
        copies_(harness_array<P<Word>>(count_)) {
    operations = rounds_ * count_;
    peak_live = count_ * sizeof(Word);
    for (std::size_t i = 0; i < count_; ++i) std::construct_at(owners_ + i, P<Word>::make(mark_of(i)));
  }

  std::uint64_t pass() override {
    P<Word>* const owners = owners_;
    P<Word>* const copies = copies_;
    const std::size_t count = count_;
    std::uint64_t sum = 0;
    for (std::size_t round = 0; round < rounds_; ++round) {
      for (std::size_t i = 0; i < count; ++i) std::construct_at(copies + i, owners[i]);
      escape(copies);
      for (std::size_t i = 0; i < count; ++i) {
        sum += word_of(*copies[i].get());
        std::destroy_at(copies + i);
      }
      escape(copies);
    }
    return fold(0, sum);
  }

 private:
  const std::size_t rounds_, count_;
  P<Word>* const owners_;
  P<Word>* const copies_;  // no owners between passes
};

template <template <class> class P>
class Upgrade final : public Workload {
 public:
  explicit Upgrade(const Settings& settings) {
    operations = settings.repeated(kClones);
    peak_live = sizeof(Word);
  }

  std::uint64_t pass() override {
    typename P<Word>::Weak weak = owner_.downgrade();
    std::uint64_t sum = 0;
    const std::size_t count = operations;
    for (std::size_t i = 0; i < count; ++i) {
      P<Word> owner = weak.upgrade();
      if (!owner) [[unlikely]]
        fail("upgrade %zu found no object", i);
      escape(owner.get());
      sum += word_of(*owner.get());
    }
    return fold(0, sum);
  }

 private:
  const P<Word> owner_ = P<Word>::make(mark_of(0));
};

template <template <class> class P>
void add_sharing_workloads() {
  constexpr PointerTraits kTraits = P<Word>::kTraits;
  if constexpr (kTraits.shares) {
    static const WorkloadEntry clone(made_by(kClone, make_workload<Clone<P>>));
    static const WorkloadEntry share(made_by(kShare, make_workload<Share<P>>));
  }
  if constexpr (kTraits.has_weak)
    static const WorkloadEntry upgrade(made_by(kUpgrade, make_workload<Upgrade<P>>));
}

}  // namespace assay::suite::pointer
