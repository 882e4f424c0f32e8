// Random programs over a graph of owners, beside an oracle of who owns what and what must be destroyed
// (suites/pointer/model/run.h). A program that fails is shrunk and printed as C++; --seed replays it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "suites/core/clause.h"
#include "suites/core/model.h"
#include "suites/core/random.h"
#include "suites/pointer/model/run.h"

namespace assay::suite::pointer {

template <class Of>
struct Language {
  struct Operation {
    unsigned char kind, a, b;
    std::size_t size;
  };

  enum class Takes { kNothing, kOne, kTwo, kThree, kOneAndSize };

  struct Kind {
    const char* name;
    int weight;
    bool claimed;
    Takes takes;
    std::size_t largest;  // size, which is at least 1
    void (*run)(model::Run<Of>&, const Operation&);
  };

  using Run = model::Run<Of>;
  static constexpr PointerTraits kTraits = kClaims<Of>;
  static constexpr Kind kKinds[] = {
      {"make", 14, true, Takes::kOne, 1, [](Run& run, const Operation& op) { run.make(op.a); }},
      {"make_chain", 3, true, Takes::kOneAndSize, 12,
       [](Run& run, const Operation& op) { run.make_chain(op.a, op.size); }},
      {"make_in", 4, kTraits.takes_allocator, Takes::kOne, 1,
       [](Run& run, const Operation& op) { run.make_in(op.a); }},
      {"make_derived", 4, kTraits.converts, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.make_derived(op.a, op.b); }},
      {"make_cyclic", 4, kTraits.makes_cyclic, Takes::kOne, 1,
       [](Run& run, const Operation& op) { run.make_cyclic(op.a); }},
      {"copy", 10, kTraits.shares, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.copy(op.a, op.b); }},
      {"move", 8, true, Takes::kTwo, 1, [](Run& run, const Operation& op) { run.move(op.a, op.b); }},
      {"swap", 3, true, Takes::kTwo, 1, [](Run& run, const Operation& op) { run.swap(op.a, op.b); }},
      {"reset", 8, true, Takes::kOne, 1, [](Run& run, const Operation& op) { run.reset(op.a); }},
      {"crowd", 2, kTraits.shares, Takes::kOneAndSize, 40,
       [](Run& run, const Operation& op) { run.crowd(op.a, op.size); }},
      {"compare", 3, true, Takes::kTwo, 1, [](Run& run, const Operation& op) { run.compare(op.a, op.b); }},
      {"put", 16, true, Takes::kThree, 2,
       [](Run& run, const Operation& op) { run.put(op.a, op.b, op.size); }},
      {"take", 5, true, Takes::kThree, 2,
       [](Run& run, const Operation& op) { run.take(op.a, op.b, op.size); }},
      {"follow", 4, kTraits.shares, Takes::kThree, 2,
       [](Run& run, const Operation& op) { run.follow(op.a, op.b, op.size); }},
      {"downgrade", 7, kTraits.has_weak, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.downgrade(op.a, op.b); }},
      {"upgrade", 6, kTraits.has_weak, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.upgrade(op.a, op.b); }},
      {"copy_weak", 2, kTraits.has_weak, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.copy_weak(op.a, op.b); }},
      {"drop_weak", 3, kTraits.has_weak, Takes::kOne, 1,
       [](Run& run, const Operation& op) { run.drop_weak(op.a); }},
      {"link", 5, kTraits.has_weak, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.link(op.a, op.b); }},
      {"try_unwrap", 5, kTraits.unwraps, Takes::kOne, 1,
       [](Run& run, const Operation& op) { run.try_unwrap(op.a); }},
      {"get_mut", 4, kTraits.proves_unique, Takes::kOne, 1,
       [](Run& run, const Operation& op) { run.get_mut(op.a); }},
      {"make_mut", 6, kTraits.copies_on_write&& kTraits.shares, Takes::kOne, 1,
       [](Run& run, const Operation& op) { run.make_mut(op.a); }},
      {"into_raw", 3, kTraits.gives_raw, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.into_raw(op.a, op.b); }},
      {"from_raw", 4, kTraits.gives_raw, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.from_raw(op.a, op.b); }},
      {"alias", 4, kTraits.aliases, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.alias(op.a, op.b); }},
      {"copy_alias", 2, kTraits.aliases&& kTraits.shares, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.copy_alias(op.a, op.b); }},
      {"drop_alias", 3, kTraits.aliases, Takes::kOne, 1,
       [](Run& run, const Operation& op) { run.drop_alias(op.a); }},
      {"retain", 4, kTraits.intrusive&& kTraits.shares, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.retain(op.a, op.b); }},
      {"owner_of", 4, kTraits.finds_owner, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.owner_of(op.a, op.b); }},
      {"make_array", 3, kTraits.has_arrays, Takes::kOneAndSize, model::kMostElements,
       [](Run& run, const Operation& op) { run.make_array(op.a, op.size); }},
      {"copy_array", 2, kTraits.has_arrays&& kTraits.shares, Takes::kTwo, 1,
       [](Run& run, const Operation& op) { run.copy_array(op.a, op.b); }},
      {"reset_array", 2, kTraits.has_arrays, Takes::kOne, 1,
       [](Run& run, const Operation& op) { run.reset_array(op.a); }},
      {"check", 4, true, Takes::kNothing, 1, [](Run& run, const Operation&) { run.check(); }},
  };

  void generate(Random& random, Operation* operations, std::size_t count) const {
    std::uint64_t weights = 0;
    for (const Kind& kind : kKinds) weights += kind.claimed ? static_cast<std::uint64_t>(kind.weight) : 0;
    for (std::size_t i = 0; i < count; ++i) {
      auto left = static_cast<int>(random.below(weights));
      unsigned char kind = 0;
      while (!kKinds[kind].claimed || (left -= kKinds[kind].weight) >= 0) ++kind;
      operations[i] = {kind, static_cast<unsigned char>(random.below(30)),
                       static_cast<unsigned char>(random.below(30)),
                       random.log_between(1, kKinds[kind].largest)};
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    Run run;
    for (std::size_t i = 0; i < count; ++i) kKinds[operations[i].kind].run(run, operations[i]);
  }

  void print(const Operation& operation) const {
    const Kind& kind = kKinds[operation.kind];
    std::fprintf(stderr, "  run.%s(", kind.name);
    if (kind.takes != Takes::kNothing) std::fprintf(stderr, "%d", operation.a);
    if (kind.takes == Takes::kTwo || kind.takes == Takes::kThree) std::fprintf(stderr, ", %d", operation.b);
    if (kind.takes == Takes::kThree || kind.takes == Takes::kOneAndSize)
      std::fprintf(stderr, ", %zu", operation.size);
    std::fprintf(stderr, ");\n");
  }

  const char* opening() const { return "  model::Run<Of> run;\n"; }
};

template <class Of>
void check_model() {
  run_random_programs(Language<Of>(), 300, 150);
}

template <class Of>
struct ModelClauses {
  Clause graphs{"MODEL-1", ClauseClass::kViolation, "oracle of owners and objects",
                "Random graphs of owners keep every object, count and Weak, and destroy what the oracle says",
                &check_model<Of>};
};

}  // namespace assay::suite::pointer
