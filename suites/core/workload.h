// The interface of a workload: one pattern of allocation, repeated in passes that are identical for every
// subject. The program in workload_main.cc measures pass(); what a pass needs is prepared outside the clock.
//
//   class Pairs : public Workload {
//    public:
//     explicit Pairs(const Settings& settings) { operations = settings.scaled(100'000); }
//     std::uint64_t pass() override { …allocate, check, free; return a checksum of what was read back… }
//   };
//   const WorkloadEntry entry({.name = "pairs", …, .make = make_workload<Pairs>});
//
// Rules. No decision may depend on an address, on time or on the order in which threads run. A pass leaves
// its checksum, the same every time. Records are harness_array()s, so that the subject holds the workload's
// blocks and nothing else. What is not as it must be is concluded by fail(), never turned into a figure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>

#include "suites/core/mapped_memory.h"

namespace assay::suite {

struct Settings {
  double scale = 1;  // multiplies what is live at one time
  std::uint64_t seed = 1;
  double length = 1;  // multiplies the operations of a pass in workloads of any_length

  std::size_t repeated(std::size_t operations) const {
    return static_cast<std::size_t>(static_cast<double>(operations) * length + 0.5);
  }

  std::size_t scaled(std::size_t count) const {
    return std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(count) * scale));
  }
};

// Resident sizes in bytes, without the harness's own records.
struct Resident {
  std::size_t before;  // when the first pass begins
  std::size_t peak;    // the most until now
  std::size_t steady;  // after the latest pass(), before its end()

  double peak_over(std::size_t live) const { return over(peak, live); }
  double steady_over(std::size_t live) const { return over(steady, live); }

 private:
  double over(std::size_t resident, std::size_t live) const {
    return (static_cast<double>(resident) - static_cast<double>(before)) / static_cast<double>(live);
  }
};

// Receives the figures that are a workload's own: one sample of each metric a repetition. A figure named
// cpu_time or wall_time takes the place of the program's own.
class Figures {
 public:
  virtual void add(const char* metric, const char* unit, double sample) = 0;  // less is better in all of them

 protected:
  ~Figures() = default;
};

class Workload {
 public:
  virtual void begin() {}            // not timed: the live set that a pass starts from
  virtual std::uint64_t pass() = 0;  // timed
  virtual void end() {}              // not timed: frees what the pass left; steady_resident is read before it
  virtual void report(const Resident&, Figures&) {}  // not timed, after each repetition

  std::size_t operations = 0;  // in one pass
  std::size_t peak_live = 0;   // bytes requested and not freed, at most; valid after a pass

 protected:
  ~Workload() = default;  // workloads live in mapped memory and are never destroyed
};

struct Description {
  const char* name;
  const char* family;
  const char* sentence;  // the pattern it stands for, for readers of the report
  int passes = 1;        // in one repetition: fixed, because the number of passes changes how memory is used
  int repetitions = 3;
  int warm_ups = 1;  // passes before the clock starts: more where subjects grow for several, none where the
                     // first pass is the point
  bool thorough_only = false;
  bool any_length = false;              // its operations are settings.repeated()
  bool threaded = false;                // of several threads: never to be held on one processor
  const char* (*obstacle)() = nullptr;  // says why this machine cannot run it, null where it can
  Workload* (*make)(const Settings&) = nullptr;
};

// A description that several programs share, each with a workload of its own.
constexpr Description made_by(Description description, Workload* (*make)(const Settings&),
                              const char* (*obstacle)() = nullptr) {
  description.make = make;
  description.obstacle = obstacle;
  return description;
}

struct WorkloadEntry : Description {
  explicit WorkloadEntry(const Description& description);
  const WorkloadEntry* next;
};

const WorkloadEntry* first_workload();

template <class W>
Workload* make_workload(const Settings& settings) {
  return new (map_memory(sizeof(W))) W(settings);
}

// The word that stands for an operation's number in a block, and the checksum of all that was read back.
constexpr std::uint64_t mark_of(std::uint64_t number) { return (number + 1) * 0x9e3779b97f4a7c15; }

constexpr std::uint64_t fold(std::uint64_t checksum, std::uint64_t word) {
  return (checksum ^ word) * 0xbf58476d1ce4e5b9;
}

// Ends the process: one line of JSON with the reason instead of any figure, and exit status 1. Any thread.
[[noreturn, gnu::format(printf, 1, 2)]] void fail(const char* format, ...);
void set_output(int descriptor);  // where that line goes
int output();

// `count` zeroed objects in mapped memory, resident from the start so that no pass pays for their pages.
void* harness_memory(std::size_t bytes);
std::size_t harness_bytes();  // all of it so far

// A resident size without the harness's own records.
inline std::size_t own(std::size_t resident) { return resident - std::min(resident, harness_bytes()); }

template <class T>
T* harness_array(std::size_t count) {
  return static_cast<T*>(harness_memory(count * sizeof(T)));
}

}  // namespace assay::suite
