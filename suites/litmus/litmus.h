// Litmus tests: few instructions on two to four threads, and one outcome that tells memory orderings apart.
//
// Idea. Every thread runs its part of the test on each of many pairs of words, one after the other, and
// writes down what it read; when all are through, the outcomes are counted. The threads start together, so
// that many of the parts meet. A forbidden outcome that is seen is an error of the compiler or of the
// machine. An allowed one that is not seen means nothing: x86, for one, lets only the store buffering be
// seen.
//
//   MP    message passing    x = 1; y = 1          │ r0 = y; r1 = x                        r0 = 1, r1 = 0
//   SB    store buffering    x = 1; r0 = y         │ y = 1; r1 = x                         r0 = 0, r1 = 0
//   LB    load buffering     r0 = x; y = 1         │ r1 = y; x = 1                         r0 = 1, r1 = 1
//   IRIW  independent reads  x = 1 │ y = 1 │ r0 = x; r1 = y │ r2 = y; r3 = x               1, 0, 1, 0
//   CO    coherence          x = 1 │ x = 2 │ r0 = x; r1 = x │ r2 = x; r3 = x               1, 2, 2, 1 (or
//                                                                                          2, 1, 1, 2)
//
// Sources: [intro.races], [atomics.order]; Alglave, Maranget, Tautschnig, "Herding cats" (2014), for the
// names; Alglave et al., "Litmus: running tests against hardware" (2011), for the way to run them.
#pragma once

#include <sched.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace assay::suite::litmus {

enum class Ordering { kRelaxed, kAcquireRelease, kSequential };

constexpr const char* name_of(Ordering ordering) {
  switch (ordering) {
    case Ordering::kRelaxed:
      return "relaxed";
    case Ordering::kAcquireRelease:
      return "acquire/release";
    case Ordering::kSequential:
      return "seq_cst";
  }
  return "";
}

template <Ordering kOrdering>
struct Orders {
  static constexpr std::memory_order kLoad = kOrdering == Ordering::kRelaxed ? std::memory_order_relaxed
                                             : kOrdering == Ordering::kAcquireRelease
                                                 ? std::memory_order_acquire
                                                 : std::memory_order_seq_cst;
  static constexpr std::memory_order kStore = kOrdering == Ordering::kRelaxed ? std::memory_order_relaxed
                                              : kOrdering == Ordering::kAcquireRelease
                                                  ? std::memory_order_release
                                                  : std::memory_order_seq_cst;
};

// The two words, on cache lines of their own.
struct Words {
  alignas(64) std::atomic<int> x{0};
  alignas(64) std::atomic<int> y{0};
};

using Registers = std::array<int, 4>;

// Each test has run<kOrdering>(member, words, registers), what one thread does; weak(registers), whether that
// is the outcome; and allowed(ordering), whether the C++ memory model lets it happen.
struct MessagePassing {
  static constexpr const char* kName = "message passing";
  static constexpr const char* kWeak = "the flag seen, and not what was written before it";
  static constexpr unsigned kThreads = 2;

  template <Ordering kOrdering>
  static void run(unsigned member, Words& words, Registers& r) {
    using O = Orders<kOrdering>;
    if (member == 0) {
      words.x.store(1, O::kStore);
      words.y.store(1, O::kStore);
    } else {
      r[0] = words.y.load(O::kLoad);
      r[1] = words.x.load(O::kLoad);
    }
  }
  static bool weak(const Registers& r) { return r[0] == 1 && r[1] == 0; }
  static constexpr bool allowed(Ordering ordering) { return ordering == Ordering::kRelaxed; }
};

struct StoreBuffering {
  static constexpr const char* kName = "store buffering";
  static constexpr const char* kWeak = "neither thread saw the other's store";
  static constexpr unsigned kThreads = 2;

  template <Ordering kOrdering>
  static void run(unsigned member, Words& words, Registers& r) {
    using O = Orders<kOrdering>;
    if (member == 0) {
      words.x.store(1, O::kStore);
      r[0] = words.y.load(O::kLoad);
    } else {
      words.y.store(1, O::kStore);
      r[1] = words.x.load(O::kLoad);
    }
  }
  static bool weak(const Registers& r) { return r[0] == 0 && r[1] == 0; }
  static constexpr bool allowed(Ordering ordering) { return ordering != Ordering::kSequential; }
};

struct LoadBuffering {
  static constexpr const char* kName = "load buffering";
  static constexpr const char* kWeak = "each thread saw the other's later store";
  static constexpr unsigned kThreads = 2;

  template <Ordering kOrdering>
  static void run(unsigned member, Words& words, Registers& r) {
    using O = Orders<kOrdering>;
    if (member == 0) {
      r[0] = words.x.load(O::kLoad);
      words.y.store(1, O::kStore);
    } else {
      r[1] = words.y.load(O::kLoad);
      words.x.store(1, O::kStore);
    }
  }
  static bool weak(const Registers& r) { return r[0] == 1 && r[1] == 1; }
  static constexpr bool allowed(Ordering ordering) { return ordering == Ordering::kRelaxed; }
};

struct IndependentReads {
  static constexpr const char* kName = "independent reads";
  static constexpr const char* kWeak = "two readers saw two writes in opposite order";
  static constexpr unsigned kThreads = 4;

  template <Ordering kOrdering>
  static void run(unsigned member, Words& words, Registers& r) {
    using O = Orders<kOrdering>;
    switch (member) {
      case 0:
        words.x.store(1, O::kStore);
        break;
      case 1:
        words.y.store(1, O::kStore);
        break;
      case 2:
        r[0] = words.x.load(O::kLoad);
        r[1] = words.y.load(O::kLoad);
        break;
      default:
        r[2] = words.y.load(O::kLoad);
        r[3] = words.x.load(O::kLoad);
    }
  }
  static bool weak(const Registers& r) { return r[0] == 1 && r[1] == 0 && r[2] == 1 && r[3] == 0; }
  static constexpr bool allowed(Ordering ordering) { return ordering != Ordering::kSequential; }
};

struct Coherence {
  static constexpr const char* kName = "coherence";
  static constexpr const char* kWeak = "two readers saw the values of one word in opposite order";
  static constexpr unsigned kThreads = 4;

  template <Ordering kOrdering>
  static void run(unsigned member, Words& words, Registers& r) {
    using O = Orders<kOrdering>;
    if (member < 2) {
      words.x.store(static_cast<int>(member) + 1, O::kStore);
    } else {
      const std::size_t first = 2 * (member - 2);
      r[first] = words.x.load(O::kLoad);
      r[first + 1] = words.x.load(O::kLoad);
    }
  }
  static bool weak(const Registers& r) {
    const auto backwards = [](int a, int b) { return a != 0 && b == 0; };  // one reader alone
    if (backwards(r[0], r[1]) || backwards(r[2], r[3])) return true;
    return r[0] != 0 && r[2] != 0 && r[0] != r[1] && r[2] != r[3] && r[0] != r[2];
  }
  static constexpr bool allowed(Ordering) { return false; }
};

// Lets threads begin a batch within nanoseconds of each other: whoever is woken by the kernel comes when the
// others are through. Who waits for long leaves its processor to the ones that it waits for.
class Meeting {
 public:
  explicit Meeting(unsigned members) : members_(members) {}

  void arrive_and_wait() {
    const unsigned generation =
        generation_.load(std::memory_order_relaxed);  // relaxed: it waits for this thread
    // Acquire and release: what each did before happens before what all do after.
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) == members_ - 1) {
      arrived_.store(0, std::memory_order_relaxed);  // relaxed: the release below publishes it
      generation_.store(generation + 1, std::memory_order_release);  // pairs with the acquire below
      return;
    }
    for (unsigned looks = 0; generation_.load(std::memory_order_acquire) == generation; ++looks)
      if (looks > 10'000) sched_yield();
  }

 private:
  const unsigned members_;
  alignas(64) std::atomic<unsigned> arrived_{0};
  alignas(64) std::atomic<unsigned> generation_{0};
};

// How far each thread of a batch is, so that they come to the same words at the same time, however unevenly
// the lines lie in their caches. It orders nothing: all is relaxed. Who is far ahead does not wait for ever.
class Pace {
 public:
  void keep(unsigned member, unsigned members, std::size_t step) {
    steps_[member].at.store(step, std::memory_order_relaxed);
    for (unsigned other = 0; other < members; ++other)
      for (int looks = 0; looks < 60 && steps_[other].at.load(std::memory_order_relaxed) < step; ++looks) {
      }
  }

 private:
  struct Step {
    alignas(64) std::atomic<std::size_t> at{0};
  };
  std::array<Step, 4> steps_;
};

// Threads that share a processor never meet.
inline void stay_on_processor(unsigned member) {
  cpu_set_t allowed, one;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  unsigned skip = member % static_cast<unsigned>(CPU_COUNT(&allowed));
  int processor = 0;
  while (!CPU_ISSET(processor, &allowed) || skip-- > 0) ++processor;
  CPU_ZERO(&one);
  CPU_SET(processor, &one);
  sched_setaffinity(0, sizeof one, &one);  // where it is refused, the scheduler places the thread
}

// One row of the table.
struct Observation {
  const char* test;
  const char* outcome;
  Ordering ordering;
  bool allowed;
  std::uint64_t rounds = 0;
  std::uint64_t seen = 0;  // of the outcome

  bool forbidden_was_seen() const { return !allowed && seen > 0; }
};

template <class Test, Ordering kOrdering>
Observation observe(std::uint64_t rounds) {
  constexpr std::size_t kBatch = 2048;
  Observation observed{Test::kName, Test::kWeak, kOrdering, Test::allowed(kOrdering)};
  const auto words = std::make_unique<std::array<Words, kBatch>>();
  // Of each thread, so that no two write to one cache line; only those that the thread writes count.
  std::vector<std::vector<Registers>> read(Test::kThreads, std::vector<Registers>(kBatch));
  const std::uint64_t batches = (rounds + kBatch - 1) / kBatch;
  Meeting meet(Test::kThreads);
  Pace pace;

  const auto count = [&] {
    for (std::size_t i = 0; i < kBatch; ++i) {
      Registers all{};
      for (std::vector<Registers>& part : read) {
        for (std::size_t k = 0; k < all.size(); ++k) all[k] |= part[i][k];
        part[i] = {};
      }
      observed.seen += Test::weak(all);
      (*words)[i].x.store(0, std::memory_order_relaxed);  // relaxed: the barrier orders it
      (*words)[i].y.store(0, std::memory_order_relaxed);
    }
    observed.rounds += kBatch;
  };
  std::vector<std::thread> threads;
  for (unsigned member = 0; member < Test::kThreads; ++member)
    threads.emplace_back([&, member] {
      stay_on_processor(member);
      for (std::uint64_t batch = 0; batch < batches; ++batch) {
        meet.arrive_and_wait();
        for (std::size_t i = 0; i < kBatch; ++i) {
          pace.keep(member, Test::kThreads, batch * kBatch + i);
          Test::template run<kOrdering>(member, (*words)[i], read[member][i]);
        }
        meet.arrive_and_wait();
        if (member == 0) count();
      }
    });
  for (std::thread& thread : threads) thread.join();
  return observed;
}

template <class Test>
void observe_orderings(std::uint64_t rounds, std::vector<Observation>& table) {
  table.push_back(observe<Test, Ordering::kRelaxed>(rounds));
  table.push_back(observe<Test, Ordering::kAcquireRelease>(rounds));
  table.push_back(observe<Test, Ordering::kSequential>(rounds));
}

// Every test under every ordering.
inline std::vector<Observation> observe_all(std::uint64_t rounds) {
  std::vector<Observation> table;
  observe_orderings<MessagePassing>(rounds, table);
  observe_orderings<StoreBuffering>(rounds, table);
  observe_orderings<LoadBuffering>(rounds, table);
  observe_orderings<IndependentReads>(rounds, table);
  observe_orderings<Coherence>(rounds, table);
  return table;
}

}  // namespace assay::suite::litmus
