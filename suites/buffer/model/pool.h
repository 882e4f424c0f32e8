// The handles of a program and what its oracle knows of them.
//
// It knows the bytes of every handle, and two things about who shares storage: handles of one `family` may,
// because they come from one another; handles of one `storage` do, because nothing in between can have moved
// the bytes.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "suites/buffer/subject.h"

namespace assay::suite::buffer {

// An owner that tells its own end.
class Counted {
 public:
  Counted(const Content& bytes, std::vector<long>& ended, long id)
      : parcel_(bytes), ended_(&ended), id_(id) {}
  Counted(Counted&& other)
      : parcel_(std::move(other.parcel_)), ended_(std::exchange(other.ended_, nullptr)), id_(other.id_) {}
  Counted& operator=(Counted&&) = delete;
  ~Counted() {
    if (ended_ != nullptr) ended_->push_back(id_);
  }
  operator View() const noexcept { return parcel_; }

 private:
  Parcel parcel_;
  std::vector<long>* ended_;
  long id_;
};

template <class B>
struct Pool {
  enum class Origin { kStatic, kCopied, kOwned, kWritten };

  struct Shared {
    B handle;
    Content bytes;
    Origin origin;
    long family, storage;
  };
  struct Writable {
    typename B::Mutable handle;
    Content bytes;
    long family, storage;
  };

  void merge(long into, long family) {
    for (Shared& of : shared)
      if (of.family == family) of.family = into;
    for (Writable& of : mutables)
      if (of.family == family) of.family = into;
  }

  bool is_certainly_shared(const Shared& of) const {
    if (!B::kTraits.shares || of.bytes.empty()) return false;
    for (const Shared& other : shared)
      if (&other != &of && other.storage == of.storage && !other.bytes.empty()) return true;
    for (const Writable& other : mutables)
      if (other.storage == of.storage && !other.bytes.empty()) return true;
    return false;
  }
  bool is_certainly_alone(const Shared& of) const {
    for (const Shared& other : shared)
      if (&other != &of && other.family == of.family) return false;
    for (const Writable& other : mutables)
      if (other.family == of.family) return false;
    return true;
  }

  // Once each, and not while a handle to its bytes is left.
  void check_owners() {
    for (std::size_t i = 0; i < ended.size(); ++i) {
      for (std::size_t k = 0; k < i; ++k)
        if (ended[i] == ended[k]) violated("an owner was destroyed twice");
      if constexpr (B::kTraits.shares)
        for (const Shared& of : shared)
          require(of.origin != Origin::kOwned || of.family != ended[i] || of.bytes.empty(),
                  "an owner was destroyed before a handle to its bytes");
    }
    std::vector<long> left;
    for (const Shared& of : shared)
      if (of.origin == Origin::kOwned && std::find(left.begin(), left.end(), of.family) == left.end())
        left.push_back(of.family);
    require(Witness::live <= static_cast<long>(left.size()), "%ld owners are alive, with handles to %zu",
            Witness::live, left.size());
  }

  std::vector<long> ended;  // families whose owner was destroyed; outlives the handles
  std::vector<Shared> shared;
  std::vector<Writable> mutables;
};

}  // namespace assay::suite::buffer
