// operator new when there is no memory to give. Each attempt in a child: one of the known answers is abort().
#include <signal.h>
#include <stdint.h>

#include <memory_resource>
#include <new>

#include "suites/core/clause.h"
#include "suites/malloc/address_space.h"
#include "suites/malloc/entry_points.h"
#include "suites/core/forked.h"
#include "suites/malloc/new_forms.h"
#include "suites/malloc/sizes.h"
#include "suites/malloc/text_list.h"

namespace assay::suite {
namespace {

constexpr Align kAlign{64};
constexpr std::size_t kImpossible =
    SIZE_MAX / 4;  // leaves room for every rounding: what wraps is N-15's business
enum Answer : int { kBlock, kNull, kBadAlloc, kOtherException, kDied };

template <class Attempt>
Answer answer_to(const Attempt& attempt) {
  const Ending ending = run_forked([&] {
    try {
      _exit(attempt() == nullptr ? kNull : kBlock);
    } catch (const std::bad_alloc&) {
      _exit(kBadAlloc);
    } catch (...) {
      _exit(kOtherException);
    }
  });
  return ending.signal == 0 ? static_cast<Answer>(ending.code) : kDied;
}

// Two ways to have no memory.
struct Shortage {
  const char* name;
  void* (*attempt)(const NewForm& form);
};
constexpr Shortage kShortages[] = {
    {"an impossible size", [](const NewForm& form) { return form.allocate(opaque(kImpossible), kAlign); }},
    {"more than RLIMIT_AS leaves",
     [](const NewForm& form) {
       const std::size_t all = leave_address_space(64 * kMiB);
       return form.allocate(opaque(all), kAlign);
     }},
};

bool throwing_form_dies(const Shortage& shortage) {
  return answer_to([&] { return shortage.attempt(kNewForms[0]); }) == kDied;
}

CLAUSE("N-05", kViolation, "C++20 [basic.stc.dynamic.allocation], [new.delete.single]",
       "a throwing form that fails throws bad_alloc and never returns null") {
  bool died = false;
  for (const NewForm& form : kNewForms) {
    if (form.nothrow) continue;
    for (const Shortage& shortage : kShortages) {
      const Answer answer = answer_to([&] { return shortage.attempt(form); });
      require(answer != kNull, "%s for %s returned null", form.name, shortage.name);
      require(answer != kBlock, "%s for %s returned a block", form.name, shortage.name);
      require(answer != kOtherException, "%s for %s threw what is no bad_alloc", form.name, shortage.name);
      died = died || answer == kDied;
    }
  }
  if (died) skipped("the process does not live to see an exception: see N-06");
}

CLAUSE("N-06", kViolation, "C++20 [basic.stc.dynamic.allocation]",
       "a throwing form that fails does not end the process") {
  TextList deadly;
  for (const NewForm& form : kNewForms) {
    if (form.nothrow) continue;
    for (const Shortage& shortage : kShortages) {
      const Ending ending = run_forked([&] {
        try {
          shortage.attempt(form);
        } catch (...) {  // which one is N-05's business
        }
      });
      if (!ending.clean()) deadly.add("%s for %s ends in %s", form.name, shortage.name, describe(ending));
    }
  }
  require(deadly.empty(), "%s", deadly.text());
}

CLAUSE("N-07", kViolation, "C++20 [new.delete.single], [new.delete.array]",
       "a nothrow form that fails returns null, also when the new handler throws bad_alloc") {
  for (const std::new_handler handler :
       {std::new_handler{}, std::new_handler{[] { throw std::bad_alloc(); }}}) {
    std::set_new_handler(handler);
    const char* with = handler == nullptr ? "" : " and a handler that throws bad_alloc";
    for (const NewForm& form : kNewForms) {
      if (!form.nothrow) continue;
      for (const Shortage& shortage : kShortages) {
        const Answer answer = answer_to([&] { return shortage.attempt(form); });
        require(answer != kBlock, "%s for %s%s returned a block", form.name, shortage.name, with);
        if (answer == kDied && throwing_form_dies(shortage))
          skipped("%s for %s%s ends the process as the throwing form does: see N-06", form.name,
                  shortage.name, with);
        require(answer == kNull, "%s for %s%s %s", form.name, shortage.name, with,
                answer == kDied ? "ended the process" : "threw an exception");
      }
    }
  }
}

CLAUSE("N-15", kViolation, "C++20 [basic.stc.dynamic.allocation]",
       "aligned new of a size near SIZE_MAX fails: rounding it up does not wrap") {
  struct Request {
    std::size_t size, alignment;
  };
  TextList wrapped;
  for (const auto [size, alignment] :
       {Request{SIZE_MAX - 10, 64}, Request{SIZE_MAX, 4096}, Request{SIZE_MAX - 4096, 65536}}) {
    for (const NewForm& form : kNewForms) {
      if (!form.aligned) continue;
      const Answer answer = answer_to([&] { return form.allocate(opaque(size), Align{alignment}); });
      if (answer == kBlock) wrapped.add("%s returned a block for (%zu, %zu)", form.name, size, alignment);
    }
  }
  const Answer answer =
      answer_to([] { return std::pmr::new_delete_resource()->allocate(opaque(SIZE_MAX - 1), 64); });
  if (answer == kBlock)
    wrapped.add("pmr::new_delete_resource() returned a block for (%zu, 64)", SIZE_MAX - 1);
  require(wrapped.empty(), "%s", wrapped.text());
}

}  // namespace
}  // namespace assay::suite
