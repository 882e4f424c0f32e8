// What the language adds around operator new: array lengths, throwing constructors, over-aligned types.
#include <stdint.h>

#include <new>

#include "suites/core/clause.h"
#include "suites/malloc/entry_points.h"

namespace assay::suite {
namespace {

// Calls of the class's own allocation functions, which pass everything on to the global ones.
struct Counted {
  static inline int plain = 0, aligned = 0, placement = 0, released_plain = 0, released_aligned = 0,
                    released_placement = 0;
  static void reset() {
    plain = aligned = placement = released_plain = released_aligned = released_placement = 0;
  }

  static void* operator new(std::size_t n) { return ++plain, ::operator new(n); }
  static void* operator new[](std::size_t n) { return ++plain, ::operator new[](n); }
  static void* operator new(std::size_t n, std::align_val_t a) { return ++aligned, ::operator new(n, a); }
  static void* operator new[](std::size_t n, std::align_val_t a) { return ++aligned, ::operator new[](n, a); }
  static void* operator new(std::size_t n, int) { return ++placement, ::operator new(n); }
  static void operator delete(void* p) { ++released_plain, ::operator delete(p); }
  static void operator delete[](void* p) { ++released_plain, ::operator delete[](p); }
  static void operator delete(void* p, std::align_val_t a) { ++released_aligned, ::operator delete(p, a); }
  static void operator delete[](void* p, std::align_val_t a) {
    ++released_aligned, ::operator delete[](p, a);
  }
  static void operator delete(void* p, int) { ++released_placement, ::operator delete(p); }
};

struct NonTrivial : Counted {
  char bytes[12];
  ~NonTrivial() { bytes[0] = 0; }  // makes new[] store the length in front
};

template <class T>
void must_refuse_length(const char* type, std::ptrdiff_t length) {
  Counted::reset();
  try {
    delete[] opaque(new T[opaque(length)]);
    violated("new %s[%td] succeeded", type, length);
  } catch (const std::bad_array_new_length&) {
    require(Counted::plain == 0, "new %s[%td] called the allocation function before it threw", type, length);
  } catch (const std::bad_alloc&) {
    violated("new %s[%td] threw a plain bad_alloc, not bad_array_new_length", type, length);
  }
}

// Elements of one byte are left out: g++ 12 passes a negative number of them on unchecked (GCC bug 102514),
// which no allocator can help.
CLAUSE("N-16", kViolation, "C++20 [expr.new]p9",
       "an array length that is negative or overflows throws bad_array_new_length") {
  must_refuse_length<int>("int", -1);
  must_refuse_length<int>("int", PTRDIFF_MIN);
  must_refuse_length<int>("int", PTRDIFF_MAX);
  must_refuse_length<int>("int", static_cast<std::ptrdiff_t>(SIZE_MAX / sizeof(int) + 2));
  must_refuse_length<NonTrivial>("NonTrivial", -1);
  must_refuse_length<NonTrivial>("NonTrivial", PTRDIFF_MAX);
  must_refuse_length<NonTrivial>("NonTrivial", static_cast<std::ptrdiff_t>(SIZE_MAX / sizeof(NonTrivial)));
}

struct Thrown {};

struct Throwing : Counted {
  char bytes[40];
  explicit Throwing(bool throws) {
    if (throws) throw Thrown{};
  }
};
struct alignas(64) ThrowingAligned : Throwing {
  using Throwing::Throwing;
};
template <class Expression>
void must_throw(const char* text, const Expression& expression) {
  Counted::reset();
  try {
    expression();
  } catch (const Thrown&) {
    return;
  }
  violated("%s did not pass on the exception of the constructor", text);
}

CLAUSE("N-21", kViolation, "C++20 [expr.new]p26",
       "when a constructor throws, the matching delete releases the storage, once") {
  must_throw("new T", [] { delete opaque(new Throwing(opaque(true))); });
  require(Counted::plain == 1 && Counted::released_plain == 1, "new T: %d calls of new, %d of delete",
          Counted::plain, Counted::released_plain);
  must_throw("new (place) T", [] { delete opaque(new (5) Throwing(opaque(true))); });
  require(Counted::placement == 1 && Counted::released_placement == 1 && Counted::released_plain == 0,
          "new (place) T: %d calls of placement new, %d of its delete, %d of the plain one",
          Counted::placement, Counted::released_placement, Counted::released_plain);
  must_throw("new AlignedT", [] { delete opaque(new ThrowingAligned(opaque(true))); });
  require(Counted::aligned == 1 && Counted::released_aligned == 1,
          "new AlignedT: %d calls of aligned new, %d of delete", Counted::aligned, Counted::released_aligned);
}

struct alignas(64) OverAligned : Counted {
  char bytes[64];
};
struct alignas(256) OverAlignedNonTrivial : Counted {
  char bytes[300];
  ~OverAlignedNonTrivial() { bytes[0] = 0; }
};

template <class T>
void must_use_aligned_forms(const char* type) {
  Counted::reset();
  delete opaque(new T);
  delete[] opaque(new T[3]);
  require(Counted::plain == 0 && Counted::aligned == 2,
          "new %s and new %s[3]: %d calls of aligned new, %d of plain new", type, type, Counted::aligned,
          Counted::plain);
  require(Counted::released_plain == 0 && Counted::released_aligned == 2,
          "delete of %s and of %s[3]: %d calls of aligned delete, %d of plain delete", type, type,
          Counted::released_aligned, Counted::released_plain);
}

CLAUSE("N-22", kViolation, "C++20 [expr.new], [expr.delete]",
       "over-aligned types are made and released by the aligned forms") {
  must_use_aligned_forms<OverAligned>("alignas(64) T");
  must_use_aligned_forms<OverAlignedNonTrivial>("alignas(256) T");
}

}  // namespace
}  // namespace assay::suite
