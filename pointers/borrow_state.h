// Who borrows a RefCell: the count that decides, and in a checked build the list of those that hold it.
//
//   unchecked   state  │ count │            guard  │ state* │
//   checked     state  │ newest │ count │   guard  │ call site │ older │ link to this │ state* │
//                           └──────────▶ newest guard ──▶ older guard ──▶ …
//
// Invariants
//   I1  count is 0 when nobody borrows, n > 0 with n readers, the least number with a writer
//   I2  one reader more makes the count negative beside a writer and where it would overflow: one sign
//       decides, and what is negative then is taken back
//   I3  checked: the list has the guards that hold a borrow and no other; a guard that moves takes the place
//       of the one that it moves from
//
// Costs. A borrow is a load, an addition, a store and a branch on the sign, its end a decrement in memory. To
// store before the branch takes 0.97 of the time of the other order, and 0.96 to 0.99 of that of comparing
// the count with its limit, as Rust does (readers of one cell, and of 10,000 in random order; gcc 12).
//
// The list adds some ten instructions to a borrow and as many to its end. It can report a borrow that is
// still held: the record of Rust's own checks (debug_refcell) is the site of the first of several readers,
// who may be gone.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include "allocators/check.h"

namespace assay {

// Where a borrow was asked for. As std::source_location, which clang 14 does not know.
struct KnownCallSite {
  const char* file;
  unsigned line;
  static constexpr KnownCallSite current(const char* file = __builtin_FILE(),
                                         unsigned line = __builtin_LINE()) noexcept {
    return {file, line};
  }

  // The end of a long path, so that a report has room for two.
  const char* shown_file() const noexcept {
    constexpr std::size_t kMost = 80;
    const std::size_t length = std::strlen(file);
    return length > kMost ? file + (length - kMost) : file;
  }
};
struct NoCallSite {
  static constexpr NoCallSite current() noexcept { return {}; }
};
using CallSite = std::conditional_t<kChecked, KnownCallSite, NoCallSite>;

// The head of the list, and a guard's place in it: nothing in an unchecked build.
template <bool kRecords>
class BorrowList {
 protected:
  [[noreturn]] static void report(const char* invariant, const char* wanted, NoCallSite, const char* holder) {
    trap(invariant, "%s while %s the value", wanted, holder);
  }
};

// Inlined early: gcc 12 leaves a guard in memory whose address was taken before it split aggregates.
template <bool kRecords>
class BorrowRecord {
 protected:
  [[gnu::always_inline]] void enter(BorrowList<kRecords>&, NoCallSite) noexcept {}
  [[gnu::always_inline]] void leave() noexcept {}
  [[gnu::always_inline]] void replace(BorrowRecord&) noexcept {}
};

template <>
class BorrowRecord<true> {
 protected:
  inline void enter(BorrowList<true>& list, KnownCallSite at) noexcept;
  void leave() noexcept {
    *link_ = older_;
    if (older_ != nullptr) older_->link_ = link_;
  }
  // In the place of `other`, which is in none then.
  void replace(BorrowRecord& other) noexcept {
    at_ = other.at_;
    older_ = other.older_;
    enter_at(other.link_);
  }

 private:
  friend class BorrowList<true>;

  // A record is in the list for as long as it is there: GCC 12 does not see the end of it where the
  // destructor may trap instead.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdangling-pointer"
#endif
  void enter_at(BorrowRecord** link) noexcept {
    link_ = link;
    *link_ = this;
    if (older_ != nullptr) older_->link_ = &older_;
  }
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

  KnownCallSite at_{};
  BorrowRecord* older_ = nullptr;
  BorrowRecord** link_ = nullptr;  // what points to this
};

template <>
class BorrowList<true> {
 public:
  BorrowList() = default;
  BorrowList(const BorrowList&) = delete;
  BorrowList& operator=(const BorrowList&) = delete;
  ~BorrowList() {
    if (newest_ == nullptr) return;
    trap("RefCell I3", "a cell ends while the borrow of %s:%u is held", newest_->at_.shown_file(),
         newest_->at_.line);
  }

 protected:
  [[noreturn]] void report(const char* invariant, const char* wanted, KnownCallSite at,
                           const char* holder) const {
    trap(invariant, "%s at %s:%u while %s the value since %s:%u", wanted, at.shown_file(), at.line, holder,
         newest_->at_.shown_file(), newest_->at_.line);
  }

 private:
  friend class BorrowRecord<true>;

  BorrowRecord<true>* newest_ = nullptr;
};

void BorrowRecord<true>::enter(BorrowList<true>& list, KnownCallSite at) noexcept {
  at_ = at;
  older_ = list.newest_;
  enter_at(&list.newest_);
}

template <std::signed_integral Count>
class BorrowState : public BorrowList<kChecked> {
 public:
  static constexpr std::size_t kMostReaders = static_cast<std::size_t>(std::numeric_limits<Count>::max());

  [[gnu::always_inline]] bool try_read() noexcept {
    count_ = wrapping_sum(count_, 1);
    if (count_ < 0) [[unlikely]] {
      count_ = wrapping_sum(count_, -1);
      return false;
    }
    return true;
  }
  [[gnu::always_inline]] bool try_write() noexcept {
    if (count_ != 0) [[unlikely]]
      return false;
    count_ = kWritten;
    return true;
  }
  [[gnu::always_inline]] void end_read() noexcept { --count_; }
  [[gnu::always_inline]] void end_write() noexcept { count_ = 0; }

  // For a call of `wanted` that got no borrow.
  [[noreturn, gnu::cold, gnu::noinline]] void report(const char* wanted, CallSite at) const noexcept {
    // Volatile, or gcc passes the count by value and every borrow keeps it in a register for this.
    const Count count = static_cast<const volatile Count&>(count_);
    if (count == std::numeric_limits<Count>::max())
      BorrowList::report("RefCell I2", wanted, at, "as many readers as can be counted borrow");
    BorrowList::report("RefCell I1", wanted, at,
                       count < 0    ? "a writer borrows"
                       : count == 1 ? "a reader borrows"
                                    : "readers borrow");
  }

 private:
  static constexpr Count kWritten = std::numeric_limits<Count>::min();

  static constexpr Count wrapping_sum(Count count, int difference) noexcept {
    using Unsigned = std::make_unsigned_t<Count>;
    return static_cast<Count>(
        static_cast<Unsigned>(static_cast<Unsigned>(count) + static_cast<Unsigned>(difference)));
  }

  Count count_ = 0;
};

// One borrow, which a state has counted; it can be moved, and ends with the object.
template <std::signed_integral Count, bool kWrites>
class Borrow : private BorrowRecord<kChecked> {
 public:
  using State = BorrowState<Count>;

  Borrow() noexcept = default;
  [[gnu::always_inline]] Borrow(State& state, CallSite at) noexcept : state_(&state) {
    this->enter(state, at);
  }
  [[gnu::always_inline]] Borrow(Borrow&& other) noexcept { take(other); }
  [[gnu::always_inline]] Borrow& operator=(Borrow&& other) noexcept {
    if (this != &other) {
      end();
      take(other);
    }
    return *this;
  }
  [[gnu::always_inline]] ~Borrow() { end(); }

  [[gnu::always_inline]] void end() noexcept {
    if (state_ == nullptr) return;
    this->leave();
    if constexpr (kWrites)
      state_->end_write();
    else
      state_->end_read();
    state_ = nullptr;
  }

  // Null when it holds nothing.
  State* state() const noexcept { return state_; }

 private:
  [[gnu::always_inline]] void take(Borrow& other) noexcept {
    if (other.state_ != nullptr) this->replace(other);
    state_ = std::exchange(other.state_, nullptr);
  }

  mutable State* state_ = nullptr;  // mutable, or gcc 12 keeps a guard that is const in memory
};

}  // namespace assay
