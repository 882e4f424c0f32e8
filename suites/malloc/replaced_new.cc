// A program that replaces operator new and delete for single objects, plain and aligned, and nothing else, as
// the standard allows. Prints the names of the forms that did not come to the replacements; started by clause
// N-17.
#include <stdio.h>
#include <stdlib.h>

#include <new>

#include "suites/malloc/new_forms.h"

#pragma GCC diagnostic ignored "-Wsized-deallocation"  // that the sized forms are left out is the point

namespace {

int made = 0, released = 0;

void* counted(void* block) {
  ++made;
  return block;
}

}  // namespace

void* operator new(std::size_t size) { return counted(malloc(size)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  const auto multiple = static_cast<std::size_t>(alignment);
  return counted(aligned_alloc(multiple, (size + multiple - 1) / multiple * multiple));
}
void operator delete(void* block) noexcept {
  ++released;
  free(block);
}
void operator delete(void* block, std::align_val_t) noexcept {
  ++released;
  free(block);
}

int main() {
  using namespace assay::suite;
  constexpr Align kAlign{64};
  for (const NewForm& form : kNewForms) {
    const int before = made;
    void* block = form.allocate(100, kAlign);
    if (made != before + 1) printf("%s\n", form.name);
    release(form, block, kAlign);
  }
  for (const DeleteForm& form : kDeleteForms) {
    for (const NewForm& from : kNewForms) {
      if (from.array != form.array || from.aligned != form.aligned || from.nothrow) continue;
      void* block = from.allocate(100, kAlign);
      const int before = released;
      form.release(block, 100, kAlign);
      if (released != before + 1) printf("%s\n", form.name);
    }
  }
  return 0;
}
