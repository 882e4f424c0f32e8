// Contract, model, faults and stress of locks that own their data (pointers/lock_concept.h), instantiated for
// one template by conformance_test.
#pragma once

#include "suites/core/version.h"
#include "suites/lock/clauses/exclusion.h"
#include "suites/lock/clauses/guards.h"
#include "suites/lock/clauses/poison.h"
#include "suites/lock/clauses/sharing.h"
#include "suites/lock/clauses/timed.h"
#include "suites/lock/clauses/values.h"
#include "suites/lock/clauses/waking.h"
#include "suites/lock/faults.h"
#include "suites/lock/model.h"
#include "suites/lock/stress.h"

namespace assay::suite::lock {

// `Of` names the subject: Of::type<T> is the lock of a T.
template <class Of>
struct Clauses {
  ExclusionClauses<Of> exclusion;
  TimedClauses<Of> timed;
  GuardClauses<Of> guards;
  PoisonClauses<Of> poison;
  ValueClauses<Of> values;
  SharingClauses<Of> sharing;
  WakingClauses<Of> waking;
  ModelClauses<Of> model;
  FaultClauses<Of> faults;
  StressClauses<Of> stress;
};

}  // namespace assay::suite::lock

// Type is the name of a template, such as assay::Mutex; it may have further parameters with defaults.
#define ASSAY_CLAUSES(Type)                                                                        \
  namespace {                                                                                      \
  struct SubjectOf {                                                                               \
    template <class T>                                                                             \
    using type = Type<T>;                                                                          \
  };                                                                                               \
  const ::assay::suite::StatedVersion version(::assay::suite::version_of<SubjectOf::type<int>>()); \
  const ::assay::suite::lock::Clauses<SubjectOf> clauses;                                          \
  }
