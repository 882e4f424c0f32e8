#include "suites/malloc/model/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "suites/core/clause.h"
#include "suites/core/finding.h"
#include "suites/core/mapped_memory.h"
#include "suites/core/random.h"

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

void print(const Operation& operation) {
  static constexpr const char* kNames[] = {"malloc",        "calloc",   "realloc",
                                           "free",          "check",    "reallocarray",
                                           "aligned_alloc", "memalign", "posix_memalign"};
  fprintf(stderr, "  blocks.%s(%d", kNames[operation.kind], operation.slot);
  if (operation.other != 0) fprintf(stderr, ", %zu", operation.other);
  if (operation.kind != Operation::kFree && operation.kind != Operation::kCheck)
    fprintf(stderr, ", %zu", operation.size);
  fprintf(stderr, ");\n");
}

}  // namespace

Program::Program(std::uint64_t seed, const Dialect& dialect, std::size_t length)
    : operations_(static_cast<Operation*>(map_memory(length * sizeof(Operation)))),
      attempt_(static_cast<Operation*>(map_memory(length * sizeof(Operation)))),
      length_(length) {
  Random random(seed);
  bool occupied[Blocks::kSlots] = {};
  for (std::size_t i = 0; i < length; ++i) operations_[i] = random_operation(random, dialect, occupied);
}

void Program::run() const {
  static_assert(std::is_trivially_destructible_v<Operation>);
  Blocks blocks;
  for (std::size_t i = 0; i < length_; ++i) apply(operations_[i], &blocks);
  blocks.check_all();
}

bool Program::fails(char* message, std::size_t size) const {
  message[0] = '\0';
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) skipped("pipe2 failed");
  const pid_t child = fork();
  if (child < 0) skipped("fork failed: %s", strerror(errno));
  if (child == 0) {
    dup2(ends[1], kFindingDescriptor);  // the child's conclusion comes to this process instead of the driver
    run();
    _exit(kHeld);
  }
  close(ends[1]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) skipped("waitpid failed: %s", strerror(errno));
  const ssize_t length = read(ends[0], message, size - 1);
  close(ends[0]);
  message[length > 0 ? length - 1 : 0] = '\0';  // without the end of the line
  if (WIFSIGNALED(status)) {
    const char* name = sigabbrev_np(WTERMSIG(status));
    snprintf(message, size, "  killed by SIG%s", name == nullptr ? "?" : name);
  } else if (length <= 0) {
    snprintf(message, size, "  exit status %d", WEXITSTATUS(status));
  }
  return !WIFEXITED(status) || WEXITSTATUS(status) != kHeld;
}

bool Program::try_without(std::size_t begin, std::size_t count) {
  std::swap(operations_, attempt_);
  memcpy(operations_, attempt_, begin * sizeof(Operation));
  memcpy(operations_ + begin, attempt_ + begin + count, (length_ - begin - count) * sizeof(Operation));
  length_ -= count;
  char message[64];
  if (fails(message, sizeof message)) return true;
  length_ += count;
  std::swap(operations_, attempt_);
  return false;
}

void Program::shrink(int attempts) {
  for (std::size_t count = length_ / 2; count > 0 && attempts > 0; count = count == 1 ? 0 : count / 2) {
    for (std::size_t begin = 0; begin + count <= length_ && attempts > 0; --attempts)
      if (!try_without(begin, count)) begin += count;
  }
  for (std::size_t i = 0; i < length_ && attempts > 0; ++i) {
    char message[64];
    for (std::size_t step = operations_[i].size / 2; step > 0 && attempts > 0; step /= 2, --attempts) {
      operations_[i].size -= step;
      if (!fails(message, sizeof message)) operations_[i].size += step;
    }
  }
}

void Program::print(std::uint64_t seed) const {
  fprintf(
      stderr,
      "CLAUSE(\"MODEL-n\", kViolation, \"found by the model with seed %llu\", \"…\") {\n  Blocks blocks;\n",
      static_cast<unsigned long long>(seed));
  for (std::size_t i = 0; i < length_; ++i) assay::suite::print(operations_[i]);
  fprintf(stderr, "  blocks.check_all();\n}\n");
}

}  // namespace assay::suite
