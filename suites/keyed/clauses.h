// Contract, model, faults and stress of keyed slabs (allocators/keyed_concept.h), instantiated for one
// template by conformance_test.
#pragma once

#include "suites/core/version.h"
#include "suites/keyed/clauses/access.h"
#include "suites/keyed/clauses/copies.h"
#include "suites/keyed/clauses/generations.h"
#include "suites/keyed/clauses/growth.h"
#include "suites/keyed/clauses/keys.h"
#include "suites/keyed/clauses/moves.h"
#include "suites/keyed/clauses/removal.h"
#include "suites/keyed/clauses/values.h"
#include "suites/keyed/faults.h"
#include "suites/keyed/model.h"
#include "suites/keyed/stress.h"

namespace assay::suite::keyed {

// `Of` names the subject: Of::type<T> is the slab of values of type T.
template <class Of>
struct Clauses {
  KeyClauses<Of> keys;
  AccessClauses<Of> access;
  RemovalClauses<Of> removal;
  GrowthClauses<Of> growth;
  CopyClauses<Of> copies;
  MoveClauses<Of> moves;
  ValueClauses<Of> values;
  GenerationClauses<Of> generations;
  ModelClauses<Of> model;
  FaultClauses<Of> faults;
  StressClauses<Of> stress;
};

}  // namespace assay::suite::keyed

// Type is the name of a template, such as assay::Slab; it may have further parameters with defaults.
#define ASSAY_CLAUSES(Type)                                                                        \
  namespace {                                                                                      \
  struct SubjectOf {                                                                               \
    template <class T>                                                                             \
    using type = Type<T>;                                                                          \
  };                                                                                               \
  const ::assay::suite::StatedVersion version(::assay::suite::version_of<SubjectOf::type<int>>()); \
  const ::assay::suite::keyed::Clauses<SubjectOf> clauses;                                         \
  }
