// Objects that carry their count or know their owner: SP-08 and SP-10.
#pragma once

#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

// Looks for its owner at both ends of its life.
template <class Of>
struct Aware : Subject<Of, Aware<Of>>::OwnerAware {
  using P = Subject<Of, Aware>;

  explicit Aware(long value) : witness(value) { expect_no_owner("in its constructor"); }
  Aware(const Aware& other) : P::OwnerAware(other), witness(other.witness) {
    expect_no_owner("in its copy constructor");
  }
  Aware& operator=(const Aware&) = default;
  ~Aware() { expect_no_owner("in its destructor"); }

  void expect_no_owner(const char* when) {
    if (P::owner_of(*this).get() != nullptr) violated("owner_of an object %s gave an owner", when);
  }
  Witness witness;
};

template <class Of>
void check_owner_of() {
  if constexpr (!kClaims<Of>.finds_owner) {
    absent("claims no owner_of");
  } else {
    using Object = Aware<Of>;
    using P = typename Object::P;
    P pointer = P::make(1L);
    const auto expect_found = [](const P& owner, std::size_t owners, const char* when) {
      const P found = P::owner_of(*owner.get());
      require(found.get() == owner.get(), "%s, owner_of does not give an owner", when);
      expect_owners(owner, owners + 1, when);
    };
    expect_found(pointer, 1, "after make()");
    expect_owners(pointer, 1, "after owner_of");
    {
      P second = P::owner_of(*pointer.get()), third = P::owner_of(*second.get());
      pointer.reset();
      second = std::move(third);
      expect_alive(1, "with an owner from owner_of left");
      expect_found(second, 1, "with an owner from owner_of left");
      pointer = std::move(second);
    }
    {
      P copy = P::make(*pointer.get());  // the copy of an object has no part in its ownership
      require(copy.get() != pointer.get(), "a copied object is the one it was copied from");
      expect_found(copy, 1, "of a copied object");
      *copy.get() = *pointer.get();
      expect_found(copy, 1, "of an object that was assigned to");
      expect_found(pointer, 1, "of an object that was assigned from");
    }
    if constexpr (P::kTraits.has_weak) {
      const typename P::Weak weak = pointer.downgrade();
      require(P::owner_of(*pointer.get()).get() == pointer.get(),
              "owner_of beside a Weak does not give an owner");
      pointer.reset();
      require(weak.upgrade().get() == nullptr, "a Weak of an object that knows its owner outlived it");
    }
    pointer.reset();
    expect_alive(0, "after the last owner");
  }
}

struct Reentrant {
  static inline void (*in_destructor)(Reentrant*) = nullptr;
  static inline int destroyed = 0;
  explicit Reentrant(long number_) : number(number_) {}
  Reentrant(const Reentrant&) = delete;
  ~Reentrant() {
    ++destroyed;
    if (destroyed > 1) violated("the object was destroyed again when its destructor let go of it");
    if (in_destructor != nullptr) in_destructor(this);
  }
  long number;
};

template <class Of>
void retain_in_the_destructor() {
  using P = Subject<Of, Reentrant>;
  using Object = typename P::object_type;
  Reentrant::in_destructor = [](Reentrant* object) {
    for (int i = 0; i < 2; ++i) {
      P again(static_cast<Object*>(object), kRetain);
      const P copy = again;
      // Or the compiler sees how a subject without a guard frees it twice, and warns.
      asm volatile("" : : "r"(&again), "r"(&copy) : "memory");
      again.reset();
    }
  };
  for (int i = 0; i < 3; ++i) {
    Reentrant::destroyed = 0;
    P pointer = P::make(7L);
    P other = P::make(8L);
    if (i == 1) {
      const P copy = pointer;
      pointer.reset();
    } else if (i == 2) {
      pointer = std::move(other);
    } else {
      pointer.reset();
    }
    require(Reentrant::destroyed == 1, "the object was not destroyed");
    Reentrant::destroyed = 0;
    if (i == 2)
      pointer.reset();
    else
      other.reset();
    require(Reentrant::destroyed == 1, "another object was not destroyed");
  }
}

template <class Of>
void check_intrusive() {
  if constexpr (!kClaims<Of>.intrusive) {
    absent("claims no count in the object");
  } else {
    using P = Subject<Of, Witness>;
    using Object = typename P::object_type;
    static_assert(std::is_base_of_v<Witness, Object>);
    P pointer = P::make(1L);
    Object* const object = static_cast<Object*>(pointer.get());
    {
      const P second(object, kRetain);
      require(second.get() == pointer.get(), "a retained pointer owns another object");
      expect_owners(pointer, 2, "after a retain");
      const P third(object, kRetain);
      expect_owners(pointer, 3, "after two retains");
    }
    expect_owners(pointer, 1, "after the retained owners went");
    expect_value(pointer, 1, "after the retained owners went");
    for (int i = 0; i < 5; ++i) {  // owners that are never destroyed: what they counted is adopted
      alignas(P) unsigned char storage[sizeof(P)];
      new (storage) P(object, kRetain);
      expect_owners(pointer, 2, "with one that was counted");
      P adopted(object, kAdopt);
      expect_owners(pointer, 2, "after an adopt of one that was counted");
      if (i % 2 == 0) {
        pointer.reset();
        expect_alive(1, "with an adopted owner left");
        pointer = std::move(adopted);
      }
    }
    expect_owners(pointer, 1, "after the adopted owners went");
    expect_alive(1, "after the adopted owners went");
    pointer = P();
    expect_alive(0, "after the last owner");

    const Ending ending = run_forked([] { retain_in_the_destructor<Of>(); });
    require(ending.clean(), "a retain and release in the destructor ended the program: %s", describe(ending));
  }
}

template <class Of>
struct IntrusiveClauses {
  Clause owner_of{
      "SP-08", ClauseClass::kViolation, "[util.smartptr.enab]",
      "owner_of gives an owner while the object is owned, and null in its constructor and destructor",
      &check_owner_of<Of>};
  Clause intrusive{"SP-10", ClauseClass::kViolation, "pointers/concept.h: Intrusive",
                   "Adopt and retain count as they say, and a retain and release in the destructor does not "
                   "destroy twice",
                   &check_intrusive<Of>};
};

}  // namespace assay::suite::pointer
