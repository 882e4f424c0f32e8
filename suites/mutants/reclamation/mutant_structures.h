// A stack, a queue and a map that are obviously right, each behind one lock, with the defects of
// reclamation_defects.h; and the mutant domains, each with them as one subject.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "suites/mutants/reclamation/mutant_domain.h"

namespace assay::mutant {

class MutantStructure {
 protected:
  // True at every n-th call by a thread that did not make the structure.
  bool strikes(int n) { return std::this_thread::get_id() != maker_ && ++calls_ % n == 0; }
  std::mutex busy_;

 private:
  const std::thread::id maker_ = std::this_thread::get_id();
  int calls_ = 0;
};

template <class T>
class MutantStack : MutantStructure {
 public:
  using value_type = T;
  template <class Domain>
  explicit MutantStack(Domain&) {}

  void push(T value) {
    const std::lock_guard lock(busy_);
    if (stack_loses_value_between_threads && strikes(100)) return;
    values_.push_back(std::move(value));
  }
  std::optional<T> pop() {
    const std::lock_guard lock(busy_);
    if (values_.empty()) return std::nullopt;
    if (very_long_stack_swaps_values && values_.size() >= 2000)
      std::swap(values_.back(), *(values_.end() - 2));
    if (stack_gives_value_twice_between_threads && strikes(100)) return values_.back();
    if (popped_value_lives_on) graves_.push_back(values_.back());
    std::optional<T> value(std::move(values_.back()));
    values_.pop_back();
    return value;
  }

 private:
  std::vector<T> values_, graves_;
};

template <class T>
class MutantQueue : MutantStructure {
 public:
  using value_type = T;
  template <class Domain>
  explicit MutantQueue(Domain&) {}

  void enqueue(T value) {
    const std::lock_guard lock(busy_);
    values_.push_back(std::move(value));
    if (queue_reorders_between_threads && strikes(20) && values_.size() >= 2)
      std::swap(values_.back(), *(values_.end() - 2));
  }
  std::optional<T> dequeue() {
    const std::lock_guard lock(busy_);
    if (values_.empty()) return std::nullopt;
    if (very_long_queue_swaps_values && values_.size() >= 5000) std::swap(values_[0], values_[1]);
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    return value;
  }

 private:
  std::deque<T> values_;
};

template <class Key, class Value>
class MutantMap : MutantStructure {
 public:
  using key_type = Key;
  using mapped_type = Value;
  template <class Domain>
  MutantMap(Domain&, std::size_t) {}

  bool insert(const Key& key, Value value) {
    const std::lock_guard lock(busy_);
    const auto [place, inserted] = values_.try_emplace(key, std::move(value));
    if (!inserted && map_replaces_value) place->second = std::move(value);
    return inserted;
  }
  bool erase(const Key& key) {
    const std::lock_guard lock(busy_);
    if (values_.erase(key) == 1) return true;
    return map_erases_twice_between_threads && strikes(20);
  }
  std::optional<Value> find(const Key& key) {
    const std::lock_guard lock(busy_);
    const auto found = values_.find(key);
    return found == values_.end() ? std::nullopt : std::optional<Value>(found->second);
  }

 private:
  std::map<Key, Value> values_;
};

template <bool kRegions>
struct OverMutantDomain {
  using Domain = MutantDomain<kRegions>;
  template <class T>
  using Stack = MutantStack<T>;
  template <class T>
  using Queue = MutantQueue<T>;
  template <class Key, class Value>
  using Map = MutantMap<Key, Value>;
};
using OverMutantPointers = OverMutantDomain<false>;
using OverMutantRegions = OverMutantDomain<true>;

}  // namespace assay::mutant
