// Ownership in another form: without a pointer (SP-18), and of a base (SP-19).
#pragma once

#include "suites/pointer/clauses/making.h"
#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

template <class P>
void give_and_take(P pointer, const char* what) {
  auto* const address = pointer.get();
  auto* raw = pointer.into_raw();
  require(raw == address, "into_raw() of %s is not the object's address", what);
  expect_nothing(pointer, "after into_raw(), the pointer");
  P back = P::from_raw(raw);
  require(back.get() == address, "from_raw() of %s points elsewhere", what);
  expect_owners(back, 1, "after into_raw() and from_raw()");
  if constexpr (P::kTraits.shares) {
    P copy = back;
    raw = copy.into_raw();
    require(raw == address, "into_raw() of one of two owners of %s is not the object's address", what);
    expect_owners(back, 2, "after into_raw() of one of two owners");
    expect_nothing(copy, "after into_raw() of one of two owners, the pointer");
    copy = P::from_raw(raw);
    expect_owners(back, 2, "after from_raw() beside another owner");
    raw = copy.into_raw();
    back.reset();
    back = P::from_raw(raw);
    expect_owners(back, 1, "after from_raw(), with no other owner left");
    require(back.get() == address, "from_raw() of %s, with no other owner left, points elsewhere", what);
  }
  if constexpr (P::kTraits.has_weak) {
    const auto weak = back.downgrade();
    raw = back.into_raw();
    require(weak.upgrade().get() == address, "a Weak of %s expired in into_raw()", what);
    back = P::from_raw(raw);
    require(weak.upgrade().get() == address, "a Weak of %s does not find the object after from_raw()", what);
  }
}

template <class Of>
void check_raw() {
  if constexpr (!kClaims<Of>.gives_raw) {
    absent("claims no into_raw");
  } else {
    using P = Subject<Of, Witness>;
    for (int i = 0; i < 10; ++i) {
      give_and_take(P::make(1L), "an object");
      expect_alive(0, "after into_raw(), from_raw() and the last release");
    }
    Witness* const raw = P::make(2L).into_raw();
    expect_alive(1, "owned by a raw pointer only");
    require(raw->value() == 2, "the object of a raw pointer has changed");
    P pointer = P::make(3L);
    pointer = P::from_raw(raw);
    expect_value(pointer, 2, "after from_raw()");
    pointer.reset();
    expect_alive(0, "after from_raw() and the last release");
    give_and_take(Subject<Of, char>::make('a'), "a char");
    give_and_take(Subject<Of, Block<100, 1>>::make(std::uint64_t{1}), "100 bytes");
    give_and_take(Subject<Of, Block<32, 32>>::make(std::uint64_t{1}), "32 aligned bytes");
    give_and_take(Subject<Of, Block<64, 64>>::make(std::uint64_t{1}), "an aligned line");
    give_and_take(Subject<Of, Block<4096, 4096>>::make(std::uint64_t{1}), "an aligned page");
    if constexpr (kClaims<Of>.takes_allocator) {
      Lender lender;
      auto made = P::make_in(lender, 4L);
      if constexpr (requires { decltype(made)::from_raw(made.into_raw()); })
        give_and_take(std::move(made), "an object of an allocator");
      made.reset();
      require(lender.live_blocks() == 0, "an object of an allocator was not given back after from_raw()");
    }
  }
}

struct Animal {
  explicit Animal(long tag_) : tag(tag_) {}
  Animal(const Animal&) = delete;
  virtual ~Animal() = default;
  long tag;
};
struct Mammal : Animal {
  using Animal::Animal;
  long second = 2;
};
// Aligned beyond its bases, where the count is not in the object: there the base must find it.
template <bool kIntrusive>
struct alignas(kIntrusive ? alignof(Mammal) : 64) Whale : Mammal {
  explicit Whale(long tag_) : Mammal(tag_), witness(tag_) { std::memset(bytes, 3, sizeof bytes); }
  Witness witness;
  unsigned char bytes[1000];
};

template <class Of>
void check_conversion() {
  if constexpr (!kClaims<Of>.converts) {
    absent("claims no conversion to a base");
  } else {
    using Base = Subject<Of, Animal>;
    using Derived = Subject<Of, Whale<kClaims<Of>.intrusive>>;
    const auto convert = [](auto whale, const char* what) {
      const Animal* const address = whale.get();
      {
        Base animal(std::move(whale));
        require(animal.get() == address && animal.get()->tag == 5, "%s, converted, points elsewhere", what);
        require(whale.get() == nullptr, "%s is still owned by the pointer that was moved from", what);
        expect_owners(animal, 1, "after a conversion by move");
        expect_alive(1, "after a conversion by move");
        Base other = std::move(animal);
        animal = Base(Subject<Of, Mammal>::make(6L));
        require(animal.get()->tag == 6 && other.get()->tag == 5, "pointers to a base own the wrong objects");
        expect_alive(1, "with another owner of a base");
      }
      expect_alive(0, "after the last owner of a base went");
    };
    for (int i = 0; i < 3; ++i) convert(Derived::make(5L), "an object");
    if constexpr (Derived::kTraits.shares) {
      for (const bool base_first : {false, true}) {
        Derived whale = Derived::make(5L);
        Base animal(whale);
        expect_owners(whale, 2, "after a conversion by copy");
        expect_owners(animal, 2, "of a base, after a conversion by copy");
        const Base second = animal;
        expect_owners(whale, 3, "after a conversion by copy, and a copy");
        if (base_first)
          animal.reset();
        else
          whale.reset();
        expect_alive(1, "with an owner of a base left");
        expect_owners(second, 2, "with one of three owners gone");
      }
      expect_alive(0, "after owners of an object and its base went");
    }
    if constexpr (kClaims<Of>.takes_allocator) {
      Lender lender;
      auto whale = Derived::make_in(lender, 5L);
      if constexpr (std::is_constructible_v<Base, decltype(whale)>) {
        convert(std::move(whale), "an object of an allocator");
        require(lender.live_blocks() == 0, "the storage of a derived object was not given back");
      }
    }
    require_no_growth("a pointer to a base was the last owner", [] { const Base animal(Derived::make(5L)); });
  }
}

template <class Of>
struct ConversionClauses {
  Clause raw{"SP-18", ClauseClass::kViolation, "Rust Rc::into_raw",
             "into_raw and from_raw change no count, and the object stays where it is", &check_raw<Of>};
  Clause base{"SP-19", ClauseClass::kViolation, "[util.smartptr.shared.const]",
              "Of an object that a pointer to a base owns last the whole is destroyed, and counts are shared",
              &check_conversion<Of>};
};

}  // namespace assay::suite::pointer
