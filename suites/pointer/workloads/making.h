// Objects that come and go. One operation is one object made and dropped.
//   pointer_make_8      a word on the heap, dropped at once
//   pointer_make_64     a cache line
//   pointer_make_pool   a word in a BlockPool, dropped at once
//   pointer_make_arena  a thousand words in a BumpArena, dropped together, and the arena is reset
// Pointers that take no allocator have the last two on the heap: what an allocator saves is then the ratio of
// two subjects in one workload. Beside the times stand the bytes of the pointer and those of the counts.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <utility>

#include "allocators/block_pool.h"
#include "allocators/bump_arena.h"
#include "allocators/concept.h"
#include "pointers/concept.h"
#include "suites/core/workload.h"
#include "suites/pointer/workloads/values.h"

namespace assay::suite::pointer {

inline constexpr Description kMakeWord{.name = "pointer_make_8",
                                       .family = "pointer",
                                       .sentence = "an object of 8 bytes is made and dropped",
                                       .passes = 5,
                                       .any_length = true};
inline constexpr Description kMakeLine{.name = "pointer_make_64",
                                       .family = "pointer",
                                       .sentence = "an object of 64 bytes is made and dropped",
                                       .passes = 5,
                                       .any_length = true};
inline constexpr Description kMakeInPool{.name = "pointer_make_pool",
                                         .family = "pointer",
                                         .sentence =
                                             "an object of 8 bytes is made in a block pool and dropped; on "
                                             "the heap by pointers without allocators",
                                         .passes = 5,
                                         .any_length = true};
inline constexpr Description kMakeInArena{
    .name = "pointer_make_arena",
    .family = "pointer",
    .sentence =
        "1,000 objects of 8 bytes are made in a bump arena and dropped together; on the heap by "
        "pointers without allocators",
    .passes = 5,
    .any_length = true};

constexpr std::size_t kMakes = 200'000;
constexpr std::size_t kFrame = 1000;
constexpr std::size_t kFrames = 200;

template <template <class> class P, class T>
class Make final : public Workload {
 public:
  explicit Make(const Settings& settings) {
    operations = settings.repeated(kMakes);
    peak_live = sizeof(T);
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    const std::size_t count = operations;
    for (std::size_t i = 0; i < count; ++i) {
      P<T> owner = P<T>::make(mark_of(i));
      escape(owner.get());
      sum += word_of(*owner.get());
    }
    return fold(0, sum);
  }

  void report(const Resident&, Figures& figures) override {
    report_sizes(figures, sizeof(P<T>), overhead_of<P>());
  }
};

// The heap; keeps the largest request.
struct AskedFor {
  static constexpr AllocatorTraits kTraits{.frees_individually = true, .thread_safe = false};

  void* allocate(std::size_t size, std::size_t alignment) noexcept {
    most = {std::max(most.block_size, size), std::max(most.alignment, alignment)};
    return std::malloc(size);
  }
  void deallocate(void* block, std::size_t, std::size_t) noexcept { std::free(block); }

  PoolGeometry most{.block_size = 1, .alignment = 1};
};

// What a P<Word> with an allocator takes.
template <template <class> class P>
PoolGeometry geometry_of_word() {
  AskedFor heap;
  { [[maybe_unused]] const auto owner = P<Word>::make_in(heap, mark_of(0)); }
  return heap.most;
}

template <template <class> class P>
class InPool {
 public:
  auto make(std::uint64_t mark) { return P<Word>::make_in(pool_, mark); }
  void reset() {}
  std::size_t overhead() const { return geometry_.block_size - sizeof(Word); }

 private:
  const PoolGeometry geometry_ = geometry_of_word<P>();
  BlockPool pool_{geometry_};
};

template <template <class> class P>
class InArena {
 public:
  auto make(std::uint64_t mark) { return P<Word>::make_in(arena_, mark); }
  void reset() { arena_.reset(); }
  std::size_t overhead() const { return geometry_of_word<P>().block_size - sizeof(Word); }

 private:
  BumpArena arena_;
};

template <template <class> class P>
class OnHeap {
 public:
  auto make(std::uint64_t mark) { return P<Word>::make(mark); }
  void reset() {}
  std::size_t overhead() const { return overhead_of<P>(); }
};

template <class Store>
class MakeIn final : public Workload {
 public:
  explicit MakeIn(const Settings& settings) {
    operations = settings.repeated(kMakes);
    peak_live = sizeof(Word);
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    const std::size_t count = operations;
    for (std::size_t i = 0; i < count; ++i) {
      auto owner = store_.make(mark_of(i));
      escape(owner.get());
      sum += word_of(*owner.get());
    }
    return fold(0, sum);
  }

  void report(const Resident&, Figures& figures) override {
    report_sizes(figures, sizeof(store_.make(0)), store_.overhead());
  }

 private:
  Store store_;
};

template <class Store>
class MakeFrames final : public Workload {
 public:
  explicit MakeFrames(const Settings& settings)
      : frames_(settings.repeated(kFrames)),
        count_(settings.scaled(kFrame)),
        owners_(harness_array<Owner>(count_)) {
    operations = frames_ * count_;
    peak_live = count_ * sizeof(Word);
  }

  std::uint64_t pass() override {
    Owner* const owners = owners_;
    const std::size_t count = count_;
    std::uint64_t sum = 0;
    for (std::size_t frame = 0; frame < frames_; ++frame) {
      for (std::size_t i = 0; i < count; ++i) {
        std::construct_at(owners + i, store_.make(mark_of(i)));
        escape(owners[i].get());
      }
      for (std::size_t i = 0; i < count; ++i) {
        sum += word_of(*owners[i].get());
        std::destroy_at(owners + i);
      }
      store_.reset();
    }
    return fold(0, sum);
  }

  void report(const Resident&, Figures& figures) override {
    report_sizes(figures, sizeof(Owner), store_.overhead());
  }

 private:
  using Owner = decltype(std::declval<Store&>().make(0));
  const std::size_t frames_, count_;
  Owner* const owners_;  // no owners between passes
  Store store_;
};

template <template <class> class P>
void add_making_workloads() {
  static const WorkloadEntry word(made_by(kMakeWord, make_workload<Make<P, Word>>));
  static const WorkloadEntry line(made_by(kMakeLine, make_workload<Make<P, Line>>));
  if constexpr (P<Word>::kTraits.takes_allocator) {
    static const WorkloadEntry pool(made_by(kMakeInPool, make_workload<MakeIn<InPool<P>>>));
    static const WorkloadEntry arena(made_by(kMakeInArena, make_workload<MakeFrames<InArena<P>>>));
  } else {
    static const WorkloadEntry pool(made_by(kMakeInPool, make_workload<MakeIn<OnHeap<P>>>));
    static const WorkloadEntry arena(made_by(kMakeInArena, make_workload<MakeFrames<OnHeap<P>>>));
  }
}

}  // namespace assay::suite::pointer
