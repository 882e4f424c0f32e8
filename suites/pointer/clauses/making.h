// make(): in place, aligned, of any size, and without a trace when it fails: SP-06, SP-11 and SP-23.
#pragma once

#include <memory>
#include <string>

#include "suites/core/pattern.h"
#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

// What it was made from, and that it cannot be copied or moved.
struct Recipe {
  Recipe() : arguments(0) {}
  Recipe(Witness& lvalue, const Witness& constant, Witness&& rvalue, std::unique_ptr<int> only_movable,
         long number)
      : address(&lvalue),
        constant_address(&constant),
        taken(std::move(rvalue)),
        only(std::move(only_movable)),
        arguments(number) {}
  explicit Recipe(Witness&) : arguments(-1) {}
  explicit Recipe(const Witness&) : arguments(-2) {}
  explicit Recipe(Witness&&) : arguments(-3) {}
  Recipe(const Recipe&) = delete;
  Recipe& operator=(const Recipe&) = delete;

  Witness* address = nullptr;
  const Witness* constant_address = nullptr;
  Witness taken;
  std::unique_ptr<int> only;
  long arguments;
};

template <class Of>
void make_from_arguments() {
  using P = Subject<Of, Recipe>;
  Witness lvalue(1), rvalue(3);
  const Witness constant(2);
  const long constructed = Witness::constructed;
  {
    const P pointer = P::make(lvalue, constant, std::move(rvalue), std::make_unique<int>(4), 5L);
    const Recipe& made = *pointer.get();
    require(made.address == &lvalue && made.constant_address == &constant && made.arguments == 5,
            "make() passed other arguments on");
    require(made.taken.value() == 3 && rvalue.value() == Witness::kMovedFrom && *made.only == 4,
            "make() did not pass on an argument to be moved from");
    require(Witness::constructed == constructed + 1, "make() constructed %ld objects instead of one",
            Witness::constructed - constructed);
  }
  require(P::make().get()->arguments == 0, "make() without arguments did not take the default constructor");
  require(P::make(lvalue).get()->arguments == -1, "make() changed an lvalue argument");
  require(P::make(constant).get()->arguments == -2, "make() changed a constant argument");
  require(P::make(std::move(rvalue)).get()->arguments == -3, "make() changed an rvalue argument");
  expect_alive(3, "after all that was made from arguments went");

  const long copied = Witness::copied, moved = Witness::moved;
  {
    const auto pointer = Subject<Of, Witness>::make(6L);
    expect_value(pointer, 6, "after make()");
    expect_alive(4, "after make()");
  }
  require(Witness::copied == copied && Witness::moved == moved, "make() copied or moved the object");
  const auto text = Subject<Of, std::string>::make(std::size_t{100}, 'x');
  require(*text.get() == std::string(std::size_t{100}, 'x'), "make() of a string lost its value");
}

template <std::size_t kSize, std::size_t kAlignment>
struct alignas(kAlignment) Block {
  explicit Block(std::uint64_t number_) { fill_pattern(bytes, kSize, number_); }
  unsigned char bytes[kSize];
};

// Objects of one size side by side: neither the counts nor a neighbour lie in them, and they stay.
template <class Of, std::size_t kSize, std::size_t kAlignment>
void make_blocks() {
  using P = Subject<Of, Block<kSize, kAlignment>>;
  constexpr std::size_t kObjects = 12;
  std::vector<P> owners;
  std::vector<const void*> places;
  const auto expect_aligned = [](const void* place, const char* maker) {
    require(reinterpret_cast<std::uintptr_t>(place) % kAlignment == 0,
            "%s put an object at %p, which is not aligned to %zu", maker, place, kAlignment);
  };
  const auto expect_whole = [&](const char* when) {
    for (std::size_t i = 0; i < owners.size(); ++i) {
      require(owners[i].get() == places[i], "%s, an object of %zu bytes has moved", when, kSize);
      const std::size_t damage = find_damage(owners[i].get()->bytes, kSize, i * 1000);
      require(damage == kIntact, "%s, byte %zu of an object of %zu bytes has changed", when, damage, kSize);
    }
  };
  for (std::size_t i = 0; i < kObjects; ++i) {
    owners.push_back(P::make(i * 1000));
    places.push_back(owners.back().get());
    expect_aligned(places.back(), "make()");
  }
  expect_whole("after make()");
  if constexpr (P::kTraits.shares) {
    std::vector<P> copies = owners;
    expect_whole("with two owners");
    owners.clear();
    owners = copies;
    copies.clear();
    expect_whole("after the first owner went");
  }
  for (std::size_t i = 0; i < kObjects; i += 2) std::swap(owners[i], owners[kObjects - 1 - i]);
  for (std::size_t i = 0; i < kObjects; i += 2) std::swap(owners[i], owners[kObjects - 1 - i]);
  expect_whole("after owners were moved");
  if constexpr (P::kTraits.has_weak) {
    std::vector<typename P::Weak> weaks;
    for (const P& owner : owners) weaks.push_back(owner.downgrade());
    for (std::size_t i = 0; i < kObjects; ++i)
      require(weaks[i].upgrade().get() == places[i], "upgrade() moved the object");
    expect_whole("with Weaks");
  }
  if constexpr (P::kTraits.takes_allocator) {
    Lender lender;
    for (int i = 0; i < 4; ++i) {
      const auto pointer = P::make_in(lender, std::uint64_t{1});
      expect_aligned(pointer.get(), "make_in");
    }
  }
}

template <class Of>
void check_make() {
  make_from_arguments<Of>();
  make_blocks<Of, 1, 1>();
  make_blocks<Of, 3, 1>();
  make_blocks<Of, 6, 2>();
  make_blocks<Of, 8, 8>();
  make_blocks<Of, 17, 1>();
  make_blocks<Of, 24, 8>();
  make_blocks<Of, 40, 4>();
  make_blocks<Of, 48, 16>();
  make_blocks<Of, 32, 32>();
  make_blocks<Of, 64, 64>();
  make_blocks<Of, 250, 2>();
  make_blocks<Of, 512, 256>();
  make_blocks<Of, 4096, 4096>();
  make_blocks<Of, 5000, 1>();
  make_blocks<Of, 300'000, 8>();
}

struct ArgumentThrows {
  operator long() const { throw WitnessThrow(); }
};

// Its second member's construction throws, or its own after both.
struct Failing {
  Failing(long value, long second, bool fail) : first(value), middle(value), last(second) {
    if (fail) throw WitnessThrow();
  }
  Bulky first;
  Witness middle, last;
};

// More than there is: 64 TiB.
struct Enormous {
  Enormous() { bytes[0] = 1; }
  unsigned char bytes[std::size_t{1} << 46];
};

template <class Attempt>
void expect_throw(const char* what, const Attempt& attempt) {
  bool threw = false;
  try {
    attempt();
  } catch (const WitnessThrow&) {
    threw = true;
  }
  Witness::throw_after = -1;
  require(threw, "what %s threw did not arrive", what);
  expect_alive(0, what);
}

template <class Of>
void fail_in_make() {
  using P = Subject<Of, Failing>;
  require_no_growth("a constructor threw",
                    [] { expect_throw("a constructor", [] { P::make(1L, 2L, true); }); });
  for (long step = 0; step < 3; ++step)
    require_no_growth("a member's constructor threw", [step] {
      expect_throw("a member's constructor", [step] {
        Witness::throw_after = step;
        P::make(1L, 2L, false);
      });
    });
  require_no_growth("an argument's conversion threw", [] {
    expect_throw("an argument's conversion", [] { P::make(1L, ArgumentThrows(), false); });
  });
  P pointer = P::make(1L, 2L, false);
  bool threw = false;
  try {
    pointer = P::make(3L, 4L, true);
  } catch (const WitnessThrow&) {
    threw = true;
  }
  require(threw && pointer.get()->middle.value() == 1, "a make() that threw changed the pointer assigned to");
  bool refused = false;
  try {
    const auto enormous = Subject<Of, Enormous>::make();
    asm volatile("" : : "g"(enormous.get()) : "memory");  // or nothing is allocated at all
  } catch (const std::bad_alloc&) {
    refused = true;
  }
  require(refused, "make() of %zu bytes threw no std::bad_alloc", sizeof(Enormous));
}

template <class Of>
void fail_in_make_in() {
  using P = Subject<Of, Failing>;
  Lender lender;
  for (int i = 0; i < 3; ++i) {
    expect_throw("a constructor in make_in", [&] { P::make_in(lender, 1L, 2L, true); });
    expect_throw("an argument's conversion in make_in",
                 [&] { P::make_in(lender, 1L, ArgumentThrows(), false); });
    for (long step = 0; step < 3; ++step)
      expect_throw("a member's constructor in make_in", [&] {
        Witness::throw_after = step;
        P::make_in(lender, 1L, 2L, false);
      });
    lender.refuses = true;
    bool refused = false;
    try {
      P::make_in(lender, 1L, 2L, false);
    } catch (const std::bad_alloc&) {
      refused = true;
    }
    lender.refuses = false;
    require(refused, "make_in threw no std::bad_alloc when the allocator had nothing");
    expect_alive(0, "after the allocator had nothing");
    require(lender.live_blocks() == 0, "what threw in make_in left %ld blocks behind", lender.live_blocks());
  }
}

template <class Of>
void check_interruptions() {
  fail_in_make<Of>();
  expect_alive(0, "after constructors threw");
  if constexpr (kClaims<Of>.takes_allocator) fail_in_make_in<Of>();
}

struct Huge {
  Huge() { bytes[0] = bytes[sizeof bytes - 1] = 1; }
  explicit Huge(unsigned char byte) { std::memset(bytes, byte, sizeof bytes); }
  unsigned char bytes[std::size_t{1} << 20];
};

template <class Of>
void check_huge_value() {
  using P = Subject<Of, Huge>;
  on_small_stack("a value of one megabyte, made and dropped", [] {
    P pointer = P::make();
    require(pointer.get()->bytes[0] == 1 && pointer.get()->bytes[sizeof(Huge) - 1] == 1,
            "a value of one megabyte lost its contents");
    pointer = P::make(static_cast<unsigned char>(7));
    require(pointer.get()->bytes[sizeof(Huge) / 2] == 7, "a value of one megabyte lost its contents");
    P other = std::move(pointer);
    other.reset();
    const P last = P::make();
  });
}

template <class Of>
struct MakingClauses {
  Clause interruptions{"SP-06", ClauseClass::kViolation, "[res.on.exception.handling]",
                       "What a throwing constructor or a failing allocator interrupts leaks nothing",
                       &check_interruptions<Of>};
  Clause make{
      "SP-11", ClauseClass::kViolation, "[util.smartptr.shared.create]",
      "make() constructs one object from its arguments, in place and aligned, at an address that stays "
      "while any owner lives",
      &check_make<Of>};
  Clause huge{"SP-23", ClauseClass::kViolation, "pointers/concept.h: make",
              "A value of one megabyte is made and dropped on a small stack", &check_huge_value<Of>};
};

}  // namespace assay::suite::pointer
