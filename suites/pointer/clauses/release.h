// The last release, on one thread and among many: SP-01 and SP-24.
#pragma once

#include <memory>

#include "suites/core/on_threads.h"
#include "suites/core/random.h"
#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

template <class Of>
void check_release_in_any_order() {
  using P = Subject<Of, Witness>;
  Random random(seed());
  for (const std::size_t count : {up_to<P>(1), up_to<P>(2), up_to<P>(3), up_to<P>(10), up_to<P>(300)}) {
    std::vector<P> owners;
    owners.push_back(P::make(7));
    if constexpr (P::kTraits.shares)
      while (owners.size() < count) owners.push_back(owners[random.below(owners.size())]);
    const long destroyed = Witness::destroyed;
    while (!owners.empty()) {
      require(Witness::destroyed == destroyed, "the object was destroyed with %zu owners left",
              owners.size());
      if (const std::size_t other = random.below(owners.size()); other + 1 < owners.size())
        std::swap(owners[other], owners.back());
      expect_value(owners.back(), 7, "before a release");
      if (random.one_in(2)) owners.back().reset();
      owners.pop_back();
    }
    require(Witness::destroyed == destroyed + 1, "the last release destroyed %ld objects",
            Witness::destroyed - destroyed);
  }
  expect_alive(0, "with all owners gone");
}

inline thread_local bool is_releasing = false;

// Each owner's thread writes an entry; the destructor must find all. No atomic operation here orders threads.
struct Logbook {
  struct Result {
    std::atomic<int> destroyed{0}, missing{0}, elsewhere{0};
  };

  Logbook(Result& result_, unsigned writers_) : result(result_), writers(writers_) {}
  Logbook(const Logbook&) = delete;
  ~Logbook() {
    int missing = 0;
    for (unsigned i = 0; i < writers; ++i) missing += entries[i] != static_cast<long>(i) + 1;
    result.missing.fetch_add(missing, std::memory_order_relaxed);
    if (!is_releasing) result.elsewhere.fetch_add(1, std::memory_order_relaxed);
    result.destroyed.fetch_add(1, std::memory_order_relaxed);
  }

  Result& result;
  unsigned writers;
  long entries[16] = {};
};

template <class P>
void release_somehow(P& pointer, unsigned how) {
  is_releasing = true;
  if (how % 3 == 0) {
    pointer.reset();
  } else if (how % 3 == 1) {
    pointer = P();
  } else {
    const P last = std::move(pointer);
  }
  is_releasing = false;
}

template <class Of>
void release_by(unsigned threads, unsigned objects) {
  using P = Subject<Of, Logbook>;
  const auto results = std::make_unique<Logbook::Result[]>(objects);
  on_own_thread([&] {
    std::vector<std::vector<P>> shares(threads);
    for (unsigned o = 0; o < objects; ++o) {
      P first = P::make(results[o], threads);
      if constexpr (P::kTraits.shares)
        for (unsigned t = 1; t < threads; ++t) shares[t].push_back(first);
      shares[0].push_back(std::move(first));
    }
    on_threads(threads, [&](unsigned t) {
      for (unsigned k = 0; k < objects; ++k) {
        P& owner = shares[t][t % 2 == 0 ? k : objects - 1 - k];
        owner.get()->entries[t] = static_cast<long>(t) + 1;
        release_somehow(owner, k);
        if (k % 8 == t % 8) std::this_thread::yield();
      }
    });
  });
  for (unsigned o = 0; o < objects; ++o) {
    const int destroyed = results[o].destroyed, missing = results[o].missing;
    require(destroyed == 1, "an object released by %u threads was destroyed %d times", threads, destroyed);
    require(missing == 0, "the destructor missed what %d of %u owners wrote", missing, threads);
    require(results[o].elsewhere == 0, "of %u threads, one destroyed the object that did not release it",
            threads);
  }
}

template <class Of>
void check_last_release() {
  check_release_in_any_order<Of>();
  if constexpr (!kClaims<Of>.thread_safe)
    return;
  else if constexpr (!kClaims<Of>.shares)
    release_by<Of>(1, 50);
  else
    for (const unsigned threads : {1u, 2u, 3u, 4u, 8u, 16u})
      if (up_to<Subject<Of, Logbook>>(threads + 1) > threads) release_by<Of>(threads, 400 / threads);
}

// Its destructor looks at the pointer that is letting go of it.
template <class Of>
struct Onlooker {
  using P = Subject<Of, Onlooker>;
  static inline P* pointer = nullptr;
  static inline void (*look)(long number) = nullptr;

  explicit Onlooker(long number_) : number(number_) {}
  Onlooker(const Onlooker&) = delete;
  ~Onlooker() {
    ++destroyed;
    if (look != nullptr) look(number);
  }

  static inline long destroyed = 0;
  long number;
  P next;
};

template <class Of>
void look_from_destructors() {
  using Object = Onlooker<Of>;
  using P = typename Object::P;
  P pointer = P::make(1L);
  Object::pointer = &pointer;
  const auto expect_destroyed = [](long count, const char* when) {
    require(Object::destroyed == count, "%s, %ld objects were destroyed instead of %ld", when,
            Object::destroyed, count);
  };

  Object::look = [](long) { expect_nothing(*Object::pointer, "in the destructor, a pointer being reset"); };
  pointer.reset();
  expect_destroyed(1, "after reset()");
  pointer = P::make(1L);
  pointer = P();
  expect_destroyed(2, "after an assignment of nothing");

  Object::look = [](long number) {
    const Object* now = Object::pointer->get();
    require(now != nullptr && now->number == number + 1,
            "in the destructor, a pointer being assigned does not have its new object");
    if constexpr (P::kTraits.shares) {
      const P copy = *Object::pointer;
      require(copy.get() == now, "in the destructor, a copy of the pointer owns something else");
    }
  };
  pointer = P::make(1L);
  P next = P::make(2L);
  pointer = std::move(next);
  expect_destroyed(3, "after a move assignment");
  if constexpr (P::kTraits.shares) {
    const P third = P::make(3L);
    pointer = third;
    expect_destroyed(4, "after a copy assignment");
    require(pointer.get() == third.get(), "a copy assignment gave another object");
  }
  Object::look = nullptr;
  pointer.reset();

  // The destructor changes the pointer itself.
  Object::destroyed = 0;
  Object::look = [](long) {
    Object::look = nullptr;
    *Object::pointer = P::make(9L);
  };
  pointer = P::make(1L);
  pointer.reset();
  require(pointer.get() != nullptr && pointer.get()->number == 9,
          "what the destructor assigned to a pointer being reset is not there");
  Object::look = [](long) { Object::pointer->reset(); };
  pointer.reset();
  expect_destroyed(2, "after a reset() within reset()");
  expect_nothing(pointer, "after a reset() within reset(), the pointer");
  pointer = P::make(1L);
  pointer = P::make(2L);  // the first one's destructor resets the pointer, which has the second
  expect_nothing(pointer, "what the destructor reset while it was assigned");
  expect_destroyed(4, "after a reset() within an assignment");
  Object::look = nullptr;

  // The source of the assignment goes with the object.
  for (const bool copies : {false, true}) {
    Object::destroyed = 0;
    for (long i = 5; i > 0; --i) {
      P head = P::make(i);
      head.get()->next = std::move(pointer);
      pointer = std::move(head);
    }
    for (long i = 1; i <= 5; ++i) {
      require(pointer.get() != nullptr && pointer.get()->number == i, "object %ld of a list is not there", i);
      if constexpr (P::kTraits.shares) {
        if (copies)
          pointer = pointer.get()->next;
        else
          pointer = std::move(pointer.get()->next);
      } else {
        pointer = std::move(pointer.get()->next);
      }
      expect_destroyed(i, "after p = p->next");
    }
    expect_nothing(pointer, "at the end of a list, the pointer");
  }
}

template <class Of>
void check_state_at_destruction() {
  const Ending ending = run_forked([] { look_from_destructors<Of>(); });
  require(ending.clean(), "a destructor that uses the pointer ended the program: %s", describe(ending));
}

template <class Of>
struct ReleaseClauses {
  Clause last{
      "SP-01", ClauseClass::kViolation, "[util.smartptr.shared.dest]",
      "The last release destroys the object exactly once, on the thread that releases, which sees all "
      "that other owners wrote",
      &check_last_release<Of>};
  Clause state{"SP-24", ClauseClass::kViolation, "[util.smartptr.shared.assign]",
               "reset() and assignment let go of the old object only after the pointer has its new state",
               &check_state_at_destruction<Of>};
};

}  // namespace assay::suite::pointer
