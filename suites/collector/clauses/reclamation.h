// What is unreachable goes, whatever it looks like: GC-05, GC-06, GC-10 and GC-20.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "suites/collector/subject.h"
#include "suites/core/small_stack.h"

namespace assay::suite::collector {

// Short chains, so that a word that a conservative heap takes for a reference keeps little.
constexpr std::size_t kChains = 30;
constexpr int kChainLength = 10;

template <class H>
void check_garbage_goes() {
  if constexpr (!kSeesReclaiming<H>) {
    absent("reclaims nothing, or nobody sees it");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Probe<H>> kept(mutator), chain(mutator);
    Root<H, Array<Member<H, Probe<H>>>> dropped(mutator);
    make_chain<Probe<H>>(mutator, kept, 0, 200);
    dropped = made_array<Member<H, Probe<H>>>(mutator, kChains);
    collect_all(mutator);
    const long before = alive(heap);
    constexpr long kHalf = static_cast<long>(kChains) * kChainLength / 2;
    for (int survived = 0; survived <= 8; survived += 2) {
      for (std::size_t i = 0; i < kChains; ++i) {
        make_chain<Probe<H>>(mutator, chain, 1000, kChainLength);
        (*dropped.get())[i] = chain.get();
      }
      chain = nullptr;
      for (int i = 0; i < survived; ++i)
        mutator.collect(i % 3 == 1 ? Collection::kMinor : Collection::kMajor);
      // The first half of each chain: objects that die beside others that stay.
      for (auto& head : *dropped.get()) {
        expect_chain(head.get(), 1000, kChainLength, "before it was dropped");
        for (int i = 0; i < kChainLength / 2; ++i) head = head.get()->left.get();
      }
      collect_all(mutator);
      expect_gone(heap, before + kHalf, kHalf, "after two full collections");
      for (auto& head : *dropped.get()) {
        expect_chain(head.get(), 1000 + kChainLength / 2, kChainLength / 2,
                     "whose predecessors were dropped");
        head = nullptr;
      }
      collect_all(mutator);
      expect_gone(heap, before, kHalf, "after two full collections");
      expect_chain(kept.get(), 0, 200, "beside garbage");
    }
  }
}

// Refers to arrays, so that cycles lead through them.
template <class H>
struct Hub {
  explicit Hub(long) { Tally::count(Tally::made); }
  ~Hub() { Tally::count(Tally::destroyed); }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(spokes);
  }
  Member<H, Array<Member<H, Hub>>> spokes;
};

template <class H>
void make_cliques(Mutator<H>& mutator, int cliques, std::size_t size) {
  Root<H, Array<Member<H, Hub<H>>>> spokes(mutator);
  for (int i = 0; i < cliques; ++i) {
    spokes = made_array<Member<H, Hub<H>>>(mutator, size);
    for (std::size_t at = 0; at < size; ++at) {
      Hub<H>* const hub = made<Hub<H>>(mutator, 0);
      hub->spokes = spokes.get();  // itself among them
      (*spokes.get())[at] = hub;
    }
  }
}

template <class H>
void check_cycles() {
  if constexpr (!kSeesReclaiming<H>) {
    absent("reclaims nothing, or nobody sees it");
  } else {
    H heap(told());
    Mutator<H> mutator(heap);
    collect_all(mutator);
    const long before = alive(heap);
    const auto expect_nothing_left = [&](long count, const char* what) {
      collect_all(mutator);
      expect_gone(heap, before, count, what);
    };
    {
      Root<H, Probe<H>> object(mutator);
      for (int i = 0; i < 100; ++i) {
        object = made<Probe<H>>(mutator, i);
        object.get()->left = object.get();
        if (i % 2 == 0) object.get()->right = object.get();
      }
      object = nullptr;
      expect_nothing_left(100, "of objects that refer to themselves");
      Root<H, Probe<H>> last(mutator);
      for (int length = 2; length < 40; ++length) {
        make_chain<Probe<H>>(mutator, object, 0, length);
        last = object.get();
        while (last.get()->left.get() != nullptr) last = last.get()->left.get();
        last.get()->left = object.get();
        if (length == 20) mutator.collect(Collection::kMajor);
      }
      // One of the cycles is held by an object in its middle.
      object = object.get()->left.get()->left.get();
      last = nullptr;
      collect_all(mutator);
      const Probe<H>* at = object.get();
      for (int i = 0; i < 80; ++i, at = at->left.get()) expect_value(at, (i + 2) % 39, "in a cycle");
      object = nullptr;
      expect_nothing_left(779, "of cycles");
    }
    make_cliques<H>(mutator, 20, 12);
    expect_nothing_left(240, "of objects that all refer to all, through arrays");
    if constexpr (H::kTraits.precise) {
      make_cliques<H>(mutator, 1, 400);
      expect_nothing_left(400, "of objects that all refer to all, through arrays");
    }
  }
}

// Members in many places, and words that are no references but look like them.
template <class H>
struct Part {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(inner);
  }
  std::uintptr_t looks_like_one = 0;
  Member<H, Probe<H>> inner;
};
template <class H>
struct Front {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(in_base);
  }
  Member<H, Probe<H>> in_base;
  std::uintptr_t looks_like_one = 0;
};
template <class H>
struct Many : Front<H> {
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(last);  // in any order
    for (auto& row : rows)
      for (Member<H, Probe<H>>& member : row) visit(member);
    for (Part<H>& part : parts) part.trace(visit);
    Front<H>::trace(visit);
  }
  // Calls body(reference) with each.
  template <class Body>
  void each(Body body) {
    body(this->in_base);
    for (Part<H>& part : parts) body(part.inner);
    for (auto& row : rows)
      for (Member<H, Probe<H>>& member : row) body(member);
    body(last);
  }
  Part<H> parts[3];
  char unaligned[3];
  Member<H, Probe<H>> rows[5][7];
  std::uintptr_t looks_like_ones[4] = {};
  Member<H, Probe<H>> last;
};
constexpr long kMembers = 1 + 3 + 35 + 1;

// No trace(): no references.
struct Words {
  std::uintptr_t words[4] = {};
};

template <class H>
void check_trace() {
  H heap(told());
  Mutator<H> mutator(heap);
  Root<H, Many<H>> object(mutator);
  Root<H, Words> words(mutator);
  for (long round = 0; round < 3; ++round) {
    object = made<Many<H>>(mutator);
    words = made<Words>(mutator);
    if constexpr (kSeesReclaiming<H>) collect_all(mutator);
    const long before = alive(heap);
    for (long i = 0; i < kMembers; ++i) {
      Probe<H>* const target = made<Probe<H>>(mutator, i);
      object.get()->each([&, at = 0L](Member<H, Probe<H>>& member) mutable {
        if (at++ == i) member = target;
      });
    }
    for (std::size_t i = 0; i < 4; ++i) {
      const auto hidden = reinterpret_cast<std::uintptr_t>(made<Probe<H>>(mutator, kRubbish));
      object.get()->looks_like_ones[i] = hidden;
      const auto other = reinterpret_cast<std::uintptr_t>(made<Probe<H>>(mutator, kRubbish));
      words.get()->words[i] = other;
      if (i < 3) {
        const auto third = reinterpret_cast<std::uintptr_t>(made<Probe<H>>(mutator, kRubbish));
        object.get()->parts[i].looks_like_one = third;
      }
    }
    collect_all(mutator);
    overwrite<Probe<H>>(mutator, 40);
    object.get()->each([at = 0L](Member<H, Probe<H>>& member) mutable {
      expect_value(member.get(), at++, "that trace() visits");
    });
    collect_all(mutator);
    if constexpr (kSeesReclaiming<H> && H::kTraits.precise)
      require(alive(heap) == before + kMembers,
              "%ld objects are kept instead of the %ld that trace() visits; words that look like references "
              "are none",
              alive(heap) - before, kMembers);
    object.get()->each([&](Member<H, Probe<H>>& member) { member = nullptr; });
    collect_all(mutator);
    if constexpr (kSeesReclaiming<H> && H::kTraits.precise)
      expect_gone(heap, before, kMembers, "after the references of an object were set to null");
  }
}

// Counted, but not sealed: there are many.
template <class H>
struct Link {
  ~Link() { Tally::count(Tally::destroyed); }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
    visit(aside);
  }
  Member<H, Link> next, aside;
};

template <class H>
void check_depth() {
  // The stack has not two bytes for each: a million objects would find no more.
  on_small_stack("a chain of 200,000 objects", [] {
    constexpr int kDeep = 200'000, kWide = 100'000;
    H heap(told());
    Mutator<H> mutator(heap);
    Root<H, Link<H>> head(mutator), second(mutator);
    Root<H, Array<Member<H, Link<H>>>> wide(mutator);
    for (int i = 0; i < kDeep; ++i) {
      Link<H>* const link = made<Link<H>>(mutator);
      // By the first reference or the last: who recurs for one of them may get by with the other.
      if (i / 1000 % 2 == 0)
        link->next = head.get();
      else
        link->aside = head.get();
      head = link;
    }
    wide = made_array<Member<H, Link<H>>>(mutator, kWide);
    for (std::size_t i = 0; i < kWide; ++i) {
      Link<H>* const link = made<Link<H>>(mutator);
      (*wide.get())[i] = link;
    }
    mutator.collect(Collection::kMajor);
    require(Tally::destroyed.load() == 0, "of a reachable chain and array %ld objects were reclaimed",
            Tally::destroyed.load());
    int count = 0;
    for (Link<H>* at = head.get(); at != nullptr; ++count)
      at = at->next.get() != nullptr ? at->next.get() : at->aside.get();
    require(count == kDeep, "of a chain of %d objects a collection left %d", kDeep, count);
    for (std::size_t i = 0; i < kWide; ++i)
      require((*wide.get())[i].get() != nullptr, "element %zu of a wide array was lost", i);
    head = nullptr;
    wide = nullptr;
    collect_all(mutator);
    if constexpr (kExact<H> && H::kTraits.destroys)
      require(Tally::destroyed.load() == kDeep + kWide,
              "of a chain and an array of %d objects %ld were reclaimed", kDeep + kWide,
              Tally::destroyed.load());
  });
}

template <class H>
struct ReclamationClauses {
  Clause garbage{"GC-05", ClauseClass::kViolation, "CONTRACT GC-05",
                 "What is unreachable is gone after two full collections at most", &check_garbage_goes<H>};
  Clause cycles{"GC-06", ClauseClass::kViolation, "CONTRACT GC-06; McCarthy 1960",
                "Cycles, references to oneself, cliques and cycles through arrays are reclaimed",
                &check_cycles<H>};
  Clause trace{"GC-10", ClauseClass::kViolation, "CONTRACT GC-10; gc/concept.h",
               "An object keeps what its trace() visits, wherever the reference lies in it, and nothing else",
               &check_trace<H>};
  Clause depth{"GC-20", ClauseClass::kViolation, "CONTRACT GC-06; Schorr and Waite 1967",
               "Long chains and wide arrays are marked and reclaimed on a stack of 256 KiB", &check_depth<H>};
};

}  // namespace assay::suite::collector
