// Which key a slab of dense keys must give next, predicted beside it.
//
// A key that was removed alone is on a stack: the next insertion takes the last. An operation over the whole
// slab may order the vacant keys anew; from then on any of them may come, until they are used up and the
// frontier, the number of keys ever used, is next.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <vector>

#include "suites/core/clause.h"
#include "suites/core/mapped_memory.h"

namespace assay::suite::keyed {

class Vacancies {
 public:
  void inserted(std::size_t key) {
    if (!stack_.empty()) {
      require(key == stack_.back(), "insert gave %zu, the last key removed is %zu", key, stack_.back());
      stack_.pop_back();
    } else if (!pool_.empty()) {
      require(pool_.erase(key) == 1, "insert gave %zu with %zu vacant keys left", key, pool_.size());
    } else {
      require(key == frontier_, "insert gave %zu with no key vacant below %zu", key, frontier_);
      ++frontier_;
    }
  }

  void removed(std::size_t key) { stack_.push_back(key); }

  // All keys below the frontier but those that are live(key).
  template <class Live>
  void reordered(std::size_t frontier, const Live& live) {
    stack_.clear();
    pool_.clear();
    frontier_ = frontier;
    for (std::size_t key = 0; key < frontier; ++key)
      if (!live(key)) pool_.insert(key);
  }

  void cleared() {
    reordered(0, [](std::size_t) { return true; });
  }

  std::size_t frontier() const { return frontier_; }

 private:
  std::vector<std::size_t> stack_;
  std::set<std::size_t, std::less<>, MappedAllocator<std::size_t>> pool_;
  std::size_t frontier_ = 0;
};

}  // namespace assay::suite::keyed
