// Weaks: upgrades against the end of the object, the life of the block, objects made around a Weak to
// themselves: SP-02, SP-03 and SP-17.
#pragma once

#include "suites/core/random.h"
#include "suites/pointer/subject.h"

namespace assay::suite::pointer {

// Upgrades a Weak to itself while it is destroyed, both one of its own and one from elsewhere.
template <class Of>
struct Revenant {
  using P = Subject<Of, Revenant>;
  static inline typename P::Weak* outer = nullptr;

  Revenant() = default;
  Revenant(const Revenant&) = delete;
  ~Revenant() {
    if (outer->upgrade().get() != nullptr) violated("upgrade() in the destructor gave an owner");
    if (inner.upgrade().get() != nullptr) violated("upgrade() of a member gave an owner in the destructor");
  }
  typename P::Weak inner;
};

template <class Of>
void upgrade_in_the_destructor() {
  using Object = Revenant<Of>;
  using P = typename Object::P;
  P pointer = P::make();
  typename P::Weak weak = pointer.downgrade();
  pointer.get()->inner = weak;
  Object::outer = &weak;
  {
    const P second = weak.upgrade();
    require(second.get() == pointer.get(), "upgrade() gave another object");
  }
  pointer.reset();
  require(weak.upgrade().get() == nullptr, "upgrade() after the end of the object gave an owner");
}

enum class Life { kNone, kAlive, kDying, kDead };

// Its life is told outside of it, where it can be read when it is gone.
struct Mortal {
  explicit Mortal(std::atomic<Life>& life_, std::atomic<int>* looks_left_ = nullptr)
      : life(life_), looks_left(looks_left_) {
    life.store(Life::kAlive, std::memory_order_relaxed);
  }
  Mortal(const Mortal&) = delete;
  ~Mortal() {
    if (life.exchange(Life::kDying, std::memory_order_relaxed) != Life::kAlive)
      violated("an object was destroyed that was dying or dead");
    if (looks_left != nullptr)  // dies slowly: until another thread has looked often enough
      wait_until([&] { return looks_left->load(std::memory_order_relaxed) == 0; });
    life.store(Life::kDead, std::memory_order_relaxed);
  }
  std::atomic<Life>& life;
  std::atomic<int>* looks_left;
};

// While one thread destroys the object, another upgrades.
template <class Of>
void upgrade_beside_the_destructor() {
  using P = Subject<Of, Mortal>;
  std::atomic<Life> life{Life::kNone};
  std::atomic<int> looks_left{20};
  std::atomic<bool> released{false};
  on_own_thread([&] {
    P pointer = P::make(life, &looks_left);
    std::thread other([&life, &looks_left, &released, weak = pointer.downgrade()] {
      wait_until([&] {
        return life.load(std::memory_order_relaxed) != Life::kAlive ||
               released.load(std::memory_order_relaxed);
      });
      while (looks_left.load(std::memory_order_relaxed) > 0) {
        require(weak.upgrade().get() == nullptr, "upgrade() while another thread destroys gave an owner");
        looks_left.fetch_sub(1, std::memory_order_relaxed);
      }
    });
    pointer.reset();
    released.store(true, std::memory_order_relaxed);
    other.join();
  });
}

// The other thread upgrades all the time, so that the last release falls into an upgrade.
template <class Of>
void upgrade_against_the_last_release() {
  using P = Subject<Of, Mortal>;
  constexpr int kRounds = 400;
  struct Round {
    std::atomic<Life> life{Life::kNone};
    std::atomic<bool> offered{false}, seen{false}, released{false}, done{false};
    typename P::Weak weak;
  };
  std::vector<Round> rounds(kRounds);
  on_own_thread([&] {
    std::thread other([&rounds] {
      for (Round& round : rounds) {
        wait_until([&] { return round.offered.load(std::memory_order_acquire); });  // pairs with the release
        for (int after = 0; after < 3;) {
          const bool late = round.released.load(std::memory_order_acquire);  // pairs with the release below
          after += late;
          const P owner = round.weak.upgrade();
          round.seen.store(true, std::memory_order_relaxed);
          if (owner.get() == nullptr) continue;
          require(!late, "upgrade() after the last release gave an owner");
          for (int i = 0; i < 2; ++i) {
            require(round.life.load(std::memory_order_relaxed) == Life::kAlive,
                    "upgrade() against the last release gave an owner of a dying object");
            const P copy = owner;
            require(copy.get() == owner.get(), "a copy of an upgraded pointer points elsewhere");
          }
        }
        round.weak = typename P::Weak();
        round.done.store(true, std::memory_order_release);
      }
    });
    for (Round& round : rounds) {
      P pointer = P::make(round.life);
      round.weak = pointer.downgrade();
      round.offered.store(true, std::memory_order_release);
      wait_until([&] { return round.seen.load(std::memory_order_relaxed); });
      pointer.reset();
      round.released.store(true, std::memory_order_release);
      wait_until([&] { return round.done.load(std::memory_order_acquire); });
    }
    other.join();
  });
  for (const Round& round : rounds)
    require(round.life.load() == Life::kDead, "an object that had been upgraded was not destroyed");
}

template <class Of>
void check_upgrade() {
  if constexpr (!kClaims<Of>.has_weak) {
    absent("claims no Weak");
  } else {
    upgrade_in_the_destructor<Of>();
    if constexpr (kClaims<Of>.thread_safe) {
      upgrade_beside_the_destructor<Of>();
      upgrade_against_the_last_release<Of>();
    }
  }
}

// A block that went too early is given to the next object, and the stale Weak finds that one.
template <class Of>
void expire_and_make_again() {
  using P = Subject<Of, Bulky>;
  using Weak = typename P::Weak;
  P pointer = P::make(1L);
  Weak weaks[3] = {pointer.downgrade(), pointer.downgrade(), Weak()};
  weaks[2] = weaks[1];
  pointer.reset();
  expect_alive(0, "at the last strong owner, with Weaks left");
  std::vector<P> others;
  for (int k = 0; k < 3; ++k) {
    for (int i = 0; i < 10; ++i) others.push_back(P::make(100L));
    for (int rest = k; rest < 3; ++rest)
      require(weaks[rest].upgrade().get() == nullptr, "a Weak of an object long gone gave an owner");
    weaks[k] = Weak();
  }
  for (int i = 0; i < 10; ++i) others.push_back(P::make(100L));
  for (const P& other : others)
    require(other.get()->witness.value() == 100, "an object that a stale Weak does not refer to has changed");
  others.clear();
  expect_alive(0, "when all had gone");
}

template <class Of>
struct Looped {
  Bulky bulky{1};
  typename Subject<Of, Looped>::Weak self;
};

template <class Of>
void expect_block_freed_with_last_weak() {
  using P = Subject<Of, Witness>;
  Lender lender;
  const auto expect_held = [&](bool held, const char* when) {
    const long blocks = lender.live_blocks();
    require(held ? blocks > 0 : blocks == 0, "%s, %ld blocks are held", when, blocks);
  };
  {
    auto pointer = P::make_in(lender, 5L);
    using Weak = decltype(pointer.downgrade());
    Weak first = pointer.downgrade(), second = first, third = second;
    third = Weak();
    first = Weak();
    second = third;
    expect_value(pointer, 5, "with all Weaks gone and an owner left");
    expect_held(true, "with an owner left");
    first = pointer.downgrade();
    second = std::move(first);
    first = Weak();
    third = second;
    pointer.reset();
    expect_alive(0, "at the last strong owner, with Weaks left");
    expect_held(true, "with two Weaks left");
    require(third.upgrade().get() == nullptr, "a Weak of an object that is gone gave an owner");
    third = Weak();
    expect_held(true, "with one Weak left");
    require(second.upgrade().get() == nullptr, "the last Weak of an object that is gone gave an owner");
    second = Weak();
    expect_held(false, "with the last Weak gone");
  }
  if constexpr (kClaims<Of>.thread_safe) {
    for (int i = 0; i < 60; ++i) {
      on_own_thread([&] {
        auto pointer = P::make_in(lender, 5L);
        std::atomic<bool> started{false};
        std::thread other([&started, weak = pointer.downgrade()]() mutable {
          const auto copy = weak;
          started.store(true, std::memory_order_relaxed);
        });
        wait_until([&] { return started.load(std::memory_order_relaxed); });
        pointer.reset();
        other.join();
      });
      expect_held(false, "after the last owner and the last Weak went on two threads");
    }
  }
}

template <class Of>
void check_block_of_weak() {
  if constexpr (!kClaims<Of>.has_weak) {
    absent("claims no Weak");
  } else {
    using P = Subject<Of, Bulky>;
    expire_and_make_again<Of>();
    if constexpr (kClaims<Of>.takes_allocator) expect_block_freed_with_last_weak<Of>();
    require_no_growth("the last Weak went after the last owner", [] {
      P pointer = P::make(1L);
      const typename P::Weak weak = pointer.downgrade();
      pointer.reset();
    });
    require_no_growth("the last owner went after the last Weak", [] {
      const P pointer = P::make(1L);
      typename P::Weak weak = pointer.downgrade();
      weak = typename P::Weak();
    });
    require_no_growth("the last Weak went with the object itself", [] {
      const auto pointer = Subject<Of, Looped<Of>>::make();
      pointer.get()->self = pointer.downgrade();
    });
    expect_alive(0, "when all had gone");
  }
}

// Made around a Weak to itself.
template <class Of>
struct Selfish {
  using P = Subject<Of, Selfish>;
  using Weak = typename P::Weak;
  static inline std::vector<Weak>* kept = nullptr;

  Selfish(long value, const Weak& self_) : witness(value), self(self_) {
    std::memset(bytes, 2, sizeof bytes);
  }
  // Which the pointer may use to bring it into its place.
  Selfish(Selfish&& other) noexcept(false) : witness(std::move(other.witness)), self(std::move(other.self)) {}

  Witness witness;
  Weak self;
  unsigned char bytes[2000];
};

template <class Of>
void check_make_cyclic() {
  if constexpr (!kClaims<Of>.makes_cyclic) {
    absent("claims no make_cyclic");
  } else {
    using Object = Selfish<Of>;
    using P = typename Object::P;
    using Weak = typename P::Weak;
    std::vector<Weak> kept;
    kept.reserve(8);
    Object::kept = &kept;
    Object (*const make)(const Weak&) = [](const Weak& self) {
      require(self.upgrade().get() == nullptr, "upgrade() before the object exists gave an owner");
      Object::kept->assign(3, self);
      Object object(5, self);
      require(object.self.upgrade().get() == nullptr, "upgrade() in the making of the object gave an owner");
      return object;
    };
    {
      P pointer = P::make_cyclic(make);
      expect_alive(1, "after make_cyclic");
      require(pointer.get() != nullptr && pointer.get()->witness.value() == 5, "make_cyclic lost the value");
      kept.push_back(pointer.get()->self);
      for (Weak& weak : kept)
        require(weak.upgrade().get() == pointer.get(),
                "upgrade() does not find the object that make_cyclic made");
      pointer.get()->self = Weak();
      if constexpr (P::kTraits.shares) {
        const P copy = pointer;
        pointer.reset();
        expect_alive(1, "with one of two owners of what make_cyclic made");
      }
    }
    for (Weak& weak : kept)
      require(weak.upgrade().get() == nullptr, "a Weak of make_cyclic outlived its object and gave an owner");
    kept.clear();
    expect_alive(0, "after the last owner of what make_cyclic made");

    Object (*const fail)(const Weak&) = [](const Weak& self) -> Object {
      if (Object::kept != nullptr) Object::kept->assign(2, self);
      const Object object(6, self);
      throw WitnessThrow();
    };
    for (int i = 0; i < 3; ++i) {
      bool threw = false;
      try {
        P::make_cyclic(fail);
      } catch (const WitnessThrow&) {
        threw = true;
      }
      require(threw, "what f threw did not arrive from make_cyclic");
      expect_alive(0, "after f threw in make_cyclic");
      for (Weak& weak : kept)
        require(weak.upgrade().get() == nullptr, "a Weak to an object that was never made gave an owner");
      if (i == 1) kept.clear();
    }
    kept.clear();
    Object::kept = nullptr;
    require_no_growth("f threw in make_cyclic", [&] {
      try {
        P::make_cyclic(fail);
      } catch (const WitnessThrow&) {
      }
    });
  }
}

template <class Of>
struct WeakClauses {
  Clause upgrade{"SP-02", ClauseClass::kViolation, "[util.smartptr.weak.obs]",
                 "An upgrade gives an owner or nothing, never an owner of an object that is dying",
                 &check_upgrade<Of>};
  Clause block{
      "SP-03", ClauseClass::kViolation, "[util.smartptr.weak]",
      "The object is destroyed at its last strong owner even if Weaks remain, and its block is freed "
      "exactly when the last of both goes",
      &check_block_of_weak<Of>};
  Clause cyclic{
      "SP-17", ClauseClass::kViolation, "Rust Rc::new_cyclic",
      "make_cyclic's Weak gives no owner until the object exists and finds it then, and a throwing f "
      "leaks nothing",
      &check_make_cyclic<Of>};
};

}  // namespace assay::suite::pointer
