// Objects of one type: a million of 32 bytes are created, visited and destroyed. One operation is one object.
//   typed_million_cold  the arena is made and destroyed within the pass, in a process whose heap holds no
//                       free page
//   typed_million       the same without the second condition: storage comes from a heap that has served it
//   typed_million_warm  the arena is kept and cleared; where destroy() is all there is, object by object
//   typed_destructors   as typed_million, of a type whose destructor does something
// A subject that cannot visit its objects reads them through pointers that the workload keeps.
#pragma once

#include <malloc.h>

#include <cstddef>
#include <cstdint>
#include <utility>

#include "allocators/object_concept.h"
#include "suites/core/workload.h"

namespace assay::suite::object {

inline constexpr Description kTypedMillionCold{
    .name = "typed_million_cold",
    .family = "typed arena",
    .sentence =
        "a million objects of 32 bytes in a new arena on a heap without free pages, visited, dropped"};
inline constexpr Description kTypedMillion{
    .name = "typed_million",
    .family = "typed arena",
    .sentence = "a million objects of 32 bytes in a new arena, visited, dropped"};
inline constexpr Description kTypedMillionWarm{
    .name = "typed_million_warm",
    .family = "typed arena",
    .sentence = "a million objects of 32 bytes in an arena that is kept, visited, cleared"};
inline constexpr Description kTypedDestructors{
    .name = "typed_destructors",
    .family = "typed arena",
    .sentence = "a million objects of 32 bytes in a new arena, visited, destroyed by their destructors"};

constexpr std::size_t kObjects = 1'000'000;

struct Particle {
  std::uint64_t mark = 0;
  double position[3] = {};
};

// Counts, in memory, what its destructor saw.
struct Leaving {
  std::uint64_t mark = 0;
  std::uint64_t* sum = nullptr;
  std::uint64_t rest[2] = {};

  Leaving() = default;
  Leaving(std::uint64_t mark_of_this, std::uint64_t* sum_of_all) : mark(mark_of_this), sum(sum_of_all) {}
  Leaving(const Leaving&) = delete;
  ~Leaving() {
    if (sum != nullptr) *sum += mark;
  }
};

// Creates, visits and gives up `count` objects of T; `made(arena, i)` creates one.
template <ObjectAllocator S>
class Crowd {
 public:
  using T = typename S::value_type;
  static constexpr bool kKeepsPointers = !S::kTraits.iterates || !S::kTraits.destroys_the_rest;

  explicit Crowd(std::size_t count)
      : count_(count), objects_(kKeepsPointers ? harness_array<T*>(count) : nullptr) {}

  template <class... Arguments>
  [[gnu::always_inline]] std::uint64_t create_and_visit(S& subject, Arguments... arguments) const {
    for (std::size_t i = 0; i < count_; ++i) {
      T* const object = subject.create(mark_of(i), arguments...);
      if (object == nullptr) [[unlikely]]
        fail("object %zu could not be created", i);
      asm volatile("" : : "r"(object) : "memory");
      if constexpr (kKeepsPointers) objects_[i] = object;
    }
    std::uint64_t sum = 0;
    if constexpr (S::kTraits.iterates) {
      subject.for_each([&sum](const T& object) { sum += object.mark; });
    } else {
      for (std::size_t i = 0; i < count_; ++i) sum += objects_[i]->mark;
    }
    return sum;
  }

  [[gnu::always_inline]] void destroy_each(S& subject) const {
    if constexpr (S::kTraits.destroys_individually)
      for (std::size_t i = 0; i < count_; ++i) subject.destroy(objects_[i]);
  }

 private:
  const std::size_t count_;
  T** const objects_;
};

struct FromMark : Particle {
  FromMark() = default;
  explicit FromMark(std::uint64_t mark_of_this)
      : Particle{mark_of_this, {static_cast<double>(mark_of_this >> 40), 1, 2}} {}
};

template <template <class> class Of, bool kCold>
class TypedMillion final : public Workload {
 public:
  explicit TypedMillion(const Settings& settings) : crowd_(settings.scaled(kObjects)) {
    operations = settings.scaled(kObjects);
    peak_live = operations * sizeof(FromMark);
  }

  void begin() override {
    if constexpr (kCold) malloc_trim(0);
  }

  std::uint64_t pass() override {
    Of<FromMark> subject;
    const std::uint64_t sum = crowd_.create_and_visit(subject);
    if constexpr (!Of<FromMark>::kTraits.destroys_the_rest) crowd_.destroy_each(subject);
    return fold(0, sum);
  }

 private:
  Crowd<Of<FromMark>> crowd_;
};

template <template <class> class Of>
class TypedMillionWarm final : public Workload {
 public:
  using S = Of<FromMark>;

  explicit TypedMillionWarm(const Settings& settings) : crowd_(settings.scaled(kObjects)) {
    operations = settings.scaled(kObjects);
    peak_live = operations * sizeof(FromMark);
  }

  std::uint64_t pass() override {
    if constexpr (S::kTraits.moves) {
      S local(std::move(subject_));
      const std::uint64_t sum = visit_and_clear(local);
      subject_ = std::move(local);
      return fold(0, sum);
    } else {
      return fold(0, visit_and_clear(subject_));
    }
  }

 private:
  [[gnu::always_inline]] std::uint64_t visit_and_clear(S& subject) {
    const std::uint64_t sum = crowd_.create_and_visit(subject);
    subject.clear();
    return sum;
  }

  Crowd<S> crowd_;
  S subject_;
};

template <template <class> class Of>
class TypedDestructors final : public Workload {
 public:
  using S = Of<Leaving>;

  explicit TypedDestructors(const Settings& settings) : crowd_(settings.scaled(kObjects)) {
    operations = settings.scaled(kObjects);
    peak_live = operations * sizeof(Leaving);
  }

  std::uint64_t pass() override {
    left_ = 0;
    std::uint64_t sum;
    {
      S subject;
      sum = crowd_.create_and_visit(subject, &left_);
      if constexpr (!S::kTraits.destroys_the_rest) crowd_.destroy_each(subject);
    }
    if (left_ != sum) fail("the destructors saw %zx, not %zx", std::size_t{left_}, std::size_t{sum});
    return fold(sum, left_);
  }

 private:
  Crowd<S> crowd_;
  std::uint64_t left_ = 0;
};

template <template <class> class Of>
void add_typed_arena_workloads() {
  constexpr ObjectTraits kTraits = Of<FromMark>::kTraits;
  if constexpr (kTraits.destroys_the_rest || kTraits.destroys_individually) {
    static const WorkloadEntry cold(made_by(kTypedMillionCold, make_workload<TypedMillion<Of, true>>));
    static const WorkloadEntry fresh(made_by(kTypedMillion, make_workload<TypedMillion<Of, false>>));
    static const WorkloadEntry destructors(made_by(kTypedDestructors, make_workload<TypedDestructors<Of>>));
  }
  if constexpr (kTraits.clears)
    static const WorkloadEntry warm(made_by(kTypedMillionWarm, make_workload<TypedMillionWarm<Of>>));
}

}  // namespace assay::suite::object
