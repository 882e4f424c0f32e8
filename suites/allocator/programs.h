// The language of the family's random programs (suites/core/model.h): whatever the subject claims, on blocks
// in numbered slots (driven_blocks.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "suites/allocator/driven_blocks.h"
#include "suites/allocator/subject.h"
#include "suites/core/random.h"

namespace assay::suite::allocator {

template <Allocator A, class Upstream = suite::Upstream>
struct Dialect {
  struct Operation {
    enum Kind : unsigned char {
      kAllocate,
      kRun,
      kDeallocate,
      kResize,
      kReset,
      kMark,
      kRewind,
      kTrim,
      kLimit,
      kMove,
      kCheck
    };
    Kind kind;
    unsigned char slot;
    std::size_t alignment;
    std::size_t size;  // in bytes, or how many, or which
  };

  PoolGeometry geometry{};
  std::size_t largest = 1024;
  unsigned slots = Blocks<A>::kSlots;
  bool everything = true;  // that the subject claims; otherwise allocate and deallocate only

  void generate(Random& random, Operation* operations, std::size_t count) const {
    const Requests<A> requests(geometry, largest);
    for (std::size_t i = 0; i < count; ++i) {
      const Block request = requests.draw(random);
      operations[i] = {draw_kind(random), static_cast<unsigned char>(random.below(slots)), request.alignment,
                       request.size};
      switch (operations[i].kind) {
        case Operation::kRun:
          operations[i].size = random.between(1, 6);
          break;
        case Operation::kRewind:
          operations[i].size = random.below(64);
          break;
        case Operation::kLimit:
          operations[i].size = random.one_in(2) ? SIZE_MAX : random.log_between(1, 1 << 16);
          break;
        default:
          break;
      }
    }
  }

  static void apply(Blocks<A, Upstream>& blocks, const Operation& operation) {
    switch (operation.kind) {
      case Operation::kAllocate:
        return blocks.allocate(operation.slot, operation.size, operation.alignment);
      case Operation::kRun:
        return blocks.allocate_run(operation.slot, operation.size);
      case Operation::kDeallocate:
        return blocks.deallocate(operation.slot);
      case Operation::kResize:
        return blocks.resize(operation.slot, operation.size, operation.alignment);
      case Operation::kReset:
        return blocks.reset();
      case Operation::kMark:
        return blocks.mark();
      case Operation::kRewind:
        return blocks.rewind(operation.size);
      case Operation::kTrim:
        return blocks.trim();
      case Operation::kLimit:
        return blocks.limit_to(operation.size);
      case Operation::kMove:
        return blocks.move();
      case Operation::kCheck:
        return blocks.check(operation.slot);
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    Blocks<A, Upstream> blocks(geometry);
    for (std::size_t i = 0; i < count; ++i) apply(blocks, operations[i]);
    blocks.check_all();
  }

  const char* opening() const {
    static char text[160];
    if (!A::kTraits.pools) return "  Blocks<Subject> blocks;\n";
    std::snprintf(text, sizeof text,
                  "  Blocks<Subject> blocks({.block_size = %zu, .alignment = %zu, .blocks = %zu});\n",
                  geometry.block_size, geometry.alignment, geometry.blocks);
    return text;
  }

  void print(const Operation& operation) const {
    const unsigned slot = operation.slot;
    switch (operation.kind) {
      case Operation::kAllocate:
        line("allocate(%u, %zu, %zu)", slot, operation.size, operation.alignment);
        break;
      case Operation::kRun:
        line("allocate_run(%u, %zu)", slot, operation.size);
        break;
      case Operation::kDeallocate:
        line("deallocate(%u)", slot);
        break;
      case Operation::kResize:
        line("resize(%u, %zu, %zu)", slot, operation.size, operation.alignment);
        break;
      case Operation::kReset:
        line("reset()");
        break;
      case Operation::kMark:
        line("mark()");
        break;
      case Operation::kRewind:
        line("rewind(%zu)", operation.size);
        break;
      case Operation::kTrim:
        line("trim()");
        break;
      case Operation::kLimit:
        line("limit_to(%zuu)", operation.size);
        break;
      case Operation::kMove:
        line("move()");
        break;
      case Operation::kCheck:
        line("check(%u)", slot);
        break;
    }
  }

 private:
  template <class... Arguments>
  static void line(const char* format, Arguments... arguments) {
    std::fputs("  blocks.", stderr);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
    std::fprintf(stderr, format, arguments...);
#pragma GCC diagnostic pop
    std::fputs(";\n", stderr);
  }

  typename Operation::Kind draw_kind(Random& random) const {
    const std::uint64_t choice = random.below(200);
    if (everything) {
      if (choice < 2 && A::kTraits.resets && random.one_in(2)) return Operation::kReset;
      if (choice < 4 && A::kTraits.trims) return Operation::kTrim;
      if (choice < 7 && A::kTraits.limits) return Operation::kLimit;
      if (choice < 10 && A::kTraits.moves) return Operation::kMove;
      if (choice < 16 && A::kTraits.rewinds) return Operation::kMark;
      if (choice < 20 && A::kTraits.rewinds) return Operation::kRewind;
      if (choice < 35 && A::kTraits.allocates_runs) return Operation::kRun;
      if (choice < 60 && A::kTraits.resizes) return Operation::kResize;
    }
    if (choice < 70) return Operation::kCheck;
    return choice < 125 ? Operation::kDeallocate : Operation::kAllocate;
  }
};

}  // namespace assay::suite::allocator
