// A buffer with views of its bytes: while a view lives, nobody writes, resizes or destroys them. Who does
// ends the program, in every build, where a std::span would read what has become of the memory.
//
// Idea. Where Bytes lets the last handle end the storage, one owner keeps it here, as for an arena of a
// request or a buffer of a ring, and the views are counted beside the bytes. The count says who may do what:
//
//   buffer │ block │ size │              block │ count : 32 │ capacity : 64 │ bytes …
//   view   │ data │ size │ block │              count: 0 free, n views, 2^31: a writer
//
//   ViewedBuffer buffer = ViewedBuffer::copy_of(packet);
//   SharedView head = buffer.view(0, 20);      // counted; copies count again, moves do not
//   buffer.append(more);                       // "ViewedBuffer I1: append() while 1 views live"
//   { auto writer = buffer.write(); … }        // the bytes, for as long as the writer lives
//
// Invariants
//   I1  while a view or a writer lives nothing writes, resizes or destroys the bytes
//   I2  while a writer lives no view begins
//   I3  a view's positions are within the buffer, or within the view it is taken from
//   I4  no count wraps: 2^31 - 1 views are most
//
// Costs. A view is three words; to make, copy or end one is an increment, locked if the views may be on
// several threads (SharedView), and to move one is none. The bytes stay where they are when the buffer is
// moved, also while it is viewed. What needs I1 looks at the count once.
//
// What it does not do. Views do not keep the bytes: that is what Bytes does. A buffer is used on one thread
// at a time, but for const members; its SharedViews on any, its LocalViews on that one. data() of the buffer
// is not counted. Throws std::length_error and std::bad_alloc, and is then as it was.
//
// Source: the count is that of Rust's RefCell.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "zerocopy/misuse.h"
#include "zerocopy/storage.h"

namespace assay {

namespace zerocopy {

// Half of the range counts views, so that the sign tells of a writer and of one view too many.
template <std::unsigned_integral Word = std::uint32_t>
class LocalViewCount {
 public:
  static constexpr Word kWritten = std::numeric_limits<Word>::max() / 2 + 1;

  // False: there is a writer, or one view too many.
  [[gnu::always_inline]] bool add() noexcept { return ++count_ < kWritten; }
  [[gnu::always_inline]] void drop() noexcept { --count_; }
  Word value() const noexcept { return count_; }
  bool begin_write() noexcept {
    if (count_ != 0) return false;
    count_ = kWritten;
    return true;
  }
  void end_write() noexcept { count_ = 0; }

 private:
  Word count_ = 0;
};

template <std::unsigned_integral Word = std::uint32_t>
class AtomicViewCount {
 public:
  static constexpr Word kWritten = LocalViewCount<Word>::kWritten;

  // Acquire: pairs with the release in end_write(), so that a view sees what was written.
  [[gnu::always_inline]] bool add() noexcept {
    using Signed = std::make_signed_t<Word>;
    const auto count = static_cast<Word>(count_.fetch_add(1, std::memory_order_acquire) + 1);
    return static_cast<Signed>(count) >= 0;
  }
  // Release: what was read through the view comes before the next write; pairs with the acquires below.
  [[gnu::always_inline]] void drop() noexcept { count_.fetch_sub(1, std::memory_order_release); }
  // Acquire: pairs with the release in drop(), so that who finds no view may write or free.
  Word value() const noexcept { return count_.load(std::memory_order_acquire); }
  bool begin_write() noexcept {
    Word none = 0;
    // Acquire: as in value(). A failed attempt ends the program: relaxed.
    return count_.compare_exchange_strong(none, kWritten, std::memory_order_acquire,
                                          std::memory_order_relaxed);
  }
  // Release: pairs with the acquire in add().
  void end_write() noexcept { count_.store(0, std::memory_order_release); }

 private:
  std::atomic<Word> count_{0};
};

template <class Count>
struct alignas(16) ViewedBlock {
  Count count;
  std::size_t capacity;

  static constexpr std::size_t kMost =
      static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) - 16;

  static ViewedBlock* allocate(std::size_t capacity) {
    if (capacity > kMost) too_long();
    return ::new (::operator new(sizeof(ViewedBlock) + capacity)) ViewedBlock{{}, capacity};
  }
  std::byte* bytes() noexcept { return reinterpret_cast<std::byte*>(this + 1); }

  void add_view() noexcept {
    if (!count.add()) [[unlikely]]
      refuse_view();
  }
  [[noreturn, gnu::cold, gnu::noinline]] void refuse_view() const noexcept {
    // It has been counted: a writer's count is more than kWritten now.
    if (count.value() > Count::kWritten) misuse("ViewedBuffer I2", "a view while a writer lives");
    misuse("ViewedBuffer I4", "too many views: one more would not be counted");
  }
};

}  // namespace zerocopy

template <class Count>
class BasicViewedBuffer;

template <class Count>
class BasicSharedView {
  using Block = zerocopy::ViewedBlock<Count>;

 public:
  BasicSharedView() noexcept = default;
  BasicSharedView(const BasicSharedView& other) noexcept
      : BasicSharedView(other.data_, other.size_, other.block_) {}
  BasicSharedView(BasicSharedView&& other) noexcept { swap(other); }
  BasicSharedView& operator=(BasicSharedView other) noexcept {
    swap(other);
    return *this;
  }
  ~BasicSharedView() {
    if (block_ != nullptr) block_->count.drop();
  }
  void swap(BasicSharedView& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(block_, other.block_);
  }

  const std::byte* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  const std::byte* begin() const noexcept { return data_; }
  const std::byte* end() const noexcept { return data_ + size_; }

  // As a source of cursor.h.
  std::size_t remaining() const noexcept { return size_; }
  std::span<const std::byte> chunk() const noexcept { return {data_, size_}; }
  void advance(std::size_t n) noexcept {
    if (n > size_) [[unlikely]]
      zerocopy::misuse("ViewedBuffer I3", "position %zu of %zu bytes", n, size_);
    data_ += n;
    size_ -= n;
  }

  BasicSharedView slice(std::size_t begin, std::size_t end) const noexcept {
    if (begin > end || end > size_) [[unlikely]]
      zerocopy::misuse("ViewedBuffer I3", "view from %zu to %zu of %zu bytes", begin, end, size_);
    return BasicSharedView(data_ + begin, end - begin, block_);
  }

 private:
  friend BasicViewedBuffer<Count>;

  BasicSharedView(const std::byte* data, std::size_t size, Block* block) noexcept
      : data_(data), size_(size), block_(block) {
    if (block != nullptr) block->add_view();
  }

  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  Block* block_ = nullptr;
};

template <class Count>
class BasicViewedBuffer {
  using Block = zerocopy::ViewedBlock<Count>;

 public:
  using View = BasicSharedView<Count>;

  // The only access to the bytes while it lives. Stays where it was made.
  class Writer {
   public:
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer() {
      if (block_ != nullptr) block_->count.end_write();
    }

    std::byte* data() const noexcept { return bytes_.data(); }
    std::size_t size() const noexcept { return bytes_.size(); }
    std::byte* begin() const noexcept { return data(); }
    std::byte* end() const noexcept { return data() + size(); }

   private:
    friend BasicViewedBuffer;
    Writer(std::span<std::byte> bytes, Block* block) noexcept : bytes_(bytes), block_(block) {}

    std::span<std::byte> bytes_;
    Block* block_;
  };

  BasicViewedBuffer() noexcept = default;
  // Views stay as they are, and are now of the new buffer.
  BasicViewedBuffer(BasicViewedBuffer&& other) noexcept { swap(other); }
  BasicViewedBuffer& operator=(BasicViewedBuffer&& other) noexcept {
    BasicViewedBuffer moved(std::move(other));
    swap(moved);
    return *this;
  }
  ~BasicViewedBuffer() {
    expect_free("the end of the buffer");
    ::operator delete(static_cast<void*>(block_));
  }
  void swap(BasicViewedBuffer& other) noexcept {
    std::swap(block_, other.block_);
    std::swap(size_, other.size_);
  }

  static BasicViewedBuffer with_capacity(std::size_t capacity) {
    BasicViewedBuffer made;
    if (capacity != 0) made.block_ = Block::allocate(capacity);
    return made;
  }
  static BasicViewedBuffer copy_of(std::span<const std::byte> source) {
    BasicViewedBuffer made = with_capacity(source.size());
    made.append(source);
    return made;
  }

  const std::byte* data() const noexcept { return block_ == nullptr ? nullptr : block_->bytes(); }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return block_ == nullptr ? 0 : block_->capacity; }
  bool empty() const noexcept { return size_ == 0; }
  // How many live; those of other threads may come and go.
  std::size_t views() const noexcept {
    const std::size_t count = block_ == nullptr ? 0 : block_->count.value();
    return count < Count::kWritten ? count : 0;
  }

  View view() const noexcept { return View(data(), size_, block_); }
  View view(std::size_t begin, std::size_t end) const noexcept {
    if (begin > end || end > size_) [[unlikely]]
      zerocopy::misuse("ViewedBuffer I3", "view from %zu to %zu of %zu bytes", begin, end, size_);
    return View(data() + begin, end - begin, block_);
  }

  Writer write() noexcept {
    if (block_ != nullptr && !block_->count.begin_write()) [[unlikely]]
      refuse("write()");
    return Writer({block_ == nullptr ? nullptr : block_->bytes(), size_}, block_);
  }

  // The source may lie within these bytes.
  void append(std::span<const std::byte> source) {
    expect_free("append()");
    const BasicViewedBuffer before = make_room(source.size());
    if (!source.empty()) std::memcpy(block_->bytes() + size_, source.data(), source.size());
    size_ += source.size();
  }
  void resize(std::size_t n, std::byte fill) {
    expect_free("resize()");
    if (n > size_) {
      const BasicViewedBuffer before = make_room(n - size_);
      std::memset(block_->bytes() + size_, static_cast<int>(fill), n - size_);
    }
    size_ = n;
  }
  void clear() noexcept {
    expect_free("clear()");
    size_ = 0;
  }

 private:
  [[noreturn, gnu::cold, gnu::noinline]] void refuse(const char* what) const noexcept {
    if (views() == 0) zerocopy::misuse("ViewedBuffer I1", "%s while a writer lives", what);
    zerocopy::misuse("ViewedBuffer I1", "%s while %zu views live", what, views());
  }
  [[gnu::always_inline]] void expect_free(const char* what) const noexcept {
    if (block_ != nullptr && block_->count.value() != 0) [[unlikely]]
      refuse(what);
  }

  // Returns what had the bytes before, if they have moved.
  BasicViewedBuffer make_room(std::size_t more) {
    if (more <= capacity() - size_) return {};
    if (more > Block::kMost - size_) zerocopy::too_long();
    const std::size_t doubled = capacity() > Block::kMost / 2 ? Block::kMost : 2 * capacity();
    BasicViewedBuffer grown = with_capacity(std::max(size_ + more, doubled));
    if (size_ != 0) std::memcpy(grown.block_->bytes(), block_->bytes(), size_);
    grown.size_ = size_;
    swap(grown);
    return grown;
  }

  Block* block_ = nullptr;
  std::size_t size_ = 0;
};

using ViewedBuffer = BasicViewedBuffer<zerocopy::AtomicViewCount<>>;
using SharedView = BasicSharedView<zerocopy::AtomicViewCount<>>;
using LocalViewedBuffer = BasicViewedBuffer<zerocopy::LocalViewCount<>>;
using LocalSharedView = BasicSharedView<zerocopy::LocalViewCount<>>;

static_assert(sizeof(SharedView) == 3 * sizeof(void*) && sizeof(ViewedBuffer) == 2 * sizeof(void*));

}  // namespace assay
