// A MutantHeap that marks on a thread of its own, beside its mutators (mutant_beside.h).
#pragma once

#include "suites/mutants/collector/mutant_heap.h"

namespace assay::mutant {

class ConcurrentMutantHeap : public MutantHeap {
 public:
  static constexpr CollectorTraits kTraits{.moves = true,
                                           .concurrent = true,
                                           .threads = true,
                                           .independent_heaps = true,
                                           .has_weak = true,
                                           .destroys = true,
                                           .finalizes = true,
                                           .limits = true,
                                           .gives_back = true,
                                           .counts = true,
                                           .verifies = true};
  ConcurrentMutantHeap() : ConcurrentMutantHeap(CollectorOptions()) {}
  explicit ConcurrentMutantHeap(const CollectorOptions& options) : MutantHeap(options, true) {}
};

static_assert(Collector<ConcurrentMutantHeap>);

}  // namespace assay::mutant
