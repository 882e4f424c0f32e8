// Contract, model, faults and stress of garbage-collected heaps (gc/concept.h), instantiated for one type by
// conformance_test.
#pragma once

#include "suites/collector/clauses/constructors.h"
#include "suites/collector/clauses/destructors.h"
#include "suites/collector/clauses/finalizers.h"
#include "suites/collector/clauses/generations.h"
#include "suites/collector/clauses/heaps.h"
#include "suites/collector/clauses/limits.h"
#include "suites/collector/clauses/marking.h"
#include "suites/collector/clauses/memory.h"
#include "suites/collector/clauses/moves.h"
#include "suites/collector/clauses/objects.h"
#include "suites/collector/clauses/reclamation.h"
#include "suites/collector/clauses/roots.h"
#include "suites/collector/clauses/schedules.h"
#include "suites/collector/clauses/statistics.h"
#include "suites/collector/clauses/stores.h"
#include "suites/collector/clauses/threads.h"
#include "suites/collector/clauses/verify.h"
#include "suites/collector/clauses/weak.h"
#include "suites/collector/clauses/young_finalizers.h"
#include "suites/collector/faults.h"
#include "suites/collector/model.h"
#include "suites/collector/stress.h"
#include "suites/core/version.h"

namespace assay::suite::collector {

// `H` is the heap.
template <class H>
struct Clauses {
  static_assert(Collector<H>);
  RootClauses<H> roots;
  ConstructorClauses<H> constructors;
  StoreClauses<H> stores;
  MarkingClauses<H> marking;
  ReclamationClauses<H> reclamation;
  MemoryClauses<H> memory;
  WeakClauses<H> weak;
  FinalizerClauses<H> finalizers;
  YoungFinalizerClauses<H> young_finalizers;
  DestructorClauses<H> destructors;
  LimitClauses<H> limits;
  StatisticsClauses<H> statistics;
  MoveClauses<H> moves;
  GenerationClauses<H> generations;
  HeapClauses<H> heaps;
  ThreadClauses<H> threads;
  VerifyClauses<H> verify;
  ObjectClauses<H> objects;
  ScheduleClauses<H> schedules;
  ModelClauses<H> model;
  FaultClauses<H> faults;
  StressClauses<H> stress;
};

}  // namespace assay::suite::collector

// Type is the heap itself, such as assay::MarkSweepHeap.
#define ASSAY_CLAUSES(Type)                                                        \
  namespace {                                                                      \
  const ::assay::suite::StatedVersion version(::assay::suite::version_of<Type>()); \
  const ::assay::suite::collector::Clauses<Type> clauses;                          \
  }
