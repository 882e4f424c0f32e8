// Replacing operator new: what the subject replaces, and what a program may still replace itself.
#include <stdio.h>
#include <string.h>

#include "suites/core/clause.h"
#include "suites/malloc/entry_points.h"
#include "suites/malloc/forked.h"
#include "suites/malloc/provider.h"
#include "suites/malloc/text_list.h"

namespace assay::suite {
namespace {

constexpr struct {
  const char *symbol, *name;
} kOperators[] = {
    {"_Znwm", "new(size)"},
    {"_Znam", "new[](size)"},
    {"_ZnwmRKSt9nothrow_t", "new(size, nothrow)"},
    {"_ZnamRKSt9nothrow_t", "new[](size, nothrow)"},
    {"_ZnwmSt11align_val_t", "new(size, align)"},
    {"_ZnamSt11align_val_t", "new[](size, align)"},
    {"_ZnwmSt11align_val_tRKSt9nothrow_t", "new(size, align, nothrow)"},
    {"_ZnamSt11align_val_tRKSt9nothrow_t", "new[](size, align, nothrow)"},
    {"_ZdlPv", "delete(p)"},
    {"_ZdaPv", "delete[](p)"},
    {"_ZdlPvm", "delete(p, size)"},
    {"_ZdaPvm", "delete[](p, size)"},
    {"_ZdlPvRKSt9nothrow_t", "delete(p, nothrow)"},
    {"_ZdaPvRKSt9nothrow_t", "delete[](p, nothrow)"},
    {"_ZdlPvSt11align_val_t", "delete(p, align)"},
    {"_ZdaPvSt11align_val_t", "delete[](p, align)"},
    {"_ZdlPvmSt11align_val_t", "delete(p, size, align)"},
    {"_ZdaPvmSt11align_val_t", "delete[](p, size, align)"},
    {"_ZdlPvSt11align_val_tRKSt9nothrow_t", "delete(p, align, nothrow)"},
    {"_ZdaPvSt11align_val_tRKSt9nothrow_t", "delete[](p, align, nothrow)"},
};

CLAUSE("N-18", kViolation, "C++20 [replacement.functions]; glibc manual, Replacing malloc",
       "one object provides all 20 forms of new and delete") {
  const Provider provider = provider_of(kOperators[0].symbol);
  TextList foreign;
  for (const auto& [symbol, name] : kOperators) {
    const Provider other = provider_of(symbol);
    if (other != provider) foreign.add("%s is in %s", name, other.base == nullptr ? "no object" : other.object);
  }
  require(foreign.empty(), "operator new is in %s, but %s", provider.object, foreign.text());
}

// The names that suites/malloc/replaced_new.cc prints.
void forms_past_replacement(TextList* past) {
  int ends[2];
  if (pipe(ends) != 0) skipped("pipe failed: %s", strerror(errno));
  const char* program = sibling("replaced_new");
  const pid_t child = fork();
  if (child < 0) skipped("fork failed: %s", strerror(errno));
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl(program, program, static_cast<char*>(nullptr));
    _exit(127);
  }
  close(ends[1]);
  char text[1024] = "";
  std::size_t used = 0;
  for (ssize_t length; (length = read(ends[0], text + used, sizeof text - 1 - used)) > 0;)
    used += static_cast<std::size_t>(length);
  const Ending ending = wait_for(child);
  require(ending.clean(), "a program that replaces new and delete for single objects ends in %s", describe(ending));
  for (char* line = strtok(text, "\n"); line != nullptr; line = strtok(nullptr, "\n")) past->add("%s", line);
}

// The standard demands the forwarding of the default versions, those of the C++ library. A subject that replaces all
// forms is within its rights when its own do not forward: it has no default versions. A program that replaces some
// forms only is then served by two allocators, which is worth knowing, but no violation.
CLAUSE("N-17", kViolation, "C++20 [new.delete.single], [new.delete.array]: default behavior",
       "a program that replaces new and delete of single objects gets the other forms too") {
  TextList past;
  forms_past_replacement(&past);
  if (past.empty()) return;
  const char* owner = provider_of("_Znwm").object;
  if (strstr(owner, "libstdc++") == nullptr && strstr(owner, "libc++") == nullptr)
    skipped("%s replaces the default versions, and its own do not come to the program's: %s", owner, past.text());
  violated("default versions do not come to the program's own: %s", past.text());
}

}  // namespace
}  // namespace assay::suite
