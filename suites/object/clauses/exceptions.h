// Constructors and initialisers that throw, or that create in the arena that is calling them.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "suites/core/model.h"
#include "suites/object/logged.h"
#include "suites/object/subject.h"

namespace assay::suite::object {

// Writes all of itself before it throws, so that storage that is not given back shows as occupied.
struct Bulky {
  static inline long throw_after = -1;

  Bulky() : Bulky(0) {}
  explicit Bulky(unsigned char byte) {
    std::memset(bytes, byte, sizeof bytes);
    asm volatile("" : : "r"(bytes) : "memory");
    if (throw_after >= 0 && throw_after-- == 0) throw WitnessThrow();
  }
  unsigned char bytes[2048];
};

// Runs `attempt`, in which a constructor throws; false when it was not reached, for want of storage.
template <class Attempt>
bool throws(const Attempt& attempt) {
  try {
    if (attempt() == nullptr) return false;
  } catch (const WitnessThrow&) {
    return true;
  }
  violated("what a constructor threw did not arrive");
}

template <class Of>
void check_failed_storage() {
  using S = Subject<Of, Bulky>;
  Upstream upstream;
  auto subject = make_subject<S>(upstream);
  subject.create(static_cast<unsigned char>(1));
  Holding<S> holding(upstream);
  const auto fail_often = [&](int times, const auto& attempt, long element) {
    for (int i = 0; i < times; ++i) {
      if (i == 4) holding.remember();  // storage for the first may be new
      Bulky::throw_after = element;
      if (!throws(attempt)) return;
    }
    holding.require_no_growth("after constructors threw,");
  };
  fail_often(
      5000, [&] { return subject.create(static_cast<unsigned char>(2)); }, 0);
  if constexpr (S::kTraits.creates_arrays) {
    const auto make = [](std::size_t) { return Bulky(3); };
    fail_often(
        2000, [&] { return subject.create_array(3, make); }, 2);
    fail_often(
        100, [&] { return subject.create_array(50, make); }, 49);
  }
}

// An array that fails at element i, for every i: what was there is untouched, what was made is destroyed
// once.
template <class Of>
void check_failed_arrays() {
  using S = Subject<Of, Logged>;
  if constexpr (S::kTraits.creates_arrays) {
    Upstream upstream;
    auto subject = make_subject<S>(upstream);
    std::vector<Logged*> before;
    for (const long count : {1, 2, 7, 40, 41, 100}) {
      if (Logged* object = subject.create(1'000'000 + count)) before.push_back(object);
      for (long failing = 0; failing < count; ++failing) {
        for (const bool in_make : {false, true}) {
          const std::size_t logged = Logged::log.size();
          const long live = Witness::live;
          const bool threw = throws([&] {
            return subject.create_array(static_cast<std::size_t>(count), [&](std::size_t i) {
              if (static_cast<long>(i) == failing) {
                if (in_make) throw WitnessThrow();
                Witness::throw_after = 0;
              }
              return Logged(static_cast<long>(i));
            });
          });
          if (!threw) return;
          require(Witness::live == live, "an array of %ld that failed at element %ld left %ld objects", count,
                  failing, Witness::live - live);
          for (long id = 0; id < failing; ++id)
            require(Logged::times_destroyed(id, logged) == 1,
                    "element %ld of an array that failed at element %ld was destroyed %ld times", id, failing,
                    Logged::times_destroyed(id, logged));
        }
      }
      for (const Logged* object : before)
        require(object->id() > 1'000'000, "an array that failed changed an object made before it");
      if constexpr (S::kTraits.iterates) {
        std::size_t visited = 0;
        subject.for_each([&](Logged& object) { visited += object.id() > 1'000'000; });
        require(visited == before.size(), "after failed arrays %zu of %zu objects are visited", visited,
                before.size());
      }
      require_invariants(subject);
    }
  }
}

template <class Of>
void check_exceptions() {
  check_failed_storage<Of>();
  check_failed_arrays<Of>();
}

// A node whose constructor creates its two children in the arena that is constructing it; a leaf throws when
// told to.
template <class Of>
struct Recursive : Logged {
  using Arena = Subject<Of, Recursive>;
  static inline long next_id = 0;
  static inline long leaves_until_throw = -1;

  Recursive() = default;  // demanded by the concept
  Recursive(void* arena, int depth) : Logged(next_id++) {
    if (depth > 0) {
      left = static_cast<Arena*>(arena)->create(arena, depth - 1);
      right = static_cast<Arena*>(arena)->create(arena, depth - 1);
    } else if (leaves_until_throw >= 0 && leaves_until_throw-- == 0) {
      throw WitnessThrow();
    }
    height = depth;
  }
  Recursive(Recursive&&) = default;

  // A subject that gives one slot twice makes a cycle of the tree: its height bounds the way.
  long count(int most = 64) const {
    require(most > 0, "a tree of objects that create each other has become a cycle");
    return 1 + (left ? left->count(most - 1) : 0) + (right ? right->count(most - 1) : 0);
  }
  bool well_formed() const {
    return (left == nullptr || (left->height == height - 1 && left->well_formed())) &&
           (right == nullptr || (right->height == height - 1 && right->well_formed()));
  }

  Recursive *left = nullptr, *right = nullptr;
  int height = 0;
};

template <class Of>
void check_reentrancy() {
  using Node = Recursive<Of>;
  using S = Subject<Of, Node>;
  if constexpr (!S::kTraits.reentrant) {
    absent("claims no re-entrant creation");
  } else {
    Upstream upstream;
    std::vector<const Node*> roots;
    {
      auto subject = make_subject<S>(upstream);
      const auto require_nodes = [&](long expected) {
        long nodes = 0;
        for (const Node* root : roots) {
          require(root->well_formed(), "a tree made by re-entrant constructors is damaged");
          nodes += root->count();
        }
        require(nodes == expected, "%ld nodes of %ld are where re-entrant constructors made them", nodes,
                expected);
      };
      const Node* tree = subject.create(&subject, 9);
      if (tree == nullptr) return;  // too small to look at
      const long expected = tree->count();
      roots.push_back(tree);
      require_nodes(expected);
      for (const long leaf : {0, 1, 20, 63}) {  // all constructors above it fail in turn
        Node::leaves_until_throw = leaf;
        bool arrived = false;
        try {
          subject.create(&subject, 6);
        } catch (const WitnessThrow&) {
          arrived = true;
        }
        require(arrived || Node::leaves_until_throw >= 0, "what an inner constructor threw is lost");
        Node::leaves_until_throw = -1;
        require_nodes(expected);
      }
      if constexpr (S::kTraits.creates_arrays) {
        // Each element makes a tree and an array of its own before it exists, as in typed-arena@03219ba.
        long made = 0;
        Node* array = subject.create_array(20, [&](std::size_t) {
          Node element;
          element.left = subject.create(&subject, 3);
          element.height = 4;
          if (Node* inner = subject.create_array(5, [](std::size_t) { return Node(); })) {
            element.right = inner;
            inner->height = 3;
          }
          made += element.count();
          return element;
        });
        if (array != nullptr)
          for (int i = 0; i < 20; ++i) roots.push_back(array + i);
        require_nodes(expected + (array == nullptr ? 0 : made));
      }
      require_invariants(subject);
    }
    if (S::kTraits.destroys_the_rest)
      require(Witness::live == 0, "%ld objects are live after the arena's end", Witness::live);
  }
}

// Its destructor creates a successor in its arena, a few generations long.
template <class Of>
struct Heir : Logged {
  Heir() = default;
  Heir(void* arena, long generation) : Logged(generation), arena_(arena) {}
  ~Heir() {
    if (arena_ != nullptr && id() > 0) static_cast<Subject<Of, Heir>*>(arena_)->create(arena_, id() - 1);
  }

 private:
  void* arena_ = nullptr;
};

template <class Of>
void check_creating_destructors() {
  using S = Subject<Of, Heir<Of>>;
  if constexpr (!S::kTraits.clears && !S::kTraits.destroys_individually) {
    absent("destroys nothing before its end");
  } else {
    const auto run = [](const void*) {
      Upstream upstream;
      auto subject = make_subject<S>(upstream);
      std::vector<Heir<Of>*> objects;
      // All are gone before the end of the arena, in which nothing can be created.
      constexpr long kGenerations = S::kTraits.clears ? 3 : 1;
      for (int i = 0; i < 40; ++i)
        if (Heir<Of>* object = subject.create(&subject, kGenerations)) objects.push_back(object);
      if constexpr (S::kTraits.clears) {
        for (long generation = 0; generation <= kGenerations; ++generation) subject.clear();
        require(Witness::live == 0, "%ld objects that destructors created are never destroyed",
                Witness::live);
      } else {
        for (Heir<Of>* object : objects) subject.destroy(object);
      }
      // Another round finds the arena in order.
      for (int i = 0; i < 100; ++i) subject.create(nullptr, 1);
    };
    char message[300];
    if (!fails_in_child(run, nullptr, message, sizeof message))
      chose("destructors may create in their arena");
    else if (S::kTraits.reentrant && std::strstr(message, "SIGABRT") == nullptr)  // trapped would do
      violated("destructors that create in a re-entrant arena: %s", message + 2);
    else
      chose("destructors must not create in their arena: %s", message + 2);
  }
}

template <class Of>
struct ExceptionClauses {
  Clause exceptions{
      "A-19", ClauseClass::kViolation, "allocators/object_concept.h; bumpalo 3.20.3",
      "A constructor that throws, alone or at any element of an array, leaves the arena as it was",
      &check_exceptions<Of>};
  Clause reentrancy{"A-20", ClauseClass::kViolation,
                    "allocators/object_concept.h; thomcc/rust-typed-arena@03219ba",
                    "Constructors and initialisers may create in their own arena", &check_reentrancy<Of>};
  Clause destructors{"A-14", ClauseClass::kImplementation, "allocators/object_concept.h; typed-arena",
                     "Destructors that create in their own arena break nothing",
                     &check_creating_destructors<Of>};
};

}  // namespace assay::suite::object
