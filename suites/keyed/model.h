// Random programs over every operation that a slab claims, beside an oracle (suites/keyed/model/run.h). A
// program that fails is shrunk and printed as C++; --seed replays it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "suites/core/model.h"
#include "suites/core/pattern.h"
#include "suites/core/random.h"
#include "suites/keyed/model/run.h"

namespace assay::suite::keyed {

// A trivially copyable value larger than a cache line, checked whole.
struct Cargo {
  explicit Cargo(long number_) : number(number_) {
    fill_pattern(bytes, sizeof bytes, static_cast<std::uint64_t>(number));
  }
  long number;
  unsigned char bytes[120];
};

// One that is aligned to the cache line, and not trivial.
struct alignas(64) AlignedCargo : Cargo {
  using Cargo::Cargo;
  AlignedCargo(const AlignedCargo& other) : Cargo(other) {}
  AlignedCargo& operator=(const AlignedCargo&) = default;
  ~AlignedCargo() { fill_pattern(bytes, sizeof bytes, 0); }
};

inline long value_of(const Cargo& cargo) {
  const std::size_t damage =
      find_damage(cargo.bytes, sizeof cargo.bytes, static_cast<std::uint64_t>(cargo.number));
  if (damage != kIntact) violated("byte %zu of value %ld has changed", damage, cargo.number);
  return cargo.number;
}

inline long value_of(const AlignedCargo& cargo) {
  if (reinterpret_cast<std::uintptr_t>(&cargo) % alignof(AlignedCargo) != 0)
    violated("a value at %p is not aligned to %zu", static_cast<const void*>(&cargo), alignof(AlignedCargo));
  return value_of(static_cast<const Cargo&>(cargo));
}

template <class S>
struct Language {
  struct Operation {
    unsigned char kind;
    std::uint32_t which;
    std::size_t size;
  };

  struct Kind {
    const char* name;
    int weight;  // of 100 or so
    bool claimed;
    std::size_t largest;  // size, which is at least 1
    bool takes_which, takes_size;
    void (*run)(Run<S>&, const Operation&);
  };

  static constexpr KeyedTraits kTraits = S::kTraits;
  static constexpr Kind kKinds[] = {
      {"insert", 25, true, 24, false, true, [](Run<S>& run, const Operation& op) { run.insert(op.size); }},
      {"emplace", 8, kTraits.emplaces, 12, false, true,
       [](Run<S>& run, const Operation& op) { run.emplace(op.size); }},
      {"insert_vacant", 8, kTraits.has_vacant_entry, 6, false, true,
       [](Run<S>& run, const Operation& op) { run.insert_vacant(op.size); }},
      {"drop_vacant", 4, kTraits.has_vacant_entry, 1, false, false,
       [](Run<S>& run, const Operation&) { run.drop_vacant(); }},
      {"remove", 30, true, 16, true, true,
       [](Run<S>& run, const Operation& op) { run.remove(op.which, op.size); }},
      {"remove_dead", 5, true, 1, true, false,
       [](Run<S>& run, const Operation& op) { run.remove_dead(op.which); }},
      {"get_many", 4, kTraits.gets_many, 10, true, true,
       [](Run<S>& run, const Operation& op) { run.get_many(op.which, op.size); }},
      {"find_key", 4, kTraits.finds_keys, 1, true, false,
       [](Run<S>& run, const Operation& op) { run.find_key(op.which); }},
      {"reserve", 2, kTraits.reserves, 200, false, true,
       [](Run<S>& run, const Operation& op) { run.reserve(op.size); }},
      {"shrink", 2, kTraits.reserves, 1, false, false, [](Run<S>& run, const Operation&) { run.shrink(); }},
      {"compact", 2, kTraits.compacts, 9, true, true,
       [](Run<S>& run, const Operation& op) { run.compact(op.which, op.size); }},
      {"retain", 2, kTraits.retains, 300, true, true,
       [](Run<S>& run, const Operation& op) { run.retain(op.which, op.size); }},
      {"drain", 1, kTraits.retains, 60, false, true,
       [](Run<S>& run, const Operation& op) { run.drain(op.size); }},
      {"clear", 1, true, 1, false, false, [](Run<S>& run, const Operation&) { run.clear(); }},
      {"copy", 2, kTraits.copies, 100, true, true,
       [](Run<S>& run, const Operation& op) { run.copy(op.which, op.size); }},
      {"rebuild", 1, kTraits.rebuilds, 1, false, false, [](Run<S>& run, const Operation&) { run.rebuild(); }},
      {"iterate", 3, kTraits.iterates, 1, false, false, [](Run<S>& run, const Operation&) { run.iterate(); }},
      {"check", 3, true, 1, false, false, [](Run<S>& run, const Operation&) { run.check(); }},
  };

  void generate(Random& random, Operation* operations, std::size_t count) const {
    std::uint64_t weights = 0;
    for (const Kind& kind : kKinds) weights += kind.claimed ? static_cast<std::uint64_t>(kind.weight) : 0;
    for (std::size_t i = 0; i < count; ++i) {
      auto left = static_cast<int>(random.below(weights));
      unsigned char kind = 0;
      while (!kKinds[kind].claimed || (left -= kKinds[kind].weight) >= 0) ++kind;
      operations[i] = {kind, static_cast<std::uint32_t>(random.below(10'000)),
                       random.log_between(1, kKinds[kind].largest)};
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    {
      Run<S> run;
      for (std::size_t i = 0; i < count; ++i) kKinds[operations[i].kind].run(run, operations[i]);
      run.check();
    }
    require(Witness::live == 0, "%ld values outlived their slab", Witness::live);
  }

  void print(const Operation& operation) const {
    const Kind& kind = kKinds[operation.kind];
    std::fprintf(stderr, "  run.%s(", kind.name);
    if (kind.takes_which) std::fprintf(stderr, "%u%s", operation.which, kind.takes_size ? ", " : "");
    if (kind.takes_size) std::fprintf(stderr, "%zu", operation.size);
    std::fprintf(stderr, ");\n");
  }

  const char* opening() const {
    if constexpr (std::same_as<typename S::value_type, Cargo>) return "  Run<Store<Of, Cargo>> run;\n";
    if constexpr (std::same_as<typename S::value_type, AlignedCargo>)
      return "  Run<Store<Of, AlignedCargo>> run;\n";
    return "  Run<Store<Of, Witness>> run;\n";
  }
};

template <class Of, class T>
void check_model() {
  run_random_programs(Language<Store<Of, T>>(), 250, 80);
}

template <class Of>
struct ModelClauses {
  Clause witnesses{"MODEL-1", ClauseClass::kViolation, "oracle of keys and values",
                   "Random programs keep every key, value and object where the oracle has it",
                   &check_model<Of, Witness>};
  Clause cargo{"MODEL-2", ClauseClass::kViolation, "oracle of keys and values",
               "Random programs keep every byte of large, trivially copyable values",
               &check_model<Of, Cargo>};
  Clause aligned{"MODEL-3", ClauseClass::kViolation, "oracle of keys and values",
                 "Random programs keep every byte and the alignment of over-aligned values",
                 &check_model<Of, AlignedCargo>};
};

}  // namespace assay::suite::keyed
