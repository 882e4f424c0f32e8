// Replacing operator new: what the subject replaces, and what a program may still replace itself.
#include <stdio.h>
#include <string.h>

#include "suites/core/clause.h"
#include "suites/malloc/entry_points.h"
#include "suites/core/forked.h"
#include "suites/malloc/provider.h"
#include "suites/malloc/text_list.h"

namespace assay::suite {
namespace {

// The forms of one kind. Their default versions in the C++ library all come down to the first new and the
// first delete, so that a subject may leave them out, but must have both of the first or neither.
struct Kind {
  const char* base_new[2];  // symbol and name
  const char* base_delete[2];
  const char* others[8][2];
};
constexpr Kind kKinds[] = {
    {{"_Znwm", "new(size)"},
     {"_ZdlPv", "delete(p)"},
     {{"_Znam", "new[](size)"},
      {"_ZnwmRKSt9nothrow_t", "new(size, nothrow)"},
      {"_ZnamRKSt9nothrow_t", "new[](size, nothrow)"},
      {"_ZdaPv", "delete[](p)"},
      {"_ZdlPvm", "delete(p, size)"},
      {"_ZdaPvm", "delete[](p, size)"},
      {"_ZdlPvRKSt9nothrow_t", "delete(p, nothrow)"},
      {"_ZdaPvRKSt9nothrow_t", "delete[](p, nothrow)"}}},
    {{"_ZnwmSt11align_val_t", "new(size, align)"},
     {"_ZdlPvSt11align_val_t", "delete(p, align)"},
     {{"_ZnamSt11align_val_t", "new[](size, align)"},
      {"_ZnwmSt11align_val_tRKSt9nothrow_t", "new(size, align, nothrow)"},
      {"_ZnamSt11align_val_tRKSt9nothrow_t", "new[](size, align, nothrow)"},
      {"_ZdaPvSt11align_val_t", "delete[](p, align)"},
      {"_ZdlPvmSt11align_val_t", "delete(p, size, align)"},
      {"_ZdaPvmSt11align_val_t", "delete[](p, size, align)"},
      {"_ZdlPvSt11align_val_tRKSt9nothrow_t", "delete(p, align, nothrow)"},
      {"_ZdaPvSt11align_val_tRKSt9nothrow_t", "delete[](p, align, nothrow)"}}},
};

bool is_cxx_library(const Provider& provider) {
  return strstr(provider.object, "libstdc++") != nullptr || strstr(provider.object, "libc++") != nullptr;
}

CLAUSE("N-18", kViolation, "C++20 [replacement.functions]; glibc manual, Replacing malloc",
       "no form of new has its delete in another object") {
  TextList left_out;
  for (const Kind& kind : kKinds) {
    const Provider maker = provider_of(kind.base_new[0]), releaser = provider_of(kind.base_delete[0]);
    require(maker == releaser, "operator %s is in %s, but %s is in %s", kind.base_new[1], maker.object,
            kind.base_delete[1], releaser.object);
    for (const auto& [symbol, name] : kind.others) {
      const Provider provider = provider_of(symbol);
      if (provider == maker) continue;
      require(is_cxx_library(provider), "operator %s is in %s, but %s is in %s", kind.base_new[1],
              maker.object, name, provider.object);
      left_out.add("%s", name);
    }
  }
  if (!left_out.empty()) note("left to the default versions, which forward: %s", left_out.text());
}

// Who provides the form that `name` is the name of.
Provider provider_of_form(const char* name) {
  for (const Kind& kind : kKinds) {
    for (const auto& [symbol, other] : kind.others)
      if (strcmp(name, other) == 0) return provider_of(symbol);
  }
  return {};
}

// The lines that suites/malloc/replaced_new.cc prints.
void read_output_of_replaced_new(char* text, std::size_t size) {
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
  std::size_t used = 0;
  for (ssize_t length; (length = read(ends[0], text + used, size - 1 - used)) > 0;)
    used += static_cast<std::size_t>(length);
  text[used] = '\0';
  const Ending ending = wait_for(child);
  require(ending.clean(), "a program that replaces new and delete for single objects ends in %s",
          describe(ending));
}

// The standard demands the forwarding of the default versions, those of the C++ library. A subject that
// replaces a form is within its rights when its own does not forward: it is no default version. A program
// that replaces some forms only is then served by two allocators, which is worth knowing, but no violation.
CLAUSE("N-17", kViolation, "C++20 [new.delete.single], [new.delete.array]: default behavior",
       "replacing new and delete of single objects replaces what their defaults forward to") {
  char text[1024];
  read_output_of_replaced_new(text, sizeof text);
  TextList past;
  const char* subject = nullptr;  // one that stands in the way
  for (const char* form = strtok(text, "\n"); form != nullptr; form = strtok(nullptr, "\n")) {
    past.add("%s", form);
    const Provider provider = provider_of_form(form);
    if (!is_cxx_library(provider)) subject = provider.object;
  }
  if (subject != nullptr)
    skipped("%s replaces default versions, so a program's own new and delete are not used by %s", subject,
            past.text());
  require(past.empty(), "default versions that do not come to the program's own: %s", past.text());
}

}  // namespace
}  // namespace assay::suite
