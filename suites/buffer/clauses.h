// Contract, model, faults and stress of shared byte buffers (zerocopy/buffer_concept.h), instantiated for one
// type by conformance_test.
#pragma once

#include "suites/buffer/clauses/handles.h"
#include "suites/buffer/clauses/lifetime.h"
#include "suites/buffer/clauses/parts.h"
#include "suites/buffer/clauses/ranges.h"
#include "suites/buffer/clauses/room.h"
#include "suites/buffer/clauses/uniqueness.h"
#include "suites/buffer/clauses/writing.h"
#include "suites/buffer/faults.h"
#include "suites/buffer/model.h"
#include "suites/buffer/stress.h"
#include "suites/core/version.h"

namespace assay::suite::buffer {

// `B` is the shared type; its mutable one is B::Mutable.
template <class B>
struct Clauses {
  HandleClauses<B> handles;
  RangeClauses<B> ranges;
  LifetimeClauses<B> lifetime;
  UniquenessClauses<B> uniqueness;
  WritingClauses<B> writing;
  RoomClauses<B> room;
  PartClauses<B> parts;
  ModelClauses<B> model;
  FaultClauses<B> faults;
  StressClauses<B> stress;
};

}  // namespace assay::suite::buffer

#define ASSAY_CLAUSES(Type)                                                        \
  namespace {                                                                      \
  const ::assay::suite::StatedVersion version(::assay::suite::version_of<Type>()); \
  const ::assay::suite::buffer::Clauses<Type> clauses;                             \
  }
