// Random programs over every operation on a pool of handles, beside an oracle of byte vectors
// (suites/buffer/model/run.h). A program that fails is shrunk and printed as C++; --seed replays it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "suites/buffer/model/run.h"
#include "suites/core/model.h"
#include "suites/core/random.h"

namespace assay::suite::buffer {

// How often programs do what.
enum class Emphasis { kSharing, kWriting };

template <class B, Emphasis kEmphasis>
struct Language {
  struct Operation {
    unsigned char kind;
    std::uint32_t which, at;
    std::size_t size;
  };

  struct Kind {
    const char* name;
    int weights[2];       // by Emphasis
    std::size_t largest;  // size, which is at least 1; 1 when the operation has none
    bool takes_at;
    void (*run)(Run<B>&, const Operation&);
  };

  static constexpr std::size_t kLarge = 3000;
  static constexpr Kind kKinds[] = {
      {"make_static",
       {2, 0},
       kLarge,
       false,
       [](Run<B>& run, const Operation& op) { run.make_static(op.size); }},
      {"copy_of", {3, 1}, kLarge, false, [](Run<B>& run, const Operation& op) { run.copy_of(op.size - 1); }},
      {"own", {4, 1}, kLarge, false, [](Run<B>& run, const Operation& op) { run.own(op.size - 1); }},
      {"make_room",
       {3, 3},
       kLarge,
       false,
       [](Run<B>& run, const Operation& op) { run.make_room(op.size - 1); }},
      {"copy", {8, 3}, 1, false, [](Run<B>& run, const Operation& op) { run.copy(op.which); }},
      {"assign", {5, 1}, 1, true, [](Run<B>& run, const Operation& op) { run.assign(op.which, op.at); }},
      {"move", {3, 1}, 1, true, [](Run<B>& run, const Operation& op) { run.move(op.which, op.at); }},
      {"slice",
       {12, 3},
       kLarge,
       true,
       [](Run<B>& run, const Operation& op) { run.slice(op.which, op.at, op.size); }},
      {"split", {10, 2}, 1, true, [](Run<B>& run, const Operation& op) { run.split(op.which, op.at); }},
      {"shorten", {6, 1}, 1, true, [](Run<B>& run, const Operation& op) { run.shorten(op.which, op.at); }},
      {"compare", {4, 0}, 1, true, [](Run<B>& run, const Operation& op) { run.compare(op.which, op.at); }},
      {"is_unique", {6, 2}, 1, false, [](Run<B>& run, const Operation& op) { run.is_unique(op.which); }},
      {"try_into_mut",
       {5, 7},
       1,
       false,
       [](Run<B>& run, const Operation& op) { run.try_into_mut(op.which); }},
      {"drop", {14, 8}, 1, false, [](Run<B>& run, const Operation& op) { run.drop(op.which); }},
      {"append",
       {6, 9},
       kLarge,
       false,
       [](Run<B>& run, const Operation& op) { run.append(op.which, op.size - 1); }},
      {"append_shared",
       {2, 2},
       1,
       true,
       [](Run<B>& run, const Operation& op) { run.append_shared(op.which, op.at); }},
      {"commit",
       {3, 5},
       kLarge,
       false,
       [](Run<B>& run, const Operation& op) { run.commit(op.which, op.size); }},
      {"write", {3, 12}, 1, false, [](Run<B>& run, const Operation& op) { run.write(op.which); }},
      {"resize",
       {2, 3},
       kLarge,
       false,
       [](Run<B>& run, const Operation& op) { run.resize(op.which, op.size - 1); }},
      {"reserve",
       {3, 6},
       kLarge,
       false,
       [](Run<B>& run, const Operation& op) { run.reserve(op.which, op.size - 1); }},
      {"try_reclaim",
       {3, 5},
       kLarge,
       false,
       [](Run<B>& run, const Operation& op) { run.try_reclaim(op.which, op.size - 1); }},
      {"shorten_mutable",
       {3, 4},
       1,
       true,
       [](Run<B>& run, const Operation& op) { run.shorten_mutable(op.which, op.at); }},
      {"split_mutable",
       {5, 12},
       1,
       true,
       [](Run<B>& run, const Operation& op) { run.split_mutable(op.which, op.at); }},
      {"unsplit", {3, 9}, 1, true, [](Run<B>& run, const Operation& op) { run.unsplit(op.which, op.at); }},
      {"move_mutable",
       {1, 1},
       1,
       true,
       [](Run<B>& run, const Operation& op) { run.move_mutable(op.which, op.at); }},
      {"freeze", {6, 8}, 1, false, [](Run<B>& run, const Operation& op) { run.freeze(op.which); }},
      {"drop_mutable",
       {4, 4},
       1,
       false,
       [](Run<B>& run, const Operation& op) { run.drop_mutable(op.which); }},
      {"check", {3, 0}, 1, false, [](Run<B>& run, const Operation&) { run.check(); }},
  };

  static int weight(const Kind& kind) { return kind.weights[static_cast<int>(kEmphasis)]; }

  void generate(Random& random, Operation* operations, std::size_t count) const {
    int weights = 0;
    for (const Kind& kind : kKinds) weights += weight(kind);
    for (std::size_t i = 0; i < count; ++i) {
      auto left = static_cast<int>(random.below(static_cast<std::uint64_t>(weights)));
      unsigned char kind = 0;
      while ((left -= weight(kKinds[kind])) >= 0) ++kind;
      // Neighbours in the pools are often neighbours in storage.
      const auto which = static_cast<std::uint32_t>(random.below(1'000));
      const auto at = random.one_in(3) ? which + static_cast<std::uint32_t>(random.between(0, 2))
                                       : static_cast<std::uint32_t>(random.below(10'000));
      operations[i] = {kind, which, at, random.log_between(1, kKinds[kind].largest)};
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    Run<B> run(kEmphasis == Emphasis::kWriting);
    for (std::size_t i = 0; i < count; ++i) kKinds[operations[i].kind].run(run, operations[i]);
    run.check();
  }

  void print(const Operation& operation) const {
    const Kind& kind = kKinds[operation.kind];
    const bool takes_size = kind.largest > 1;
    std::fprintf(stderr, "  Language<B, Emphasis::kSharing>::run_one(run, \"%s\", %u, %u, %zu);\n", kind.name,
                 operation.which, kind.takes_at ? operation.at : 0, takes_size ? operation.size : 1);
  }

  // For programs that were pasted.
  static void run_one(Run<B>& run, const char* name, std::uint32_t which, std::uint32_t at,
                      std::size_t size) {
    for (const Kind& kind : kKinds)
      if (std::strcmp(kind.name, name) == 0) return kind.run(run, {0, which, at, size});
    violated("the model has no operation %s", name);
  }

  const char* opening() const {
    return kEmphasis == Emphasis::kWriting ? "  Run<B> run(true);\n" : "  Run<B> run;\n";
  }
};

template <class B, Emphasis kEmphasis>
void check_model(int programs) {
  run_random_programs(Language<B, kEmphasis>(), 300, programs);
}

template <class B>
struct ModelClauses {
  Clause sharing{"MODEL-1", ClauseClass::kViolation, "oracle of byte vectors",
                 "Random programs keep every byte, size, address and owner as the oracle has it",
                 [] { check_model<B, Emphasis::kSharing>(160); }};
  Clause writing{"MODEL-2", ClauseClass::kViolation, "oracle of byte vectors",
                 "What random programs write through one mutable handle shows in no other handle",
                 [] { check_model<B, Emphasis::kWriting>(160); }};
};

}  // namespace assay::suite::buffer
