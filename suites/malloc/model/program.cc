#include "suites/malloc/model/program.h"

#include <stdio.h>

#include <algorithm>

namespace assay::suite {
namespace {

// Sizes where allocators change their mind: around powers of two, quarter steps between them (size classes),
// and multiples of the page; otherwise every magnitude alike.
std::size_t edge_biased_size(Random& random, std::size_t largest) {
  std::size_t size = random.log_between(1, largest);
  switch (random.below(8)) {
    case 0:
      size = random.below(129);
      break;
    case 1:
    case 2: {
      const std::size_t power = std::size_t{1} << (63 - __builtin_clzll(size));
      size = power + power / 4 * random.below(4) + random.below(3) - 1;
      break;
    }
    case 3:
      size = (size + 4095) / 4096 * 4096 + random.below(33) - 16;
      break;
    default:
      break;
  }
  return std::min(size, largest);
}

Operation random_operation(Random& random, const Dialect& dialect, bool* occupied) {
  Operation operation{};
  operation.slot = static_cast<unsigned char>(random.below(dialect.slots));
  operation.size = edge_biased_size(random, dialect.largest_size);
  if (occupied[operation.slot]) {
    static constexpr Operation::Kind kKinds[] = {Operation::kFree,  Operation::kFree,
                                                 Operation::kFree,  Operation::kRealloc,
                                                 Operation::kCheck, Operation::kReallocArray};
    operation.kind = kKinds[random.below(dialect.aligned ? 6 : 5)];
  } else {
    static constexpr Operation::Kind kKinds[] = {
        Operation::kMalloc,   Operation::kMalloc,       Operation::kCalloc,       Operation::kRealloc,
        Operation::kMemalign, Operation::kAlignedAlloc, Operation::kPosixMemalign};
    operation.kind = kKinds[random.below(dialect.aligned ? 7 : 4)];
  }
  occupied[operation.slot] = operation.kind != Operation::kFree;
  switch (operation.kind) {
    case Operation::kCalloc:
    case Operation::kReallocArray:
      operation.other = random.between(1, 9);
      operation.size = operation.size / operation.other + 1;
      break;
    case Operation::kRealloc:
      operation.size += operation.size == 0;
      break;  // what realloc(p, 0) does is free choice
    case Operation::kMemalign:
    case Operation::kAlignedAlloc:
    case Operation::kPosixMemalign:
      operation.size += operation.size == 0;                 // alignment of nothing is free choice too
      operation.other = std::size_t{8} << random.below(10);  // a page at the most: more may be refused
      break;
    default:
      break;
  }
  return operation;
}

void apply(const Operation& operation, Blocks* blocks) {
  switch (operation.kind) {
    case Operation::kMalloc:
      return blocks->malloc(operation.slot, operation.size);
    case Operation::kCalloc:
      return blocks->calloc(operation.slot, operation.other, operation.size);
    case Operation::kRealloc:
      return blocks->realloc(operation.slot, operation.size);
    case Operation::kReallocArray:
      return blocks->reallocarray(operation.slot, operation.other, operation.size);
    case Operation::kFree:
      return blocks->free(operation.slot);
    case Operation::kCheck:
      return blocks->check(operation.slot);
    case Operation::kAlignedAlloc:
      return blocks->aligned_alloc(operation.slot, operation.other, operation.size);
    case Operation::kMemalign:
      return blocks->memalign(operation.slot, operation.other, operation.size);
    case Operation::kPosixMemalign:
      return blocks->posix_memalign(operation.slot, operation.other, operation.size);
  }
}

}  // namespace

void Dialect::generate(Random& random, Operation* operations, std::size_t count) const {
  bool occupied[Blocks::kSlots] = {};
  for (std::size_t i = 0; i < count; ++i) operations[i] = random_operation(random, *this, occupied);
}

void Dialect::run(const Operation* operations, std::size_t count) const {
  Blocks blocks;
  for (std::size_t i = 0; i < count; ++i) apply(operations[i], &blocks);
  blocks.check_all();
}

void Dialect::print(const Operation& operation) const {
  static constexpr const char* kNames[] = {"malloc",        "calloc",   "realloc",
                                           "free",          "check",    "reallocarray",
                                           "aligned_alloc", "memalign", "posix_memalign"};
  fprintf(stderr, "  blocks.%s(%d", kNames[operation.kind], operation.slot);
  if (operation.other != 0) fprintf(stderr, ", %zu", operation.other);
  if (operation.kind != Operation::kFree && operation.kind != Operation::kCheck)
    fprintf(stderr, ", %zu", operation.size);
  fprintf(stderr, ");\n");
}

}  // namespace assay::suite
