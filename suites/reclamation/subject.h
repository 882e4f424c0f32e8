// What the suite is given: a domain of reclamation, or a type that has one as its Domain and, where it has
// any, the structures Stack<T>, Queue<T> and Map<Key, Value> over it.
#pragma once

#include <atomic>
#include <cstddef>
#include <latch>
#include <new>
#include <thread>

#include "pointers/reclaimer_concept.h"
#include "suites/core/clause.h"
#include "suites/reclamation/canary.h"

namespace assay::suite::reclamation {

template <class S>
struct DomainOf {
  using type = S;
};
template <class S>
requires requires { typename S::Domain; }
struct DomainOf<S> {
  using type = typename S::Domain;
};

template <class S>
using Domain = typename DomainOf<S>::type;

template <class S>
using Guard = typename Domain<S>::Guard;

template <class S>
inline constexpr ReclaimerTraits kClaims = Domain<S>::kTraits;

template <class S>
concept HasStack = SharedStack<typename S::template Stack<long>, Domain<S>>;
template <class S>
concept HasQueue = SharedQueue<typename S::template Queue<long>, Domain<S>>;
template <class S>
concept HasMap = SharedMap<typename S::template Map<long, long>, Domain<S>>;

// A shared pointer and what a writer does with it.
using Source = std::atomic<Canary*>;

// The writer takes the object out, so that no reader finds it from then on.
inline Canary* unlink(Source& source, Canary* next = nullptr) {
  return source.exchange(next, std::memory_order_acq_rel);  // pairs with the acquire of protect(), both ways
}

// What deleters retire may need as many collections.
template <class D>
void collect_all(D& domain, long expected_live = 0) {
  for (int i = 0; i < 5000 && Canary::live() > expected_live; ++i) domain.collect();
}

// A thread that protects what `source` points to, and then stalls until it is let go.
template <class D>
class StalledReader {
 public:
  StalledReader(D& domain, const Source& source)
      : thread_([this, &domain, &source] {
          auto guard = domain.pin();
          Canary* const object = guard.protect(source);
          stalls_.count_down();
          may_go_.wait();
          if (object != nullptr && reads_) object->read();
        }) {
    stalls_.wait();
  }
  // It looks at the object before it lets go of it.
  void let_go(bool reads = true) {
    reads_ = reads;
    may_go_.count_down();
    thread_.join();
  }

 private:
  std::latch stalls_{1}, may_go_{1};
  bool reads_ = true;
  std::thread thread_;
};

}  // namespace assay::suite::reclamation
