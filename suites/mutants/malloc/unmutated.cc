// No mutant: the base that all of them break, which must pass every clause.
#include "suites/mutants/malloc/base.h"

ASSAY_EXPORT_MALLOC(assay::mutant::Base)
