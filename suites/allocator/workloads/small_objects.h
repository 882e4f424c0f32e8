// A million objects of 16 bytes, in linked lists of 64, and all of them given up: by reset where the subject
// has it, otherwise one by one. One operation is one object, allocated, filled and given up.
//   small_objects_cold       the subject is made and destroyed within the pass, in a process whose heap holds
//                            no free page: the documents' comparison of Box and Bump. What it times is page
//                            faults most of all: BumpArena asks for huge pages (allocators/chunk_growth.h),
//                            others do not, and where transparent huge pages are off it faults as they do
//   small_objects_warm       the subject has served the same pass before, until it grew no more
//   small_objects_reference  as warm, but the subject is reached by a reference that tells the compiler
//                            nothing: its state is in memory, as an argument's is that is passed around. An
//                            arena that keeps its state in registers while it is a local gains from that in
//                            warm only: read the two rows together
//   small_objects_unknown    as warm, with sizes of 16 to 48 bytes read from an array
// In the others the subject is a local of the pass, moved in and out where it can be moved.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "allocators/concept.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::allocator {

// Passes until no arena grows any more. Some keep only the newest of their chunks when they are reset, and
// have one that holds a whole pass after as many passes as it takes chunk by chunk: bumpalo after three.
inline constexpr int kUntilGrown = 4;

inline constexpr Description kSmallObjectsCold{
    .name = "small_objects_cold",
    .family = "arena",
    .sentence =
        "a million objects of 16 bytes in a new arena on fresh pages, then dropped; ours asks for huge "
        "pages (--thp=never shows it without)"};
inline constexpr Description kSmallObjectsWarm{
    .name = "small_objects_warm",
    .family = "arena",
    .sentence =
        "a million objects of 16 bytes in a local arena that is then reset; small_objects_reference is "
        "the same with the arena behind a reference",
    .warm_ups = kUntilGrown};
inline constexpr Description kSmallObjectsReference{
    .name = "small_objects_reference",
    .family = "arena",
    .sentence = "a million objects of 16 bytes in an arena behind a reference, then reset",
    .warm_ups = kUntilGrown};
inline constexpr Description kSmallObjectsUnknown{
    .name = "small_objects_unknown",
    .family = "arena",
    .sentence = "a million objects whose layouts the compiler does not know, then a reset",
    .warm_ups = kUntilGrown};

constexpr std::size_t kMillion = 1'000'000;
constexpr std::size_t kListLength = 64;
constexpr std::size_t kReadEvery = 16;  // lists: reading all would take longer than allocating them
constexpr std::size_t kLayouts = 4096;

struct SmallObject {
  std::uint64_t mark;
  SmallObject* before;  // in its list
};

struct KnownLayout {
  static constexpr std::size_t size(std::size_t) { return sizeof(SmallObject); }
  static constexpr std::size_t alignment(std::size_t) { return alignof(SmallObject); }
};

struct ObjectLayout {
  std::uint32_t size, alignment;
};

// 16 to 48 bytes in steps of 8, every fourth object on a boundary of 16.
inline ObjectLayout* random_layouts(std::uint64_t seed) {
  auto* layouts = harness_array<ObjectLayout>(kLayouts);
  Random random(seed);
  for (std::size_t i = 0; i < kLayouts; ++i)
    layouts[i] = {static_cast<std::uint32_t>(8 * random.between(2, 6)), random.one_in(4) ? 16U : 8U};
  return layouts;
}

struct UnknownLayouts {
  const ObjectLayout* layouts;
  std::size_t size(std::size_t i) const { return layouts[i % kLayouts].size; }
  std::size_t alignment(std::size_t i) const { return layouts[i % kLayouts].alignment; }
};

template <Allocator A, class Layouts>
class SmallObjects : public Workload {
 protected:
  SmallObjects(const Settings& settings, Layouts layouts)
      : layouts_(layouts),
        lists_((settings.scaled(kMillion) + kListLength - 1) / kListLength),
        heads_(harness_array<SmallObject*>(lists_)) {
    operations = lists_ * kListLength;
    for (std::size_t i = 0; i < operations; ++i) peak_live += layouts_.size(i);
  }
  ~SmallObjects() = default;

  // In one function with its caller, so that what the compiler knows of the subject is not lost.
  [[gnu::always_inline]] std::uint64_t fill(A& subject) const {
    const Layouts layouts = layouts_;
    SmallObject** const heads = heads_;
    std::size_t number = 0;
    for (std::size_t list = 0; list < lists_; ++list) {
      SmallObject* before = nullptr;
      for (std::size_t i = 0; i < kListLength; ++i, ++number) {
        void* const block = subject.allocate(layouts.size(number), layouts.alignment(number));
        if (block == nullptr) [[unlikely]]
          fail("object %zu could not be allocated", number);
        before = ::new (block) SmallObject{mark_of(number), before};
        asm volatile("" : : "r"(before) : "memory");
      }
      heads[list] = before;
    }
    std::uint64_t checksum = 0;
    for (std::size_t list = 0; list < lists_; list += kReadEvery) {
      if (heads[list]->mark != mark_of(list * kListLength + kListLength - 1)) [[unlikely]]
        fail("the object at %p lost its contents", static_cast<void*>(heads[list]));
      checksum = fold(checksum, heads[list]->mark);
    }
    return checksum;
  }

  void free_each(A& subject) const requires(A::kTraits.frees_individually) {
    std::size_t number = 0;
    for (std::size_t list = 0; list < lists_; ++list) {
      number = (list + 1) * kListLength;
      for (SmallObject *object = heads_[list], *before; object != nullptr; object = before) {
        before = object->before;
        --number;
        subject.deallocate(object, layouts_.size(number), layouts_.alignment(number));
      }
    }
  }

 private:
  const Layouts layouts_;
  const std::size_t lists_;
  SmallObject** const heads_;
};

template <Allocator A>
class ColdObjects final : public SmallObjects<A, KnownLayout> {
 public:
  explicit ColdObjects(const Settings& settings) : SmallObjects<A, KnownLayout>(settings, {}) {}

  void begin() override { malloc_trim(0); }

  std::uint64_t pass() override {
    A subject;
    const std::uint64_t checksum = this->fill(subject);
    if constexpr (!A::kTraits.resets) this->free_each(subject);
    return checksum;
  }
};

template <Allocator A, class Layouts, bool kLocal>
class WarmObjects : public SmallObjects<A, Layouts> {
 public:
  std::uint64_t pass() override {
    if constexpr (kLocal && A::kTraits.moves) {
      A local(std::move(subject_));
      const std::uint64_t checksum = fill_and_give_up(local);
      subject_ = std::move(local);
      return checksum;
    } else {
      A* subject = &subject_;
      asm volatile("" : "+r"(subject));
      return fill_and_give_up(*subject);
    }
  }

 protected:
  WarmObjects(const Settings& settings, Layouts layouts) : SmallObjects<A, Layouts>(settings, layouts) {}
  ~WarmObjects() = default;

 private:
  [[gnu::always_inline]] std::uint64_t fill_and_give_up(A& subject) {
    const std::uint64_t checksum = this->fill(subject);
    if constexpr (A::kTraits.resets)
      subject.reset();
    else
      this->free_each(subject);
    return checksum;
  }

  A subject_;
};

template <Allocator A, bool kLocal>
class KnownObjects final : public WarmObjects<A, KnownLayout, kLocal> {
 public:
  explicit KnownObjects(const Settings& settings) : WarmObjects<A, KnownLayout, kLocal>(settings, {}) {}
};

template <Allocator A>
class UnknownObjects final : public WarmObjects<A, UnknownLayouts, true> {
 public:
  explicit UnknownObjects(const Settings& settings)
      : WarmObjects<A, UnknownLayouts, true>(settings, {random_layouts(settings.seed)}) {}
};

template <Allocator A>
void add_small_object_workloads() {
  static const WorkloadEntry cold(made_by(kSmallObjectsCold, make_workload<ColdObjects<A>>));
  static const WorkloadEntry warm(made_by(kSmallObjectsWarm, make_workload<KnownObjects<A, true>>));
  static const WorkloadEntry reference(
      made_by(kSmallObjectsReference, make_workload<KnownObjects<A, false>>));
  static const WorkloadEntry unknown(made_by(kSmallObjectsUnknown, make_workload<UnknownObjects<A>>));
}

}  // namespace assay::suite::allocator
