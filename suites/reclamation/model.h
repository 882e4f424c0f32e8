// Random programs of one thread over sources and guards, beside an oracle of what is protected.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include "suites/core/model.h"
#include "suites/core/random.h"
#include "suites/reclamation/subject.h"

namespace assay::suite::reclamation {

template <class S>
class Run {
 public:
  static constexpr std::size_t kSources = 6, kGuards = 5;
  static_assert(kClaims<S>.most_guards == 0 || kClaims<S>.most_guards >= kGuards);

  Run() {
    for (Source& source : sources_) source.store(make(), std::memory_order_relaxed);
  }
  ~Run() {
    for (Holder& holder : holders_) holder.guard.reset();
    for (Source& source : sources_) domain_.retire(unlink(source));
    collect_all(domain_);
    if (Canary::live() != 0) violated("with no guard left %ld objects are not freed", Canary::live());
  }

  void pin(std::size_t place) {
    Holder& holder = holders_[place % kGuards];
    holder.guard.reset();  // or else there would be one guard more for a moment
    holder.guard = domain_.pin();
    holder.pinned = true;
    holder.keeps.clear();
  }
  void protect(std::size_t place, std::size_t source) {
    Holder& holder = holders_[place % kGuards];
    if (!holder.pinned) pin(place);
    if (!kClaims<S>.protects_regions) holder.keeps.clear();
    holder.keeps.push_back(holder.guard.protect(sources_[source % kSources]));
  }
  void release(std::size_t place) {
    Holder& holder = holders_[place % kGuards];
    holder.guard.reset();
    holder.pinned = false;
    holder.keeps.clear();
  }
  void move(std::size_t from, std::size_t to) {
    Holder &source = holders_[from % kGuards], &target = holders_[to % kGuards];
    target.guard = std::move(source.guard);
    if (&source == &target) return;
    target.pinned = std::exchange(source.pinned, false);
    target.keeps = std::exchange(source.keeps, {});
  }
  void replace(std::size_t source, std::size_t times) {
    for (; times > 0; --times) domain_.retire(unlink(sources_[source % kSources], make()));
  }
  void collect() { domain_.collect(); }

  void check() {
    for (const Source& source : sources_) source.load(std::memory_order_relaxed)->read();
    for (const Holder& holder : holders_)
      for (const Canary* object : holder.keeps) object->read();
    const long retired = Canary::live() - static_cast<long>(kSources);
    require(domain_.garbage() == static_cast<std::size_t>(retired), "garbage() is %zu and not %ld",
            domain_.garbage(), retired);
    if constexpr (kClaims<S>.bounded_garbage)
      require(domain_.garbage() <= domain_.most_garbage(), "garbage() is %zu, most_garbage() %zu",
              domain_.garbage(), domain_.most_garbage());
  }

 private:
  struct Holder {
    Guard<S> guard;
    bool pinned = false;
    std::vector<const Canary*> keeps;
  };
  Canary* make() { return new Canary(++number_); }

  std::uint64_t number_ = 0;
  Domain<S> domain_;
  Source sources_[kSources];
  Holder holders_[kGuards];
};

template <class S>
struct Language {
  struct Operation {
    unsigned char kind, which;
    std::size_t size;
  };

  void generate(Random& random, Operation* operations, std::size_t count) const {
    for (std::size_t i = 0; i < count; ++i)
      operations[i] = {static_cast<unsigned char>(random.below(6)),
                       static_cast<unsigned char>(random.below(30)), random.log_between(1, 60)};
  }

  void run(const Operation* operations, std::size_t count) const {
    Run<S> run;
    for (std::size_t i = 0; i < count; ++i) {
      const Operation& operation = operations[i];
      const std::size_t which = operation.which, size = operation.size;
      switch (operation.kind) {
        case 0:
          run.pin(which);
          break;
        case 1:
          run.protect(which, size);
          break;
        case 2:
          run.release(which);
          break;
        case 3:
          run.move(which, size);
          break;
        case 4:
          run.replace(which, size);
          break;
        default:
          run.collect();
      }
      run.check();
    }
  }

  void print(const Operation& operation) const {
    static constexpr const char* kNames[] = {"pin", "protect", "release", "move", "replace", "collect"};
    std::fprintf(stderr, "  run.%s(", kNames[operation.kind]);
    if (operation.kind < 5) std::fprintf(stderr, "%u", operation.which);
    if (operation.kind == 1 || operation.kind == 3 || operation.kind == 4)
      std::fprintf(stderr, ", %zu", operation.size);
    std::fputs(");\n", stderr);
  }

  const char* opening() const { return "  Run<S> run;\n"; }
};

template <class S>
void check_model() {
  run_random_programs(Language<S>(), 120, 60);
}

template <class S>
struct ModelClauses {
  Clause guards{"MODEL-1", ClauseClass::kViolation, "oracle of protected objects",
                "Random programs free nothing that a guard keeps, and all else in the end", &check_model<S>};
};

}  // namespace assay::suite::reclamation
