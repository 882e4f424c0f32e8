// Each object is constructed once and destroyed once, or never, as the subject claims.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <vector>

#include "suites/core/random.h"
#include "suites/object/logged.h"
#include "suites/object/subject.h"

namespace assay::suite::object {

template <class Of>
void check_pairing() {
  using S = Subject<Of, Logged>;
  Upstream upstream;
  auto subject = make_subject<S>(upstream);
  std::vector<Logged*> objects;
  Random random(seed());
  for (long id = 0; id < 1000; ++id) {
    const long constructed = Witness::constructed, destroyed = Witness::destroyed;
    if (id % 8 == 7) {
      Witness::throw_after = 0;
      bool arrived = false;
      try {
        subject.create(id);
      } catch (const WitnessThrow&) {
        arrived = true;
      }
      if (Witness::throw_after == 0) break;  // exhausted: nothing was constructed
      require(arrived, "what a constructor threw did not arrive");
      require(Witness::constructed == constructed && Witness::destroyed == destroyed,
              "a constructor that threw was followed by %ld constructions and %ld destructions",
              Witness::constructed - constructed, Witness::destroyed - destroyed);
      continue;
    }
    Logged* object = subject.create(id);
    if (object == nullptr) break;
    require(Witness::constructed == constructed + 1 && Witness::destroyed == destroyed && object->id() == id,
            "create(%ld) ran %ld constructors and %ld destructors", id, Witness::constructed - constructed,
            Witness::destroyed - destroyed);
    objects.push_back(object);
    if constexpr (S::kTraits.destroys_individually) {
      if (random.one_in(2)) continue;
      const std::size_t victim = random.below(objects.size()), logged = Logged::log.size();
      const long dying = objects[victim]->id();
      subject.destroy(objects[victim]);
      objects[victim] = objects.back();
      objects.pop_back();
      require(Logged::log.size() == logged + 1 && Logged::log.back() == dying,
              "destroy() of object %ld ran %zu destructors", dying, Logged::log.size() - logged);
    }
  }
  for (const Logged* object : objects) require(object->id() >= 0, "a live object lost its value");
}

// Fills an arena with `count` objects and, where the claims allow it, arrays and holes that are partly
// refilled. Returns the identities of the live objects in order of creation.
template <class S>
std::vector<long> populate(S& subject, long count, long first_id) {
  std::vector<std::pair<long, Logged*>> objects;
  long id = first_id;
  const auto create = [&] {
    if (Logged* object = subject.create(id)) objects.emplace_back(id++, object);
  };
  for (long i = 0; i < count; ++i) {
    create();
    if constexpr (S::kTraits.creates_arrays) {
      if (i % 10 != 3) continue;
      const long start = id;
      const std::size_t length = static_cast<std::size_t>(i % 4 + 1);
      if (subject.create_array(length, [&](std::size_t k) { return Logged(start + static_cast<long>(k)); }))
        for (; id < start + static_cast<long>(length); ++id) objects.emplace_back(id, nullptr);
    }
  }
  if constexpr (S::kTraits.destroys_individually) {
    for (std::size_t i = 0; i < objects.size(); i += 3) {
      if (objects[i].second == nullptr) continue;  // an array is given up as a whole
      subject.destroy(objects[i].second);
      objects[i].first = -1;
    }
    std::erase_if(objects, [](const auto& object) { return object.first < 0; });
    for (long i = 0; i < count / 6; ++i) create();
  }
  std::vector<long> live;
  for (const auto& object : objects) live.push_back(object.first);
  return live;
}

constexpr long kPopulations[] = {0, 1, 2, 3, 7, 16, 33, 64, 65, 200};

inline void require_each_once(const std::vector<long>& live, std::size_t logged, const char* when) {
  std::vector<long> dead(Logged::log.begin() + static_cast<std::ptrdiff_t>(logged), Logged::log.end());
  std::sort(dead.begin(), dead.end());
  for (const long id : live) {
    const auto range = std::equal_range(dead.begin(), dead.end(), id);
    require(range.second - range.first == 1, "object %ld of %zu was destroyed %td times %s", id, live.size(),
            range.second - range.first, when);
  }
  require(dead.size() == live.size(), "%zu objects were live, and %zu were destroyed %s", live.size(),
          dead.size(), when);
}

template <class Of>
void check_end() {
  using S = Subject<Of, Logged>;
  for (const long count : kPopulations) {
    Upstream upstream;
    std::vector<long> live;
    std::size_t logged = 0;
    {
      auto subject = make_subject<S>(upstream);
      live = populate(subject, count, 0);
      logged = Logged::log.size();
    }
    if (S::kTraits.destroys_the_rest)
      require_each_once(live, logged, "by the end of the arena");
    else
      require(Logged::log.size() == logged,
              "the end of the arena, which claims to destroy nothing, destroyed");
  }
}

template <class Of>
void check_order() {
  using S = Subject<Of, Logged>;
  if constexpr (S::kTraits.order == DestructionOrder::kUnspecified ||
                !(S::kTraits.destroys_the_rest || S::kTraits.clears)) {
    absent("claims no order of destruction");
  } else {
    const auto require_order = [](std::size_t begin, const char* when) {
      for (std::size_t i = begin + 1; i < Logged::log.size(); ++i) {
        const long before = Logged::log[i - 1], after = Logged::log[i];
        require((before < after) == (S::kTraits.order == DestructionOrder::kCreation),
                "object %ld is destroyed before object %ld %s", before, after, when);
      }
    };
    for (const long count : kPopulations) {
      Upstream upstream;
      std::optional<S> subject;
      if constexpr (S::kTraits.takes_upstream)
        subject.emplace(&upstream);
      else
        subject.emplace();
      std::size_t logged = 0;
      if constexpr (S::kTraits.clears) {
        populate(*subject, count, 0);
        logged = Logged::log.size();
        subject->clear();
        require_order(logged, "by clear()");
      }
      populate(*subject, count, 1000);
      logged = Logged::log.size();
      subject.reset();
      require_order(logged, "by the end of the arena");
    }
  }
}

// An object that shows what its storage held.
struct Payload {
  long words[5];
};

template <class Of>
void check_fresh_state() {
  using S = Subject<Of, Payload>;
  Upstream upstream;  // gives storage that is not zero
  auto subject = make_subject<S>(upstream);
  std::vector<Payload*> objects;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 100; ++i) {
      Payload* object = subject.create();
      if (object == nullptr) break;
      for (const long word : object->words)
        require(word == 0, "a value-initialised object shows %#lx of what its storage held before",
                static_cast<unsigned long>(word));
      std::memset(object, 0x5e, sizeof *object);
      objects.push_back(object);
    }
    if constexpr (S::kTraits.destroys_individually) {
      for (Payload* object : objects) subject.destroy(object);
    } else if constexpr (S::kTraits.clears) {
      subject.clear();
    }
    objects.clear();
  }
}

template <class Of>
struct LifetimeClauses {
  Clause pairing{"P-06", ClauseClass::kViolation, "allocators/object_concept.h; boostorg/pool@f140f96",
                 "create() runs one constructor, destroy() one destructor; one that throws is all that runs",
                 &check_pairing<Of>};
  Clause end{"P-07", ClauseClass::kViolation, "allocators/object_concept.h; boost::object_pool",
             "The end of the arena destroys what is live, holes or not, each once; or nothing, as claimed",
             &check_end<Of>};
  Clause order{"A-13", ClauseClass::kViolation, "allocators/object_concept.h; typed-arena, bumpalo",
               "Objects that are destroyed together are destroyed in the order claimed", &check_order<Of>};
  Clause fresh{"P-16", ClauseClass::kViolation, "allocators/object_concept.h; EsotericSoftware/kryo#665",
               "A created object shows nothing of what its storage held before", &check_fresh_state<Of>};
};

}  // namespace assay::suite::object
