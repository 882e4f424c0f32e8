// The process that runs one clause, `probe C-21`, or lists them all, `probe --list`: the subject's version on
// the first line, then id, class, source and sentence with tabs between them. The driver starts it with the
// subject in LD_PRELOAD; a person may do the same by hand and reads the finding on standard output.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "suites/core/clause.h"
#include "suites/core/finding.h"
#include "suites/core/version.h"

int main(int count, char** arguments) {
  using namespace assay::suite;
  if (count == 2 && strcmp(arguments[1], "--list") == 0) {
    printf("%s\n", subject_version);
    for (const Clause* clause = first_clause(); clause != nullptr; clause = clause->next)
      printf("%s\t%c\t%s\t%s\n", clause->id, static_cast<char>(clause->clause_class), clause->source,
             clause->sentence);
    return 0;
  }
  const Clause* clause = count == 2 ? find_clause(arguments[1]) : nullptr;
  if (clause == nullptr) {
    fprintf(stderr, "usage: %s CLAUSE, one of:\n", arguments[0]);
    for (clause = first_clause(); clause != nullptr; clause = clause->next)
      fprintf(stderr, "  %s %s\n", clause->id, clause->sentence);
    return 2;
  }
  clause->check();
  held();
}
