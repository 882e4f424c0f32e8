// Objects of one type: a million of 32 bytes are created, visited and destroyed. One operation is one object.
//   typed_million_cold  the arena is made and destroyed within the pass, on fresh pages: it times page faults
//                       most of all. TypedArena asks for huge pages (allocators/chunk_growth.h), others do
//                       not, and where transparent huge pages are off it faults as they do
//   typed_arenas        a hundred new arenas of 10,000 objects, one after the other, on a heap that has
//                       served them and gives nothing back to the system: no page is fresh
//   typed_million_warm  the arena is kept and cleared; where destroy() is all there is, object by object
//   typed_destructors   as typed_arenas, of a type whose destructor does something
// Each object holds the address of the one before it, for every subject alike: one that cannot visit its
// objects is visited along these.
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
        "a million objects of 32 bytes in a new arena on fresh pages, visited, dropped; ours asks for huge "
        "pages (--thp=never shows it without)"};
inline constexpr Description kTypedArenas{
    .name = "typed_arenas",
    .family = "typed arena",
    .sentence =
        "10,000 objects of 32 bytes in a new arena on pages used before, visited, dropped, a hundred times"};
inline constexpr Description kTypedMillionWarm{
    .name = "typed_million_warm",
    .family = "typed arena",
    .sentence = "a million objects of 32 bytes in an arena that is kept, visited, cleared",
    .warm_ups = 4};
inline constexpr Description kTypedDestructors{.name = "typed_destructors",
                                               .family = "typed arena",
                                               .sentence =
                                                   "10,000 objects of 32 bytes in a new arena on pages used "
                                                   "before, visited, destroyed by their destructors, "
                                                   "a hundred times"};

constexpr std::size_t kObjects = 1'000'000;
constexpr std::size_t kArenas = 100;  // of a hundredth of these each

struct Particle {
  std::uint64_t mark = 0;
  Particle* before = nullptr;  // the one created before this
  double position[2] = {};

  Particle() = default;
  Particle(std::uint64_t mark_of_this, Particle* before_this)
      : mark(mark_of_this), before(before_this), position{static_cast<double>(mark_of_this >> 40), 1} {}
};

// Counts, in memory, what its destructor saw.
struct Leaving {
  std::uint64_t mark = 0;
  Leaving* before = nullptr;
  std::uint64_t* sum = nullptr;
  std::uint64_t rest = 0;

  Leaving() = default;
  Leaving(std::uint64_t mark_of_this, Leaving* before_this, std::uint64_t* sum_of_all)
      : mark(mark_of_this), before(before_this), sum(sum_of_all) {}
  Leaving(const Leaving&) = delete;
  ~Leaving() {
    if (sum != nullptr) *sum += mark;
  }
};

// Creates `count` objects and visits them; what is left to do is to give them up.
template <ObjectAllocator S>
class Crowd {
 public:
  using T = typename S::value_type;

  explicit Crowd(std::size_t count) : count_(count) {}

  template <class... Arguments>
  [[gnu::always_inline]] std::uint64_t create_and_visit(S& subject, Arguments... arguments) {
    T* newest = nullptr;
    for (std::size_t i = 0; i < count_; ++i) {
      T* const object = subject.create(mark_of(i), newest, arguments...);
      if (object == nullptr) [[unlikely]]
        fail("object %zu could not be created", i);
      asm volatile("" : : "r"(object) : "memory");
      newest = object;
    }
    newest_ = newest;
    std::uint64_t sum = 0;
    if constexpr (S::kTraits.iterates) {
      subject.for_each([&sum](const T& object) { sum += object.mark; });
    } else {
      for (const T* object = newest; object != nullptr; object = object->before) sum += object->mark;
    }
    return sum;
  }

  [[gnu::always_inline]] void destroy_each(S& subject) const {
    if constexpr (S::kTraits.destroys_individually) {
      for (T *object = newest_, *before; object != nullptr; object = before) {
        before = object->before;
        subject.destroy(object);
      }
    }
  }

 private:
  const std::size_t count_;
  T* newest_ = nullptr;
};

// From now on glibc's malloc keeps what is freed: by default it gives back the pages of large blocks, and of
// the heap's end, and each new arena would begin on fresh ones.
inline void keep_freed_pages() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, -1);  // never
}

// The arena's end is within the pass.
template <ObjectAllocator S>
[[gnu::always_inline]] inline std::uint64_t live_and_die(Crowd<S>& crowd) {
  S subject;
  const std::uint64_t sum = crowd.create_and_visit(subject);
  if constexpr (!S::kTraits.destroys_the_rest) crowd.destroy_each(subject);
  return sum;
}

template <template <class> class Of>
class TypedMillionCold final : public Workload {
 public:
  explicit TypedMillionCold(const Settings& settings) : crowd_(settings.scaled(kObjects)) {
    operations = settings.scaled(kObjects);
    peak_live = operations * sizeof(Particle);
  }

  void begin() override { malloc_trim(0); }
  std::uint64_t pass() override { return fold(0, live_and_die(crowd_)); }

 private:
  Crowd<Of<Particle>> crowd_;
};

template <template <class> class Of>
class TypedArenas final : public Workload {
 public:
  explicit TypedArenas(const Settings& settings) : crowd_(settings.scaled(kObjects / kArenas)) {
    keep_freed_pages();
    const std::size_t each = settings.scaled(kObjects / kArenas);
    operations = kArenas * each;
    peak_live = each * sizeof(Particle);
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < kArenas; ++i) checksum = fold(checksum, live_and_die(crowd_));
    return checksum;
  }

 private:
  Crowd<Of<Particle>> crowd_;
};

template <template <class> class Of>
class TypedMillionWarm final : public Workload {
 public:
  using S = Of<Particle>;

  explicit TypedMillionWarm(const Settings& settings) : crowd_(settings.scaled(kObjects)) {
    operations = settings.scaled(kObjects);
    peak_live = operations * sizeof(Particle);
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

  explicit TypedDestructors(const Settings& settings) : crowd_(settings.scaled(kObjects / kArenas)) {
    keep_freed_pages();
    const std::size_t each = settings.scaled(kObjects / kArenas);
    operations = kArenas * each;
    peak_live = each * sizeof(Leaving);
  }

  std::uint64_t pass() override {
    std::uint64_t checksum = 0;
    for (std::size_t i = 0; i < kArenas; ++i) {
      left_ = 0;
      std::uint64_t sum;
      {
        S subject;
        sum = crowd_.create_and_visit(subject, &left_);
        if constexpr (!S::kTraits.destroys_the_rest) crowd_.destroy_each(subject);
      }
      if (left_ != sum) fail("the destructors saw %zx, not %zx", std::size_t{left_}, std::size_t{sum});
      checksum = fold(checksum, left_);
    }
    return checksum;
  }

 private:
  Crowd<S> crowd_;
  std::uint64_t left_ = 0;
};

template <template <class> class Of>
void add_typed_arena_workloads() {
  constexpr ObjectTraits kTraits = Of<Particle>::kTraits;
  if constexpr (kTraits.destroys_the_rest || kTraits.destroys_individually) {
    static const WorkloadEntry cold(made_by(kTypedMillionCold, make_workload<TypedMillionCold<Of>>));
    static const WorkloadEntry arenas(made_by(kTypedArenas, make_workload<TypedArenas<Of>>));
    static const WorkloadEntry destructors(made_by(kTypedDestructors, make_workload<TypedDestructors<Of>>));
  }
  if constexpr (kTraits.clears)
    static const WorkloadEntry warm(made_by(kTypedMillionWarm, make_workload<TypedMillionWarm<Of>>));
}

}  // namespace assay::suite::object
