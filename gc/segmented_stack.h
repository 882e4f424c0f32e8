// A stack in segments: grows without moving anything, so that no push takes long, and shrinks when it is
// empty.
//
//   oldest ◄── full ◄── top        spare ──► spare        a segment is 32 KiB; the first is part of the stack
//
// push() is false when there is no memory for another segment: the collector has a slower way then. Nothing
// is allocated before the first segment is full. Not thread-safe.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <type_traits>

#include "gc/memory_account.h"

namespace assay::gc {

template <class T>
class SegmentedStack {
  static_assert(std::is_trivially_copyable_v<T>);
  static constexpr std::size_t kBytes = std::size_t{32} << 10;
  static constexpr std::size_t kFirst = 512;

 public:
  explicit SegmentedStack(MemoryAccount& account) noexcept : account_(account) { reset(); }
  SegmentedStack(const SegmentedStack&) = delete;
  SegmentedStack& operator=(const SegmentedStack&) = delete;
  ~SegmentedStack() {
    while (segment_ != nullptr) pop_segment();
    trim();
  }

  bool empty() const noexcept { return top_ == begin_ && segment_ == nullptr; }

  [[gnu::always_inline]] bool push(T item) noexcept {
    if (top_ == end_) [[unlikely]]
      if (!push_segment()) return false;
    *top_++ = item;
    return true;
  }
  // Must not be empty.
  [[gnu::always_inline]] T pop() noexcept {
    if (top_ == begin_) [[unlikely]]
      pop_segment();
    return *--top_;
  }

  // Gives unused segments back to the system, at most so many. True if none is left.
  bool trim(std::size_t most = SIZE_MAX) noexcept {
    for (; spare_ != nullptr && most > 0; --most) {
      Segment* const segment = spare_;
      spare_ = segment->previous;
      munmap(segment, kBytes);
      account_.shrink(kBytes);
    }
    return spare_ == nullptr;
  }

 private:
  struct Segment {
    static constexpr std::size_t kItems = (kBytes - sizeof(void*)) / sizeof(T);
    Segment* previous;
    T items[kItems];
  };
  static constexpr std::size_t kItems = Segment::kItems;

  void reset() noexcept {
    begin_ = top_ = first_;
    end_ = first_ + kFirst;
  }

  [[gnu::noinline, gnu::cold]] bool push_segment() noexcept {
    Segment* segment = spare_;
    if (segment != nullptr) {
      spare_ = segment->previous;
    } else {
      if (!account_.grow(kBytes)) return false;
      void* const at = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (at == MAP_FAILED) {
        account_.shrink(kBytes);
        return false;
      }
      segment = static_cast<Segment*>(at);
    }
    segment->previous = segment_;
    segment_ = segment;
    begin_ = top_ = segment->items;
    end_ = segment->items + kItems;
    return true;
  }

  // The top segment is empty: the one below it is full.
  [[gnu::noinline, gnu::cold]] void pop_segment() noexcept {
    Segment* const empty = segment_;
    segment_ = empty->previous;
    empty->previous = spare_;
    spare_ = empty;
    if (segment_ == nullptr) {
      reset();
      top_ = end_;
    } else {
      begin_ = segment_->items;
      top_ = end_ = segment_->items + kItems;
    }
  }

  T *top_, *begin_, *end_;      // of the segment on top
  Segment* segment_ = nullptr;  // null: the first
  Segment* spare_ = nullptr;
  MemoryAccount& account_;
  T first_[kFirst];
};

}  // namespace assay::gc
