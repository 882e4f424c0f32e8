// A cell with every claim of a Cell and a RefCell, written to be seen to be right: it keeps a book of its
// borrows. cell_defects.h switches its defects on.
#pragma once

#include <algorithm>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "allocators/check.h"
#include "pointers/cell_concept.h"
#include "suites/mutants/cell/cell_defects.h"

namespace assay::mutant {

// Who borrows a cell. An entry stays until it is struck, whoever has its number.
class BorrowBook {
 public:
  static constexpr std::size_t kMostReaders = 100;

  struct Entry {
    std::size_t number;
    bool writes;
    const char* file;
    unsigned line;
  };

  bool empty() const { return entries_.empty(); }
  bool has_writer() const {
    return std::any_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.writes; });
  }
  bool is_full() const { return entries_.size() >= kMostReaders && !readers_have_no_bound; }
  bool allows(bool writes) const {
    if (!writes) return !has_writer() && !is_full();
    return entries_.empty() || (eight_readers_count_as_none && entries_.size() % 8 == 0);
  }
  // Its number, which is never 0.
  std::size_t enter(bool writes, const char* file, unsigned line) {
    if (entries_.empty()) first_ = {0, writes, file, line};
    entries_.push_back({++last_number_, writes, file, line});
    return last_number_;
  }
  void strike(std::size_t number) {
    std::erase_if(entries_, [number](const Entry& entry) { return entry.number == number; });
  }
  void strike_all() { entries_.clear(); }
  void count_as_reader(std::size_t number) {
    for (Entry& entry : entries_)
      if (entry.number == number) entry.writes = false;
  }

  [[noreturn]] void refuse(const char* wanted, const char* file, unsigned line) const {
    const Entry& holder = report_names_the_first_reader ? first_ : entries_.back();
    const bool writer = has_writer() && !report_calls_every_holder_a_reader;
    trap(is_full() ? "MutantCell I2" : "MutantCell I1", "%s at %s:%u: a %s of %s:%u holds the value", wanted,
         file, line, writer ? "writer" : "reader", holder.file, holder.line);
  }

 private:
  std::vector<Entry> entries_;
  std::size_t last_number_ = 0;
  Entry first_{};
};

// A borrow of a part: T const of a reader, another of a writer.
template <class T>
class MutantGuard {
  static constexpr bool kWrites = !std::is_const_v<T>;

 public:
  MutantGuard() = default;
  MutantGuard(T* part, BorrowBook* book, std::size_t number, bool is_clone = false)
      : part_(part), book_(book), number_(number), is_clone_(is_clone) {}
  MutantGuard(MutantGuard&& other) noexcept { take(other); }
  MutantGuard& operator=(MutantGuard&& other) noexcept {
    if (this == &other && !self_move_ends_the_borrow) return *this;
    if (!assigned_guard_keeps_the_old_borrow) reset();
    take(other);
    return *this;
  }
  ~MutantGuard() {
    if (exception_keeps_the_borrow && std::uncaught_exceptions() > 0) return;
    reset();
  }

  explicit operator bool() const noexcept {
    return book_ != nullptr || (moved_from_guard_says_it_holds && was_moved_from_);
  }
  T& operator*() const { return *held(); }
  T* operator->() const { return held(); }
  void reset() noexcept {
    if (book_ != nullptr) book_->strike(number_);
    book_ = nullptr;
  }

  MutantGuard clone(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) const
      requires(!kWrites) {
    if (!book_->allows(false)) book_->refuse("clone()", file, line);
    const bool shares = is_clone_ && clone_of_a_clone_is_not_counted;
    return MutantGuard(part_, book_, shares ? number_ : book_->enter(false, file, line), true);
  }

  template <class F>
  auto map(F f) && {
    auto& part = f(*held());
    BorrowBook* const book = std::exchange(book_, nullptr);
    if (map_lets_the_whole_go) book->strike(number_);
    if (mapped_writer_counts_as_a_reader) book->count_as_reader(number_);
    return MutantGuard<std::remove_reference_t<decltype(part)>>(&part, book, number_);
  }

 private:
  void take(MutantGuard& other) noexcept {
    part_ = other.part_;
    number_ = other.number_;
    is_clone_ = other.is_clone_;
    was_moved_from_ = false;
    book_ = std::exchange(other.book_, nullptr);
    other.was_moved_from_ = true;
  }
  T* held() const {
    if (book_ == nullptr && !empty_guard_is_read_through) trap("MutantCell I4", "the guard holds no borrow");
    return part_;
  }

  T* part_ = nullptr;
  BorrowBook* book_ = nullptr;
  std::size_t number_ = 0;
  bool is_clone_ = false, was_moved_from_ = false;
};

template <class T>
class MutantCell {
  static constexpr bool kCopies = std::is_copy_constructible_v<T>;

 public:
  static constexpr CellTraits kTraits{.sets = true,
                                      .replaces = true,
                                      .copies = kCopies,
                                      .borrows = true,
                                      .clones_borrows = true,
                                      .maps_borrows = true,
                                      .names_holder = true,
                                      .traps_dangling = true,
                                      .traps_empty = true,
                                      .most_readers = BorrowBook::kMostReaders};
  using value_type = T;
  using Ref = MutantGuard<const T>;
  using RefMut = MutantGuard<T>;

  explicit MutantCell(T value) : value_(std::move(value)) {}
  MutantCell(const MutantCell& other) requires kCopies : value_(*other.borrow()) {
    if (copy_is_borrowed_as_its_source) book_ = other.book_;
  }
  MutantCell(MutantCell&& other) : value_(std::move(*other.borrow_mut())) {}
  MutantCell& operator=(MutantCell other) {
    *borrow_mut() = std::move(other.value_);
    return *this;
  }
  ~MutantCell() {
    if (!book_.empty() && !end_before_a_borrow_goes_unnoticed)
      trap("MutantCell I3", "a cell ends while it is borrowed");
  }

  T get() const requires std::is_trivially_copyable_v<T> {
    if (!remembered_.has_value()) remembered_ = value_;
    return get_returns_a_remembered_value ? *remembered_ : value_;
  }
  void set(T value) const {
    RefMut writer = borrow_mut();
    std::optional<T> old;
    if (set_destroys_the_old_value_first) {
      writer.reset();
      std::destroy_at(&value_);
      std::construct_at(&value_, std::move(value));
      return;
    }
    old.emplace(std::move(value_));
    value_ = std::move(value);
    writer.reset();  // before the old value is destroyed
  }

  T replace(T value, const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) const {
    const RefMut writer = write("replace()", file, line);
    if (replace_returns_the_new_value) return value;
    if (throwing_replace_stays_borrowed)
      return stay_borrowed_while([&] { return exchange(std::move(value)); });
    return exchange(std::move(value));
  }
  T take(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) const {
    if (take_ignores_borrows) return exchange(T());
    const RefMut writer = write("take()", file, line);
    if (take_leaves_what_a_move_leaves) return std::move(value_);
    return exchange(T());
  }
  void swap(const MutantCell& other, const char* file = __builtin_FILE(),
            unsigned line = __builtin_LINE()) const {
    if (swap_with_itself_is_allowed && this == &other) return;
    const RefMut mine = write("swap()", file, line), theirs = other.write("swap()", file, line);
    T old = std::move(value_);
    value_ = std::move(other.value_);
    if (!swap_writes_one_way) other.value_ = std::move(old);
  }
  T into_inner() && {
    const RefMut writer = borrow_mut();
    if constexpr (kCopies)
      if (into_inner_copies) return value_;
    return std::move(value_);
  }

  Ref borrow(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) const {
    if (!book_.allows(false) && !(borrow_beside_a_writer_is_given && book_.has_writer()))
      book_.refuse("borrow()", file, line);
    return read(file, line);
  }
  Ref try_borrow(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) const {
    if (book_.allows(false)) return read(file, line);
    if (refused_reader_ends_the_writer && book_.has_writer()) book_.strike_all();
    return Ref();
  }
  RefMut borrow_mut(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) const {
    return write("borrow_mut()", file, line);
  }
  RefMut try_borrow_mut(const char* file = __builtin_FILE(), unsigned line = __builtin_LINE()) const {
    if (!book_.allows(true)) return RefMut();
    return RefMut(&value_, &book_, book_.enter(true, file, line));
  }

 private:
  Ref read(const char* file, unsigned line) const {
    const T* value = &value_;
    if constexpr (kCopies)
      if (second_reader_gets_a_copy && !book_.empty()) value = new T(value_);
    return Ref(value, &book_, book_.enter(false, file, line));
  }
  RefMut write(const char* wanted, const char* file, unsigned line) const {
    if (!book_.allows(true)) book_.refuse(wanted, file, line);
    return RefMut(&value_, &book_, book_.enter(true, file, line));
  }
  T exchange(T value) const { return std::exchange(value_, std::move(value)); }

  // The borrow would end in `body` alone, which does not when it throws.
  template <class Body>
  T stay_borrowed_while(const Body& body) const {
    const std::size_t number = book_.enter(true, "", 0);
    T result = body();
    book_.strike(number);
    return result;
  }

  mutable T value_;
  mutable std::optional<T> remembered_;  // for get_returns_a_remembered_value
  mutable BorrowBook book_;
};

static_assert(CellLike<MutantCell<int>>);

}  // namespace assay::mutant
