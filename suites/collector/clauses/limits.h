// The end of memory: GC-14 and GC-32 to GC-34.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <new>

#include "suites/collector/subject.h"

namespace assay::suite::collector {

constexpr std::size_t kHeapLimit = std::size_t{8} << 20;

// Fills the heap with a list of objects of about 500 bytes; how many, and the last make() was null.
template <class H>
struct Brick {
  explicit Brick(long value_) : value(value_) { words[60] = value_; }
  template <class Visitor>
  void trace(Visitor& visit) {
    visit(next);
  }
  Member<H, Brick> next;
  long value;
  long words[61];
};
template <class H>
long fill(Mutator<H>& mutator, Root<H, Brick<H>>& list, long most = 1'000'000) {
  long count = 0;
  for (; count < most; ++count) {
    Brick<H>* const brick = mutator.template make<Brick<H>>(count);
    if (brick == nullptr) return count;
    brick->next = list.get();
    list = brick;
  }
  violated("%ld objects of %zu bytes fit into a heap that gets no more memory", count, sizeof(Brick<H>));
}
// As drop_chain().
template <class H>
void drop_bricks(Root<H, Brick<H>>& list) {
  if constexpr (!H::kTraits.precise) {
    for (Brick<H>* at = list.get(); at != nullptr;) {
      Brick<H>* const next = at->next.get();
      at->next = nullptr;
      at = next;
    }
  }
  list = nullptr;
}
template <class H>
void expect_bricks(const Brick<H>* list, long count, const char* when) {
  for (long value = count - 1; value >= 0; --value, list = list->next.get())
    require(list != nullptr && list->value == value && list->words[60] == value,
            "%s, object %ld of %ld was lost", when, value, count);
  require(list == nullptr, "%s, there is an object more than was made", when);
}

template <class H>
CollectorOptions limited() {
  CollectorOptions options;
  options.limit = kHeapLimit;
  options.least_headroom = std::size_t{64} << 20;  // nothing but the limit makes it collect
  return options;
}

template <class H>
void check_collects_at_limit() {
  if constexpr (!kClaims<H>.limits || !kClaims<H>.reclaims) {
    absent("claims no limit, or never frees");
  } else {
    for (const Schedule schedule : {Schedule::kPaced, Schedule::kExplicit}) {
      CollectorOptions options = limited<H>();
      options.schedule = schedule;
      H heap(options);
      Mutator<H> mutator(heap);
      Root<H, Brick<H>> kept(mutator);
      constexpr long kKept = 2000;
      for (long i = 0; i < kKept; ++i) {
        Brick<H>* const brick = made<Brick<H>>(mutator, i);
        brick->next = kept.get();
        kept = brick;
      }
      std::size_t bytes = 0;
      for (int i = 0; bytes < 4 * kHeapLimit; ++i) {
        if (i % 100 == 99) {
          Array<long>* const large = mutator.template make_array<long>(50'000);
          require(large != nullptr, "make_array() of 400 KB is null, and most of the heap is garbage");
          bytes += 400'000;
        } else {
          Brick<H>* const brick = mutator.template make<Brick<H>>(0);
          require(brick != nullptr, "make() is null after %zu KiB, and most of the heap is garbage",
                  bytes >> 10);
          bytes += sizeof(Brick<H>);
        }
      }
      expect_bricks(kept.get(), kKept, "after collections at the limit");
    }
  }
}

template <class H>
void check_after_limit() {
  if constexpr (!kClaims<H>.limits || !kClaims<H>.reclaims) {
    absent("claims no limit, or never frees");
  } else {
    H heap(limited<H>());
    Mutator<H> mutator(heap);
    Root<H, Brick<H>> list(mutator), half(mutator);
    long first_count = 0;
    for (int round = 0; round < 3; ++round) {
      const long count = fill<H>(mutator, list);
      require(static_cast<std::size_t>(count) * sizeof(Brick<H>) >= kHeapLimit / 4,
              "%ld objects of %zu bytes are all that goes into a heap of %zu KiB", count, sizeof(Brick<H>),
              kHeapLimit >> 10);
      if (round == 0) first_count = count;
      require(count >= first_count * 3 / 4, "%ld objects go into a heap that had room for %ld", count,
              first_count);
      for (int again = 0; again < 3; ++again) {
        require(mutator.template make_array<long>(kHeapLimit / 8) == nullptr,
                "an array as large as the limit was made");
        static_cast<void>(mutator.template make<Brick<H>>(0));
      }
      const CollectorStats stats = heap.stats();
      require(stats.held_bytes <= kHeapLimit && stats.most_held_bytes <= kHeapLimit,
              "a heap with a limit of %zu bytes holds %zu and held %zu", kHeapLimit,
              static_cast<std::size_t>(stats.held_bytes), static_cast<std::size_t>(stats.most_held_bytes));
      expect_bricks(list.get(), count, "in a heap at its limit");
      if constexpr (H::kTraits.verifies) mutator.verify();
      // The older half is dropped, and what comes free is used.
      half = list.get();
      for (long i = 0; i < count / 2; ++i) half = half.get()->next.get();
      half.get()->next = nullptr;
      half = nullptr;
      for (long i = 0; i < count / 4; ++i)
        require(mutator.template make<Brick<H>>(0) != nullptr,
                "make() is null after half of what filled the heap was dropped");
      drop_bricks<H>(list);
      mutator.collect(Collection::kMajor);
      Array<long>* const array = mutator.template make_array<long>(kHeapLimit / 64);
      require(array != nullptr,
              "an array of an eighth of the limit cannot be made after all objects were dropped");
    }
  }
}

// The system's answer.
struct Supply {
  static bool may_grow(void* context, std::size_t bytes) {
    auto* const self = static_cast<Supply*>(context);
    if (bytes == 0) violated("may_grow was asked for 0 bytes");
    if (self->left.fetch_sub(1, std::memory_order_relaxed) > 0) return true;
    self->left.fetch_add(1, std::memory_order_relaxed);
    self->refused.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  void supply(CollectorOptions& options) {
    options.may_grow = &may_grow;
    options.may_grow_context = this;
  }
  static constexpr long kEndless = 1L << 60;
  // Relaxed: only counts. A heap's own threads may ask too.
  std::atomic<long> left{kEndless}, refused{0};
};

template <class H>
void check_no_growth() {
  if constexpr (!kClaims<H>.limits) {
    absent("claims no limit");
  } else {
    for (long grants = 0; grants < 12; ++grants) {
      Supply system;
      CollectorOptions options;
      system.supply(options);
      system.left = grants;
      try {
        H heap(options);
        Mutator<H> mutator(heap);
        Root<H, Brick<H>> list(mutator);
        Root<H, References<H>> array(mutator);
        const long count = fill<H>(mutator, list);
        require(system.refused > 0, "make() is null after %ld objects, and the system has refused nothing",
                count);
        expect_bricks(list.get(), count, "after the system refused memory");
        mutator.collect(Collection::kMajor);
        mutator.collect(Collection::kMinor);
        expect_bricks(list.get(), count, "after the system refused memory");
        // A conservative library may have memory left over from other heaps.
        if constexpr (H::kTraits.precise)
          require(mutator.template make_array<long>(100'000) == nullptr,
                  "an array of 800 KB was made without memory from the system");
        if constexpr (H::kTraits.verifies) mutator.verify();
        system.left = Supply::kEndless;
        const long more = 500;
        for (long i = 0; i < more; ++i) {
          Brick<H>* const brick = mutator.template make<Brick<H>>(count + i);
          require(brick != nullptr, "make() is null, and the system has memory again");
          brick->next = list.get();
          list = brick;
        }
        array = mutator.template make_array<Member<H, Node<H>>>(100'000);
        require(array.get() != nullptr, "an array of 800 KB is null, and the system has memory again");
        mutator.collect(Collection::kMajor);
        expect_bricks(list.get(), count + more, "after the system had memory again");
      } catch (const std::bad_alloc&) {
        // Not even the heap itself or the mutator could be made.
        require(grants < 6, "std::bad_alloc, and the system gave memory %ld times", grants);
        require(system.refused > 0, "std::bad_alloc, and the system has refused nothing");
      }
    }
  }
}

template <class H>
void check_marking_without_memory() {
  for (const bool wide : {false, true}) {
    Supply system;
    CollectorOptions options = told();
    system.supply(options);
    H heap(options);
    Mutator<H> mutator(heap);
    Root<H, References<H>> roots(mutator);
    Root<H, Node<H>> tree(mutator);
    Random random(seed());
    constexpr std::size_t kWidth = 20'000;
    if (wide) {
      // Elements that each lead on, so that all of them wait to be looked at.
      roots = made_array<Member<H, Node<H>>>(mutator, kWidth);
      for (std::size_t i = 0; i < kWidth; ++i) {
        tree = made<Node<H>>(mutator, static_cast<long>(i));
        Node<H>* const child = made<Node<H>>(mutator, static_cast<long>(i) + 1);
        tree.get()->left = child;
        (*roots.get())[i] = tree.get();
      }
    } else {
      make_graph<H>(mutator, tree, 15'000, random);
    }
    const std::uint64_t print = wide ? 0 : fingerprint(tree.get());
    system.left = 0;
    for (const Collection kind : {Collection::kMajor, Collection::kMinor, Collection::kMajor}) {
      mutator.collect(kind);
      if constexpr (H::kTraits.incremental)
        for (int i = 0; i < 100'000 && !mutator.step(); ++i) continue;
    }
    system.left = Supply::kEndless;
    overwrite<Node<H>>(mutator, 3000);
    const char* const when = "after collections that got no memory from the system";
    if (wide) {
      for (std::size_t i = 0; i < kWidth; ++i) {
        const Node<H>* const node = (*roots.get())[i].get();
        expect_value(node, static_cast<long>(i), when);
        expect_value(node->left.get(), static_cast<long>(i) + 1, when);
      }
    } else {
      require(fingerprint(tree.get()) == print, "%s, a graph has changed", when);
    }
  }
}

template <class H>
struct LimitClauses {
  Clause marking{"GC-14", ClauseClass::kViolation, "CONTRACT GC-14",
                 "A collection that gets no memory from the system still marks all that is reachable",
                 &check_marking_without_memory<H>};
  Clause collects{"GC-32", ClauseClass::kViolation, "gc/options.h",
                  "At the limit make() collects before it returns null", &check_collects_at_limit<H>};
  Clause after{"GC-33", ClauseClass::kViolation, "gc/options.h",
               "A heap that was at its limit works again when objects are dropped, and never holds more",
               &check_after_limit<H>};
  Clause refused{"GC-34", ClauseClass::kViolation, "gc/options.h",
                 "When the system gives no memory make() returns null, and the heap stays sound",
                 &check_no_growth<H>};
};

}  // namespace assay::suite::collector
