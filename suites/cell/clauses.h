// Contract, model and faults of cells (pointers/cell_concept.h), instantiated for one template by
// conformance_test.
#pragma once

#include "suites/cell/clauses/borrows.h"
#include "suites/cell/clauses/conflicts.h"
#include "suites/cell/clauses/copies_on_write.h"
#include "suites/cell/clauses/guards.h"
#include "suites/cell/clauses/values.h"
#include "suites/cell/faults.h"
#include "suites/cell/model.h"
#include "suites/core/version.h"

namespace assay::suite::cell {

// `Of` names the subject: Of::type<T> is the cell of a value of type T.
template <class Of>
struct Clauses {
  ValueClauses<Of> values;
  BorrowClauses<Of> borrows;
  GuardClauses<Of> guards;
  ConflictClauses<Of> conflicts;
  CopyOnWriteClauses<Of> copies_on_write;
  ModelClauses<Of> model;
  FaultClauses<Of> faults;
};

}  // namespace assay::suite::cell

// Type is the name of a template, such as assay::RefCell; it may have further parameters with defaults.
#define ASSAY_CLAUSES(Type)                                                                        \
  namespace {                                                                                      \
  struct SubjectOf {                                                                               \
    template <class T>                                                                             \
    using type = Type<T>;                                                                          \
  };                                                                                               \
  const ::assay::suite::StatedVersion version(::assay::suite::version_of<SubjectOf::type<int>>()); \
  const ::assay::suite::cell::Clauses<SubjectOf> clauses;                                          \
  }
