// Contract, model, faults and stress of transfers (zerocopy/transfer_concept.h), instantiated for one type by
// conformance_test.
#pragma once

#include "suites/core/version.h"
#include "suites/transfer/clauses/aliasing.h"
#include "suites/transfer/clauses/bytes.h"
#include "suites/transfer/clauses/copies.h"
#include "suites/transfer/clauses/ends.h"
#include "suites/transfer/clauses/life.h"
#include "suites/transfer/clauses/nonblocking.h"
#include "suites/transfer/faults.h"
#include "suites/transfer/model.h"
#include "suites/transfer/stress.h"

namespace assay::suite::transfer {

template <class T>
struct Clauses {
  ByteClauses<T> bytes;
  NonblockingClauses<T> nonblocking;
  EndClauses<T> ends;
  AliasingClauses<T> aliasing;
  LifeClauses<T> life;
  CopyClauses<T> copies;
  ModelClauses<T> model;
  StressClauses<T> stress;
  FaultClauses<T> faults;
};

}  // namespace assay::suite::transfer

#define ASSAY_CLAUSES(Type)                                                        \
  namespace {                                                                      \
  const ::assay::suite::StatedVersion version(::assay::suite::version_of<Type>()); \
  const ::assay::suite::transfer::Clauses<Type> clauses;                           \
  }
