// The domain of what the workloads are given, as in suites/reclamation/subject.h; a type with neither has
// none.
#pragma once

#include "pointers/reclaimer_concept.h"

namespace assay::suite::reclamation {

template <class S>
struct MeasuredDomain {
  using type = S;
};
template <class S>
requires requires { typename S::Domain; }
struct MeasuredDomain<S> {
  using type = typename S::Domain;
};

template <class S>
concept HasDomain = Reclaimer<typename MeasuredDomain<S>::type>;

}  // namespace assay::suite::reclamation
