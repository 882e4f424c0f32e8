// What vacant_entry() and drain() of the slabs return.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "allocators/check.h"

namespace assay {

// For values that contain their own key. Reserves nothing; good for one insertion, until the slab changes.
template <class Owner>
class SlabVacantEntry {
 public:
  explicit SlabVacantEntry(Owner& slab) noexcept : slab_(slab), key_(slab.vacant_key()) {}

  typename Owner::Key key() const noexcept { return key_; }
  typename Owner::value_type& insert(typename Owner::value_type&& value) {
    if constexpr (kChecked)
      if (!(key_ == slab_.vacant_key())) trap("slab I3", "a vacant entry is not the next one any more");
    return slab_[slab_.insert(std::move(value))];
  }

 private:
  Owner& slab_;
  typename Owner::Key key_;
};

// Yields values in order of keys. The slab is empty when the drain is gone, and not to be used before.
template <class Owner>
class SlabDrain {
 public:
  explicit SlabDrain(Owner& slab) noexcept : slab_(slab) {}
  SlabDrain(const SlabDrain&) = delete;
  SlabDrain& operator=(const SlabDrain&) = delete;
  ~SlabDrain() { slab_.clear(); }

  std::optional<typename Owner::value_type> next() { return slab_.take_next(at_); }

 private:
  Owner& slab_;
  std::size_t at_ = 0;
};

}  // namespace assay
