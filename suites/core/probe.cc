// The process that runs one clause: `probe C-21`. The driver starts it with the subject in LD_PRELOAD; a
// person may do the same by hand and reads the finding on standard output.
#include <stdio.h>
#include <unistd.h>

#include "suites/core/clause.h"
#include "suites/core/finding.h"

int main(int count, char** arguments) {
  using namespace assay::suite;
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
