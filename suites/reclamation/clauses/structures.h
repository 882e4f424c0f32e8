// The structures over a domain: LF-01 to LF-07.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "suites/core/random.h"
#include "suites/reclamation/clauses/shared_use.h"
#include "suites/reclamation/subject.h"

namespace assay::suite::reclamation {

template <class S>
void check_stack_order() {
  if constexpr (!HasStack<S>) {
    absent("has no stack");
  } else {
    Domain<S> domain;
    typename S::template Stack<long> stack(domain);
    std::vector<long> expected;
    Random random(seed());
    require(!stack.pop().has_value(), "pop() of a new stack returned a value");
    for (long i = 0; i < 3000; ++i) {
      stack.push(i);
      expected.push_back(i);
      for (std::uint64_t pops = random.below(3); pops > 0 && i > 2500; --pops) {
        const std::optional<long> value = stack.pop();
        if (expected.empty()) {
          require(!value.has_value(), "pop() of an empty stack returned %ld", value.value_or(0));
          continue;
        }
        require(value == expected.back(), "pop() returned %ld instead of %ld", value.value_or(-1),
                expected.back());
        expected.pop_back();
      }
    }
    for (; !expected.empty(); expected.pop_back())
      require(stack.pop() == expected.back(), "draining, pop() did not return %ld", expected.back());
    require(!stack.pop().has_value(), "pop() of a drained stack returned a value");
  }
}

template <class S>
void check_queue_order() {
  if constexpr (!HasQueue<S>) {
    absent("has no queue");
  } else {
    Domain<S> domain;
    typename S::template Queue<long> queue(domain);
    Random random(seed());
    long put = 0, got = 0;
    require(!queue.dequeue().has_value(), "dequeue() of a new queue returned a value");
    const auto take = [&] {
      const std::optional<long> value = queue.dequeue();
      if (got == put) {
        require(!value.has_value(), "dequeue() of an empty queue returned %ld", value.value_or(0));
        return;
      }
      require(value == got, "dequeue() returned %ld instead of %ld", value.value_or(-1), got);
      ++got;
    };
    for (int i = 0; i < 2000; ++i) {
      if (random.one_in(2)) queue.enqueue(put++);
      if (random.one_in(2)) take();
    }
    while (put < got + 6000) queue.enqueue(put++);
    while (got < put) take();
    take();
  }
}

template <class S>
void check_map() {
  if constexpr (!HasMap<S>) {
    absent("has no map");
  } else {
    for (const std::size_t buckets : {1u, 16u, 300u}) {
      Domain<S> domain;
      typename S::template Map<long, long> map(domain, buckets);
      std::map<long, long> expected;
      Random random(seed() + buckets);
      for (long i = 0; i < 4000; ++i) {
        const long key = static_cast<long>(random.below(100)) - 50;
        const auto found = expected.find(key);
        switch (random.below(3)) {
          case 0:
            require(map.insert(key, i) == (found == expected.end()), "insert(%ld) was wrong about the key",
                    key);
            expected.emplace(key, i);
            break;
          case 1:
            require(map.erase(key) == (found != expected.end()), "erase(%ld) was wrong about the key", key);
            expected.erase(key);
            break;
          default: {
            const std::optional<long> value = map.find(key);
            require(value.has_value() == (found != expected.end()), "find(%ld) was wrong about the key", key);
            if (value.has_value())
              require(*value == found->second, "find(%ld) gave %ld instead of %ld", key, *value,
                      found->second);
          }
        }
      }
      for (long key = -50; key < 50; ++key)
        require(map.find(key).has_value() == expected.contains(key), "at last find(%ld) was wrong", key);
    }
  }
}

template <class S>
void check_values_end() {
  if constexpr (HasStack<S> && HasQueue<S> && HasMap<S>) {
    {
      Domain<S> domain;
      typename S::template Stack<Counted> stack(domain);
      typename S::template Queue<Counted> queue(domain);
      typename S::template Map<long, Counted> map(domain, 4);
      for (long i = 0; i < 200; ++i) {
        stack.push(Counted(i));
        queue.enqueue(Counted(i));
        map.insert(i, Counted(i));
      }
      require(Counted::live == 600, "600 values were put in, and %ld are alive", Counted::live.load());
      for (long i = 0; i < 150; ++i) {
        {
          const auto popped = stack.pop();
          const auto taken = queue.dequeue();
          require(popped.has_value() && popped->number() == 199 - i, "pop() did not return value %ld",
                  199 - i);
          require(taken.has_value() && taken->number() == i, "dequeue() did not return value %ld", i);
        }
        require(Counted::live == 600 - 2 * (i + 1), "%ld values were taken out of 600, and %ld are alive",
                2 * (i + 1), Counted::live.load());
      }
      for (long i = 0; i < 150; ++i) map.erase(i);
    }
    require(Counted::live == 0, "%ld values outlived their structures and the domain", Counted::live.load());
  } else {
    absent("has not all of stack, queue and map");
  }
}

template <class S>
void check_stack_shared() {
  if constexpr (!HasStack<S>)
    absent("has no stack");
  else
    share_stack<S>(2, 1500);
}

template <class S>
void check_queue_shared() {
  if constexpr (!HasQueue<S>)
    absent("has no queue");
  else
    share_queue<S>(2, 1500);
}

template <class S>
void check_map_shared() {
  if constexpr (!HasMap<S>)
    absent("has no map");
  else
    share_map<S>(3, 2000);
}

template <class S>
struct StructureClauses {
  Clause stack{"LF-01", ClauseClass::kViolation, "Treiber 1986", "A stack gives the latest value first",
               &check_stack_order<S>};
  Clause queue{"LF-02", ClauseClass::kViolation, "Michael and Scott 1996",
               "A queue gives the earliest value first", &check_queue_order<S>};
  Clause map{"LF-03", ClauseClass::kViolation, "Michael 2002",
             "A map keeps the first value of a key until the key is erased", &check_map<S>};
  Clause stack_shared{"LF-04", ClauseClass::kViolation, "Treiber 1986",
                      "What threads push is popped once each, and nothing else", &check_stack_shared<S>};
  Clause queue_shared{"LF-05", ClauseClass::kViolation, "Michael and Scott 1996",
                      "What threads enqueue is dequeued once each, in the order of each producer",
                      &check_queue_shared<S>};
  Clause map_shared{"LF-06", ClauseClass::kViolation, "Michael 2002",
                    "Insertions and erasures of a key by several threads succeed in turn",
                    &check_map_shared<S>};
  Clause values{"LF-07", ClauseClass::kViolation, "pointers/reclaimer_concept.h",
                "A value ends when it is taken out, and at the latest with structure and domain",
                &check_values_end<S>};
};

}  // namespace assay::suite::reclamation
