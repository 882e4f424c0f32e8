// Rc<T>: owners of one object on one thread, without atomic instructions.
//
//   Rc<Tree> tree = Rc<Tree>::make(…);        one allocation: 16 bytes and the object
//   Rc<Tree> other = tree;                    use_count() == 2
//   Rc<Tree>::Weak back = tree.downgrade();   back.upgrade() is null once the tree is gone
//
// A pointer and a Weak are one word, counts go to 2^32 - 1, and one more ends the program. The design, its
// invariants and costs: shared_pointer.h. Owners and Weaks of one object must stay on one thread: see Arc.
#pragma once

#include <cstdint>

#include "pointers/concept.h"
#include "pointers/counts.h"
#include "pointers/shared_pointer.h"

namespace assay {

template <class T>
using Rc = SharedPointer<T, LocalCounts<>>;

// Counts of eight bits, so that a test reaches the end of the range: 255 owners.
template <class T>
using NarrowRc = SharedPointer<T, LocalCounts<std::uint8_t>>;

static_assert(sizeof(Rc<int>) == sizeof(void*) && sizeof(Rc<int[]>) == sizeof(void*));
static_assert(sizeof(Rc<int>::Weak) == sizeof(void*));
static_assert(sizeof(LocalCounts<>) == 2 * sizeof(void*));
static_assert(Pointer<Rc<int>> && Pointer<Rc<int[]>> && Pointer<NarrowRc<int>>);

}  // namespace assay
