// Threads that share a stack, a queue or a map, for the clauses with two or three and the stress with
// sixteen.
#pragma once

#include <sched.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "suites/core/random.h"
#include "suites/reclamation/subject.h"

namespace assay::suite::reclamation {

// A value that is moved only; it knows its number until its end, and is counted.
class Counted {
 public:
  static inline std::atomic<long> live{0};

  Counted() : Counted(0) {}
  explicit Counted(long number) : number_(number) { ++live; }
  Counted(Counted&& other) noexcept : number_(other.number()) { ++live; }
  Counted(const Counted& other) noexcept : number_(other.number()) { ++live; }
  Counted& operator=(Counted&& other) noexcept {
    number_ = other.number();
    return *this;
  }
  Counted& operator=(const Counted& other) = default;
  ~Counted() {
    number();
    --live;
    number_ = kEnded;
  }
  long number() const {
    if (number_ == kEnded) violated("a value was used after its end");
    return number_;
  }

 private:
  static constexpr long kEnded = -0x656e646564;
  volatile long number_;
};

// Which of the values 0 to count - 1 came out, once each at the most.
class Received {
 public:
  explicit Received(std::size_t count) : seen_(count) {}
  void add(long number) {
    require(number >= 0 && static_cast<std::size_t>(number) < seen_.size(),
            "value %ld came out and was never put in", number);
    require(!seen_[static_cast<std::size_t>(number)].exchange(true), "value %ld came out twice", number);
    ++count_;
  }
  std::size_t count() const { return count_; }
  void expect_all() const {
    for (std::size_t i = 0; i < seen_.size(); ++i) require(seen_[i], "value %zu was lost", i);
  }

 private:
  std::vector<std::atomic<bool>> seen_;
  std::atomic<std::size_t> count_{0};
};

// Each thread pushes its numbers, in small groups, and pops about as many: the same few nodes come and go.
template <class S>
void share_stack(unsigned threads, long each) {
  Domain<S> domain;
  typename S::template Stack<Counted> stack(domain);
  Received received(threads * static_cast<std::size_t>(each));
  {
    std::vector<std::jthread> team;
    for (unsigned thread = 0; thread < threads; ++thread)
      team.emplace_back([&, thread] {
        Random random(seed() * 17 + thread);
        for (long i = 0; i < each;) {
          for (std::uint64_t pushes = random.between(1, 3); pushes > 0 && i < each; --pushes)
            stack.push(Counted(static_cast<long>(thread) * each + i++));
          if (random.one_in(16)) sched_yield();
          for (std::uint64_t pops = random.between(1, 3); pops > 0; --pops)
            if (const auto value = stack.pop()) received.add(value->number());
        }
      });
  }
  while (const auto value = stack.pop()) received.add(value->number());
  received.expect_all();
}

template <class S>
void share_queue(unsigned pairs, long each) {
  Domain<S> domain;
  typename S::template Queue<Counted> queue(domain);
  const std::size_t all = pairs * static_cast<std::size_t>(each);
  Received received(all);
  std::vector<std::jthread> team;
  for (unsigned producer = 0; producer < pairs; ++producer)
    team.emplace_back([&, producer] {
      Random random(seed() * 17 + producer);
      for (long i = 0; i < each; ++i) {
        queue.enqueue(Counted(static_cast<long>(producer) * each + i));
        if (random.one_in(16)) sched_yield();
      }
    });
  for (unsigned consumer = 0; consumer < pairs; ++consumer)
    team.emplace_back([&] {
      std::vector<long> latest(pairs, -1);
      while (received.count() < all) {
        const auto value = queue.dequeue();
        if (!value.has_value()) {
          sched_yield();
          continue;
        }
        const long number = value->number();
        received.add(number);
        long& before = latest[static_cast<std::size_t>(number / each)];
        require(number > before, "value %ld of one producer came out after %ld", number, before);
        before = number;
      }
    });
  team.clear();
  received.expect_all();
  require(!queue.dequeue().has_value(), "dequeue() returned more values than were put in");
}

// The insertions of a key that succeeded are those that its erasures undid, and one more if it is there.
template <class S>
void share_map(unsigned threads, int operations) {
  constexpr std::size_t kKeys = 12;
  Domain<S> domain;
  typename S::template Map<long, Counted> map(domain, 2);
  std::atomic<long> present[kKeys] = {};
  {
    std::vector<std::jthread> team;
    for (unsigned thread = 0; thread < threads; ++thread)
      team.emplace_back([&, thread] {
        Random random(seed() * 17 + thread);
        for (int i = 0; i < operations; ++i) {
          const std::size_t place = random.below(kKeys);
          const long key = static_cast<long>(place);
          if (random.one_in(16)) sched_yield();
          switch (random.below(3)) {
            case 0:
              present[place] += map.insert(key, Counted(key));
              break;
            case 1:
              present[place] -= map.erase(key);
              break;
            default:
              if (const auto value = map.find(key))
                require(value->number() == key, "find(%ld) gave the value of %ld", key, value->number());
          }
        }
      });
  }
  for (std::size_t place = 0; place < kKeys; ++place) {
    const long there = map.find(static_cast<long>(place)).has_value();
    require(present[place] == there, "insertions of a key less its erasures are %ld, and find() sees %ld",
            present[place].load(), there);
  }
}

}  // namespace assay::suite::reclamation
