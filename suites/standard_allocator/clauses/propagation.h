// Containers whose allocators are equal or not, copied, moved, swapped and spliced, beside what the traits
// promise. The ledger sees to it that every block goes back to an allocator equal to the one it came from.
#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <new>
#include <utility>
#include <vector>

#include "suites/standard_allocator/watched.h"

namespace assay::suite::standard_allocator {

template <class Of, class T>
Watched<T, Of> watched(Of& factory, Ledger<Of>& ledger, int which) {
  return Watched<T, Of>(factory.template make<T>(which), ledger);
}

template <class Of>
using WatchedVector = std::vector<long, Watched<long, Of>>;
template <class Of>
using WatchedList = std::list<long, Watched<long, Of>>;
template <class Of>
using WatchedMap = std::map<long, long, std::less<>, Watched<std::pair<const long, long>, Of>>;

// Fills with first, first + 1, …
template <class C>
void fill(C& container, long first, std::size_t count) {
  for (long i = first; i < first + static_cast<long>(count); ++i) {
    if constexpr (requires { container.push_back(i); })
      container.push_back(i);
    else
      container.emplace(i, -i);
  }
}

template <class C>
bool holds(const C& container, long first, std::size_t count) {
  long expected = first;
  for (const auto& element : container) {
    if constexpr (requires { element.second; }) {
      if (element.first != expected || element.second != -expected) return false;
    } else if (element != expected) {
      return false;
    }
    ++expected;
  }
  return expected == first + static_cast<long>(count) && container.size() == count;
}

// Moves the elements of `source` behind those of `target`, node by node where the allocators are equal.
template <class C>
void splice(C& target, C& source) {
  const bool equal = target.get_allocator() == source.get_allocator();
  if constexpr (requires { target.splice(target.end(), source); }) {
    if (equal) {
      target.splice(target.end(), source);
    } else {
      target.insert(target.end(), source.begin(), source.end());
      source.clear();
    }
  } else if constexpr (requires { target.merge(source); }) {
    if (equal) {
      target.merge(source);
    } else {
      target.insert(source.begin(), source.end());
      source.clear();
    }
  } else {
    target.insert(target.end(), source.begin(), source.end());
    source.clear();
  }
}

// Two containers, and the operations between them.
template <class Of, template <class> class Container>
struct Between {
  using C = Container<Of>;
  using A = typename C::allocator_type;
  using AllocatorTraits = std::allocator_traits<A>;

  Of factory;
  Ledger<Of> ledger;
  const char* name;
  std::size_t ours, theirs;  // elements

  A allocator(int which) { return A(factory.template make<typename A::value_type>(which), ledger); }

  void require_state(const C& container, long first, std::size_t count, const A& expected,
                     const char* after) const {
    require(holds(container, first, count), "a %s of %zu does not hold %zu elements after %s from one of %zu",
            name, ours, count, after, theirs);
    require(container.get_allocator() == expected, "a %s has the wrong allocator after %s", name, after);
  }

  void run(int a, int b) {
    const A mine = allocator(a), other = allocator(b);
    const bool equal = mine == other;
    const auto fresh = [&](const A& of, long first, std::size_t count) {
      C container(of);
      fill(container, first, count);
      return container;
    };
    {
      C target = fresh(mine, 0, ours);
      const C source = fresh(other, 1000, theirs);
      target = source;
      require_state(source, 1000, theirs, other, "being copied");
      require_state(target, 1000, theirs,
                    AllocatorTraits::propagate_on_container_copy_assignment::value ? other : mine,
                    "a copy assignment");
      fill(target, 1000 + static_cast<long>(theirs), 5);  // it can go on growing
      require(holds(target, 1000, theirs + 5), "a %s that was copied to does not grow", name);
    }
    {
      C target = fresh(mine, 0, ours);
      C source = fresh(other, 1000, theirs);
      target = std::move(source);
      require_state(target, 1000, theirs,
                    AllocatorTraits::propagate_on_container_move_assignment::value ? other : mine,
                    "a move assignment");
      fill(target, 1000 + static_cast<long>(theirs), 5);
      require(holds(target, 1000, theirs + 5), "a %s that was moved to does not grow", name);
      source.clear();
      fill(source, 7, 3);
      require(holds(source, 7, 3), "a %s that was moved from cannot be filled again", name);
    }
    if (equal || AllocatorTraits::propagate_on_container_swap::value) {
      C target = fresh(mine, 0, ours);
      C source = fresh(other, 1000, theirs);
      target.swap(source);
      require_state(target, 1000, theirs, other, "a swap");
      require_state(source, 0, ours, mine, "a swap");
    }
    {
      C target = fresh(mine, 0, ours);
      C source = fresh(other, static_cast<long>(ours), theirs);
      splice(target, source);
      require_state(target, 0, ours + theirs, mine, "a splice");
      require_state(source, 0, 0, other, "being spliced");
    }
    {
      C source = fresh(other, 0, theirs);
      const C copy(source);
      require_state(copy, 0, theirs, AllocatorTraits::select_on_container_copy_construction(other), "a copy");
      const C beside(source, mine);
      require_state(beside, 0, theirs, mine, "a copy with an allocator");
      C moved(std::move(source), mine);
      require_state(moved, 0, theirs, mine, "a move with an allocator");
      const C taken(std::move(moved));
      require_state(taken, 0, theirs, mine, "a move construction");
    }
    require(ledger.live_blocks() == 0, "%zu blocks of a %s never came back", ledger.live_blocks(), name);
  }
};

template <class Of, template <class> class Container>
void check_between(const char* name) {
  for (const std::size_t ours : {0u, 1u, 3u, 40u})
    for (const std::size_t theirs : {0u, 1u, 3u, 40u})
      for (const int a : {0, 1})
        for (const int b : {0, 1}) {
          Between<Of, Container> between{
              .factory = {}, .ledger = {}, .name = name, .ours = ours, .theirs = theirs};
          between.run(a, b);
        }
}

template <class Of>
void check_propagation() {
  try {
    check_between<Of, WatchedList>("list");
    check_between<Of, WatchedMap>("map");
    check_between<Of, WatchedVector>("vector");
  } catch (const std::bad_alloc&) {
    skipped("the subject refuses what containers of 85 elements need");
  }
}

template <class Of>
struct PropagationClauses {
  Clause propagation{"R-28", ClauseClass::kViolation, "[container.alloc.reqmts]",
                     "Containers copy, move, swap and splice as propagate_* and is_always_equal promise",
                     &check_propagation<Of>};
};

}  // namespace assay::suite::standard_allocator
