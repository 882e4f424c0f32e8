// The contract of arenas and pools of objects (allocators/object_concept.h), instantiated for one class
// template by conformance_test: type = "my::Arena", without an argument.
#pragma once

#include "suites/core/version.h"
#include "suites/object/clauses/arrays.h"
#include "suites/object/clauses/exceptions.h"
#include "suites/object/clauses/lifetime.h"
#include "suites/object/clauses/placement.h"
#include "suites/object/clauses/storage.h"
#include "suites/object/clauses/whole.h"
#include "suites/object/faults.h"
#include "suites/object/model.h"

namespace assay::suite::object {

template <class Of>
struct Clauses : PlacementClauses<Of>,
                 LifetimeClauses<Of>,
                 ArrayClauses<Of>,
                 ExceptionClauses<Of>,
                 StorageClauses<Of>,
                 WholeClauses<Of>,
                 FaultClauses<Of>,
                 ModelClauses<Of> {
  static_assert(ObjectAllocator<Subject<Of, Witness>>);
};

}  // namespace assay::suite::object

#define ASSAY_CLAUSES(Type)                                                                        \
  namespace {                                                                                      \
  struct SubjectOf {                                                                               \
    template <class T>                                                                             \
    using type = Type<T>;                                                                          \
  };                                                                                               \
  const ::assay::suite::StatedVersion version(::assay::suite::version_of<SubjectOf::type<int>>()); \
  const ::assay::suite::object::Clauses<SubjectOf> clauses;                                        \
  }
