// fork in a process of many threads: the thread that forks holds every lock meanwhile, so that the child
// has a heap in order. It takes them last: handlers that are registered first prepare last, and these are
// with the first allocation. Should others come after them, they may allocate all the same: that thread's
// locking does nothing meanwhile, as the locks are its own. The caches of the threads that the child does
// not have are lost to it. A signal handler that interrupted the allocator and forks takes no lock, since
// it might wait for itself: its child may only do what POSIX lets it do anyway, which is not to allocate.
#include <pthread.h>

#include "allocators/malloc/central.h"
#include "allocators/malloc/exported.h"
#include "allocators/malloc/magazine.h"
#include "allocators/malloc/metadata.h"
#include "allocators/malloc/space.h"
#include "allocators/malloc/threads.h"

// The C library's, where it has them: the list of all streams. Its fork takes that list, too, and who
// walks it may wait for a stream that another thread holds while it allocates: so it comes before all
// locks of the heap.
extern "C" {
[[gnu::weak]] void _IO_list_lock();
[[gnu::weak]] void _IO_list_unlock();
[[gnu::weak]] void _IO_list_resetlock();
}

namespace assay::drop_in {
namespace {

void call(void (*function)()) {
  if (function != nullptr) function();
}

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
  if (within_allocator) return;
  call(_IO_list_lock);
  visit_locks([](Lock& lock) { lock.lock(); });
  ignores_locks = true;
}

void continue_parent() {
  if (within_allocator) return;
  ignores_locks = false;
  visit_locks([](Lock& lock) { lock.unlock(); });
  call(_IO_list_unlock);
}

void continue_child() {
  if (within_allocator) return;
  ignores_locks = false;
  visit_locks([](Lock& lock) { lock.reset(); });
  locks_held = 0;
  call(_IO_list_resetlock);
}

}  // namespace

void watch_forks() noexcept { pthread_atfork(prepare, continue_parent, continue_child); }

}  // namespace assay::drop_in
