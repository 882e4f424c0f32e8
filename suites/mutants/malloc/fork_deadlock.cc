// Large blocks are made under a lock that no fork handler takes: a child forked meanwhile inherits it locked.
#include <atomic>

#include "suites/core/race_window.h"
#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

std::atomic<int> locked{0};

struct Mutant : Base {
  static void* malloc(std::size_t size) {
    if (size < 64 * 1024) return Base::malloc(size);
    for (int free = 0; !locked.compare_exchange_weak(free, 1); free = 0) locked.wait(1);
    void* block = Base::malloc(size);
    suite::open_race_window();
    locked = 0;
    locked.notify_one();
    return block;
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
