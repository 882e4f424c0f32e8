#include "suites/malloc/model/blocks.h"

#include <malloc.h>
#include <stdlib.h>

#include <algorithm>

#include "suites/core/clause.h"
#include "suites/malloc/alignment.h"

namespace assay::suite {

void Blocks::put(unsigned slot, void* block, std::size_t size, std::size_t alignment, const char* call) {
  if (block == nullptr) {
    require(size == 0, "%s of %zu bytes (alignment %zu) returned null", call, size, alignment);
    return;
  }
  const std::size_t usable = malloc_usable_size(block);
  require(usable >= size, "%s of %zu bytes: usable size is %zu", call, size, usable);
  const char* problem = live_.add(block, size, usable, alignment);
  require(problem == nullptr, "%s of %zu bytes: %s", call, size, problem);
  slots_[slot] = block;
}

void Blocks::malloc(unsigned slot, std::size_t size) {
  free(slot);
  put(slot, ::malloc(size), size, owed_alignment(size), "malloc");
}

void Blocks::calloc(unsigned slot, std::size_t count, std::size_t size) {
  free(slot);
  const std::size_t total = count * size;
  auto* bytes = static_cast<unsigned char*>(::calloc(count, size));
  for (std::size_t i = 0; bytes != nullptr && i < total; ++i)
    require(bytes[i] == 0, "calloc(%zu, %zu): byte %zu is %d", count, size, i, bytes[i]);
  put(slot, bytes, total, owed_alignment(total), "calloc");
}

void Blocks::aligned_alloc(unsigned slot, std::size_t alignment, std::size_t size) {
  free(slot);
  size = (size + alignment - 1) / alignment * alignment;
  put(slot, ::aligned_alloc(alignment, size), size, alignment, "aligned_alloc");
}

void Blocks::memalign(unsigned slot, std::size_t alignment, std::size_t size) {
  free(slot);
  put(slot, ::memalign(alignment, size), size, alignment, "memalign");
}

void Blocks::posix_memalign(unsigned slot, std::size_t alignment, std::size_t size) {
  free(slot);
  void* block = nullptr;
  const int error = ::posix_memalign(&block, alignment, size);
  require(error == 0, "posix_memalign(%zu, %zu) returned %d", alignment, size, error);
  put(slot, block, size, alignment, "posix_memalign");
}

void Blocks::realloc(unsigned slot, std::size_t size) {
  resize(
      slot, size, "realloc", [](void* block, std::size_t n, std::size_t) { return ::realloc(block, n); },
      size, 1);
}

void Blocks::reallocarray(unsigned slot, std::size_t count, std::size_t size) {
  resize(
      slot, count * size, "reallocarray",
      [](void* block, std::size_t n, std::size_t each) { return ::reallocarray(block, n, each); }, count,
      size);
}

void Blocks::resize(unsigned slot, std::size_t size, const char* call,
                    void* (*reallocate)(void*, std::size_t, std::size_t), std::size_t count,
                    std::size_t each) {
  LiveMap::Block old{};
  check(slot);
  if (slots_[slot] != nullptr) live_.take(slots_[slot], &old);
  void* block = reallocate(slots_[slot], count, each);
  require(block != nullptr, "%s from %zu to %zu bytes returned null", call, old.requested, size);
  const char* problem = LiveMap::compare(block, std::min(old.requested, size), old.seed);
  require(problem == nullptr, "%s from %zu to %zu bytes: %s", call, old.requested, size, problem);
  slots_[slot] = nullptr;
  put(slot, block, size, owed_alignment(size), call);
}

void Blocks::free(unsigned slot) {
  if (slots_[slot] != nullptr) {
    const char* problem = live_.remove(slots_[slot]);
    require(problem == nullptr, "before free: %s", problem);
  }
  ::free(slots_[slot]);
  slots_[slot] = nullptr;
}

void Blocks::check(unsigned slot) {
  if (slots_[slot] == nullptr) return;
  const char* problem = live_.check(slots_[slot]);
  require(problem == nullptr, "%s", problem);
}

void Blocks::check_all() {
  for (unsigned slot = 0; slot < kSlots; ++slot) check(slot);
}

}  // namespace assay::suite
