// BiasedArc<T>: Arc<T> for objects that mostly the thread which made them uses.
//
// Idea. Most owners of a shared object are copied and dropped by the thread that made it. That thread counts
// them with plain instructions, all others with atomic ones, in a count of their own (biased_counts.h, where
// the protocol and the proof are). All else is Arc: design and invariants are those of shared_pointer.h.
//
//   BiasedArc, Weak ──────────────────────────▶ one word
//   │ owner, shared │ biased, weak │ operations │ object │      24 bytes before the object
//
// Costs. Copy and drop by the maker: some ten plain instructions each. Elsewhere: one locked instruction
// each, as Arc. The price is paid when an owner that the maker counted is dropped on another thread (it was
// moved there): once in the life of the object that thread revokes its bias, by a membarrier(2) of 1 to 10
// microseconds. The fourth time it revokes all biases of the maker at once, whose next 1,024 objects are
// plain Arcs; so one who hands over all its objects pays 4 fences for 1,024 of them. If the maker's thread
// has ended nothing is paid. get_mut(), make_mut() and try_unwrap() elsewhere revoke likewise.
//
// Measured against Rust's Arc on a busy machine: copy and drop by the maker 0.27, which is what a plain count
// takes (one word is stored and loaded twice in a row), of a thousand objects in turn 0.36; elsewhere 1.05,
// at times 1.35; an upgrade by the maker 0.21; 10,000 objects made here and dropped there 0.98.
//
// Delay of destruction: none. The last drop destroys the object before it returns, on the thread that drops,
// whoever made it. The published design leaves the object to the maker's thread instead, for as long as that
// sleeps: cheaper where all objects are handed over, but a destructor then runs no one knows when.
//
// What it does not do. A thread that revokes waits for a maker that was preempted within those ten
// instructions, so that drops elsewhere are not lock-free. A signal handler must not copy or drop what the
// interrupted thread made. Without membarrier(2) nothing is biased. More than 2^27 owners counted by the
// maker, or 2^29 elsewhere, end the program.
// Source: Choi, Shull, Torrellas, "Biased Reference Counting: Minimizing Atomic Operations in Garbage
// Collection" (PACT 2018).
#pragma once

#include "pointers/biased_counts.h"
#include "pointers/concept.h"
#include "pointers/shared_pointer.h"

namespace assay {

// The counts are three words, where those of Rc and Arc are two.
template <class T>
using BiasedArc = SharedPointer<T, BiasedCounts<>>;

static_assert(sizeof(BiasedArc<int>) == sizeof(void*) && sizeof(BiasedArc<int>::Weak) == sizeof(void*));
static_assert(Pointer<BiasedArc<int>> && Pointer<BiasedArc<int[]>>);

}  // namespace assay
