// A large array of references to objects of two words, each of which is replaced again and again by a new
// one: every store is of a young reference into an old object, all over 0.8 MB. One operation is one object
// made and stored, and another one read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include "gc/concept.h"
#include "suites/collector/workloads/heap_workload.h"
#include "suites/collector/workloads/manual.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

inline constexpr Description kReferences{
    .name = "collector_references",
    .family = "collector",
    .sentence = "an array of 100,000 references: at random places, new objects take the place of older ones"};

struct Pair {
  explicit Pair(std::uint64_t mark) : words{mark, ~mark} {}
  std::uint64_t read() const { return words[0] - words[1]; }
  std::uint64_t words[2];
};

struct ReferencesPlan {
  explicit ReferencesPlan(const Settings& settings)
      : places(settings.scaled(kPlaces)), stores(kStores * places), seed(settings.seed) {}
  static constexpr std::size_t kPlaces = 100'000, kStores = 4;  // of each place
  std::size_t bytes() const { return 8 + places * (8 + sizeof(Pair)); }
  std::size_t places, stores;
  std::uint64_t seed;
};

template <Collector H>
class HeapReferences final : public HeapWorkload<H> {
 public:
  explicit HeapReferences(const Settings& settings) : plan_(settings) {
    this->operations = plan_.places + plan_.stores;
    this->peak_live = plan_.bytes();
    this->peak_objects = 2 + plan_.places;
  }

 private:
  using Table = Array<typename H::template Member<Pair>>;

  std::uint64_t run() override {
    Random random(plan_.seed);
    typename H::template Root<Table> table(this->mutator());
    table = this->template make_array<typename H::template Member<Pair>>(plan_.places);
    for (std::size_t i = 0; i < plan_.places; ++i) {
      this->progress(i, 8 + plan_.places * 8 + i * sizeof(Pair));
      Pair* const fresh = this->template make<Pair>(mark_of(i));
      (*table.get())[i] = fresh;
    }
    std::uint64_t checksum = 0;
    for (std::size_t i = plan_.places; i < this->operations; ++i) {
      this->progress(i, plan_.bytes());
      Pair* const fresh = this->template make<Pair>(mark_of(i));
      (*table.get())[random.below(plan_.places)] = fresh;
      checksum = fold(checksum, (*table.get())[random.below(plan_.places)].get()->read());
    }
    this->finish(1 + plan_.places, plan_.bytes());
    return checksum;
  }

  const ReferencesPlan plan_;
};

template <ManualMemory M>
class OwnedReferences final : public OwnedWorkload<M> {
 public:
  explicit OwnedReferences(const Settings& settings) : plan_(settings) {
    this->operations = plan_.places + plan_.stores;
    this->peak_live = plan_.bytes();
  }

  std::uint64_t pass() override {
    Random random(plan_.seed);
    auto table = M::template make_array<typename M::template Owner<Pair>>(plan_.places);
    auto* const places = M::get(table);
    for (std::size_t i = 0; i < plan_.places; ++i) places[i] = M::template make<Pair>(mark_of(i));
    std::uint64_t checksum = 0;
    for (std::size_t i = plan_.places; i < this->operations; ++i) {
      auto fresh = M::template make<Pair>(mark_of(i));
      auto dead = std::exchange(places[random.below(plan_.places)], std::move(fresh));
      M::drop(dead);
      checksum = fold(checksum, M::get(places[random.below(plan_.places)])->read());
    }
    for (std::size_t i = 0; i < plan_.places; ++i) M::drop(places[i]);
    M::drop_array(table);
    return checksum;
  }

 private:
  const ReferencesPlan plan_;
};

template <class S>
void add_reference_workloads() {
  if constexpr (Collector<S>)
    static const WorkloadEntry entry(made_by(kReferences, make_workload<HeapReferences<S>>));
  else
    static const WorkloadEntry entry(made_by(kReferences, make_workload<OwnedReferences<S>>));
}

}  // namespace assay::suite::collector
