// The model: random programs on two arenas beside the oracle (suites/object/program.h).
#pragma once

#include <cstddef>
#include <cstdio>

#include "suites/core/model.h"
#include "suites/object/program.h"

namespace assay::suite::object {

struct ObjectOperation {
  enum Kind : unsigned char { kCreate, kCreateArray, kDestroy, kThrow, kClear, kTake, kExchange, kCheck };
  Kind kind;
  unsigned char arena;
  std::size_t size;  // of an array, or which object, or how many constructors succeed before one throws
};

template <class Of>
struct ObjectLanguage {
  using Operation = ObjectOperation;

  void generate(Random& random, Operation* operations, std::size_t count) const {
    using enum Operation::Kind;
    static constexpr Operation::Kind kOften[] = {kCreate,  kCreate,  kCreate,  kCreate,      kCreate,
                                                 kDestroy, kDestroy, kDestroy, kCreateArray, kThrow};
    static constexpr Operation::Kind kSeldom[] = {kClear, kTake, kExchange, kCheck};
    for (std::size_t i = 0; i < count; ++i) {
      Operation& operation = operations[i];
      operation.kind = random.one_in(40) ? kSeldom[random.below(4)] : kOften[random.below(10)];
      operation.arena = static_cast<unsigned char>(random.one_in(4));
      operation.size = static_cast<std::size_t>(random.log_between(1, 64)) - (random.one_in(16) ? 1 : 0);
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    {
      ObjectProgram<Of> program;
      for (std::size_t i = 0; i < count; ++i) apply(operations[i], program);
      program.check();
    }
    require_nothing_left<Of>();
  }

  static void apply(const Operation& operation, ObjectProgram<Of>& program) {
    switch (operation.kind) {
      case Operation::kCreate:
        return program.create(operation.arena);
      case Operation::kCreateArray:
        return program.create_array(operation.arena, operation.size);
      case Operation::kDestroy:
        return program.destroy(operation.arena, operation.size);
      case Operation::kThrow:
        Witness::throw_after = static_cast<long>(operation.size % 8);
        return;
      case Operation::kClear:
        return program.clear(operation.arena);
      case Operation::kTake:
        return program.take(operation.arena);
      case Operation::kExchange:
        return program.exchange();
      case Operation::kCheck:
        return program.check();
    }
  }

  void print(const Operation& operation) const {
    const auto arena = static_cast<unsigned>(operation.arena);
    switch (operation.kind) {
      case Operation::kCreate:
        std::fprintf(stderr, "  program.create(%u);\n", arena);
        break;
      case Operation::kCreateArray:
        std::fprintf(stderr, "  program.create_array(%u, %zu);\n", arena, operation.size);
        break;
      case Operation::kDestroy:
        std::fprintf(stderr, "  program.destroy(%u, %zu);\n", arena, operation.size);
        break;
      case Operation::kThrow:
        std::fprintf(stderr, "  Witness::throw_after = %zu;\n", operation.size % 8);
        break;
      case Operation::kClear:
        std::fprintf(stderr, "  program.clear(%u);\n", arena);
        break;
      case Operation::kTake:
        std::fprintf(stderr, "  program.take(%u);\n", arena);
        break;
      case Operation::kExchange:
        std::fprintf(stderr, "  program.exchange();\n");
        break;
      case Operation::kCheck:
        std::fprintf(stderr, "  program.check();\n");
        break;
    }
  }

  const char* opening() const { return "  ObjectProgram<SubjectOf> program;\n"; }
};

template <class Of>
void check_random_programs() {
  run_random_programs(ObjectLanguage<Of>(), 600, 12);
}

template <class Of>
struct ModelClauses {
  Clause programs{"MODEL-1", ClauseClass::kViolation, "oracle of objects and their order of creation",
                  "Random programs on two arenas do as the oracle says", &check_random_programs<Of>};
};

}  // namespace assay::suite::object
