// Contract, model and faults of readers (zerocopy/reader_concept.h), instantiated for one type by
// conformance_test.
#pragma once

#include "suites/core/version.h"
#include "suites/reader/clauses/changes.h"
#include "suites/reader/clauses/life.h"
#include "suites/reader/clauses/ranges.h"
#include "suites/reader/clauses/reads.h"
#include "suites/reader/faults.h"
#include "suites/reader/model.h"

namespace assay::suite::reader {

template <class R>
struct Clauses {
  RangeClauses<R> ranges;
  ChangeClauses<R> changes;
  ReadClauses<R> reads;
  LifeClauses<R> life;
  ModelClauses<R> model;
  FaultClauses<R> faults;
};

}  // namespace assay::suite::reader

#define ASSAY_CLAUSES(Type)                                                        \
  namespace {                                                                      \
  const ::assay::suite::StatedVersion version(::assay::suite::version_of<Type>()); \
  const ::assay::suite::reader::Clauses<Type> clauses;                             \
  }
