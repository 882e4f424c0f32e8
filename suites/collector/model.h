// Random mutator programs beside an oracle that walks its own graph (suites/collector/model/run.h), under
// every schedule of gc/options.h: a million operations a run in all. A program that fails is shrunk and
// printed as C++; --seed replays it.
//
// The environment's ASSAY_LENGTH multiplies the number of programs: 600 make a test run of about an hour.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "suites/collector/model/run.h"
#include "suites/core/clause.h"
#include "suites/core/length.h"
#include "suites/core/model.h"
#include "suites/core/random.h"

namespace assay::suite::collector {

// The name of a type as C++ has it.
template <class T>
const char* name_of_type() {
  thread_local char name[512];
  const char* const begin = std::strstr(__PRETTY_FUNCTION__, "T = ") + 4;
  const std::size_t length = std::strcspn(begin, ";]");
  std::snprintf(name, sizeof name, "%.*s", static_cast<int>(length), begin);
  return name;
}

template <class H>
class Language {
 public:
  struct Operation {
    unsigned char kind, a, b, c;
    std::size_t size;
  };

  explicit Language(const CollectorOptions& options) : options_(options) {
    constexpr const char* kSchedules[] = {"kPaced", "kExplicit", "kEveryAllocation", "kEveryBarrier",
                                          "kEverySafepoint"};
    std::snprintf(opening_, sizeof opening_,
                  "  assay::CollectorOptions options;\n"
                  "  options.schedule = assay::Schedule::%s;\n"
                  "  options.headroom_percent = %u;\n"
                  "  options.least_headroom = %zu;\n"
                  "  options.nursery = %zu;\n"
                  "  options.promotion_age = %u;\n"
                  "  options.slice = %llu;\n"
                  "  assay::suite::collector::model::Run<%s> run(options);\n",
                  kSchedules[static_cast<int>(options.schedule)], options.headroom_percent,
                  options.least_headroom, options.nursery, options.promotion_age,
                  static_cast<unsigned long long>(options.slice), name_of_type<H>());
  }

  void generate(Random& random, Operation* operations, std::size_t count) const {
    std::uint64_t weights = 0;
    for (const Kind& kind : kKinds) weights += kind.claimed ? static_cast<std::uint64_t>(kind.weight) : 0;
    const auto parameter = [&] { return static_cast<unsigned char>(random.below(60)); };
    for (std::size_t i = 0; i < count; ++i) {
      auto left = static_cast<int>(random.below(weights));
      unsigned char kind = 0;
      while (!kKinds[kind].claimed || (left -= kKinds[kind].weight) >= 0) ++kind;
      operations[i] = {kind, parameter(), parameter(), parameter(),
                       random.log_between(1, kKinds[kind].largest)};
    }
  }

  void run(const Operation* operations, std::size_t count) const {
    Run run(options_);
    for (std::size_t i = 0; i < count; ++i) kKinds[operations[i].kind].run(run, operations[i]);
  }

  // An operation of each program on its own heap, then the next ones.
  void run_in_turns(const std::vector<std::vector<Operation>>& programs) const {
    std::vector<std::unique_ptr<Run>> runs;
    for (std::size_t i = 0; i < programs.size(); ++i) runs.push_back(std::make_unique<Run>(options_));
    for (std::size_t at = 0; at < programs[0].size(); ++at)
      for (std::size_t i = 0; i < programs.size(); ++i)
        kKinds[programs[i][at].kind].run(*runs[i], programs[i][at]);
  }

  void print(const Operation& operation) const {
    const Kind& kind = kKinds[operation.kind];
    const unsigned parameters[] = {operation.a, operation.b, operation.c};
    std::fprintf(stderr, "  run.%s(", kind.name);
    for (int i = 0; i < kind.parameters; ++i) std::fprintf(stderr, i == 0 ? "%u" : ", %u", parameters[i]);
    if (kind.largest > 1) std::fprintf(stderr, kind.parameters == 0 ? "%zu" : ", %zu", operation.size);
    std::fprintf(stderr, ");\n");
  }

  const char* opening() const { return opening_; }

 private:
  using Run = model::Run<H>;
  using Op = Operation;
  static constexpr CollectorTraits kTraits = H::kTraits;

  struct Kind {
    const char* name;
    int weight;
    bool claimed;
    int parameters;       // a, b, c
    std::size_t largest;  // size: 1 where none is taken
    void (*run)(Run&, const Operation&);
  };

  static constexpr Kind kKinds[] = {
      {"make_leaf", 12, true, 1, 1, [](Run& run, const Op& op) { run.make_leaf(op.a); }},
      {"make_blob", 6, true, 1, 1, [](Run& run, const Op& op) { run.make_blob(op.a); }},
      {"make_node", 40, true, 1, 1, [](Run& run, const Op& op) { run.make_node(op.a); }},
      {"make_pinned", 10, true, 1, 1, [](Run& run, const Op& op) { run.make_pinned(op.a); }},
      {"make_mortal", 18, true, 1, 5, [](Run& run, const Op& op) { run.make_mortal(op.a, op.size); }},
      {"make_pair", 40, true, 2, 1, [](Run& run, const Op& op) { run.make_pair(op.a, op.b); }},
      {"make_around", 12, true, 1, 1, [](Run& run, const Op& op) { run.make_around(op.a); }},
      {"make_tree", 6, true, 1, 6, [](Run& run, const Op& op) { run.make_tree(op.a, op.size); }},
      {"make_list", 12, true, 1, 100, [](Run& run, const Op& op) { run.make_list(op.a, op.size); }},
      {"make_garbage", 12, true, 0, 60, [](Run& run, const Op& op) { run.make_garbage(op.size); }},
      {"make_table", 8, true, 1, 300, [](Run& run, const Op& op) { run.make_table(op.a, op.size); }},
      {"make_text", 5, true, 1, 600, [](Run& run, const Op& op) { run.make_text(op.a, op.size); }},
      {"make_watchers", 5, kTraits.has_weak, 1, 100,
       [](Run& run, const Op& op) { run.make_watchers(op.a, op.size); }},
      {"make_register", 6, true, 1, 100, [](Run& run, const Op& op) { run.make_register(op.a, op.size); }},
      {"renew_array", 8, true, 1, 10'000, [](Run& run, const Op& op) { run.renew_array(op.a, op.size); }},
      {"share_array", 8, true, 2, 1, [](Run& run, const Op& op) { run.share_array(op.a, op.b); }},
      {"store", 150, true, 3, 20, [](Run& run, const Op& op) { run.store(op.a, op.b, op.c, op.size); }},
      {"store_new", 40, true, 2, 20, [](Run& run, const Op& op) { run.store_new(op.a, op.b, op.size); }},
      {"clear", 25, true, 2, 20, [](Run& run, const Op& op) { run.clear(op.a, op.b, op.size); }},
      {"copy_member", 50, true, 3, 20,
       [](Run& run, const Op& op) { run.copy_member(op.a, op.b, op.c, op.size); }},
      {"swap_members", 30, true, 3, 20,
       [](Run& run, const Op& op) { run.swap_members(op.a, op.b, op.c, op.size); }},
      {"fill", 12, true, 3, 300, [](Run& run, const Op& op) { run.fill(op.a, op.b, op.c, op.size); }},
      {"copy_elements", 8, true, 3, 300,
       [](Run& run, const Op& op) { run.copy_elements(op.a, op.b, op.c, op.size); }},
      {"write", 40, true, 1, 1000, [](Run& run, const Op& op) { run.write(op.a, op.size); }},
      {"load", 40, true, 3, 20, [](Run& run, const Op& op) { run.load(op.a, op.b, op.c, op.size); }},
      {"copy_root", 16, true, 2, 1, [](Run& run, const Op& op) { run.copy_root(op.a, op.b); }},
      {"clear_root", 8, true, 1, 1, [](Run& run, const Op& op) { run.clear_root(op.a); }},
      {"clear_roots", 1, true, 0, 1, [](Run& run, const Op&) { run.clear_roots(); }},
      {"open_scope", 15, true, 1, 8, [](Run& run, const Op& op) { run.open_scope(op.a, op.size); }},
      {"close_scope", 12, true, 0, 8, [](Run& run, const Op& op) { run.close_scope(op.size); }},
      {"keep", 16, true, 2, 1, [](Run& run, const Op& op) { run.keep(op.a, op.b); }},
      {"take", 12, true, 2, 1, [](Run& run, const Op& op) { run.take(op.a, op.b); }},
      {"copy_persistent", 6, true, 2, 1, [](Run& run, const Op& op) { run.copy_persistent(op.a, op.b); }},
      {"rebuild_persistent", 6, true, 2, 1,
       [](Run& run, const Op& op) { run.rebuild_persistent(op.a, op.b); }},
      {"drop", 8, true, 1, 1, [](Run& run, const Op& op) { run.drop(op.a); }},
      {"set_weak", 50, kTraits.has_weak, 3, 20,
       [](Run& run, const Op& op) { run.set_weak(op.a, op.b, op.c, op.size); }},
      {"watch_new", 30, kTraits.has_weak, 3, 20,
       [](Run& run, const Op& op) { run.watch_new(op.a, op.b, op.c, op.size); }},
      {"clear_weak", 8, kTraits.has_weak, 2, 20,
       [](Run& run, const Op& op) { run.clear_weak(op.a, op.b, op.size); }},
      {"load_weak", 30, kTraits.has_weak, 3, 20,
       [](Run& run, const Op& op) { run.load_weak(op.a, op.b, op.c, op.size); }},
      {"safepoint", 20, true, 0, 1, [](Run& run, const Op&) { run.safepoint(); }},
      {"step", 40, kTraits.incremental, 0, 4, [](Run& run, const Op& op) { run.step(op.size); }},
      {"collect_minor", 8, true, 0, 1, [](Run& run, const Op&) { run.collect_minor(); }},
      {"collect_major", 5, true, 0, 1, [](Run& run, const Op&) { run.collect_major(); }},
      {"collect_compact", 4, kTraits.moves, 0, 1, [](Run& run, const Op&) { run.collect_compact(); }},
      {"verify", 2, kTraits.verifies, 0, 1, [](Run& run, const Op&) { run.verify(); }},
      {"look", 12, true, 0, 1, [](Run& run, const Op&) { run.look(); }},
  };

  CollectorOptions options_;
  char opening_[1200];
};

// So many programs of `length` operations, or fewer where a subject is slow: as many as take a few seconds of
// CPU time, if the others take as long as the first.
template <class H>
void run_programs(const CollectorOptions& options, std::size_t length, std::size_t programs) {
  constexpr double kMostSeconds = 2;
  const Language<H> language(options);
  const auto children = [] {
    rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  };
  const double before = children();
  run_random_programs(language, length, 1);
  const auto affordable = static_cast<std::size_t>(kMostSeconds / std::max(children() - before, 1e-4));
  programs = std::clamp<std::size_t>(affordable, 10, programs) * length_factor();
  run_random_programs(language, length, static_cast<int>(programs));
  note("%zu operations", length * programs);
}

constexpr std::uint64_t kShortestSlice = 1;  // what a heap does at least

template <class H>
void check_explicit_collections() {
  CollectorOptions options;
  options.schedule = Schedule::kExplicit;
  options.slice = kShortestSlice;
  run_programs<H>(options, 2000, 200);
}

template <class H>
void check_collections_at_allocations() {
  CollectorOptions options;
  options.schedule = Schedule::kEveryAllocation;
  options.slice = kShortestSlice;
  run_programs<H>(options, 800, 100);
}

template <class H>
void check_steps_at_barriers() {
  if constexpr (!H::kTraits.incremental && !H::kTraits.concurrent) {
    absent("claims no marking beside the program");
  } else {
    CollectorOptions options;
    options.schedule = Schedule::kEveryBarrier;
    options.slice = kShortestSlice;
    run_programs<H>(options, 2000, 100);
  }
}

template <class H>
void check_collections_at_safepoints() {
  CollectorOptions options;
  options.schedule = Schedule::kEverySafepoint;
  options.slice = kShortestSlice;
  run_programs<H>(options, 2000, 100);
}

template <class H>
void check_paced_collections() {
  for (const unsigned age : {0u, 1u, 2u, 3u}) {
    CollectorOptions options;
    options.headroom_percent = 10 + age * 30;
    options.least_headroom = std::size_t{8} << (10 + age);
    options.nursery = std::size_t{2} << (10 + age);
    options.promotion_age = age;
    options.slice = age % 2 == 0 ? kShortestSlice : 20'000;
    run_programs<H>(options, 3000, 45);
  }
}

template <class H>
struct ModelClauses {
  Clause explicit_collections{
      "MODEL-1", ClauseClass::kViolation, "oracle of reachability",
      "Random programs lose nothing that is reachable, and a full collection leaves nothing else",
      &check_explicit_collections<H>};
  Clause allocations{"MODEL-2", ClauseClass::kViolation, "oracle of reachability",
                     "The same with a collection at every allocation, in constructors and finalizers, too",
                     &check_collections_at_allocations<H>};
  Clause barriers{"MODEL-3", ClauseClass::kViolation, "oracle of reachability",
                  "The same with a step of marking at every store to a Member", &check_steps_at_barriers<H>};
  Clause safepoints{"MODEL-4", ClauseClass::kViolation, "oracle of reachability",
                    "The same with a step or a collection at every safepoint",
                    &check_collections_at_safepoints<H>};
  Clause paced{"MODEL-5", ClauseClass::kViolation, "oracle of reachability",
               "The same when a small heap paces itself, for promotion ages from 0 to 3",
               &check_paced_collections<H>};
};

}  // namespace assay::suite::collector
