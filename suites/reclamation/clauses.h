// Contract, model, faults and stress of safe memory reclamation (pointers/reclaimer_concept.h), instantiated
// for one type by conformance_test: a domain, or a type that names one and the structures over it.
#pragma once

#include "suites/core/version.h"
#include "suites/reclamation/clauses/domains.h"
#include "suites/reclamation/clauses/freeing.h"
#include "suites/reclamation/clauses/garbage.h"
#include "suites/reclamation/clauses/guards.h"
#include "suites/reclamation/clauses/protection.h"
#include "suites/reclamation/clauses/structures.h"
#include "suites/reclamation/clauses/threads.h"
#include "suites/reclamation/faults.h"
#include "suites/reclamation/model.h"
#include "suites/reclamation/stress.h"

namespace assay::suite::reclamation {

template <class S>
struct Clauses {
  static_assert(Reclaimer<Domain<S>>);
  ProtectionClauses<S> protection;
  GuardClauses<S> guards;
  FreeingClauses<S> freeing;
  GarbageClauses<S> garbage;
  ThreadClauses<S> threads;
  DomainClauses<S> domains;
  StructureClauses<S> structures;
  ModelClauses<S> model;
  FaultClauses<S> faults;
  StressClauses<S> stress;
};

}  // namespace assay::suite::reclamation

#define ASSAY_CLAUSES(Type)                                                     \
  namespace {                                                                   \
  const ::assay::suite::StatedVersion version(                                  \
      ::assay::suite::version_of<::assay::suite::reclamation::Domain<Type>>()); \
  const ::assay::suite::reclamation::Clauses<Type> clauses;                     \
  }
