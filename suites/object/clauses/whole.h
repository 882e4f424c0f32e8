// The arena as a whole: what it visits and counts, and that it can be moved.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "suites/object/clauses/lifetime.h"
#include "suites/object/logged.h"
#include "suites/object/subject.h"

namespace assay::suite::object {

template <class S>
std::vector<long> visited(S& subject) {
  std::vector<long> ids;
  subject.for_each([&](Logged& object) { ids.push_back(object.id()); });
  return ids;
}

template <class Of>
void check_iteration() {
  using S = Subject<Of, Logged>;
  if constexpr (!S::kTraits.iterates) {
    absent("claims no iteration");
  } else {
    for (const long count : kPopulations) {
      Upstream upstream;
      auto subject = make_subject<S>(upstream);
      const auto require_visit = [&](const std::vector<long>& live) {
        const std::vector<long> seen = visited(subject);
        require(seen.size() == live.size(), "%zu objects of %zu are visited", seen.size(), live.size());
        for (std::size_t i = 0; i < live.size(); ++i)
          require(seen[i] == live[i], "the object visited as number %zu is %ld instead of %ld", i, seen[i],
                  live[i]);
      };
      std::vector<long> live = populate(subject, count, 0);
      require_visit(live);
      if constexpr (S::kTraits.clears) {
        subject.clear();
        live.clear();
        require_visit(live);
      }
      const std::vector<long> more = populate(subject, count, 5000);
      live.insert(live.end(), more.begin(), more.end());
      require_visit(live);
    }
  }
}

template <class Of>
void check_size() {
  using S = Subject<Of, Logged>;
  if constexpr (!S::kTraits.iterates) {
    absent("claims no iteration, and no size with it");
  } else {
    for (const long count : kPopulations) {
      Upstream upstream;
      auto subject = make_subject<S>(upstream);
      const auto require_size = [&](std::size_t live) {
        require(std::as_const(subject).size() == live, "size() is %zu and not %zu",
                std::as_const(subject).size(), live);
      };
      require_size(0);
      std::size_t live = populate(subject, count, 0).size();
      require_size(live);
      if constexpr (S::kTraits.clears) {
        subject.clear();
        live = 0;
        require_size(live);
      }
      require_size(live += populate(subject, count, 5000).size());
    }
  }
}

template <class Of>
void check_moves() {
  using S = Subject<Of, Logged>;
  if constexpr (!S::kTraits.moves) {
    absent("claims no moves");
  } else {
    for (const long count : {0, 1, 5, 100}) {
      Upstream first, second;
      const long live = Witness::live;
      {
        auto a = make_subject<S>(first);
        auto b = make_subject<S>(second);
        std::vector<std::pair<Logged*, long>> of_a, of_b;
        const auto fill = [](S& subject, std::vector<std::pair<Logged*, long>>& objects, long n, long id) {
          for (long i = 0; i < n; ++i)
            if (Logged* object = subject.create(id + i)) objects.emplace_back(object, id + i);
        };
        const auto require_objects = [](const std::vector<std::pair<Logged*, long>>& objects,
                                        const char* when) {
          for (const auto& [object, id] : objects)
            require(object->id() == id, "object %ld is lost %s", id, when);
        };
        const auto require_live = [&](std::size_t objects, const char* when) {
          require(Witness::live == live + static_cast<long>(objects), "%ld objects are live and not %zu %s",
                  Witness::live - live, objects, when);
        };
        fill(a, of_a, count, 0);
        fill(b, of_b, 20, 1000);
        S c(std::move(a));
        require_objects(of_a, "by a move");
        std::vector<std::pair<Logged*, long>> of_moved_from;
        fill(a, of_moved_from, 30, 2000);
        fill(c, of_a, 30, 500);
        require_objects(of_moved_from, "by creation in an arena that was moved from");
        require_objects(of_a, "by creation in the arena moved from");
        if constexpr (S::kTraits.iterates) {
          long seen = 0;
          a.for_each([&](Logged& object) { seen += object.id() >= 2000; });
          require(seen == static_cast<long>(of_moved_from.size()),
                  "an arena that was moved from is not empty");
        }
        using std::swap;
        swap(b, c);  // b has a's objects now
        require_objects(of_a, "by a swap");
        require_objects(of_b, "by a swap");
        fill(b, of_a, 10, 700);
        require_live(of_a.size() + of_b.size() + of_moved_from.size(), "before an assignment");
        const std::size_t logged = Logged::log.size();
        c = std::move(b);  // ends c's objects as the arena's end would
        require_objects(of_a, "by an assignment");
        if (S::kTraits.destroys_the_rest) {
          for (long id = 1000; id < 1000 + static_cast<long>(of_b.size()); ++id)
            require(Logged::times_destroyed(id, logged) == 1,
                    "an arena that was assigned to destroyed its object %ld %ld times", id,
                    Logged::times_destroyed(id, logged));
          require_live(of_a.size() + of_moved_from.size(), "after an assignment");
        }
        S& same = c;
        c = std::move(same);  // valid, whatever is left
        b = make_subject<S>(second);
        std::vector<std::pair<Logged*, long>> again;
        fill(b, again, 10, 3000);
        require_objects(again, "in an arena that was moved from and assigned to");
        require_invariants(a);
        require_invariants(b);
        require_invariants(c);
      }
      if (S::kTraits.destroys_the_rest)
        require(Witness::live == live, "%ld objects outlive the arenas that were moved",
                Witness::live - live);
    }
  }
}

template <class Of>
struct WholeClauses {
  Clause size{"A-21", ClauseClass::kViolation, "allocators/object_concept.h",
              "size() counts the live objects", &check_size<Of>};
  Clause moves{
      "A-22", ClauseClass::kViolation, "allocators/object_concept.h",
      "Moves and swaps leave objects where they are; an arena that was moved from is empty and usable",
      &check_moves<Of>};
  Clause iteration{"O-01", ClauseClass::kViolation, "allocators/object_concept.h; typed-arena",
                   "for_each() visits every live object once, in order of creation", &check_iteration<Of>};
};

}  // namespace assay::suite::object
