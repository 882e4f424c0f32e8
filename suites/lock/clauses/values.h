// The value inside: LK-14 to LK-17.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "suites/core/witness.h"
#include "suites/lock/access.h"

namespace assay::suite::lock {

template <class Of>
void check_sole_owner() {
  {
    LockOf<Of, Witness> lock(std::in_place, 5L);
    const Witness* place = &lock.get_mut();
    {
      auto guard = hold(lock);
      require(&*guard == place, "get_mut() gives another object than a guard");
    }
    lock.get_mut() = Witness(8);
    const long copied = Witness::copied;
    const Witness inner = std::move(lock).into_inner();
    require(inner.value() == 8, "into_inner() gives %ld instead of 8", inner.value());
    require(Witness::copied == copied, "into_inner() copied the value");
  }
  require(Witness::live == 0, "%ld values outlived their lock", Witness::live);
  LockOf<Of, std::unique_ptr<long>> owner(std::make_unique<long>(3));
  hold(owner)->reset(new long(4));
  const std::unique_ptr<long> inner = std::move(owner).into_inner();
  require(inner != nullptr && *inner == 4, "into_inner() gave a value that can only be moved wrongly");
  if constexpr (kClaims<Of>.poisons) {
    LockOf<Of, long> lock(1);
    try {
      const auto guard = hold(lock);
      throw 0;
    } catch (int) {
    }
    try {
      const long value = std::move(lock).into_inner();
      violated("into_inner() of a poisoned lock gave %ld", value);
    } catch (const Poisoned&) {
    }
  }
}

template <class Of>
void check_with() {
  LockOf<Of, std::string> lock(std::string("begin"));
  const std::size_t size = lock.with([&](std::string& text) {
    text += ", more";
    return text.size();
  });
  require(size == 11, "with() returned %zu instead of 11", size);
  const std::string copy = lock.with([](std::string& text) -> std::string& { return text; });
  require(copy == "begin, more", "with() gave \"%s\"", copy.c_str());
  lock.with([](std::string&) {});
  if constexpr (kClaims<Of>.shares) {
    const std::size_t seen = lock.with_read([&](const std::string& text) {
      read_elsewhere(lock);  // hangs if it keeps readers out
      return text.size();
    });
    require(seen == 11, "with_read() returned %zu instead of 11", seen);
  }
  require(is_free(lock), "with() did not let go");
  try {
    lock.with([](std::string&) { throw 5; });
    violated("with() swallowed an exception");
  } catch (int thrown) {
    require(thrown == 5, "with() threw something else");
  }
  if constexpr (kClaims<Of>.poisons) {
    require(lock.is_poisoned(), "an exception that left with() did not poison the lock");
    elsewhere([&] { static_cast<void>(hold_poisoned(lock)); });  // hangs if the lock is still held
  } else {
    require(is_free(lock), "an exception that left with() kept the lock held");
  }
}

struct alignas(64) Settled {
  Settled(int first, std::unique_ptr<int> second) : sum(first + *second) {}
  Settled(const Settled&) = delete;
  Settled& operator=(const Settled&) = delete;
  int sum;
};

template <class Of>
void check_construction() {
  {
    LockOf<Of, Witness> made, given(Witness(3)), in_place(std::in_place, 4L);
    require(Witness::live == 3, "three locks hold %ld values", Witness::live);
    require(hold(made)->value() == 0 && hold(given)->value() == 3 && hold(in_place)->value() == 4,
            "a lock's first value is not the one it was made with");
  }
  require(Witness::live == 0 && Witness::constructed == Witness::destroyed,
          "%ld values were constructed and %ld destroyed", Witness::constructed, Witness::destroyed);
  struct {
    char before;
    LockOf<Of, Settled> lock{std::in_place, 3, std::make_unique<int>(4)};
    char after;
  } settled{};
  auto guard = hold(settled.lock);
  const Settled* place = &*guard;
  require(reinterpret_cast<std::uintptr_t>(place) % alignof(Settled) == 0,
          "a value at %p is not aligned to %zu", static_cast<const void*>(place), alignof(Settled));
  require(guard->sum == 7, "a value that cannot be moved was made wrongly");
  LockOf<Of, int> zero;
  require(read_value(zero) == 0, "a lock made without a value holds %d", read_value(zero));
}

template <class L>
void expect_small(const char* type) {
  using T = typename L::value_type;
  const std::size_t overhead = L::kTraits.most_overhead;
  const std::size_t alignment = std::max(alignof(T), std::min<std::size_t>(overhead, 8));
  const std::size_t most = (sizeof(T) + overhead + alignment - 1) / alignment * alignment;
  require(sizeof(L) <= most, "a lock of %s has %zu bytes, which is more than %zu", type, sizeof(L), most);
}

template <class Of>
void check_size() {
  if constexpr (kClaims<Of>.most_overhead == 0) {
    absent("claims no size");
  } else {
    expect_small<LockOf<Of, char>>("char");
    expect_small<LockOf<Of, int>>("int");
    expect_small<LockOf<Of, void*>>("void*");
    expect_small<LockOf<Of, std::string>>("std::string");
    expect_small<LockOf<Of, Settled>>("64 aligned bytes");
    note("a lock of a pointer has %zu bytes", sizeof(LockOf<Of, void*>));
  }
}

template <class Of>
struct ValueClauses {
  Clause sole{"LK-14", ClauseClass::kViolation, "Rust std::sync::Mutex: get_mut, into_inner",
              "get_mut() gives the value in its place, into_inner() moves it out, and neither of a poisoned "
              "lock",
              &check_sole_owner<Of>};
  Clause with{"LK-15", ClauseClass::kViolation, "pointers/lock_concept.h",
              "with() calls under the lock, gives what was returned, and lets go and poisons as a guard does",
              &check_with<Of>};
  Clause construction{"LK-16", ClauseClass::kViolation, "pointers/lock_concept.h",
                      "The value is made in its place, aligned, and destroyed once with its lock",
                      &check_construction<Of>};
  Clause size{"LK-17", ClauseClass::kViolation, "pointers/lock_concept.h",
              "A lock is no larger than its value and the overhead that is claimed", &check_size<Of>};
};

}  // namespace assay::suite::lock
