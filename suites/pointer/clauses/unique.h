// What the only owner may do: SP-07, SP-14, SP-15 and SP-16.
#pragma once

#include <memory>
#include <optional>

#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

struct Note {
  explicit Note(long first) : text(first) {}
  long text;
};

// Another thread reads and writes the object and drops its owner; then `use` on this thread writes it, with
// nothing but the count between them. `use` is called until it returns true, and must once the thread ended.
template <class Of, class Use>
void use_after_another_owner(const char* what, const Use& use) {
  using P = Subject<Of, Note>;
  for (int i = 0; i < 20; ++i) {
    on_own_thread([&] {
      P pointer = P::make(1L);
      std::atomic<bool> dropped{false};
      std::thread other([&dropped, copy = pointer]() mutable {
        copy.get()->text += 1;
        copy.reset();
        dropped.store(true, std::memory_order_relaxed);  // orders nothing
      });
      wait_until([&] { return dropped.load(std::memory_order_relaxed); });
      bool done = false;
      for (int k = 0; k < 100 && !done; ++k) done = use(pointer);
      other.join();
      require(done || use(pointer), "%s refused the only owner after another thread had dropped its own",
              what);
    });
  }
}

template <class Of>
void check_try_unwrap() {
  if constexpr (!kClaims<Of>.unwraps) {
    absent("claims no try_unwrap");
  } else {
    using P = Subject<Of, Witness>;
    const long copied = Witness::copied;
    {
      P pointer = P::make(1L);
      const std::optional<Witness> value = P::try_unwrap(std::move(pointer));
      require(value.has_value() && value->value() == 1,
              "try_unwrap did not give the value to the only owner");
      expect_nothing(pointer, "after try_unwrap, the pointer");
      expect_alive(1, "after try_unwrap");
    }
    expect_alive(0, "after the unwrapped value went");
    if constexpr (P::kTraits.shares) {
      P pointer = P::make(2L), copy = pointer;
      const Witness* const address = pointer.get();
      require(!P::try_unwrap(std::move(pointer)).has_value(), "try_unwrap gave the value of a shared object");
      expect_value(pointer, 2, "after try_unwrap of a shared object");
      require(pointer.get() == address && pointer == copy,
              "try_unwrap of a shared object changed the pointer");
      expect_owners(pointer, 2, "after try_unwrap of a shared object");
      expect_alive(1, "after try_unwrap of a shared object");
      copy.reset();
      expect_value(pointer, 2, "after try_unwrap of a shared object and the end of the other owner");
      require(P::try_unwrap(std::move(pointer)).has_value(), "try_unwrap refused the owner that was left");
      expect_alive(0, "after try_unwrap of the owner that was left");
    }
    if constexpr (P::kTraits.has_weak) {
      P pointer = P::make(3L);
      const typename P::Weak weak = pointer.downgrade(), second = weak;
      if constexpr (P::kTraits.shares) {
        const P copy = pointer;
        require(!P::try_unwrap(std::move(pointer)).has_value(), "try_unwrap gave a shared object with Weaks");
        require(weak.upgrade().get() == pointer.get(), "a try_unwrap that gave nothing let a Weak expire");
      }
      const std::optional<Witness> value = P::try_unwrap(std::move(pointer));
      require(value.has_value() && value->value() == 3, "try_unwrap refused the only owner, which has Weaks");
      require(weak.upgrade().get() == nullptr && second.upgrade().get() == nullptr,
              "a Weak gave an owner after try_unwrap");
      expect_alive(1, "after try_unwrap with Weaks");
    }
    require(Witness::copied == copied, "try_unwrap copied the value");
    using Only = Subject<Of, std::unique_ptr<int>>;
    Only only = Only::make(std::make_unique<int>(4));
    require(**Only::try_unwrap(std::move(only)) == 4, "try_unwrap lost a value that can only be moved");
    if constexpr (P::kTraits.thread_safe && P::kTraits.shares)
      use_after_another_owner<Of>("try_unwrap", [](Subject<Of, Note>& pointer) {
        const auto value = Subject<Of, Note>::try_unwrap(std::move(pointer));
        if (value.has_value()) require(value->text == 2, "try_unwrap missed what another owner wrote");
        return value.has_value();
      });
  }
}

template <class Of>
void check_get_mut() {
  if constexpr (!kClaims<Of>.proves_unique) {
    absent("claims no get_mut");
  } else {
    using P = Subject<Of, Witness>;
    P pointer = P::make(1L);
    const auto expect_unique = [&](bool unique, const char* when) {
      Witness* const found = pointer.get_mut();
      require(!unique || found == pointer.get(), "%s, get_mut() is not the object", when);
      require(unique || found == nullptr, "%s, get_mut() is not null", when);
    };
    expect_unique(true, "of the only owner");
    if constexpr (P::kTraits.shares) {
      P copy = pointer;
      expect_unique(false, "with another owner");
      require(copy.get_mut() == nullptr, "of the other owner, get_mut() is not null");
      P third = copy;
      copy.reset();
      expect_unique(false, "with another owner left");
      third = std::move(pointer);
      pointer = std::move(third);
      expect_unique(true, "with the other owners gone");
    }
    if constexpr (P::kTraits.has_weak) {
      {
        typename P::Weak weak = pointer.downgrade();
        expect_unique(false, "with a Weak");
        const typename P::Weak second = weak;
        weak = typename P::Weak();
        expect_unique(false, "with one of two Weaks left");
        const P upgraded = second.upgrade();
        expect_unique(false, "with a Weak and another owner");
      }
      expect_unique(true, "with the Weaks gone");
    }
    expect_value(pointer, 1, "after get_mut()");
    expect_owners(pointer, 1, "after get_mut()");
    expect_alive(1, "after get_mut()");
    if constexpr (P::kTraits.thread_safe && P::kTraits.shares)
      use_after_another_owner<Of>("get_mut", [](Subject<Of, Note>& pointer_) {
        Note* const note = pointer_.get_mut();
        if (note == nullptr) return false;
        require(note->text == 2, "get_mut missed what another owner wrote");
        note->text = 2;
        return true;
      });
  }
}

template <class Of>
void check_make_mut() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no make_mut");
  } else {
    using P = Subject<Of, Witness>;
    P pointer = P::make(1L);
    const auto expect_made = [&](Witness& value, long expected, long copies, long moves, const char* when) {
      require(&value == pointer.get(), "%s, make_mut() is not the object of the pointer", when);
      expect_value(pointer, expected, when);
      require(Witness::copied == copies, "%s, make_mut() made %ld copies instead of %ld", when,
              Witness::copied, copies);
      require(Witness::moved <= moves, "%s, make_mut() moved the value %ld times", when, Witness::moved);
      expect_owners(pointer, 1, when);  // a Weak refers to another object
      Witness::copied = Witness::moved = 0;
    };
    Witness::copied = Witness::moved = 0;
    const Witness* address = pointer.get();
    expect_made(pointer.make_mut(), 1, 0, 0, "of the only owner");
    require(pointer.get() == address, "make_mut() of the only owner made another object");
    if constexpr (P::kTraits.shares) {
      P copy = pointer;
      {
        const P third = copy;
        expect_made(pointer.make_mut(), 1, 1, 0, "of one of three owners");
        require(pointer.get() != address && copy.get() == address && third.get() == address,
                "make_mut() of a shared object did not leave that to the other owners");
        expect_owners(copy, 2, "of a former co-owner after make_mut()");
      }
      pointer.make_mut() = Witness(5);
      Witness::copied = Witness::moved = 0;
      expect_value(copy, 1, "of another owner, after a write through make_mut()");
      expect_alive(2, "after make_mut() of a shared object");
      address = pointer.get();
      expect_made(pointer.make_mut(), 5, 0, 0, "of an owner that has its own copy");
      require(pointer.get() == address, "make_mut() made another object a second time");
      Witness& left = copy.make_mut();
      require(&left == copy.get() && Witness::copied == 0, "make_mut() copied for the owner that was left");
    }
    expect_alive(1, "after make_mut()");
    if constexpr (P::kTraits.has_weak) {
      typename P::Weak weak = pointer.downgrade();
      const typename P::Weak second = weak;
      const long value = pointer.get()->value();
      expect_made(pointer.make_mut(), value, 0, 1, "of the only owner, with Weaks");
      require(weak.upgrade().get() == nullptr && second.upgrade().get() == nullptr,
              "a Weak did not expire in make_mut()");
      expect_alive(1, "after make_mut() with Weaks");
      weak = pointer.downgrade();
      require(weak.upgrade().get() == pointer.get(), "a Weak made after make_mut() does not find the object");
      if constexpr (P::kTraits.shares) {
        const P copy = pointer;
        expect_made(pointer.make_mut(), value, 1, 0, "of a shared object with Weaks");
        require(weak.upgrade().get() == copy.get(),
                "a Weak of an object that make_mut() copied does not find that");
      }
    }
    if constexpr (P::kTraits.thread_safe && P::kTraits.shares)
      use_after_another_owner<Of>("make_mut", [](Subject<Of, Note>& pointer_) {
        Note& note = pointer_.make_mut();
        require(note.text == 2, "make_mut missed what another owner wrote");
        note.text = 2;
        return true;
      });
  }
}

struct Two {
  explicit Two(long value) : first(value), second(value) {}
  Witness first, second;
};

template <class Of>
void check_throwing_make_mut() {
  if constexpr (!kClaims<Of>.copies_on_write) {
    absent("claims no make_mut");
  } else if constexpr (!kClaims<Of>.shares) {
    absent("claims no shared ownership, so that make_mut never copies");
  } else {
    using P = Subject<Of, Two>;
    for (long step = 0; step < 2; ++step) {
      P pointer = P::make(1L), copy = pointer;
      const Two* const address = pointer.get();
      const auto expect_intact = [&](std::size_t owners, const char* when) {
        require(pointer.get() == address && copy.get() == address,
                "%s, an owner does not have the object it had", when);
        require(address->first.value() == 1 && address->second.value() == 1, "%s, the value has changed",
                when);
        expect_owners(pointer, owners, when);
        expect_owners(copy, owners, when);
        expect_alive(2, when);
      };
      const auto fail = [&] {
        bool arrived = false;
        Witness::throw_after = step;
        try {
          pointer.make_mut();
        } catch (const WitnessThrow&) {
          arrived = true;
        }
        const bool threw = std::exchange(Witness::throw_after, -1) < 0;
        if (!threw) skipped("make_mut() of a shared object makes no copy");
        require(arrived, "what a copy in make_mut() threw did not arrive");
      };
      for (int i = 0; i < 3; ++i) {
        fail();
        expect_intact(2, "after a copy in make_mut() threw");
      }
      if constexpr (P::kTraits.has_weak) {
        {
          const typename P::Weak weak = pointer.downgrade();
          fail();
          require(weak.upgrade().get() == address, "a copy that threw in make_mut() let a Weak expire");
        }
        expect_intact(2, "after a copy in make_mut() threw, with a Weak");
      }
      {
        const P third = copy;
        fail();
        expect_intact(3, "after a copy in make_mut() threw, with three owners");
      }
      Two& made = pointer.make_mut();
      require(&made != address && made.second.value() == 1, "make_mut() after one that threw did not copy");
      require(copy.get() == address && address->first.value() == 1,
              "make_mut() after one that threw changed the other owner's object");
      pointer.reset();
      expect_alive(2, "with one of two owners gone");
      copy.reset();
      expect_alive(0, "with both owners gone");
    }
  }
}

template <class Of>
struct UniqueClauses {
  Clause throwing{"SP-07", ClauseClass::kViolation, "Rust Rc::make_mut; triomphe 4488d19",
                  "A make_mut whose copy throws leaves the source intact", &check_throwing_make_mut<Of>};
  Clause unwrap{
      "SP-14", ClauseClass::kViolation, "Rust Rc::try_unwrap",
      "try_unwrap gives the value to the only owner, whose Weaks expire, and otherwise changes nothing",
      &check_try_unwrap<Of>};
  Clause get_mut{"SP-15", ClauseClass::kViolation, "Rust Rc::get_mut",
                 "get_mut is null while another owner or a Weak exists, and otherwise the object",
                 &check_get_mut<Of>};
  Clause make_mut{"SP-16", ClauseClass::kViolation, "Rust Rc::make_mut",
                  "make_mut copies exactly when shared; with only Weaks besides it moves the value, and they "
                  "expire",
                  &check_make_mut<Of>};
};

}  // namespace assay::suite::pointer
