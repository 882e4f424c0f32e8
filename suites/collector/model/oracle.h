// What every object of a random program should be: its references, its value, and whether anything leads to
// it.
//
// Objects are numbered as they are made, arrays too, and numbers are not used again. Reachability is not
// kept but walked for, from the places outside that refer to objects, so that the oracle has nothing to get
// wrong. A walk is O(what is reachable), and its result is good until the next change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace assay::suite::collector::model {

constexpr int kNone = -1;

enum class Kind : unsigned char {
  kLeaf,      // no references, one word
  kBlob,      // no references, many words
  kPair,      // two references
  kNode,      // three references, two weak ones, a destructor
  kMortal,    // two references, a weak one, a finalizer and a destructor
  kPinned,    // one reference, a destructor, and is not moved
  kTree,      // two references to what its constructor makes, a destructor
  kTable,     // these refer to an array of references,
  kText,      // of numbers,
  kWatchers,  // of weak references,
  kRegister,  // of records
  kReferences,
  kWords,
  kWeaks,
  kRecords,  // the arrays; a record is a reference, a weak one and a number
};

// The array that such an object refers to.
constexpr Kind array_of(Kind holder) { return static_cast<Kind>(static_cast<int>(holder) + 4); }

constexpr bool is_holder(Kind kind) { return kind >= Kind::kTable && kind <= Kind::kRegister; }
constexpr bool is_array(Kind kind) { return kind >= Kind::kReferences; }
constexpr bool has_destructor(Kind kind) { return kind >= Kind::kNode && kind <= Kind::kTree; }

struct Entry {
  Kind kind;
  bool ended = false;         // its destructor ran
  bool finalized = false;     // its finalizer ran
  bool resurrected = false;   // a finalizer led to it again
  bool may_finalize = false;  // likewise, but it may have been found unreachable together with that one
  bool found_dead = false;    // a Weak of it was cleared
  unsigned char manner = 0;   // what its finalizer does
  int array = kNone;
  std::uint32_t first_edge, edges, first_weak, weaks;
  std::uint64_t value = 0;
  const void* address = nullptr;  // where it was seen last
};

class Oracle {
 public:
  int add(Kind kind, std::size_t edges, std::size_t weaks = 0) {
    Entry entry{};
    entry.kind = kind;
    entry.first_edge = static_cast<std::uint32_t>(edges_.size());
    entry.edges = static_cast<std::uint32_t>(edges);
    entry.first_weak = static_cast<std::uint32_t>(weaks_.size());
    entry.weaks = static_cast<std::uint32_t>(weaks);
    edges_.resize(edges_.size() + edges, kNone);
    weaks_.resize(weaks_.size() + weaks, kNone);
    entries_.push_back(entry);
    seen_.push_back(0);
    return count() - 1;
  }

  int count() const { return static_cast<int>(entries_.size()); }
  bool knows(std::uint32_t number) const { return number < entries_.size(); }
  Entry& operator[](int number) { return entries_[static_cast<std::size_t>(number)]; }

  std::span<const int> edges(int number) {
    const Entry& entry = (*this)[number];
    return {edges_.data() + entry.first_edge, entry.edges};
  }
  std::span<int> weaks(int number) {
    const Entry& entry = (*this)[number];
    return {weaks_.data() + entry.first_weak, entry.weaks};
  }
  void set_edge(int number, std::size_t at, int target) {
    changed_ = true;
    edges_[(*this)[number].first_edge + at] = target;
  }
  void set_array(int number, int array) {
    changed_ = true;
    (*this)[number].array = array;
  }

  // The places outside. Construction keeps an object, and so does the root of a running finalizer.
  int root(std::size_t at) const { return roots_[at]; }
  void set_root(std::size_t at, int target) {
    changed_ = true;
    roots_[at] = target;
  }
  void push_root(int target) {
    changed_ = true;
    roots_.push_back(target);
  }
  void pop_root() {
    changed_ = true;
    roots_.pop_back();
  }
  int persistent(std::size_t at) const { return persistents_[at]; }
  void set_persistent(std::size_t at, int target) {
    changed_ = true;
    persistents_[at] = target;
  }
  void begin_keeping(int number) {
    changed_ = true;
    kept_.push_back(number);
  }
  void end_keeping() {
    changed_ = true;
    kept_.pop_back();
  }

  bool reachable(int number) {
    walk();
    return seen_[static_cast<std::size_t>(number)] == epoch_;
  }
  // All that are.
  const std::vector<int>& all_reachable() {
    walk();
    return order_;
  }
  // What `from` leads to, besides what is reachable: these are kept for finalizers.
  std::vector<int> led_to(const std::vector<int>& from) {
    walk();
    const std::size_t reachable = order_.size();
    for (const int number : from) visit(number);
    close(reachable);
    std::vector<int> found(order_.begin() + static_cast<std::ptrdiff_t>(reachable), order_.end());
    changed_ = true;  // the marks are no longer of what is reachable
    return found;
  }

  static constexpr std::size_t kPersistents = 6;

 private:
  void walk() {
    if (!changed_) return;
    changed_ = false;
    ++epoch_;
    order_.clear();
    for (const int number : roots_) visit(number);
    for (const int number : persistents_) visit(number);
    for (const int number : kept_) visit(number);
    close(0);
  }
  void visit(int number) {
    if (number == kNone || seen_[static_cast<std::size_t>(number)] == epoch_) return;
    seen_[static_cast<std::size_t>(number)] = epoch_;
    order_.push_back(number);
  }
  void close(std::size_t from) {
    for (std::size_t i = from; i < order_.size(); ++i) {
      visit((*this)[order_[i]].array);
      for (const int target : edges(order_[i])) visit(target);
    }
  }

  std::vector<Entry> entries_;
  std::vector<int> edges_, weaks_;  // of all objects
  std::vector<int> roots_, kept_;
  int persistents_[kPersistents] = {kNone, kNone, kNone, kNone, kNone, kNone};
  std::vector<std::uint32_t> seen_;  // the walk that came by last
  std::uint32_t epoch_ = 0;
  bool changed_ = true;
  std::vector<int> order_;
};

// What a full collection has to leave alone, what it must keep for finalizers, and what must be gone after
// it.
class Before {
 public:
  enum State : unsigned char { kGone, kReachable, kRaised };

  // `mortals`: whose finalizers may not have run yet.
  Before(Oracle& oracle, const std::vector<int>& mortals)
      : count_(oracle.count()), states_(static_cast<std::size_t>(count_)) {
    for (const int number : oracle.all_reachable()) mark(number, kReachable);
    for (const int number : mortals)
      if (!is(number, kReachable) && !oracle[number].finalized) raised_.push_back(number);
    if (raised_.empty()) return;
    for (const int number : oracle.led_to(raised_)) mark(number, kRaised);
  }
  // Nothing is true of what was made later.
  bool is(int number, State state) const {
    return number < count_ && states_[static_cast<std::size_t>(number)] == state;
  }
  // Those whose finalizers run.
  const std::vector<int>& raised() const { return raised_; }

 private:
  void mark(int number, State state) { states_[static_cast<std::size_t>(number)] = state; }

  int count_;
  std::vector<State> states_;
  std::vector<int> raised_;
};

}  // namespace assay::suite::collector::model
