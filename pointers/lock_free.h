// The structures of this folder over one domain of reclamation, as one type for whoever chooses the domain.
#pragma once

#include "pointers/hash_buckets.h"
#include "pointers/lock_free_queue.h"
#include "pointers/lock_free_stack.h"
#include "pointers/reclaimer_concept.h"

namespace assay {

template <Reclaimer D>
struct LockFree {
  using Domain = D;
  template <class T>
  using Stack = LockFreeStack<T, D>;
  template <class T>
  using Queue = LockFreeQueue<T, D>;
  template <class Key, class Value>
  using Map = HashBuckets<Key, Value, D>;

  static_assert(SharedStack<Stack<long>, D>);
  static_assert(SharedQueue<Queue<long>, D>);
  static_assert(SharedMap<Map<long, long>, D>);
};

}  // namespace assay
