// A Witness with an identity: which objects were destroyed, in which order, and that none is destroyed twice.
#pragma once

#include <cstddef>
#include <vector>

#include "suites/core/clause.h"
#include "suites/core/witness.h"

namespace assay::suite::object {

// What it remembers of itself is volatile: the last stores of a destructor are dead to a compiler, and a
// second destruction would find the object as it was before the first.
class Logged : public Witness {
 public:
  static inline std::vector<long> log;  // identities in order of destruction

  Logged() : Logged(0) {}
  explicit Logged(long id) : Witness(id), state_(kAlive), id_(id) {}
  Logged(Logged&& other) : Witness(static_cast<Witness&&>(other)), state_(kAlive), id_(other.id_) {
    other.id_ = kMovedFrom;
  }
  Logged& operator=(Logged&&) = delete;

  ~Logged() {
    if (state_ != kAlive) violated("object %ld is destroyed twice, or was never constructed", id());
    state_ = kDead;
    if (id_ != kMovedFrom) log.push_back(id());
  }

  long id() const { return id_; }

  // How often `id` was destroyed since the log had `begin` entries.
  static long times_destroyed(long id, std::size_t begin) {
    long times = 0;
    for (std::size_t i = begin; i < log.size(); ++i) times += log[i] == id;
    return times;
  }

 private:
  static constexpr long kAlive = 0x616c697665, kDead = 0x64656164;
  volatile long state_, id_;
};

}  // namespace assay::suite::object
