// Memory and time: GC-13, GC-37 and GC-38.
#pragma once

#include <time.h>

#include <cstddef>
#include <cstdint>

#include "suites/collector/subject.h"
#include "suites/core/footprint.h"

namespace assay::suite::collector {

inline std::uint64_t thread_nanoseconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// Past 8, 12 and, where collections are cheap, 16 bits; with objects that were marked all those times, once,
// and never.
template <class H>
void check_counters() {
  constexpr std::uint64_t kEnough = 120'000'000;
  for (const Collection kind : {Collection::kMinor, Collection::kMajor}) {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Node<H>> kept(mutator), recent(mutator);
    make_chain<Node<H>>(mutator, kept, 0, 10);
    long count = 0;
    const std::uint64_t begin = thread_nanoseconds();
    for (; count < 66'000 && (count < 5000 || thread_nanoseconds() - begin < kEnough); ++count) {
      mutator.collect(kind);
      const long byte = (count + 2) % 256;  // looks where bytes wrap, and at all other numbers some time
      if (byte > 4 && count % 61 != 0) continue;
      expect_chain(kept.get(), 0, 10, "after thousands of collections");
      if (recent.get() != nullptr) expect_value(recent.get(), 5, "after thousands of collections");
      recent = made<Node<H>>(mutator, 5);
      overwrite<Node<H>>(mutator, 5);
    }
    note("%ld collections", count);
    if constexpr (kSeesReclaiming<H> && H::kTraits.precise) {
      recent = nullptr;
      collect_all(mutator);
      const long before = alive(heap);
      for (int i = 0; i < 300; ++i) {
        made<Probe<H>>(mutator, i);
        mutator.collect(Collection::kMajor);
        expect_gone(heap, before, 1, "after thousands of collections");
      }
    }
  }
}

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

template <class H>
void check_bounded() {
  if constexpr (!kClaims<H>.reclaims) {
    absent("never frees");
  } else {
    CollectorOptions options;
    options.least_headroom = kMebibyte;
    options.nursery = kMebibyte / 4;
    H heap(options);
    Mutator<H> mutator(heap);
    Root<H, Node<H>> kept(mutator);
    make_chain<Node<H>>(mutator, kept, 0, 2000);
    constexpr std::size_t kWords = 100, kMade = 64 * kMebibyte;
    for (std::size_t bytes = 0; bytes < kMade; bytes += kWords * sizeof(long)) {
      Array<long>* const array = made_array<long>(mutator, kWords);
      (*array)[kWords - 1] = 1;
      if (bytes % (16 * kMebibyte) < kWords * sizeof(long)) made_array<long>(mutator, kMebibyte / 4);
    }
    expect_chain(kept.get(), 0, 2000, "in a program that drops what it makes");
    const std::size_t most = heap.stats().most_held_bytes;
    note("%zu KiB held at most", most >> 10);
    require(most < kMade / 4, "a program that dropped all of %zu MiB but some KiB was given %zu MiB",
            kMade / kMebibyte, most / kMebibyte);
  }
}

template <class H>
void check_gives_back() {
  if constexpr (!kClaims<H>.gives_back) {
    absent("claims to give no memory back");
  } else {
    CollectorOptions options = told();
    options.least_headroom = std::size_t{64} << 10;  // what a heap may keep for the next objects
    H heap(options);
    Mutator<H> mutator(heap);
    for (int round = 0; round < 2; ++round) {
      Root<H, Node<H>> kept(mutator);
      {
        Root<H, Array<Member<H, Array<long>>>> arrays(mutator);
        Root<H, References<H>> chains(mutator);
        Root<H, Node<H>> chain(mutator);
        chains = made_array<Member<H, Node<H>>>(mutator, 300);
        for (auto i = 0u; i < 300; ++i) {
          make_chain<Node<H>>(mutator, chain, 0, 100);
          (*chains.get())[i] = chain.get();
        }
        arrays = made_array<Member<H, Array<long>>>(mutator, 4000);
        for (std::size_t i = 0; i < 4000; ++i) {
          Array<long>* const array = made_array<long>(mutator, i % 400 == 0 ? 50'000 : 100 + i % 5 * 200);
          (*arrays.get())[i] = array;
        }
        mutator.collect(Collection::kMajor);
        make_chain<Node<H>>(mutator, kept, 0, 100);
        // One by one: a word that a conservative heap takes for a reference keeps little.
        for (auto& array : *arrays.get()) array = nullptr;
        for (auto& each : *chains.get()) each = nullptr;
      }
      const std::size_t held = heap.stats().held_bytes, resident = resident_bytes();
      // No text says how much at a time, and some waits whether it is wanted again.
      for (int i = 0; i < 16; ++i) mutator.collect(Collection::kMajor);
      const std::size_t left = heap.stats().held_bytes;
      require(left < held / 4, "of %zu KiB in objects that are gone %zu are held", held >> 10, left >> 10);
      note("of %zu KiB %zu are held, resident %zu and then %zu", held >> 10, left >> 10, resident >> 10,
           resident_bytes() >> 10);
      expect_chain(kept.get(), 0, 100, "beside what was given back");
    }
  }
}

template <class H>
struct MemoryClauses {
  Clause counters{"GC-13", ClauseClass::kViolation, "CONTRACT GC-13",
                  "Counters of collections may wrap: thousands of collections change nothing",
                  &check_counters<H>};
  Clause bounded{"GC-37", ClauseClass::kViolation, "gc/options.h",
                 "A program that drops what it makes runs in bounded memory", &check_bounded<H>};
  Clause gives_back{"GC-38", ClauseClass::kViolation, "gc/concept.h",
                    "Memory returns to the system when objects are gone", &check_gives_back<H>};
};

}  // namespace assay::suite::collector
