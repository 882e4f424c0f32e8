// Several reads of a file at a time, whose results are handed out in order.
//
// Idea. The range is cut into pieces of kPieceBytes. Up to kDepth of them are under way through an io_uring,
// each to a slot of memory that was registered with it; the caller looks at the oldest while the kernel fills
// the others, and a slot that was looked at takes the next piece.
//
//   range     │ done │ at the caller │ read │ under way │ under way │ … to come …
//                    ^ head_                                        ^ tail_        pieces, by number
//   slots     │ 5 │ 6 │ 7 │ 0 │ 1 │ 2 │ 3 │ 4 │        by slot_of_[n % kDepth]
//
// Invariants:
//   I1  head_ <= tail_ <= head_ + depth_; pieces of numbers in between have a slot each, no others have, and
//       the slots of no piece are in free_
//   I2  what the ring says about a piece is only good news: a piece that is short or failed is completed by
//       plain reads when it is its turn (AlignedFile::fill), and their error is the error
//   I3  pieces begin at multiples of the file's block; what lies before the range is skipped
//   I4  no request is under way on a slot that is used for anything else: stop() waits for all of them. If
//   the
//       kernel no longer answers, ring and memory are given up together. It holds the registered pages until
//       it is done with them, so that nothing is written to memory of others
//
// Costs. One request a piece, and one system call for up to kBatch of them. Without a ring (not allowed, or
// no memory may be locked) each piece is read when it is its turn; when little may be, fewer are under way.
//
// How far ahead (kAdapts): the call that submits a read of cached pages copies them at once. Eight pieces
// ahead would only push one another out of the processor's cache. ahead_ starts with one batch, doubles
// whenever a piece has to be waited for, and is halved after kDepth that had not. For the same reason the
// slot that was left last is taken next: a cached file took 0.22 s/GB with slots in turn, 0.165 so, pread()
// 0.16.
//
// What it does not do. It reads ahead only up to the size that the file had when the pass began; what it has
// grown by since is read piece by piece. Not thread-safe, but the threads that use it may change.
//
// Source: io_uring(7), io_uring_register(2).
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "zerocopy/aligned_file.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/io_result.h"
#include "zerocopy/io_ring.h"
#include "zerocopy/page_buffer.h"
#include "zerocopy/reader_concept.h"

namespace assay {

// kPieceBytes: a multiple of the largest block of a file, 64 KiB.
template <std::size_t kPieceBytes, unsigned kBatch, bool kAdapts>
class ReadQueue {
 public:
  static constexpr unsigned kDepth = 8;
  static_assert(kPieceBytes % (std::size_t{64} << 10) == 0 && kBatch >= 1 && kBatch <= kDepth);

  ReadQueue() noexcept = default;
  ReadQueue(ReadQueue&& other) noexcept { *this = std::move(other); }
  ReadQueue& operator=(ReadQueue&& other) noexcept {
    if (this == &other) return *this;
    close();
    ring_ = std::move(other.ring_);
    memory_ = std::move(other.memory_);
    slots_ = other.slots_;
    slot_of_ = other.slot_of_;
    free_ = other.free_;
    free_count_ = other.free_count_;
    depth_ = other.depth_;
    ahead_ = other.ahead_;
    calm_ = other.calm_;
    head_ = std::exchange(other.head_, 0);
    tail_ = std::exchange(other.tail_, 0);
    shown_ = std::exchange(other.shown_, false);
    issued_ = other.issued_;
    position_ = other.position_;
    end_ = std::exchange(other.end_, 0);
    size_ = other.size_;
    error_ = std::exchange(other.error_, EBADF);
    return *this;
  }
  ~ReadQueue() { close(); }

  // 0, or an errno value: of the memory or, if the ring is needed, of the ring.
  int open(bool needs_ring) noexcept {
    close();
    int error = allocate();
    if (error == 0) {
      error = open_ring();
      if (!needs_ring) error = 0;
    }
    if (error != 0) {
      close();
      return error;
    }
    error_ = 0;
    return 0;
  }

  void close() noexcept {
    stop();
    // Now, not when the kernel gets round to it: pages that are held count against RLIMIT_MEMLOCK.
    if (ring_.is_open()) (void)ring_.unregister_buffers();
    ring_.close();
    memory_.release();
    error_ = EBADF;
  }

  bool has_ring() const noexcept { return ring_.is_open(); }

  // Of a pass over `file`, which has `size` bytes now. What was under way ends.
  void start(std::uint64_t offset, std::uint64_t length, std::uint64_t size, std::size_t block) noexcept {
    stop();
    if (memory_.data() == nullptr) return;
    position_ = offset;
    end_ = zerocopy::end_of(offset, length);
    issued_ = offset - offset % block;
    size_ = size;
    ahead_ = kAdapts ? std::min(kBatch, depth_) : depth_;
    calm_ = 0;
    error_ = length != 0 && offset > zerocopy::kLargestOffset ? kSourceEnded : 0;
  }

  // There is no pass any more; next() says why.
  void end(int error) noexcept {
    stop();
    error_ = error;
  }

  Chunk next(AlignedFile& file) noexcept {
    if (error_ != 0) return {{}, error_};
    if (shown_) free_[free_count_++] = slot_of_[head_++ % kDepth];
    shown_ = false;
    if (position_ >= end_) return {{}, 0};
    issue(file);
    return show(file);
  }

  // Memory for one piece that is aligned and not the queue's own business.
  std::span<std::byte> scratch() const noexcept { return slot_memory(kDepth); }

 private:
  enum class State { kUnasked, kUnderWay, kAnswered };
  struct Slot {
    std::uint64_t begin = 0;
    std::size_t bytes = 0;  // asked for
    int result = 0;         // as of read(), or -errno
    State state = State::kUnasked;
  };
  static constexpr int kAttempts = 3;

  std::span<std::byte> slot_memory(unsigned slot) const noexcept {
    return {memory_.data() + slot * kPieceBytes, kPieceBytes};
  }

  // Less than a huge page is not in one: registered, all of it would count against RLIMIT_MEMLOCK.
  int allocate() noexcept {
    constexpr std::size_t kBytes = (kDepth + 1) * kPieceBytes;
    return kBytes < PageBuffer::kHugePage ? memory_.allocate(kBytes) : memory_.allocate_huge(kBytes);
  }

  int open_ring() noexcept {
    int error = ring_.open(kDepth);
    for (depth_ = kDepth; error == 0; depth_ /= 2) {
      // One region: pieces are parts of it, and the kernel takes the pages as one list.
      const iovec all{memory_.data(), depth_ * kPieceBytes};
      error = ring_.register_buffers({&all, 1});
      if (error == 0) return 0;
      if (error == ENOMEM && depth_ > 1) error = 0;
    }
    ring_.close();
    depth_ = 1;
    return error;
  }

  // Gives pieces to free slots; those that the kernel can begin with at once go to the ring.
  void issue(const AlignedFile& file) noexcept {
    while (tail_ - head_ < ahead_ && issued_ < end_) {
      const bool ahead = ring_.is_open() && issued_ < size_;
      if (!ahead && tail_ != head_) return;
      const unsigned number = free_[--free_count_];
      slot_of_[tail_ % kDepth] = number;
      Slot& slot = slots_[number];
      slot = {issued_, piece_bytes(file.block()), 0, State::kUnasked};
      if (ahead) ask(file, number);
      issued_ += slot.bytes;
      ++tail_;
    }
  }

  std::size_t piece_bytes(std::size_t block) const noexcept {
    const std::uint64_t rest = end_ - issued_;
    if (rest >= kPieceBytes) return kPieceBytes;
    return (static_cast<std::size_t>(rest) + block - 1) / block * block;
  }

  void ask(const AlignedFile& file, unsigned number) noexcept {
    io_uring_sqe* const entry = ring_.get();
    if (entry == nullptr) return;
    Slot& slot = slots_[number];
    entry->opcode = IORING_OP_READ_FIXED;
    entry->fd = file.get();
    entry->off = slot.begin;
    entry->addr = reinterpret_cast<std::uintptr_t>(slot_memory(number).data());
    entry->len = static_cast<unsigned>(slot.bytes);
    entry->buf_index = 0;
    entry->user_data = number;
    slot.state = State::kUnderWay;
  }

  Chunk show(AlignedFile& file) noexcept {
    const unsigned number = slot_of_[head_ % kDepth];
    Slot& slot = slots_[number];
    await(slot);
    if (error_ != 0) return {{}, error_};
    const std::span<std::byte> memory = slot_memory(number);
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(slot.bytes, end_ - slot.begin));
    std::size_t have =
        slot.state == State::kAnswered && slot.result > 0 ? static_cast<std::size_t>(slot.result) : 0;
    if (have < wanted) {
      const IoResult rest = file.fill(slot.begin, memory.first(slot.bytes), have, wanted);
      have = static_cast<std::size_t>(rest.bytes);
      error_ = rest.error;
    }
    const std::size_t skip = static_cast<std::size_t>(position_ - slot.begin);
    have = std::min(have, wanted);
    if (have <= skip) return {{}, error_};
    shown_ = true;
    position_ = slot.begin + have;
    return {memory.subspan(skip, have - skip), 0};
  }

  void take_answers() noexcept {
    IoRing::Completion completion;
    while (ring_.complete(completion)) {
      Slot& slot = slots_[completion.user_data];
      slot.result = completion.result;
      slot.state = State::kAnswered;
    }
  }

  void await(const Slot& slot) noexcept {
    if (ring_.is_open()) take_answers();
    // What is not submitted now goes with the next batch, or when it is waited for.
    if (slot.state == State::kUnderWay || ring_.unsubmitted() >= kBatch) (void)ring_.submit();
    if (slot.state == State::kUnderWay) take_answers();
    if (slot.state != State::kUnderWay) {
      if (kAdapts && ++calm_ == kDepth) {
        calm_ = 0;
        ahead_ = std::max(ahead_ / 2, std::min(kBatch, depth_));
      }
      return;
    }
    calm_ = 0;
    ahead_ = std::min(ahead_ * 2, depth_);
    for (int failures = 0; slot.state == State::kUnderWay;) {
      if (ring_.wait() != 0 && ++failures == kAttempts) return give_up();
      take_answers();
    }
  }

  void stop() noexcept {
    for (int failures = 0; ring_.outstanding() != 0;) {
      if (ring_.wait(ring_.outstanding()) != 0 && ++failures == kAttempts) {
        give_up();
        break;
      }
      take_answers();
    }
    head_ = tail_ = 0;
    for (free_count_ = 0; free_count_ < depth_; ++free_count_) free_[free_count_] = depth_ - 1 - free_count_;
    shown_ = false;
    position_ = end_ = 0;
  }

  // I4. Pieces under way are read again, plainly.
  [[gnu::noinline, gnu::cold]] void give_up() noexcept {
    ring_.close();
    for (Slot& slot : slots_) slot.state = State::kUnasked;
    const int error = allocate();
    if (error != 0) error_ = error;
  }

  IoRing ring_;
  PageBuffer memory_;  // kDepth slots, then the scratch
  std::array<Slot, kDepth> slots_{};
  std::array<unsigned, kDepth> slot_of_{};  // of pieces that have one, by number
  std::array<unsigned, kDepth> free_{};     // a stack of the others
  unsigned free_count_ = 0;
  unsigned depth_ = 1;  // slots in use
  unsigned ahead_ = 1;  // pieces that may have slots now
  unsigned calm_ = 0;   // pieces since one had to be waited for
  unsigned head_ = 0;
  unsigned tail_ = 0;
  bool shown_ = false;          // the piece at head_ is at the caller
  std::uint64_t issued_ = 0;    // the file offset behind the latest piece
  std::uint64_t position_ = 0;  // behind the latest chunk
  std::uint64_t end_ = 0;
  std::uint64_t size_ = 0;
  int error_ = EBADF;
};

}  // namespace assay
