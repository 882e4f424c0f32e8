// The contract of standard Allocators (Cpp17Allocator), instantiated by conformance_test for one class
// template or factory (suites/standard_allocator/subject.h).
#pragma once

#include "suites/standard_allocator/clauses/propagation.h"
#include "suites/standard_allocator/clauses/resource.h"
#include "suites/standard_allocator/clauses/storage.h"
#include "suites/standard_allocator/clauses/value.h"
#include "suites/standard_allocator/faults.h"
#include "suites/standard_allocator/model.h"
#include "suites/standard_allocator/subject.h"

namespace assay::suite::standard_allocator {

template <Factory Of>
struct Clauses : StorageClauses<Of>,
                 ValueClauses<Of>,
                 PropagationClauses<Of>,
                 ResourceClauses<Of>,
                 FaultClauses<Of>,
                 ModelClauses<Of> {};

template <Factory Of>
Clauses<Of> clauses_of();
template <template <class...> class A>
Clauses<Stateless<A>> clauses_of();

}  // namespace assay::suite::standard_allocator

#define ASSAY_CLAUSES(...) \
  static const decltype(::assay::suite::standard_allocator::clauses_of<__VA_ARGS__>()) clauses;
