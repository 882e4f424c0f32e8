// Random programs of three threads that lock, write, throw and let go, beside an oracle of who is inside. A
// program that fails is shrunk and printed as C++; --seed replays it.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

#include "pointers/lock_concept.h"
#include "suites/core/model.h"
#include "suites/core/random.h"
#include "suites/lock/access.h"

namespace assay::suite::lock {

// A thread that does one thing at a time, so that guards end on the thread that they belong to.
class Actor {
 public:
  Actor() : thread_([this] { serve(); }) {}
  ~Actor() {
    run(nullptr);
    thread_.join();
  }

  void run(std::function<void()> task) {
    task_ = std::move(task);
    turn_.store(1, std::memory_order_release);  // pairs with the acquire in serve()
    turn_.notify_one();
    turn_.wait(1, std::memory_order_acquire);  // pairs with the release in serve()
  }

 private:
  void serve() {
    for (bool goes_on = true; goes_on;) {
      turn_.wait(0, std::memory_order_acquire);  // pairs with the release in run()
      goes_on = static_cast<bool>(task_);
      if (goes_on) task_();
      turn_.store(0, std::memory_order_release);  // pairs with the acquire in run()
      turn_.notify_one();
    }
  }

  std::function<void()> task_;
  std::atomic<int> turn_{0};
  std::thread thread_;
};

// The lock, three threads with a guard each at the most, and what must be true of them.
template <class L>
class Run {
  static constexpr LockTraits kTraits = L::kTraits;
  using Exclusive = GuardOf<L>;
  struct NoGuard {};
  static auto reader_type() {
    if constexpr (kTraits.shares)
      return std::optional<decltype(std::declval<L&>().read())>();
    else
      return std::optional<NoGuard>();
  }
  using Shared = decltype(reader_type());

 public:
  ~Run() {
    for (unsigned who = 0; who < kThreads; ++who) release(who);
  }

  void try_exclusive(unsigned who) {
    enter(who, true, [](L& lock) { return try_hold(lock); });
  }
  void wait_exclusive(unsigned who) {
    if constexpr (kTraits.timed)
      enter(who, true, [](L& lock) { return try_hold_for(lock, std::chrono::microseconds(5)); });
  }
  void try_shared(unsigned who) {
    if constexpr (kTraits.shares) enter(who, false, [](L& lock) { return lock.try_read(); });
  }
  void wait_shared(unsigned who) {
    if constexpr (kTraits.shares && kTraits.timed)
      enter(who, false, [](L& lock) { return lock.try_read_for(std::chrono::microseconds(5)); });
  }

  void write(unsigned who) {
    Member& member = members_[who % kThreads];
    if (!member.exclusive) return;
    value_ = ++written_;
    member.actor.run([&] { **member.exclusive = written_; });
  }
  void read(unsigned who) {
    Member& member = members_[who % kThreads];
    long seen = value_;
    member.actor.run([&] {
      if (member.exclusive) seen = **member.exclusive;
      if constexpr (kTraits.shares)
        if (member.shared) seen = **member.shared;
    });
    require(seen == value_, "a guard gives %ld instead of %ld", seen, value_);
  }
  void move(unsigned who) {
    Member& member = members_[who % kThreads];
    if (!member.exclusive) return;
    member.actor.run([&] {
      Exclusive moved = std::move(*member.exclusive);
      member.exclusive.reset();
      member.exclusive.emplace(std::move(moved));
    });
  }
  void release(unsigned who) {
    Member& member = members_[who % kThreads];
    member.actor.run([&] {
      member.exclusive.reset();
      if constexpr (kTraits.shares) member.shared.reset();
    });
  }
  void downgrade(unsigned who) {
    if constexpr (kTraits.downgrades) {
      Member& member = members_[who % kThreads];
      if (!member.exclusive) return;
      member.actor.run([&] {
        member.shared.emplace(std::move(*member.exclusive).downgrade());
        member.exclusive.reset();
      });
    }
  }
  void throw_through(unsigned who) {
    Member& member = members_[who % kThreads];
    if (!member.exclusive) return;
    poisoned_ = kTraits.poisons;
    member.actor.run([&] {
      try {
        // The exception must be in flight when the guard dies, which began before it.
        const Exclusive guard = std::move(*member.exclusive);
        member.exclusive.reset();
        throw 1;
      } catch (int) {
      }
    });
  }
  void clear_poison(unsigned who) {
    if constexpr (kTraits.poisons) {
      if (held()) return;
      const bool expected = poisoned_;
      value_ = ++written_;
      members_[who % kThreads].actor.run([&] {
        auto guard = hold_poisoned(lock_);
        require(guard.poisoned() == expected, "a guard says that the lock is %spoisoned",
                expected ? "not " : "");
        guard.clear_poison();
        *guard = written_;
      });
      poisoned_ = false;
    }
  }
  void call_with(unsigned who) {
    if (held() || poisoned_) return;
    value_ = ++written_;
    members_[who % kThreads].actor.run([&] { lock_.with([&](long& value) { value = written_; }); });
  }
  void check() {
    if constexpr (kTraits.poisons)
      require(lock_.is_poisoned() == poisoned_, "is_poisoned() is %s", poisoned_ ? "false" : "true");
    if (!held() && !poisoned_)
      require(lock_.get_mut() == value_, "get_mut() gives %ld instead of %ld", lock_.get_mut(), value_);
  }

 private:
  static constexpr unsigned kThreads = 3;
  struct Member {
    std::optional<Exclusive> exclusive;
    Shared shared;
    Actor actor;
  };

  bool held(bool by_writer_only = false) const {
    for (const Member& member : members_)
      if (member.exclusive || (!by_writer_only && member.shared)) return true;
    return false;
  }

  template <class Attempt>
  void enter(unsigned who, bool exclusive, Attempt attempt) {
    Member& member = members_[who % kThreads];
    if (member.exclusive || member.shared) return;
    const bool free = !held(!exclusive);
    bool got = false, threw = false;
    member.actor.run([&] {
      try {
        auto guard = attempt(lock_);
        got = guard.has_value();
        if constexpr (std::same_as<decltype(guard), std::optional<Exclusive>>) {
          if (got) member.exclusive.emplace(std::move(*guard));
        } else {
          if (got) member.shared.emplace(std::move(*guard));
        }
      } catch (const Poisoned&) {
        threw = true;
      }
    });
    require(threw == (free && poisoned_), "a form of locking %s", threw ? "threw Poisoned" : "did not throw");
    require(got == (free && !poisoned_), "a form of locking %s", got ? "got in" : "did not get in");
  }

  L lock_;
  std::array<Member, kThreads> members_;
  long value_ = 0, written_ = 0;
  bool poisoned_ = false;
};

template <class L>
struct Language {
  struct Operation {
    unsigned char kind;
    std::uint32_t which;
    std::size_t size;
  };
  struct Kind {
    const char* name;
    std::uint64_t weight;
    void (Run<L>::*run)(unsigned who);
  };
  static constexpr Kind kKinds[] = {
      {"try_exclusive", 18, &Run<L>::try_exclusive},
      {"wait_exclusive", 4, &Run<L>::wait_exclusive},
      {"try_shared", 18, &Run<L>::try_shared},
      {"wait_shared", 4, &Run<L>::wait_shared},
      {"write", 12, &Run<L>::write},
      {"read", 12, &Run<L>::read},
      {"move", 6, &Run<L>::move},
      {"release", 26, &Run<L>::release},
      {"downgrade", 6, &Run<L>::downgrade},
      {"throw_through", 4, &Run<L>::throw_through},
      {"clear_poison", 6, &Run<L>::clear_poison},
      {"call_with", 4, &Run<L>::call_with},
  };

  void generate(Random& random, Operation* operations, std::size_t count) const {
    std::uint64_t weights = 0;
    for (const Kind& kind : kKinds) weights += kind.weight;
    for (std::size_t i = 0; i < count; ++i) {
      std::uint64_t left = random.below(weights);
      unsigned char kind = 0;
      for (; left >= kKinds[kind].weight; ++kind) left -= kKinds[kind].weight;
      operations[i] = {kind, static_cast<std::uint32_t>(random.below(3)), 0};
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    Run<L> run;
    for (std::size_t i = 0; i < count; ++i) {
      (run.*kKinds[operations[i].kind].run)(operations[i].which);
      run.check();
    }
  }

  void print(const Operation& operation) const {
    std::fprintf(stderr, "  run.%s(%u);\n  run.check();\n", kKinds[operation.kind].name, operation.which);
  }

  const char* opening() const { return "  Run<LockOf<Of, long>> run;\n"; }
};

template <class Of>
void check_model() {
  run_random_programs(Language<LockOf<Of, long>>(), 60, 60);
}

template <class Of>
struct ModelClauses {
  Clause programs{"MODEL-1", ClauseClass::kViolation, "oracle of who is inside",
                  "Random programs of three threads find every lock free, held and poisoned as it must be",
                  &check_model<Of>};
};

}  // namespace assay::suite::lock
