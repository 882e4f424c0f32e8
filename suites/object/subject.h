// How the suite makes its subjects. ASSAY_CLAUSES is given a class template of one parameter, here as
// Of::type, so that each check chooses its own objects.
#pragma once

#include <cstddef>

#include "allocators/object_concept.h"
#include "suites/core/clause.h"
#include "suites/core/footprint.h"
#include "suites/core/upstream.h"

namespace assay::suite::object {

template <class Of, class T>
using Subject = typename Of::template type<T>;

// A subject over `upstream` where it takes one.
template <ObjectAllocator S>
S make_subject(Upstream& upstream) {
  if constexpr (S::kTraits.takes_upstream) {
    return S(&upstream);
  } else {
    static_cast<void>(upstream);
    return S();
  }
}

// What a subject holds: exact where it takes the suite's upstream, otherwise what the process occupies.
template <ObjectAllocator S>
class Holding {
 public:
  explicit Holding(const Upstream& upstream) : upstream_(upstream) {}

  void remember() { held_ = now(); }
  void require_no_growth(const char* after) const {
    const std::size_t present = now();
    require(present <= held_ + kTolerated, "%s the arena holds %zu bytes more than before", after,
            present - held_);
  }

 private:
  static constexpr std::size_t kTolerated = S::kTraits.takes_upstream ? 0 : std::size_t{4} << 20;
  std::size_t now() const { return S::kTraits.takes_upstream ? upstream_.live_bytes() : resident_bytes(); }

  const Upstream& upstream_;
  std::size_t held_ = 0;
};

template <ObjectAllocator S>
void require_invariants(const S& subject) {
  if constexpr (requires { subject.check_invariants(); }) subject.check_invariants();
}

}  // namespace assay::suite::object
