// Destructors: GC-29 to GC-31.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

// Of several sizes, with and without references. Each has a count outside the heap.
template <class H, std::size_t kBytes, bool kRefers>
struct Lasting {
  explicit Lasting(int& count_) : count(&count_) { std::memset(bytes, 0x3c, sizeof bytes); }
  ~Lasting() {
    for (const unsigned char byte : bytes)
      require(byte == 0x3c, "an object of %zu bytes was overwritten before its destructor ran", sizeof *this);
    ++*count;
    std::memset(bytes, 0, sizeof bytes);
  }
  template <class Visitor>
  void trace(Visitor& visit) requires kRefers {
    visit(member);
  }
  int* count;
  Member<H, Lasting> member;
  unsigned char bytes[kBytes];
};

template <class H, std::size_t kBytes, bool kRefers>
void check_lasting() {
  using T = Lasting<H, kBytes, kRefers>;
  constexpr std::size_t kObjects = kBytes > 10'000 ? 30 : 200;
  std::vector<int> counts(2 * kObjects, 0);
  const auto expect = [&](std::size_t from, std::size_t to, int count, const char* when) {
    for (std::size_t i = from; i < to; ++i)
      require(counts[i] == count, "%s, an object of %zu bytes was destroyed %d times instead of %d", when,
              sizeof(T), counts[i], count);
  };
  {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Array<Member<H, T>>> kept(mutator);
    kept = made_array<Member<H, T>>(mutator, kObjects);
    for (std::size_t i = 0; i < 2 * kObjects; ++i) {
      T* const object = made<T>(mutator, counts[i]);
      if (i < kObjects) (*kept.get())[i] = object;
    }
    for (int again = 0; again < 3; ++again) {
      collect_all(mutator);
      mutator.collect(Collection::kMinor);
      expect(0, kObjects, 0, "while it is reachable");
      if (kExact<H>) expect(kObjects, 2 * kObjects, 1, "unreachable");
      // Cells that are used again, and end again.
      int other = 0;
      for (std::size_t i = 0; i < kObjects; ++i) made<T>(mutator, other);
      collect_all(mutator);
      if (kExact<H>)
        require(other == static_cast<int>(kObjects),
                "of %zu unreachable objects of %zu bytes %d were destroyed", kObjects, sizeof(T), other);
    }
    kept = nullptr;
    collect_all(mutator);
    if (kExact<H>) expect(0, 2 * kObjects, 1, "unreachable");
  }
  expect(0, 2 * kObjects, 1, "after the end of its heap");
}

template <class H>
void check_destroyed_once() {
  if constexpr (!kClaims<H>.destroys) {
    absent("claims no destructors");
  } else {
    check_lasting<H, 8, false>();
    check_lasting<H, 8, true>();
    check_lasting<H, 1000, true>();
    check_lasting<H, 1000, false>();
    check_lasting<H, 40'000, true>();
    check_lasting<H, 70'000, false>();
  }
}

template <class H>
struct Unfinalized {
  ~Unfinalized() { Tally::count(Tally::destroyed); }
  void finalize(Mutator<H>&) noexcept { Tally::count(Tally::finalized); }
};

template <class H>
void check_heap_end() {
  for (const int collections : {0, 1, 3}) {
    Tally::made = Tally::destroyed = Tally::finalized = 0;
    {
      auto heap = std::make_unique<H>(told());
      Persistent<H, Probe<H>>* held = nullptr;
      {
        Mutator<H> mutator(*heap);
        Root<H, Probe<H>> kept(mutator), dropped(mutator);
        Root<H, Array<Member<H, Unfinalized<H>>>> unfinalized(mutator);
        make_chain<Probe<H>>(mutator, kept, 0, 300);
        unfinalized = made_array<Member<H, Unfinalized<H>>>(mutator, 30);
        for (std::size_t i = 0; i < 30; ++i) {
          Unfinalized<H>* const object = made<Unfinalized<H>>(mutator);
          (*unfinalized.get())[i] = object;
        }
        for (int i = 0; i < collections; ++i)
          mutator.collect(i == 1 ? Collection::kMinor : Collection::kMajor);
        make_chain<Probe<H>>(mutator, dropped, 0, 200);
        dropped = nullptr;
        held = new Persistent<H, Probe<H>>(persistent<H>(mutator, kept.get()));
        for (int i = 0; i < 30; ++i) made<Unfinalized<H>>(mutator);
        // Some in the middle of a collection.
        if constexpr (H::kTraits.incremental)
          for (int i = 0; i < collections && !mutator.step(); ++i) continue;
      }
      require(Tally::destroyed.load() <= 200 || H::kTraits.incremental,
              "reachable objects were destroyed when their mutator ended");
      expect_chain(held->get(), 0, 300, "after its mutator ended");
      delete held;
      const long finalized = Tally::finalized.load();
      require(finalized <= 30, "reachable objects were finalized");
      heap.reset();
      require(Tally::finalized.load() == finalized, "%ld objects were finalized at the end of their heap",
              Tally::finalized.load() - finalized);
    }
    if constexpr (H::kTraits.destroys)
      require(Tally::destroyed.load() == 560, "of 560 objects %ld were destroyed by the end of their heap",
              Tally::destroyed.load());
  }
}

template <class H>
struct Placed {
  explicit Placed(std::thread::id thread_) : thread(thread_) { Tally::count(Tally::made); }
  ~Placed() {
    require(std::this_thread::get_id() == thread, "a destructor ran on a thread without a mutator");
    if constexpr (H::kTraits.finalizes)
      require(finalized || ending, "an object was destroyed whose finalizer had not run");
    Tally::count(Tally::destroyed);
  }
  void finalize(Mutator<H>&) noexcept {
    require(std::this_thread::get_id() == thread, "a finalizer ran on a thread without a mutator");
    finalized = true;
  }
  static inline bool ending = false;
  std::thread::id thread;
  bool finalized = false;
};

template <class H>
void check_where_and_when() {
  if constexpr (!kClaims<H>.destroys) {
    absent("claims no destructors");
  } else {
    const std::thread::id here = std::this_thread::get_id();
    for (const bool paced : {false, true}) {
      CollectorOptions options;
      if (!paced) options = told();
      options.least_headroom = std::size_t{256} << 10;
      H heap(options);
      Mutator<H> mutator(heap);
      for (int i = 0; i < 3000; ++i) {
        made<Placed<H>>(mutator, here);
        made_array<long>(mutator, 100);
        if constexpr (H::kTraits.incremental)
          if (!paced && i % 300 == 299)
            while (!mutator.step()) continue;
      }
      for (int i = 0; i < 3; ++i) mutator.collect(Collection::kMajor);
      if constexpr (kExact<H>)
        require(Tally::alive() == 0, "%ld unreachable objects were not destroyed", Tally::alive());
      Placed<H>::ending = !kExact<H>;
    }
  }
}

template <class H>
struct DestructorClauses {
  Clause end{"GC-29", ClauseClass::kViolation, "gc/concept.h",
             "The end of a heap destroys what is left, once each, and finalizes nothing", &check_heap_end<H>};
  Clause once{"GC-30", ClauseClass::kViolation, "gc/concept.h",
              "Destructors run once, and only for unreachable objects, of any size",
              &check_destroyed_once<H>};
  Clause where{"GC-31", ClauseClass::kViolation, "gc/concept.h",
               "Finalizers run before destructors, both on the thread of a mutator",
               &check_where_and_when<H>};
};

}  // namespace assay::suite::collector
