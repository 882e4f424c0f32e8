// The system has no memory, at every point where a heap asks for some.
#pragma once

#include <atomic>
#include <climits>
#include <cstddef>
#include <new>
#include <optional>

#include "suites/collector/faults/graphs.h"
#include "suites/collector/subject.h"

namespace assay::suite::collector {

// The system, which has no memory from one question on. Threads of the heap may ask, too.
class System {
 public:
  static bool has(void* self, std::size_t) { return static_cast<System*>(self)->answer(); }
  void lend_to(CollectorOptions& options) {
    options.may_grow = &has;
    options.may_grow_context = this;
  }
  // `refusals` questions after `grants` further ones.
  void refuse_after(long grants, long refusals) {
    asked_ = 0;
    first_ = grants;
    last_ = refusals > LONG_MAX - grants ? LONG_MAX : grants + refusals;
  }
  void grant_all() { first_ = last_ = LONG_MAX; }
  long asked() const { return asked_; }
  bool refused() const { return asked_ > first_; }

 private:
  bool answer() {
    const long question = asked_++;
    return question < first_ || question >= last_;
  }
  std::atomic<long> asked_{0}, first_{LONG_MAX}, last_{LONG_MAX};
};

// 0, 1, 2, … and, where that would be too many, ever larger steps.
inline long next_step(long n) { return n < 24 ? n + 1 : n + n / 4; }

// Fills a heap until the system refuses and make() is null, or to the end. How many objects are in the chain.
template <class H, class R>
int fill(Mutator<H>& mutator, R& chain, int length, int most) {
  for (; length < most; ++length) {
    if (length % 50 == 7 &&
        mutator.template make_array<long>(static_cast<std::size_t>(length * 3)) == nullptr)
      return length;
    if (length % 300 == 150) mutator.collect(length % 600 == 150 ? Collection::kMinor : Collection::kMajor);
    auto* const object = mutator.template make<Probe<H>>(length);
    if (object == nullptr) return length;
    object->left = chain.get();
    chain = object;
  }
  return length;
}
// The chain that fill() made.
template <class H, class R>
void expect_filled(Mutator<H>& mutator, const R& chain, int length, const char* when) {
  if constexpr (H::kTraits.verifies) mutator.verify();
  auto* object = chain.get();
  for (int i = length - 1; i >= 0; --i, object = object->left.get()) expect_value(object, i, when);
  require(object == nullptr, "%s, the chain of %d objects has one more", when, length);
}

template <class H>
void fill_with_refusals(System& system, long grants, long refusals) {
  constexpr int kLength = 4000;
  CollectorOptions options = told();
  system.lend_to(options);
  system.refuse_after(grants, refusals);
  std::optional<H> heap;
  try {
    heap.emplace(options);
  } catch (const std::bad_alloc&) {
    require(system.refused(), "the system refused nothing, and the heap could not begin");
    return;
  }
  Mutator<H> mutator(*heap);
  Root<H, Probe<H>> chain(mutator);
  int length = fill<H>(mutator, chain, 0, kLength);
  require(length == kLength || system.refused(), "the system refused nothing, and make() is null");
  expect_filled<H>(mutator, chain, length, "after the system refused memory");
  system.grant_all();
  length = fill<H>(mutator, chain, length, kLength);
  require(length == kLength, "the system has memory again, and make() is null");
  mutator.collect(Collection::kMajor);
  expect_filled<H>(mutator, chain, length, "when the system had memory again");
  if constexpr (H::kTraits.destroys && H::kTraits.precise)
    require(Tally::alive() == kLength, "%ld objects are left of %d that are reachable", Tally::alive(),
            kLength);
}

template <class H>
void check_refused_growth() {
  System system;
  fill_with_refusals<H>(system, LONG_MAX, 0);
  const long questions = system.asked();
  if (questions == 0) absent("does not ask before it takes memory");
  for (const long refusals : {1L, LONG_MAX})
    for (long n = 0; n < questions; n = next_step(n)) {
      fill_with_refusals<H>(system, n, refusals);
      if constexpr (H::kTraits.destroys)
        require(Tally::alive() == 0, "%ld objects outlived their heap", Tally::alive());
    }
}

// Marking deep and wide graphs needs memory, and remembering weak references does.
template <class H>
void check_refused_marking() {
  constexpr int kTeeth = 2000;
  constexpr std::size_t kRibs = 6000;
  CollectorOptions options = told();
  options.slice = 20'000;
  System system;
  system.lend_to(options);
  H heap(options);
  Mutator<H> mutator(heap);
  Root<H, Node<H>> left(mutator), right(mutator);
  Root<H, Ribs<H>> fan(mutator);
  make_comb<H>(mutator, left, kTeeth, true);
  make_comb<H>(mutator, right, kTeeth, false);
  make_fan<H>(mutator, fan, kRibs, 1);
  Watch<H> watch(mutator);
  if (system.asked() == 0) absent("does not ask before it takes memory");
  for (const Collection collection : {Collection::kMajor, Collection::kCompact, Collection::kMinor})
    for (const long refusals : {1L, LONG_MAX})
      for (long n = 0; n < 5; ++n) {
        Root<H, Node<H>> young(mutator);
        make_comb<H>(mutator, young, 100, n % 2 == 0);
        watch.begin(mutator, fan);
        system.refuse_after(n, refusals);
        if constexpr (H::kTraits.incremental)
          for (int i = 0; i < 3; ++i) mutator.step();
        mutator.collect(collection);
        const bool refused = system.refused();
        system.grant_all();
        if constexpr (H::kTraits.verifies) mutator.verify();
        overwrite<Node<H>>(mutator);
        expect_comb<H>(left.get(), kTeeth, true);
        expect_comb<H>(right.get(), kTeeth, false);
        expect_fan<H>(fan.get(), kRibs, 1);
        expect_comb<H>(young.get(), 100, n % 2 == 0);
        watch.expect(*fan.get());
        if (!refused) break;
      }
}

}  // namespace assay::suite::collector
