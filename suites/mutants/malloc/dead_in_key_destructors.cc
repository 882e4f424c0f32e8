// A thread's cache is torn down by a key destructor; what the thread asks for afterwards is refused, unless
// it is small.
#include <pthread.h>

#include "suites/mutants/malloc/base.h"

namespace assay::mutant {

thread_local bool torn_down __attribute__((tls_model("initial-exec"))) = false;
thread_local bool registered __attribute__((tls_model("initial-exec"))) = false;

pthread_key_t key() {
  static const pthread_key_t value = [] {
    pthread_key_t made;
    pthread_key_create(&made, [](void*) { torn_down = true; });
    return made;
  }();
  return value;
}

struct Mutant : Base {
  static void* malloc(std::size_t size) {
    if (torn_down && size > 1000) return fail(ENOMEM);
    if (!registered) {
      registered = true;
      pthread_setspecific(key(), &registered);
    }
    return Base::malloc(size);
  }
};

}  // namespace assay::mutant

ASSAY_EXPORT_MALLOC(assay::mutant::Mutant)
