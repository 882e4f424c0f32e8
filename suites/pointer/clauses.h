// Contract, model, faults and stress of owners (pointers/concept.h), instantiated for one template by
// conformance_test.
#pragma once

#include "suites/core/version.h"
#include "suites/pointer/clauses/arrays.h"
#include "suites/pointer/clauses/chains.h"
#include "suites/pointer/clauses/conversion.h"
#include "suites/pointer/clauses/counts.h"
#include "suites/pointer/clauses/intrusive.h"
#include "suites/pointer/clauses/making.h"
#include "suites/pointer/clauses/overflow.h"
#include "suites/pointer/clauses/release.h"
#include "suites/pointer/clauses/storage.h"
#include "suites/pointer/clauses/unique.h"
#include "suites/pointer/clauses/weak.h"
#include "suites/pointer/faults.h"
#include "suites/pointer/model.h"
#include "suites/pointer/stress.h"

namespace assay::suite::pointer {

// `Of` names the subject: Of::type<T> is the owner of a T.
template <class Of>
struct Clauses {
  ReleaseClauses<Of> release;
  WeakClauses<Of> weak;
  OverflowClauses<Of> overflow;
  CountClauses<Of> counts;
  MakingClauses<Of> making;
  UniqueClauses<Of> unique;
  IntrusiveClauses<Of> intrusive;
  ChainClauses<Of> chains;
  ConversionClauses<Of> conversion;
  ArrayClauses<Of> arrays;
  StorageClauses<Of> storage;
  ModelClauses<Of> model;
  FaultClauses<Of> faults;
  StressClauses<Of> stress;
};

}  // namespace assay::suite::pointer

// Type is the name of a template, such as assay::Rc; it may have further parameters with defaults.
#define ASSAY_CLAUSES(Type)                                                                        \
  namespace {                                                                                      \
  struct SubjectOf {                                                                               \
    template <class T>                                                                             \
    using type = Type<T>;                                                                          \
  };                                                                                               \
  const ::assay::suite::StatedVersion version(::assay::suite::version_of<SubjectOf::type<int>>()); \
  const ::assay::suite::pointer::Clauses<SubjectOf> clauses;                                       \
  }
