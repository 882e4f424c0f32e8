// What malloc_usable_size says, and whether it can be taken at its word.
#include <malloc.h>

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "suites/core/clause.h"
#include "suites/core/pattern.h"
#include "suites/core/random.h"
#include "suites/malloc/entry_points.h"

namespace assay::suite {
namespace {

// Every small size, then ever wider steps, around which size classes change.
constexpr std::size_t next_size(std::size_t size) { return size + 1 + (size < 2048 ? 0 : size / 64); }

CLAUSE("C-62", kViolation, "man malloc_usable_size",
       "malloc_usable_size is at least the size asked for, and 0 for null") {
  const auto require_none = [] {
    const std::size_t none = malloc_usable_size(opaque(static_cast<void*>(nullptr)));
    require(none == 0, "malloc_usable_size(NULL) returned %zu", none);
  };
  require_none();
  for (std::size_t size = 0; size < std::size_t{1} << 24; size = next_size(size)) {
    const struct {
      const char* name;
      void* block;
    } sources[] = {{"malloc", malloc(size)},
                   {"calloc", size < 65536 ? calloc(1, size) : nullptr},
                   {"realloc", realloc(malloc(16), size == 0 ? 1 : size)},
                   {"memalign", memalign(64, size)}};
    for (const auto& [name, block] : sources) {
      if (block == nullptr) continue;
      const std::size_t usable = malloc_usable_size(block);
      require(usable >= size, "a block of %zu bytes from %s has malloc_usable_size %zu", size, name, usable);
      free(block);
    }
  }
  require_none();
}

CLAUSE("C-63", kExtension, "man malloc_usable_size",
       "usable bytes can all be written without harm to other blocks, and stay as many") {
  constexpr int kBlocks = 2000;
  struct Record {
    void* block;
    std::size_t size, usable;
  };
  static Record blocks[kBlocks];
  const auto must_stay = [](const Record& record) {
    const std::size_t now = malloc_usable_size(record.block);
    require(now == record.usable, "block %p of %zu bytes had malloc_usable_size %zu and has %zu",
            record.block, record.size, record.usable, now);
  };
  Random random(seed());
  for (int i = 0; i < kBlocks; ++i) {
    auto& [block, size, usable] = blocks[i];
    size = random.log_between(1, 30000);
    block = i % 2 == 0 ? malloc(size) : memalign(64, size);
    require(block != nullptr, "%s of %zu bytes returned null", i % 2 == 0 ? "malloc" : "memalign", size);
    usable = malloc_usable_size(block);
    must_stay(blocks[i]);
  }
  static Record sorted[kBlocks];
  std::copy(std::begin(blocks), std::end(blocks), sorted);
  std::sort(std::begin(sorted), std::end(sorted),
            [](const Record& a, const Record& b) { return a.block < b.block; });
  for (int i = 0; i + 1 < kBlocks; ++i)
    if (static_cast<char*>(sorted[i].block) + sorted[i].usable > sorted[i + 1].block)
      skipped("the usable bytes of %p reach into the block at %p: see C-03", sorted[i].block,
              sorted[i + 1].block);
  const auto own_seed = [](int i) { return static_cast<std::uint64_t>(i) << 32; };
  for (int i = 0; i < kBlocks; ++i) fill_pattern(blocks[i].block, blocks[i].usable, own_seed(i));
  for (int i = 0; i < kBlocks; ++i) {
    const auto& [block, size, usable] = blocks[i];
    const std::size_t damage = find_damage(block, usable, own_seed(i));
    require(damage == kIntact,
            "block %p of %zu bytes, %zu usable: byte %zu changed when others were filled to their end", block,
            size, usable, damage);
    if (i % 2 == 0) free(block);
  }
  for (int i = 1; i < kBlocks; i += 2) {
    must_stay(blocks[i]);
    free(blocks[i].block);
  }
}

CLAUSE("C-64", kViolation, "man malloc_usable_size, realloc",
       "realloc to the usable size keeps the contents") {
  int in_place = 0, all = 0;
  for (std::size_t size = 1; size < std::size_t{1} << 22; size = next_size(size)) {
    void* block = malloc(size);
    if (block == nullptr) continue;
    fill_pattern(block, size, size);
    const std::size_t usable = malloc_usable_size(block);
    if (usable < size) skipped("malloc_usable_size of %zu bytes is %zu: see C-62", size, usable);
    void* grown = realloc(block, usable);
    require(grown != nullptr, "realloc of %zu bytes to its usable size %zu returned null", size, usable);
    const std::size_t damage = find_damage(grown, size, size);
    require(damage == kIntact, "realloc of %zu bytes to its usable size %zu changed byte %zu", size, usable,
            damage);
    ++all;
    if (grown == block) ++in_place;
    free(grown);
  }
  require(all > 0, "malloc returned null for every size");
  note("%d of %d blocks grew to their usable size in place", in_place, all);
}

CLAUSE("C-66", kExtension, "jemalloc nallocx; macOS malloc_good_size",
       "nallocx and malloc_good_size agree with malloc_usable_size") {
  auto* nallocx = entry_point<std::size_t(std::size_t, int)>("nallocx");
  auto* good_size = entry_point<std::size_t(std::size_t)>("malloc_good_size");
  if (nallocx == nullptr && good_size == nullptr) absent("there is neither nallocx nor malloc_good_size");
  for (std::size_t size = 1; size <= 65536; ++size) {
    void* block = malloc(size);
    const std::size_t usable = malloc_usable_size(block);
    free(block);
    if (nallocx != nullptr) {
      const std::size_t hint = nallocx(size, 0);
      require(hint == usable, "nallocx(%zu, 0) is %zu, malloc_usable_size(malloc(%zu)) is %zu", size, hint,
              size, usable);
    }
    if (good_size != nullptr) {
      const std::size_t hint = good_size(size);
      require(hint == usable, "malloc_good_size(%zu) is %zu, malloc_usable_size(malloc(%zu)) is %zu", size,
              hint, size, usable);
    }
  }
}

}  // namespace
}  // namespace assay::suite
