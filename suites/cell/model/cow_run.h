// Five values that are borrowed until they are written, their sources and the oracle of both. Every operation
// is valid in every state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "suites/cell/subject.h"

namespace assay::suite::cell {

template <class C>
class CowRun {
 public:
  static constexpr const char* kOpening = "  CowRun<Subject<Of, Witness>> run;\n";

  CowRun() {
    Witness::copied = 0;
    for (std::size_t i = 0; i < kCows; ++i) {
      cows_.push_back(C::borrow(sources_[i % kSources]));
      states_[i] = {i % kSources, first_number(i % kSources)};
    }
  }

  void borrow(std::uint32_t which) {
    const std::size_t cow = which % kCows, source = which / kCows % kSources;
    cows_[cow] = C::borrow(sources_[source]);
    states_[cow] = {source, first_number(source)};
  }
  void own(std::uint32_t which) {
    const std::size_t cow = which % kCows;
    cows_[cow] = C::own(Witness(next_));
    states_[cow] = {kNone, next_++};
  }
  void write(std::uint32_t which) {
    State& state = states_[which % kCows];
    if (state.source != kNone) ++copies_;
    Witness& value = cows_[which % kCows].to_mut();
    require(value.value() == state.number, "to_mut() is of %ld instead of %ld", value.value(), state.number);
    value = Witness(next_);
    state = {kNone, next_++};
  }
  void copy(std::uint32_t which) {
    const State& state = states_[which % kCows];
    if (state.source == kNone) ++copies_;
    const C copied = cows_[which % kCows];
    expect_state(copied, state, "copied,");
  }
  void assign(std::uint32_t which) {
    const std::size_t from = which % kCows, to = which / kCows % kCows;
    if (from == to) return;
    if (states_[from].source == kNone) {  // by a copy, or by assigning the value
      const long before = Witness::copied;
      cows_[to] = cows_[from];
      // T's own assignment counts no copy.
      const long made = Witness::copied - before;
      require(made <= 1, "an assignment made %ld copies", made);
      copies_ += made;
    } else {
      cows_[to] = cows_[from];
    }
    states_[to] = states_[from];
  }
  void move(std::uint32_t which) {
    const std::size_t from = which % kCows, to = which / kCows % kCows;
    if (from == to) return;
    cows_[to] = std::move(cows_[from]);
    states_[to] = states_[from];
    own(static_cast<std::uint32_t>(from));
  }
  // into_owned() of it, and a new one in its place.
  void give_up(std::uint32_t which) {
    const State& state = states_[which % kCows];
    if (state.source != kNone) ++copies_;
    const Witness value = std::move(cows_[which % kCows]).into_owned();
    require(value.value() == state.number, "into_owned() gave %ld instead of %ld", value.value(),
            state.number);
    borrow(which);
  }
  void compare(std::uint32_t which) {
    const std::size_t a = which % kCows, b = which / kCows % kCows;
    const bool same = states_[a].number == states_[b].number;
    require((cows_[a] == cows_[b]) == same, "%ld and %ld compare as %s", states_[a].number, states_[b].number,
            same ? "different" : "equal");
  }
  void check(std::uint32_t) {
    long owned = 0;
    for (std::size_t i = 0; i < kCows; ++i) {
      expect_state(cows_[i], states_[i], "at a check");
      owned += states_[i].source == kNone;
    }
    for (std::size_t i = 0; i < kSources; ++i)
      require(sources_[i].value() == first_number(i), "source %zu changed to %ld", i, sources_[i].value());
    require(Witness::copied == copies_, "%ld copies were made instead of %ld", Witness::copied, copies_);
    require(Witness::live == owned + static_cast<long>(kSources),
            "%ld objects are alive for %ld owned values", Witness::live - static_cast<long>(kSources), owned);
  }

  struct Kind {
    const char* name;
    unsigned weight;
    void (CowRun::*run)(std::uint32_t which);
  };
  static constexpr Kind kKinds[] = {
      {"borrow", 15, &CowRun::borrow},  {"own", 8, &CowRun::own},         {"write", 20, &CowRun::write},
      {"copy", 15, &CowRun::copy},      {"assign", 10, &CowRun::assign},  {"move", 10, &CowRun::move},
      {"give_up", 8, &CowRun::give_up}, {"compare", 5, &CowRun::compare}, {"check", 5, &CowRun::check},
  };

 private:
  static constexpr std::size_t kCows = 5, kSources = 3, kNone = SIZE_MAX;
  struct State {
    std::size_t source;  // that it borrows, or kNone
    long number;
  };

  static constexpr long first_number(std::size_t source) { return -1 - static_cast<long>(source); }
  void expect_state(const C& cow, const State& state, const char* when) const {
    require(cow.is_borrowed() == (state.source != kNone), "%s it is %s", when,
            cow.is_borrowed() ? "borrowed" : "owned");
    if (state.source != kNone)
      require(&*cow == &sources_[state.source], "%s it borrows another object than its source", when);
    require((*cow).value() == state.number, "%s its value is %ld instead of %ld", when, (*cow).value(),
            state.number);
  }

  const std::array<Witness, kSources> sources_{Witness(first_number(0)), Witness(first_number(1)),
                                               Witness(first_number(2))};
  std::vector<C> cows_;
  std::array<State, kCows> states_{};
  long next_ = 1, copies_ = 0;
};

}  // namespace assay::suite::cell
