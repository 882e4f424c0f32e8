// The 8 replaceable forms of operator new and the 12 of operator delete, as tables to loop over. Called by
// name, not by new-expression: the compiler may leave out a new-expression, and some forms no expression
// selects.
#pragma once

#include <cstddef>
#include <new>

#include "suites/malloc/entry_points.h"

namespace assay::suite {

// Forms without an alignment ignore it.
struct NewForm {
  const char* name;
  bool array, aligned, nothrow;
  void* (*allocate)(std::size_t size, std::align_val_t alignment);
};

struct DeleteForm {
  const char* name;
  bool array, aligned;
  void (*release)(void* block, std::size_t size, std::align_val_t alignment);
};

using Align = std::align_val_t;

// Results are opaque: the compiler believes that aligned new aligns, and would fold away the question.
inline constexpr NewForm kNewForms[] = {
    {"new(size)", false, false, false, [](std::size_t n, Align) { return opaque(::operator new(n)); }},
    {"new[](size)", true, false, false, [](std::size_t n, Align) { return opaque(::operator new[](n)); }},
    {"new(size, nothrow)", false, false, true,
     [](std::size_t n, Align) { return opaque(::operator new(n, std::nothrow)); }},
    {"new[](size, nothrow)", true, false, true,
     [](std::size_t n, Align) { return opaque(::operator new[](n, std::nothrow)); }},
    {"new(size, align)", false, true, false,
     [](std::size_t n, Align a) { return opaque(::operator new(n, a)); }},
    {"new[](size, align)", true, true, false,
     [](std::size_t n, Align a) { return opaque(::operator new[](n, a)); }},
    {"new(size, align, nothrow)", false, true, true,
     [](std::size_t n, Align a) { return opaque(::operator new(n, a, std::nothrow)); }},
    {"new[](size, align, nothrow)", true, true, true,
     [](std::size_t n, Align a) { return opaque(::operator new[](n, a, std::nothrow)); }},
};

inline constexpr DeleteForm kDeleteForms[] = {
    {"delete(p)", false, false, [](void* p, std::size_t, Align) { ::operator delete(p); }},
    {"delete[](p)", true, false, [](void* p, std::size_t, Align) { ::operator delete[](p); }},
    {"delete(p, size)", false, false, [](void* p, std::size_t n, Align) { ::operator delete(p, n); }},
    {"delete[](p, size)", true, false, [](void* p, std::size_t n, Align) { ::operator delete[](p, n); }},
    {"delete(p, nothrow)", false, false,
     [](void* p, std::size_t, Align) { ::operator delete(p, std::nothrow); }},
    {"delete[](p, nothrow)", true, false,
     [](void* p, std::size_t, Align) { ::operator delete[](p, std::nothrow); }},
    {"delete(p, align)", false, true, [](void* p, std::size_t, Align a) { ::operator delete(p, a); }},
    {"delete[](p, align)", true, true, [](void* p, std::size_t, Align a) { ::operator delete[](p, a); }},
    {"delete(p, size, align)", false, true,
     [](void* p, std::size_t n, Align a) { ::operator delete(p, n, a); }},
    {"delete[](p, size, align)", true, true,
     [](void* p, std::size_t n, Align a) { ::operator delete[](p, n, a); }},
    {"delete(p, align, nothrow)", false, true,
     [](void* p, std::size_t, Align a) { ::operator delete(p, a, std::nothrow); }},
    {"delete[](p, align, nothrow)", true, true,
     [](void* p, std::size_t, Align a) { ::operator delete[](p, a, std::nothrow); }},
};

// What a block from `form` must be given back with, when nothing else is the matter.
inline void release(const NewForm& form, void* block, Align alignment) {
  for (const DeleteForm& match : kDeleteForms) {
    if (match.array != form.array || match.aligned != form.aligned) continue;
    match.release(block, 0, alignment);  // the first match takes no size
    return;
  }
}

}  // namespace assay::suite
