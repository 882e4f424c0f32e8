// A block together with the contents it must keep, to be handed from one thread, process or library to
// another.
#pragma once

#include <stdlib.h>

#include <cstddef>
#include <cstdint>

#include "suites/core/clause.h"
#include "suites/core/pattern.h"
#include "suites/core/random.h"

namespace assay::suite {

struct StampedBlock {
  void* block = nullptr;
  std::size_t size = 0;
  std::uint64_t seed = 0;

  static StampedBlock allocate(std::size_t size, Random& random) {
    StampedBlock made = {malloc(size), size, random.next()};
    require(made.block != nullptr, "malloc(%zu) returned null", size);
    fill_pattern(made.block, size, made.seed);
    return made;
  }

  // `when` completes "byte 3 of a block of 16 bytes has changed ...".
  void verify(const char* when) const {
    const std::size_t damage = find_damage(block, size, seed);
    require(damage == kIntact, "byte %zu of a block of %zu bytes has changed %s", damage, size, when);
  }

  void verify_and_free(const char* when) {
    verify(when);
    free(block);
    *this = {};
  }
};

}  // namespace assay::suite
