// The new handler: called while there is hope, and heard when it gives up.
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <initializer_list>
#include <new>

#include "suites/core/clause.h"
#include "suites/core/forked.h"
#include "suites/malloc/address_space.h"
#include "suites/malloc/alignment.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/new_forms.h"
#include "suites/malloc/sizes.h"

namespace assay::suite {
namespace {

constexpr Align kAlign{64};
constexpr std::size_t kImpossible = SIZE_MAX / 4;
constexpr int kGivesUpAt = 3;

int* calls;  // seen from children and their parent

void give_up_at_third_call() {
  if (++*calls == kGivesUpAt) std::set_new_handler(nullptr);
}

// How often an allocation that must fail calls the handler; it is removed at the third call. In a child,
// because the allocation may end the process.
template <class Attempt>
Ending count_calls(const Attempt& attempt) {
  if (calls == nullptr) calls = &shared_with_children<int>();
  *calls = 0;
  return run_forked([&] {
    std::set_new_handler(give_up_at_third_call);
    try {
      attempt();
    } catch (...) {
    }
  });
}

void must_call_until_removed(bool aligned, bool nothrow) {
  for (const NewForm& form : kNewForms) {
    if (form.aligned != aligned || form.nothrow != nothrow) continue;
    const Ending ending = count_calls([&] { form.allocate(opaque(kImpossible), kAlign); });
    require(*calls == kGivesUpAt, "%s called a handler that removes itself at call %d %d times%s%s",
            form.name, kGivesUpAt, *calls, ending.signal == 0 ? "" : ", then ended in ",
            ending.signal == 0 ? "" : describe(ending));
  }
}

// For the other clauses: that the plain form calls the handler is the business of N-08.
void need_handler() {
  count_calls([] { kNewForms[0].allocate(opaque(kImpossible), kAlign); });
  if (*calls != kGivesUpAt) skipped("%s calls the handler %d times: see N-08", kNewForms[0].name, *calls);
}

// A form that does not call it is the business of N-08 to N-10.
bool calls_handler(const NewForm& form) {
  count_calls([&] { form.allocate(opaque(kImpossible), kAlign); });
  return *calls == kGivesUpAt;
}

CLAUSE("N-08", kViolation, "C++20 [new.delete.single], [new.handler]",
       "new calls the handler again and again until it is removed") {
  must_call_until_removed(false, false);
}

CLAUSE("N-09", kViolation, "C++20 [new.delete.single]",
       "nothrow new calls the handler like the throwing form") {
  need_handler();
  must_call_until_removed(false, true);
}

CLAUSE("N-10", kViolation, "C++20 [new.delete.single]", "aligned new calls the handler like the plain form") {
  need_handler();
  must_call_until_removed(true, false);
  must_call_until_removed(true, true);
}

void* ballast;
constexpr std::size_t kBallast = 64 * kMiB;

void release_ballast() {
  if (ballast == nullptr) {  // nothing more to give
    std::set_new_handler(nullptr);
    return;
  }
  munmap(ballast, kBallast);
  ballast = nullptr;
}

// One form of new for `kBallast` bytes where there is room only once the handler has released as many. Any
// block may be aligned by chance; so many others before it change where it lies.
void must_succeed_by_handler(const NewForm& form, int others) {
  constexpr std::size_t kAlignment = 65536;
  for (; others > 0; --others) opaque(malloc(kMiB));
  ballast =
      mmap(nullptr, kBallast, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (ballast == MAP_FAILED) skipped("mmap of %zu bytes failed: %s", kBallast, strerror(errno));
  leave_address_space(kBallast / 2);
  std::set_new_handler(release_ballast);
  try {
    void* block = form.allocate(opaque(kBallast), Align{kAlignment});
    if (ballast != nullptr) skipped("the subject had %zu bytes in reserve, so new did not fail", kBallast);
    require(block != nullptr, "%s of %zu bytes returned null after its handler had released as many",
            form.name, kBallast);
    require(!form.aligned || alignment_of(block) >= kAlignment,
            "%s of %zu bytes, after its handler had released as many, returned %p, not a multiple of %zu",
            form.name, kBallast, block, kAlignment);
  } catch (const std::bad_alloc&) {
    violated("%s of %zu bytes threw bad_alloc after its handler had released as many", form.name, kBallast);
  }
}

CLAUSE("N-11", kViolation, "C++20 [new.handler], [new.delete.single]",
       "when the handler makes memory available, the very same new succeeds") {
  need_handler();
  for (const NewForm& form : kNewForms) {
    if (!calls_handler(form)) continue;
    for (const int others : {0, 1, 2}) {
      const Ending ending = run_forked([&] { must_succeed_by_handler(form, others); });
      require(ending.clean(), "%s whose handler releases memory ends in %s", form.name, describe(ending));
    }
  }
}

struct OwnBadAlloc : std::bad_alloc {
  int value = 7;
};

CLAUSE("N-12", kViolation, "C++20 [new.handler]", "an exception thrown by the handler leaves new unchanged") {
  need_handler();
  for (const NewForm& form : kNewForms) {
    if (form.nothrow || !calls_handler(form)) continue;
    const Ending ending = run_forked([&] {
      std::set_new_handler([] { throw OwnBadAlloc{}; });
      try {
        form.allocate(opaque(kImpossible), kAlign);
        violated("%s returned although its handler threw", form.name);
      } catch (const OwnBadAlloc& thrown) {
        require(thrown.value == 7, "%s passed on a changed copy of the exception of its handler", form.name);
      } catch (const std::bad_alloc&) {
        violated("%s threw a plain bad_alloc in place of its handler's own type derived from it", form.name);
      }
    });
    require(ending.clean(), "%s whose handler throws ends in %s", form.name, describe(ending));
  }
}

CLAUSE("N-24", kViolation, "C++20 [get.new.handler]",
       "new in a shared library calls the handler that the program has set") {
  need_handler();
  void* plugin = dlopen(sibling("libnew_plugin.so"), RTLD_NOW | RTLD_LOCAL);
  if (plugin == nullptr) skipped("dlopen of the plug-in failed: %s", dlerror());
  auto* allocate = reinterpret_cast<void* (*)(std::size_t)>(dlsym(plugin, "plugin_new"));
  auto* handler = reinterpret_cast<std::new_handler (*)()>(dlsym(plugin, "plugin_new_handler"));
  if (allocate == nullptr || handler == nullptr) skipped("the plug-in lacks its functions");

  const Ending ending = count_calls([&] { allocate(kImpossible); });
  require(*calls == kGivesUpAt, "new in a shared library called the program's handler %d times, not %d%s%s",
          *calls, kGivesUpAt, ending.signal == 0 ? "" : ", then ended in ",
          ending.signal == 0 ? "" : describe(ending));
  std::set_new_handler(give_up_at_third_call);
  require(handler() == give_up_at_third_call,
          "get_new_handler in a shared library does not return the program's handler");
}

}  // namespace
}  // namespace assay::suite
