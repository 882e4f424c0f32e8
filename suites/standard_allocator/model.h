// The model: random programs of containers beside the oracle of their contents
// (suites/standard_allocator/program.h).
#pragma once

#include <cstddef>
#include <cstdio>

#include "suites/core/model.h"
#include "suites/standard_allocator/program.h"

namespace assay::suite::standard_allocator {

struct ContainerOperation {
  enum Kind : unsigned char { kInsert, kErase, kAppendMany, kClear, kCopy, kMove, kExchange, kFail, kCheck };
  Kind kind;
  unsigned char container;  // which of the six
  unsigned char which;      // of the two
  std::size_t size;         // place, count or allocations until one fails
};

template <class Of>
struct ContainerLanguage {
  using Operation = ContainerOperation;
  using Apply = ContainerProgram<Of>;

  void generate(Random& random, Operation* operations, std::size_t count) const {
    using enum Operation::Kind;
    static constexpr Operation::Kind kKinds[] = {kInsert, kInsert, kInsert, kInsert,   kErase, kErase,
                                                 kErase,  kCopy,   kMove,   kExchange, kFail,  kAppendMany};
    for (std::size_t i = 0; i < count; ++i) {
      const auto kind = random.one_in(60) ? (random.one_in(2) ? kClear : kCheck) : kKinds[random.below(12)];
      operations[i] = {kind, static_cast<unsigned char>(random.below(ContainerProgram<Of>::kKinds)),
                       static_cast<unsigned char>(random.below(2)),
                       static_cast<std::size_t>(random.log_between(1, 256)) - 1};
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    ContainerProgram<Of> program;
    for (std::size_t i = 0; i < count; ++i) apply(operations[i], program);
    program.check();
  }

  static void apply(const Operation& operation, ContainerProgram<Of>& program) {
    const std::size_t container = operation.container, which = operation.which, size = operation.size;
    switch (operation.kind) {
      case Operation::kInsert:
        return program.insert(container, which, size, value(size));
      case Operation::kErase:
        return program.erase(container, which, size);
      case Operation::kAppendMany:
        return program.append_many(container, which, size, value(size));
      case Operation::kClear:
        return program.clear(container, which);
      case Operation::kCopy:
        return program.copy(container, which);
      case Operation::kMove:
        return program.move(container, which);
      case Operation::kExchange:
        return program.exchange(container);
      case Operation::kFail:
        program.ledger().fail_after = static_cast<long>(size % 8);
        return;
      case Operation::kCheck:
        return program.check();
    }
  }

  void print(const Operation& operation) const {
    const unsigned container = operation.container, which = operation.which;
    const std::size_t size = operation.size;
    switch (operation.kind) {
      case Operation::kInsert:
        std::fprintf(stderr, "  program.insert(%u, %u, %zu, %ld);\n", container, which, size, value(size));
        break;
      case Operation::kErase:
        std::fprintf(stderr, "  program.erase(%u, %u, %zu);\n", container, which, size);
        break;
      case Operation::kAppendMany:
        std::fprintf(stderr, "  program.append_many(%u, %u, %zu, %ld);\n", container, which, size,
                     value(size));
        break;
      case Operation::kClear:
        std::fprintf(stderr, "  program.clear(%u, %u);\n", container, which);
        break;
      case Operation::kCopy:
        std::fprintf(stderr, "  program.copy(%u, %u);\n", container, which);
        break;
      case Operation::kMove:
        std::fprintf(stderr, "  program.move(%u, %u);\n", container, which);
        break;
      case Operation::kExchange:
        std::fprintf(stderr, "  program.exchange(%u);\n", container);
        break;
      case Operation::kFail:
        std::fprintf(stderr, "  program.ledger().fail_after = %zu;\n", size % 8);
        break;
      case Operation::kCheck:
        std::fprintf(stderr, "  program.check();\n");
        break;
    }
  }

  const char* opening() const { return "  ContainerProgram<Factory> program;\n"; }

 private:
  static long value(std::size_t size) { return static_cast<long>(size * 37 % 251); }
};

template <class Of>
void check_random_programs() {
  run_random_programs(ContainerLanguage<Of>(), 900, 10);
}

template <class Of>
struct ModelClauses {
  Clause programs{"MODEL-1", ClauseClass::kViolation, "oracle of contents",
                  "Random programs of six kinds of containers do as the oracle says",
                  &check_random_programs<Of>};
};

}  // namespace assay::suite::standard_allocator
