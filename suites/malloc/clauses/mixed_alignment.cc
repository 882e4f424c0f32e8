// Aligned and plain blocks living and dying together.
#include "suites/core/clause.h"
#include "suites/core/live_map.h"
#include "suites/core/random.h"
#include "suites/malloc/aligned_entries.h"
#include "suites/malloc/entry_points.h"

namespace assay::suite {
namespace {

struct Slot {
  void* block;
  std::size_t size, alignment;  // alignment 0: from malloc
};

constexpr int kTakeAlignment = 3;  // the first entries of the table
static_assert(kAlignedEntries[kTakeAlignment - 1].takes_alignment);

constexpr int kSlots = 512, kOperations = 60000;

CLAUSE("C-60", kViolation, "C23 7.24.3 p1, 7.24.3.7",
       "aligned and plain blocks mixed keep disjoint and keep contents") {
  static Slot slots[kSlots];
  LiveMap live;
  Random random(seed());
  const auto must_hold = [](const char* problem, const Slot& slot, const char* doing) {
    require(problem == nullptr, "%s a block of %zu bytes from %s (alignment %zu): %s", doing, slot.size,
            slot.alignment == 0 ? "malloc" : "an aligned entry point", slot.alignment, problem);
  };
  for (int i = 0; i < kOperations; ++i) {
    Slot& slot = slots[random.below(kSlots)];
    if (slot.block == nullptr) {
      slot.size = random.log_between(1, 20000);
      slot.alignment =
          random.one_in(2) ? 0 : std::size_t{1} << random.between(4, random.one_in(16) ? 18 : 13);
      slot.block = slot.alignment == 0
                       ? malloc(slot.size)
                       : kAlignedEntries[random.below(kTakeAlignment)].allocate(slot.alignment, slot.size);
      if (slot.block == nullptr) continue;
      must_hold(live.add(slot.block, slot.size, slot.size, 0), slot, "allocating");
    } else if (slot.alignment != 0 && random.one_in(3)) {  // only what an aligned header could confuse
      LiveMap::Block record{};
      must_hold(live.check(slot.block), slot, "before realloc of");
      live.take(slot.block, &record);
      const std::size_t size = random.log_between(1, 20000), kept = size < slot.size ? size : slot.size;
      void* moved = realloc(slot.block, size);
      require(moved != nullptr, "realloc of %zu bytes (alignment %zu) to %zu returned null", slot.size,
              slot.alignment, size);
      must_hold(LiveMap::compare(moved, kept, record.seed), slot, "after realloc of");
      slot = {moved, size, 0};
      must_hold(live.add(moved, size, size, 0), slot, "reallocating");
    } else {
      must_hold(live.remove(slot.block), slot, "freeing");
      free(slot.block);
      slot.block = nullptr;
    }
  }
  for (const Slot& slot : slots) {
    if (slot.block == nullptr) continue;
    must_hold(live.remove(slot.block), slot, "freeing");
    free(slot.block);
  }
}

}  // namespace
}  // namespace assay::suite
