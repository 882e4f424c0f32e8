// What a store to a reference costs beyond a plain store while nothing is collected: 512 old objects, in the
// first-level cache, refer to each other anew all the time. One operation is one store to a Member; beside
// its time stands barrier_cost, the difference to the same store to a T*, in nanoseconds. Both are the
// lower deciles of short stretches that alternate: what disturbs the processor falls on both, and only adds.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "gc/concept.h"
#include "suites/collector/workloads/heap_workload.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

inline constexpr Description kBarrier{
    .name = "collector_barrier",
    .family = "collector",
    .sentence = "stores of references between old objects while nothing is collected, beside plain stores"};

template <class H>
struct Linked {
  explicit Linked(std::uint64_t mark_of_this) : mark(mark_of_this) {}
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(reference);
  }
  typename H::template Member<Linked> reference;
  Linked* plain = nullptr;  // the same as `reference`, for the store only: it is never followed
  std::uint64_t mark;
};

template <Collector H>
class Barrier final : public HeapWorkload<H> {
 public:
  explicit Barrier(const Settings&) {
    this->operations = kStretches * kRounds * kObjects;
    this->peak_live = 8 + kObjects * (8 + sizeof(Object));
    this->peak_objects = 1 + kObjects;
  }

  void report(const Resident& resident, Figures& figures) override {
    figures.add("barrier_cost", "ns", member_ - plain_);
    HeapWorkload<H>::report(resident, figures);
  }

 private:
  using Object = Linked<H>;
  using Table = Array<typename H::template Member<Object>>;

  static constexpr std::size_t kObjects = 512, kUnrolled = 16, kRounds = 32, kStretches = 128;

  std::uint64_t run() override {
    typename H::template Root<Table> table(this->mutator());
    table = this->template make_array<typename H::template Member<Object>>(kObjects);
    for (std::size_t i = 0; i < kObjects; ++i) {
      Object* const object = this->template make<Object>(mark_of(i));
      (*table.get())[i] = object;
    }
    for (int age = 0; age < kOld; ++age) this->collect(Collection::kMajor);
    Object* objects[2 * kObjects];  // twice the same; nothing is made or collected from here on
    for (std::size_t i = 0; i < 2 * kObjects; ++i) objects[i] = (*table.get())[i % kObjects].get();

    std::array<double, kStretches> with, without;
    this->begin_clock();
    for (std::size_t i = 0; i < kStretches; ++i) {
      without[i] = stretch(objects, i, [](Object& from, Object* to) { from.plain = to; });
      with[i] = stretch(objects, i, [](Object& from, Object* to) { from.reference = to; });
    }
    member_ = lower_decile(with);
    plain_ = lower_decile(without);
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < kObjects; ++i) {
      const Object* const object = objects[i];
      if (object->reference.get() != object->plain) fail("a store to a Member and one to a pointer differ");
      checksum = fold(checksum, object->plain->mark);
    }
    this->finish(1 + kObjects, this->peak_live);
    this->took(member_ * static_cast<double>(this->operations));
    return checksum;
  }

  // Nanoseconds a store.
  template <class Store>
  [[gnu::noinline]] static double stretch(Object* const* objects, std::size_t number, Store store) {
    const std::uint64_t begin = thread_nanoseconds();
    for (std::size_t round = 0; round < kRounds; ++round) {
      Object* const* const others = objects + (17 * round + number) % kObjects;
      const auto one = [&](std::size_t i) {
        Object *from = objects[i], *to = others[i];
        asm volatile("" : "+r"(from), "+r"(to));  // the loops differ in nothing but the store
        store(*from, to);
      };
      // Many at a time, so that it does not matter where the compiler puts the loop.
      for (std::size_t i = 0; i < kObjects; i += kUnrolled) [&]<std::size_t... k>(std::index_sequence<k...>) {
          (one(i + k), ...);
        }
      (std::make_index_sequence<kUnrolled>());
      asm volatile("" : : : "memory");  // all of it is stored before the next round
    }
    return static_cast<double>(thread_nanoseconds() - begin) / (kRounds * kObjects);
  }

  static double lower_decile(std::array<double, kStretches> samples) {
    std::nth_element(samples.begin(), samples.begin() + kStretches / 10, samples.end());
    return samples[kStretches / 10];
  }

  static constexpr int kOld = 4;  // collections after which nothing is young
  double member_ = 0, plain_ = 0;
};

template <class S>
void add_barrier_workloads() {
  if constexpr (Collector<S>) static const WorkloadEntry entry(made_by(kBarrier, make_workload<Barrier<S>>));
}

}  // namespace assay::suite::collector
