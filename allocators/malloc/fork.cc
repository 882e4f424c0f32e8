// fork in a process of many threads: the thread that forks holds every lock meanwhile, so that the child has
// a heap in order. The caches of the threads that the child does not have are lost to it. A signal handler
// that interrupted the allocator and forks takes no lock, since it might wait for itself: its child may only
// do what POSIX lets it do anyway, which is not to allocate.
#include <pthread.h>

#include "allocators/malloc/central.h"
#include "allocators/malloc/exported.h"
#include "allocators/malloc/magazine.h"
#include "allocators/malloc/metadata.h"
#include "allocators/malloc/space.h"
#include "allocators/malloc/threads.h"

namespace assay::drop_in {
namespace {

// In the order in which they are taken elsewhere.
template <class Visit>
void visit_locks(Visit visit) {
  visit(Threads::lock());
  for (Depot& depot : depots) visit(depot.lock());
  for (Central& central : centrals) visit(central.lock());
  visit(mixed_blocks.lock());
  visit(space.lock());
  visit(magazine_pool.lock());
  visit(metadata.lock());
}

thread_local bool within_allocator = false;

void prepare() {
  within_allocator = locks_held != 0;
  if (!within_allocator) visit_locks([](Lock& lock) { lock.lock(); });
}

void continue_parent() {
  if (!within_allocator) visit_locks([](Lock& lock) { lock.unlock(); });
}

void continue_child() {
  if (within_allocator) return;
  visit_locks([](Lock& lock) { lock.reset(); });
  locks_held = 0;
}

// Early: what a library does before main() may fork, and handlers that were registered first prepare last.
[[gnu::constructor(101)]] void watch_forks() { pthread_atfork(prepare, continue_parent, continue_child); }

}  // namespace
}  // namespace assay::drop_in
