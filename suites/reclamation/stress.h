// Stress: teams of 2 to 16 threads on shared pointers and on the structures.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "suites/core/random.h"
#include "suites/reclamation/clauses/shared_use.h"
#include "suites/reclamation/stepping.h"
#include "suites/reclamation/subject.h"

namespace assay::suite::reclamation {

// Every thread reads and replaces; some sleep while pinned.
template <class S>
void stress_pointers() {
  for (const unsigned threads : {2u, 4u, 16u}) {
    Domain<S> domain;
    Source sources[4];
    for (Source& source : sources) source.store(new Canary(1), std::memory_order_relaxed);
    {
      std::vector<std::jthread> team;
      for (unsigned thread = 0; thread < threads; ++thread)
        team.emplace_back([&, thread] {
          Random random(seed() * 31 + thread);
          for (unsigned i = 0; i < 40'000 / threads; ++i) {
            Source& source = sources[random.below(4)];
            if (random.one_in(4)) {
              domain.retire(unlink(source, new Canary(i)));
              if (random.one_in(100)) domain.collect();
              continue;
            }
            auto guard = domain.pin();
            const Canary* const object = guard.protect(source);
            const std::uint64_t number = object->read();
            if (random.one_in(8)) sched_yield();
            if (random.one_in(4)) {
              auto inner = domain.pin();
              inner.protect(sources[random.below(4)])->read();
            }
            require(object->read() == number, "an object changed while a guard protected it");
          }
        });
    }
    for (Source& source : sources) domain.retire(unlink(source));
    collect_all(domain);
    require(Canary::live() == 0, "%ld objects of %u threads are not freed", Canary::live(), threads);
  }
}

// Threads that end while others work, leaving garbage, beside one that stays.
template <class S>
void stress_comings() {
  Domain<S> domain;
  Source source{new Canary(0)};
  std::atomic<bool> over{false};
  std::jthread steady([&] {
    while (!over.load(std::memory_order_relaxed)) {
      {
        auto guard = domain.pin();
        guard.protect(source)->read();
      }
      domain.collect();
      sched_yield();
    }
  });
  for (int generation = 0; generation < 30; ++generation) {
    std::vector<std::jthread> team;
    for (unsigned thread = 0; thread < 4; ++thread)
      team.emplace_back([&, thread] {
        for (std::uint64_t i = 0; i < 20 * (thread + 1); ++i) {
          auto guard = domain.pin();
          guard.protect(source)->read();
          guard.reset();
          domain.retire(unlink(source, new Canary(i)));
        }
      });
  }
  over.store(true, std::memory_order_relaxed);
  steady.join();
  domain.retire(unlink(source));
  collect_all(domain);
  require(Canary::live() == 0, "%ld objects of ended threads are not freed", Canary::live());
}

// While a reader is stopped, a domain that waits for it frees nothing.
template <class S>
void absent_if_waiting() {
  if constexpr (kClaims<S>.waits_for_readers) absent("waits for readers, so that nobody comes in between");
}

// The reader is stopped before each of its instructions, and the writer frees meanwhile.
template <class S>
void stress_stepped_reader() {
  absent_if_waiting<S>();
  Domain<S> domain;
  Source source{new Canary(0)};
  const auto read = [&] {
    auto guard = domain.pin();
    const Canary* const object = guard.protect(source);
    object->read();
    object->read();
  };
  read();  // the thread is known to the domain
  {
    Stepping stepping([&] {
      domain.retire(unlink(source, new Canary(1)));
      domain.collect();
    });
    while (stepping.next()) stepping.run(read);
  }
  domain.retire(unlink(source));
  collect_all(domain);
}

// Keeps account of what is in a stack or a queue of a few values, whoever takes them.
class Account {
 public:
  Counted make() {
    ++inside_;
    return Counted(++number_);
  }
  void took(const std::optional<Counted>& value) {
    if (!value.has_value()) return;
    require(value->number() >= 1 && value->number() <= number_, "value %ld was never put in",
            value->number());
    --inside_;
    sum_ += value->number();
  }
  // When all have been taken: each once, if the sum is theirs.
  void expect_all() const {
    require(inside_ == 0 && sum_ == number_ * (number_ + 1) / 2,
            "of values 1 to %ld, %ld were lost or came twice, and the sum of what came out is %ld",
            number_.load(), inside_.load(), sum_.load());
  }

 private:
  std::atomic<long> number_{0}, inside_{0}, sum_{0};
};

// A take is stopped before each of its instructions, while another thread empties the structure, frees its
// nodes, and fills it again.
template <class S, class Put, class Take>
void step_through(Domain<S>& domain, const Put& put, const Take& take) {
  absent_if_waiting<S>();
  Account account;
  const auto take_one = [&] {
    auto value = take();
    account.took(value);
    return value.has_value();
  };
  for (int i = 0; i < 3; ++i) put(account.make());
  {
    Stepping stepping([&] {
      while (take_one()) {
      }
      domain.collect();
      for (int i = 0; i < 3; ++i) put(account.make());
    });
    while (stepping.next()) stepping.run([&] { take_one(); });
  }
  while (take_one()) {
  }
  account.expect_all();
}

template <class S>
void stress_stepped_stack() {
  if constexpr (!HasStack<S>) {
    absent("has no stack");
  } else {
    Domain<S> domain;
    typename S::template Stack<Counted> stack(domain);
    step_through<S>(
        domain, [&](Counted value) { stack.push(std::move(value)); }, [&] { return stack.pop(); });
  }
}

template <class S>
void stress_stepped_queue() {
  if constexpr (!HasQueue<S>) {
    absent("has no queue");
  } else {
    Domain<S> domain;
    typename S::template Queue<Counted> queue(domain);
    step_through<S>(
        domain, [&](Counted value) { queue.enqueue(std::move(value)); }, [&] { return queue.dequeue(); });
  }
}

// A search is stopped before each of its instructions, while another thread erases what it passes.
template <class S>
void stress_stepped_map() {
  if constexpr (!HasMap<S>) {
    absent("has no map");
  } else {
    absent_if_waiting<S>();
    Domain<S> domain;
    typename S::template Map<long, Counted> map(domain, 1);
    constexpr long kLast = 12;
    for (long key = 0; key <= kLast; ++key) map.insert(key, Counted(key));
    Stepping stepping([&] {
      for (long key = 0; key < kLast; ++key) require(map.erase(key), "erase(%ld) did not find the key", key);
      domain.collect();
      for (long key = kLast; key-- > 0;)
        require(map.insert(key, Counted(key)), "insert(%ld) found the key that was erased", key);
    });
    while (stepping.next())
      stepping.run([&] {
        const auto value = map.find(kLast);
        require(value.has_value() && value->number() == kLast, "find(%ld) lost its way beside erasures",
                kLast);
      });
  }
}

template <class S>
void stress_stack() {
  if constexpr (!HasStack<S>)
    absent("has no stack");
  else
    for (const unsigned threads : {2u, 4u, 16u}) share_stack<S>(threads, 50'000 / threads);
}

template <class S>
void stress_queue() {
  if constexpr (!HasQueue<S>)
    absent("has no queue");
  else
    for (const unsigned pairs : {1u, 2u, 8u}) share_queue<S>(pairs, 50'000 / pairs);
}

template <class S>
void stress_map() {
  if constexpr (!HasMap<S>)
    absent("has no map");
  else
    for (const unsigned threads : {2u, 4u, 16u}) share_map<S>(threads, static_cast<int>(60'000 / threads));
}

template <class S>
struct StressClauses {
  Clause pointers{"STRESS-1", ClauseClass::kViolation, "teams of threads",
                  "2 to 16 threads that read and replace shared objects use none that was freed",
                  &stress_pointers<S>};
  Clause comings{"STRESS-2", ClauseClass::kViolation, "teams of threads",
                 "Threads that come, retire and end leave nothing behind", &stress_comings<S>};
  Clause stack{"STRESS-3", ClauseClass::kViolation, "teams of threads",
               "2 to 16 threads on one stack lose nothing and get nothing twice", &stress_stack<S>};
  Clause queue{"STRESS-4", ClauseClass::kViolation, "teams of threads",
               "2 to 16 threads on one queue lose nothing and keep the order of each", &stress_queue<S>};
  Clause map{"STRESS-5", ClauseClass::kViolation, "teams of threads",
             "2 to 16 threads on one map erase what was inserted, once", &stress_map<S>};
  Clause stepped_reader{"STRESS-6", ClauseClass::kViolation, "stops before every instruction",
                        "A reader stopped before any instruction uses nothing that was freed",
                        &stress_stepped_reader<S>};
  Clause stepped_stack{"STRESS-7", ClauseClass::kViolation, "stops before every instruction",
                       "A pop stopped before any instruction leaves the stack right",
                       &stress_stepped_stack<S>};
  Clause stepped_queue{"STRESS-8", ClauseClass::kViolation, "stops before every instruction",
                       "A dequeue stopped before any instruction leaves the queue right",
                       &stress_stepped_queue<S>};
  Clause stepped_map{"STRESS-9", ClauseClass::kViolation, "stops before every instruction",
                     "A search stopped before any instruction finds what is there", &stress_stepped_map<S>};
};

}  // namespace assay::suite::reclamation
