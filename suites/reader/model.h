// Random uses of a reader beside an oracle of its file (suites/reader/model/run.h). One that fails is shrunk
// and printed as C++; --seed replays it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "suites/core/model.h"
#include "suites/core/random.h"
#include "suites/reader/model/run.h"

namespace assay::suite::reader {

template <class R>
struct Language {
  struct Operation {
    unsigned char kind;
    std::uint32_t which;
    std::size_t size;
  };

  struct Kind {
    const char* name;
    int weight;           // of 100 or so
    std::size_t largest;  // size, which is at least 1
    void (*run)(Run<R>&, const Operation&);
  };

  static constexpr Kind kKinds[] = {
      {"start", 20, 400'000, [](Run<R>& run, const Operation& op) { run.start(op.which, op.size); }},
      {"next", 30, 5, [](Run<R>& run, const Operation& op) { run.next(op.which, op.size); }},
      {"read", 15, 200'000, [](Run<R>& run, const Operation& op) { run.read(op.which, op.size); }},
      {"whole", 3, 1, [](Run<R>& run, const Operation& op) { run.whole(op.which, op.size); }},
      {"shrink", 8, 300'000, [](Run<R>& run, const Operation& op) { run.shrink(op.which, op.size); }},
      {"grow", 8, 300'000, [](Run<R>& run, const Operation& op) { run.grow(op.which, op.size); }},
      {"rewrite", 4, 100'000, [](Run<R>& run, const Operation& op) { run.rewrite(op.which, op.size); }},
      {"reopen", 3, 1, [](Run<R>& run, const Operation& op) { run.reopen(op.which, op.size); }},
      {"move", 3, 1, [](Run<R>& run, const Operation& op) { run.move(op.which, op.size); }},
      {"disturb", 10, 20, [](Run<R>& run, const Operation& op) { run.disturb(op.which, op.size); }},
  };

  void generate(Random& random, Operation* operations, std::size_t count) const {
    std::uint64_t weights = 0;
    for (const Kind& kind : kKinds) weights += static_cast<std::uint64_t>(kind.weight);
    for (std::size_t i = 0; i < count; ++i) {
      auto left = static_cast<int>(random.below(weights));
      unsigned char kind = 0;
      while ((left -= kKinds[kind].weight) >= 0) ++kind;
      operations[i] = {kind, static_cast<std::uint32_t>(random.below(1'000'000)),
                       random.log_between(1, kKinds[kind].largest)};
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    Run<R> run;
    for (std::size_t i = 0; i < count; ++i) kKinds[operations[i].kind].run(run, operations[i]);
    run.check();
  }

  void print(const Operation& operation) const {
    std::fprintf(stderr, "  run.%s(%u, %zu);\n", kKinds[operation.kind].name, operation.which,
                 operation.size);
  }
  const char* opening() const { return "  Run<R> run;\n"; }
};

template <class R>
void check_model() {
  const TemporaryFile file;
  require_available<R>(file);
  run_random_programs(Language<R>(), 40, 80);
}

template <class R>
struct ModelClauses {
  Clause uses{"MODEL-1", ClauseClass::kViolation, "oracle of the file's bytes",
              "Random passes and reads of a file that changes give its bytes, and say where they end",
              &check_model<R>};
};

}  // namespace assay::suite::reader
