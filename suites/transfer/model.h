// Random schedules beside an oracle of the bytes that must arrive (suites/transfer/model/run.h). One that
// fails is shrunk and printed as C++; --seed replays it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "suites/core/model.h"
#include "suites/core/random.h"
#include "suites/transfer/model/run.h"

namespace assay::suite::transfer {

template <class T>
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
    void (*run)(Run<T>&, const Operation&);
  };

  static constexpr Kind kKinds[] = {
      {"send_file", 22, kSendsFiles<T>, 200'000,
       [](Run<T>& run, const Operation& op) { run.send_file(op.which, op.size); }},
      {"send", 22, kSendsMemory<T>, 200'000,
       [](Run<T>& run, const Operation& op) { run.send(op.which, op.size); }},
      {"send_beyond", 4, kSendsFiles<T>, 100'000,
       [](Run<T>& run, const Operation& op) { run.send_beyond(op.which, op.size); }},
      {"copy", 8, kCopiesFiles<T>, 200'000,
       [](Run<T>& run, const Operation& op) { run.copy(op.which, op.size); }},
      {"take", 12, kSends<T>, 100'000, [](Run<T>& run, const Operation& op) { run.take(op.which, op.size); }},
      {"disturb", 12, true, 40, [](Run<T>& run, const Operation& op) { run.disturb(op.which, op.size); }},
      {"change_blocking", 5, kSends<T>, 1,
       [](Run<T>& run, const Operation& op) { run.change_blocking(op.which, op.size); }},
      {"rewrite", 4, true, 50'000, [](Run<T>& run, const Operation& op) { run.rewrite(op.which, op.size); }},
      {"resize", 3, true, 300'000, [](Run<T>& run, const Operation& op) { run.resize(op.which, op.size); }},
      {"finish", 5, true, 1, [](Run<T>& run, const Operation& op) { run.finish(op.which, op.size); }},
      {"reopen", 3, true, 1, [](Run<T>& run, const Operation& op) { run.reopen(op.which, op.size); }},
      {"reconnect", 4, kSends<T>, 100'000,
       [](Run<T>& run, const Operation& op) { run.reconnect(op.which, op.size); }},
      {"move", 2, true, 1, [](Run<T>& run, const Operation& op) { run.move(op.which, op.size); }},
  };

  void generate(Random& random, Operation* operations, std::size_t count) const {
    std::uint64_t weights = 0;
    for (const Kind& kind : kKinds) weights += kind.claimed ? static_cast<std::uint64_t>(kind.weight) : 0;
    for (std::size_t i = 0; i < count; ++i) {
      auto left = static_cast<int>(random.below(weights));
      unsigned char kind = 0;
      while (!kKinds[kind].claimed || (left -= kKinds[kind].weight) >= 0) ++kind;
      operations[i] = {kind, static_cast<std::uint32_t>(random.below(1'000'000)),
                       random.log_between(1, kKinds[kind].largest)};
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    Run<T> run;
    for (std::size_t i = 0; i < count; ++i) kKinds[operations[i].kind].run(run, operations[i]);
    run.check();
  }

  void print(const Operation& operation) const {
    std::fprintf(stderr, "  run.%s(%u, %zu);\n", kKinds[operation.kind].name, operation.which,
                 operation.size);
  }
  const char* opening() const { return "  Run<T> run;\n"; }
};

template <class T>
void check_model() {
  require_available<T>();
  run_random_programs(Language<T>(), 30, 60);
}

template <class T>
struct ModelClauses {
  Clause schedules{"MODEL-1", ClauseClass::kViolation, "oracle of the bytes that must arrive",
                   "Random schedules of sending, copying, reading and failing deliver every byte once",
                   &check_model<T>};
};

}  // namespace assay::suite::transfer
