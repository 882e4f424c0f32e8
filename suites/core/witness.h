// A value that testifies: how many are alive, that each is constructed and destroyed once and where it lives,
// and that throws when told to.
//
// Every object carries a seal made from its own address, so that one that was copied bitwise, destroyed twice
// or never constructed is found when it is used, moved or destroyed, and concluded as violated().
#pragma once

#include <cstddef>
#include <cstdint>

#include "suites/core/clause.h"

namespace assay::suite {

struct WitnessThrow {};  // what a Witness throws

class Witness {
 public:
  static inline long live = 0, constructed = 0, destroyed = 0, copied = 0, moved = 0;

  // The construction (of any kind) after `successes` further ones throws, once.
  static inline long throw_after = -1;  // -1: never

  Witness() : Witness(0) {}
  explicit Witness(long value) : value_(value) { begin(); }
  Witness(const Witness& other) : value_(other.value()) {
    begin();
    ++copied;
  }
  Witness(Witness&& other) : value_(other.value()) {
    begin();
    ++moved;
    other.value_ = kMovedFrom;
  }
  Witness& operator=(const Witness& other) {
    check("assigned to");
    value_ = other.value();
    return *this;
  }
  Witness& operator=(Witness&& other) {
    check("assigned to");
    value_ = other.value();
    if (this != &other) other.value_ = kMovedFrom;
    return *this;
  }
  ~Witness() {
    check("destroyed");
    seal_ = 0;
    --live;
    ++destroyed;
  }

  long value() const {
    check("read");
    return value_;
  }
  friend bool operator==(const Witness& a, const Witness& b) { return a.value() == b.value(); }

  static constexpr long kMovedFrom = -0x6d6f766564;

 private:
  void begin() {
    if (throw_after >= 0 && throw_after-- == 0) throw WitnessThrow();
    seal_ = seal();
    ++live;
    ++constructed;
  }
  std::uint64_t seal() const { return reinterpret_cast<std::uintptr_t>(this) * 0x9e3779b97f4a7c15 + 1; }
  void check(const char* what) const {
    if (seal_ != seal())
      violated("an object at %p was %s that was never constructed there", static_cast<const void*>(this),
               what);
  }

  long value_;
  volatile std::uint64_t seal_ = 0;  // the end of an object is a store like any other
};

}  // namespace assay::suite
