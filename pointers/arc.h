// Arc<T>: owners of one object on any number of threads, counted atomically.
//
//   Arc<const Table> table = Arc<const Table>::make(…);
//   std::thread reader([table] { use(*table); });   each thread has an owner of its own
//
// Different owners of one object may be copied, moved, dropped, downgraded and upgraded on different threads
// at one time; one pointer may not be changed while another thread uses it, and the object itself is as
// thread-safe as T is. A signal handler must not copy or drop owners. What each owner did happens before the
// destruction. A pointer and a Weak are one word; counts go to 2^31 - 1, and one more ends the program. The
// design, its invariants and costs: shared_pointer.h; the memory orderings, and why the last drop is often
// free of locked instructions: atomic_counts.h.
#pragma once

#include "pointers/atomic_counts.h"
#include "pointers/concept.h"
#include "pointers/shared_pointer.h"

namespace assay {

template <class T>
using Arc = SharedPointer<T, AtomicCounts<>>;

static_assert(sizeof(Arc<int>) == sizeof(void*) && sizeof(Arc<int[]>) == sizeof(void*));
static_assert(sizeof(Arc<int>::Weak) == sizeof(void*));
static_assert(sizeof(AtomicCounts<>) == 2 * sizeof(void*));
static_assert(Pointer<Arc<int>> && Pointer<Arc<int[]>>);

}  // namespace assay
