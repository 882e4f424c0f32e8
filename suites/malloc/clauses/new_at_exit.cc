// new and delete at the ends of threads and of the process.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "suites/core/clause.h"
#include "suites/core/pattern.h"
#include "suites/malloc/new_forms.h"

namespace assay::suite {
namespace {

constexpr std::size_t kSizes[] = {16, 1000, 70000};

// One block made at birth, and more made and released at death, by every form.
struct LateUser {
  static constexpr std::size_t kBytes = 500;
  void* block = ::operator new(kBytes);
  LateUser() { fill_pattern(block, kBytes, 1); }
  LateUser(const LateUser&) = delete;
  LateUser& operator=(const LateUser&) = delete;
  ~LateUser() {
    constexpr Align kAlign{64};
    for (const NewForm& form : kNewForms) {
      for (const std::size_t size : kSizes) {
        void* late = form.allocate(size, kAlign);
        require(late != nullptr, "%s with size %zu returned null in a destructor at the end", form.name,
                size);
        memset(late, 0xa5, size);
        release(form, late, kAlign);
      }
    }
    const std::size_t damage = find_damage(block, kBytes, 1);
    require(damage == kIntact, "byte %zu of a block from new had changed at the end of its owner", damage);
    ::operator delete(block);
  }
};

struct LastUser {
  ~LastUser() {
    { LateUser user; }
    held();
  }
};

CLAUSE("N-23", kViolation, "C++20 [basic.stc.thread], [basic.start.term]",
       "new and delete work in destructors of thread_local and static objects") {
  for (int i = 0; i < 200; ++i) {
    pthread_t thread;
    const auto use = [](void*) -> void* {
      thread_local LateUser user;
      return user.block;
    };
    const int error = pthread_create(&thread, nullptr, use, nullptr);
    if (error != 0) skipped("pthread_create failed: %s", strerror(error));
    pthread_join(thread, nullptr);
  }
  static LastUser last;  // destroyed after the next one
  static LateUser user;
  exit(EXIT_FAILURE);  // the destructor of `last` says how it went
}

}  // namespace
}  // namespace assay::suite
