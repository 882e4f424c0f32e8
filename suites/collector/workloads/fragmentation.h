// Small objects of many sizes, of which a quarter survives, scattered, and then large ones in the place of
// what died, four times over. Who cannot move objects holds the holes and the large ones. The heap is asked
// to compact before the large ones are made. What counts is held_over_live and the course of what is held.
// One operation is one object, made and dropped.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "gc/concept.h"
#include "suites/collector/workloads/heap_workload.h"
#include "suites/collector/workloads/manual.h"
#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::collector {

inline constexpr Description kFragmentation{
    .name = "collector_fragmentation",
    .family = "collector",
    .sentence = "of 8 MB of small objects three quarters die, scattered; large ones follow; four times"};

// What happens, the same for every kind of memory: a table of places, small ones first. Memory provides
//   make(place, words)    puts a new array there and returns its words
//   at(place)             the words
//   drop(place), compact(), progress(objects made, live bytes)
class FragmentationProgram {
 public:
  explicit FragmentationProgram(const Settings& settings)
      : small_(settings.scaled(kSmall)),
        places_(small_ + small_ * (kMostWords + 1) / kLeastLarge + 1),
        seed_(settings.seed),
        words_(harness_array<std::uint32_t>(places_)) {}

  std::size_t places() const { return places_; }
  std::size_t usual_objects() const { return kWaves * small_; }
  std::size_t made() const { return made_; }
  std::size_t left() const { return left_; }
  std::size_t live_bytes() const { return live_ + 8 + 8 * places_; }
  std::size_t peak_bytes() const { return peak_ + 8 + 8 * places_; }
  std::size_t peak_objects() const { return peak_left_ + 1; }

  // Leaves what is live. A checksum of what was dropped.
  template <class Memory>
  std::uint64_t run(Memory& memory) {
    Random random(seed_);
    std::fill_n(words_, places_, 0);
    made_ = left_ = peak_left_ = live_ = peak_ = 0;
    checksum_ = 0;
    for (int wave = 0; wave < kWaves; ++wave) {
      for (std::size_t i = small_; i < places_; ++i) drop(memory, i);
      for (std::size_t i = 0; i < small_; ++i)
        if (words_[i] == 0) make(memory, i, random.log_between(kLeastWords, kMostWords));
      const std::size_t before = live_;
      for (std::size_t i = 0; i < small_; ++i)
        if (!random.one_in(4)) drop(memory, i);
      memory.compact();
      for (std::size_t i = small_; i < places_; ++i) {
        const std::size_t words = random.log_between(kLeastLarge, kMostLarge);
        if (live_ + 8 * words > before) break;
        make(memory, i, words);
      }
    }
    return checksum_;
  }

  template <class Memory>
  std::uint64_t drop_all(Memory& memory) {
    for (std::size_t i = 0; i < places_; ++i) drop(memory, i);
    return checksum_;
  }

 private:
  static constexpr int kWaves = 4;
  static constexpr std::size_t kSmall = 40'000, kLeastWords = 2, kMostWords = 64;
  static constexpr std::size_t kLeastLarge = 8 << 10, kMostLarge = 128 << 10;
  static constexpr std::size_t kPage =
      512;  // in words; one of each is written, so that what is live is resident

  template <class Memory>
  void make(Memory& memory, std::size_t place, std::size_t words) {
    const std::uint64_t mark = mark_of(made_++);
    std::uint64_t* const first = memory.make(place, words);
    for (std::size_t i = 0; i < words; i += kPage) first[i] = mark;
    first[words - 1] = mark;
    words_[place] = static_cast<std::uint32_t>(words);
    peak_left_ = std::max(peak_left_, ++left_);
    live_ += 8 + 8 * words;
    peak_ = std::max(peak_, live_);
    memory.progress(made_, live_bytes());
  }

  template <class Memory>
  void drop(Memory& memory, std::size_t place) {
    const std::size_t words = words_[place];
    if (words == 0) return;
    const std::uint64_t* const first = memory.at(place);
    if (first[0] != first[words - 1]) fail("a live array of %zu words lost its contents", words);
    checksum_ = fold(checksum_, first[0] + words);
    memory.drop(place);
    words_[place] = 0;
    --left_;
    live_ -= 8 + 8 * words;
  }

  const std::size_t small_, places_;
  const std::uint64_t seed_;
  std::uint32_t* const words_;  // of what is in a place, 0 if nothing is
  std::size_t made_ = 0, left_ = 0, peak_left_ = 0, live_ = 0, peak_ = 0;
  std::uint64_t checksum_ = 0;
};

template <Collector H>
class HeapFragmentation final : public HeapWorkload<H> {
 public:
  explicit HeapFragmentation(const Settings& settings) : program_(settings) {
    this->operations = program_.usual_objects();
  }

 private:
  using Words = Array<std::uint64_t>;
  using Table = Array<typename H::template Member<Words>>;

  struct Memory {
    explicit Memory(HeapFragmentation& of) : workload(of), table(of.mutator()) {
      table = of.template make_array<typename H::template Member<Words>>(of.program_.places());
    }
    std::uint64_t* make(std::size_t place, std::size_t words) {
      Words* const array = workload.template make_array<std::uint64_t>(words);
      (*table.get())[place] = array;
      return array->data();
    }
    const std::uint64_t* at(std::size_t place) const { return (*table.get())[place].get()->data(); }
    void drop(std::size_t place) { (*table.get())[place] = nullptr; }
    void compact() { workload.collect(Collection::kCompact); }
    void progress(std::size_t made, std::size_t live) { workload.progress(made, live); }

    HeapFragmentation& workload;
    typename H::template Root<Table> table;
  };
  friend Memory;

  std::uint64_t run() override {
    Memory memory(*this);
    std::uint64_t checksum = program_.run(memory);
    this->operations = program_.made();
    this->peak_live = program_.peak_bytes();
    this->peak_objects = program_.peak_objects();
    this->finish(program_.left() + 1, program_.live_bytes());
    return fold(checksum, program_.drop_all(memory));
  }

  FragmentationProgram program_;
};

template <ManualMemory M>
class OwnedFragmentation final : public OwnedWorkload<M> {
 public:
  explicit OwnedFragmentation(const Settings& settings) : program_(settings) {}

  std::uint64_t pass() override {
    Memory memory{M::template make_array<Owner>(program_.places())};
    const std::uint64_t checksum = program_.run(memory);
    this->operations = program_.made();
    this->peak_live = program_.peak_bytes();
    const std::uint64_t whole = fold(checksum, program_.drop_all(memory));
    M::drop_array(memory.table);
    return whole;
  }

 private:
  using Owner = typename M::template ArrayOwner<std::uint64_t>;

  struct Memory {
    std::uint64_t* make(std::size_t place, std::size_t words) {
      M::get(table)[place] = M::template make_array<std::uint64_t>(words);
      return at(place);
    }
    std::uint64_t* at(std::size_t place) const { return M::get(M::get(table)[place]); }
    void drop(std::size_t place) { M::drop_array(M::get(table)[place]); }
    void compact() {}
    void progress(std::size_t, std::size_t) {}

    typename M::template ArrayOwner<Owner> table;
  };

  FragmentationProgram program_;
};

template <class S>
void add_fragmentation_workloads() {
  if constexpr (Collector<S>)
    static const WorkloadEntry entry(made_by(kFragmentation, make_workload<HeapFragmentation<S>>));
  else
    static const WorkloadEntry entry(made_by(kFragmentation, make_workload<OwnedFragmentation<S>>));
}

}  // namespace assay::suite::collector
