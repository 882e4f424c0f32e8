// Blocks in numbered slots, driven by name and watched by the oracle: the language of the model's programs.
//
//   Blocks blocks;
//   blocks.malloc(3, 24);
//   blocks.realloc(3, 5000);
//   blocks.free(3);
//
// Every operation is valid in every state, so that any part of a program is a program: allocating into an
// occupied slot frees it first, realloc of an empty slot allocates, free of an empty slot is free(NULL). Each
// block is filled to its usable size and checked whole before it is freed or reallocated; whatever is wrong
// is concluded as violated().
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/core/live_map.h"

namespace assay::suite {

class Blocks {
 public:
  static constexpr unsigned kSlots = 256;

  void malloc(unsigned slot, std::size_t size);
  void calloc(unsigned slot, std::size_t count, std::size_t size);
  void aligned_alloc(unsigned slot, std::size_t alignment, std::size_t size);  // rounds size up to a multiple
  void memalign(unsigned slot, std::size_t alignment, std::size_t size);
  void posix_memalign(unsigned slot, std::size_t alignment, std::size_t size);
  void realloc(unsigned slot, std::size_t size);
  void reallocarray(unsigned slot, std::size_t count, std::size_t size);
  void free(unsigned slot);
  void check(unsigned slot);
  void check_all();

 private:
  void put(unsigned slot, void* block, std::size_t size, std::size_t alignment, const char* call);
  void resize(unsigned slot, std::size_t size, const char* call,
              void* (*reallocate)(void*, std::size_t, std::size_t), std::size_t count, std::size_t each);

  LiveMap live_;
  void* slots_[kSlots] = {};
};

}  // namespace assay::suite
