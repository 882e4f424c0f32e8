// What operator new gives and operator delete takes back, form by form.
#include <stdint.h>

#include <algorithm>
#include <initializer_list>

#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/core/live_map.h"
#include "suites/malloc/alignment.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/new_forms.h"

namespace assay::suite {
namespace {

constexpr std::size_t kSizes[] = {1, 8, 24, 100, 1000, 4096, 5000, 40000, 300000};
constexpr Align kAlign{64};

CLAUSE("N-01", kViolation, "C++20 [new.delete.single], [new.delete.array]",
       "all 8 forms of new return usable storage") {
  LiveMap live;
  for (const std::size_t size : kSizes) {
    void* blocks[8][4];
    for (int form = 0; form < 8; ++form) {
      for (void*& block : blocks[form]) {
        block = kNewForms[form].allocate(size, kAlign);
        require(block != nullptr, "%s with size %zu returned null", kNewForms[form].name, size);
        const char* problem = live.add(block, size, size, 0);
        require(problem == nullptr, "%s with size %zu: %s", kNewForms[form].name, size, problem);
      }
    }
    for (int form = 0; form < 8; ++form) {
      for (void* block : blocks[form]) {
        const char* problem = live.remove(block);
        require(problem == nullptr, "%s with size %zu: %s", kNewForms[form].name, size, problem);
        release(kNewForms[form], block, kAlign);
      }
    }
  }
}

CLAUSE("N-02", kViolation, "C++20 [new.delete.single], [new.delete.array]",
       "every form of delete gives back the storage of every matching new") {
  for (const NewForm& from : kNewForms) {
    for (const DeleteForm& to : kDeleteForms) {
      if (from.array != to.array || from.aligned != to.aligned) continue;
      for (const std::size_t size : {std::size_t{40}, std::size_t{65536}}) {
        // Twice the same work: what the first half leaves behind is the allocator's cache, the second half
        // adds none.
        const int cycles = size < 1000 ? 100'000 : 400;
        const auto churn = [&] {
          for (int i = 0; i < cycles; ++i) {
            auto* block = static_cast<volatile char*>(from.allocate(size, kAlign));
            if (block == nullptr) skipped("%s with size %zu returned null: see N-01", from.name, size);
            for (std::size_t k = 0; k < size; k += kPageSize) block[k] = 1;
            to.release(const_cast<char*>(block), size, kAlign);
          }
        };
        churn();
        const std::size_t before = resident_bytes();
        churn();
        const std::size_t after = resident_bytes(), passed = static_cast<std::size_t>(cycles) * size;
        require(after < before + passed / 4, "%d times %s and %s with size %zu grew the process by %zu KiB",
                cycles, from.name, to.name, size, (after - before) / 1024);
      }
    }
  }
}

CLAUSE("N-03", kViolation, "C++20 [basic.stc.dynamic.allocation]",
       "new with size 0 returns non-null pointers that differ from all live ones") {
  for (const NewForm& form : kNewForms) {
    void* blocks[16];
    for (int i = 0; i < 16; ++i) {
      blocks[i] = form.allocate(opaque(std::size_t{0}), kAlign);
      require(blocks[i] != nullptr, "%s with size 0 returned null", form.name);
      for (int k = 0; k < i; ++k)
        require(blocks[i] != blocks[k], "%s with size 0 returned %p twice", form.name, blocks[i]);
    }
    for (void* block : blocks) release(form, block, kAlign);
  }
}

CLAUSE("N-04", kViolation, "C++20 [basic.stc.dynamic.deallocation]",
       "delete of a null pointer does nothing, in all 12 forms") {
  for (const DeleteForm& form : kDeleteForms) form.release(opaque(static_cast<void*>(nullptr)), 16, kAlign);
}

// An object of n bytes can need the largest power of two that divides n; an array of n bytes, any that is not
// larger.
std::size_t needed_alignment(const NewForm& form, std::size_t size) {
  if (form.array) return owed_alignment(size);
  const std::size_t divisor = size & (~size + 1);
  return std::min(divisor, std::size_t{__STDCPP_DEFAULT_NEW_ALIGNMENT__});
}

CLAUSE("N-13", kReading, "C++20 [new.delete.single]; C++14 3.7.4.1: any fundamental alignment",
       "new aligns for any object of the default alignment, whatever the size") {
  std::size_t weak_size = 0, weak_alignment = 0;
  for (const NewForm& form : kNewForms) {
    if (form.aligned) continue;
    for (std::size_t size = 1; size <= 64; ++size) {
      void* blocks[200];
      for (void*& block : blocks) {
        block = form.allocate(size, kAlign);
        const std::size_t needed = needed_alignment(form, size);
        require(alignment_of(block) >= needed, "%s with size %zu returned %p, not a multiple of %zu",
                form.name, size, block, needed);
        if (alignment_of(block) >= __STDCPP_DEFAULT_NEW_ALIGNMENT__) continue;
        weak_size = size;
        weak_alignment = alignment_of(block);
      }
      for (void* block : blocks) release(form, block, kAlign);
    }
  }
  if (weak_size != 0)
    weak("sizes up to %zu get blocks aligned to %zu: enough for objects of that size, less than C++14's %d",
         weak_size, weak_alignment, __STDCPP_DEFAULT_NEW_ALIGNMENT__);
}

CLAUSE("N-14", kViolation, "C++20 [new.delete.single]",
       "aligned new honours every power of two up to 65536") {
  for (const NewForm& form : kNewForms) {
    if (!form.aligned) continue;
    // From a pointer's size on: below, the default versions need aligned_alloc to keep C-45.
    for (std::size_t alignment = sizeof(void*); alignment <= 65536; alignment *= 2) {
      for (const std::size_t size :
           {std::size_t{1}, alignment / 2 + 1, alignment, alignment + 8, 2 * alignment, 5 * alignment}) {
        void* blocks[32];
        for (void*& block : blocks) {
          block = form.allocate(size, Align{alignment});
          require(alignment_of(block) >= alignment, "%s with size %zu and alignment %zu returned %p",
                  form.name, size, alignment, block);
        }
        for (void* block : blocks) release(form, block, Align{alignment});
      }
    }
  }
}

}  // namespace
}  // namespace assay::suite
