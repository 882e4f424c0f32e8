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
//       the kernel no longer answers, ring and memory are given up together. It holds the registered pages
//       until it is done with them, so that nothing is written to memory of others
//   I5  memory and ring are the queue's, not the file's: they live as long as it does. The ring is made for
//       the first range of more than kBatch pieces
//
// Costs. One request a piece, and one system call for up to kBatch of them. Without a ring (not allowed, or
// no memory may be locked) each piece is read when it is its turn; when little may be, fewer are under way.
// To make the ring and to lock its memory takes some twenty system calls. Ranges of up to kBatch pieces do
// without: cached ranges of 1 byte to 256 KiB took 1.85 of the time that memory takes by two pieces of 128
// KiB through the ring, 1.39 by pread() of one after the other.
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
#include <memory>
#include <span>
#include <utility>

#include "zerocopy/aligned_file.h"
#include "zerocopy/descriptor.h"
#include "zerocopy/file_pass.h"
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
  ReadQueue(ReadQueue&&) noexcept = default;
  ReadQueue& operator=(ReadQueue&& other) noexcept {
    if (this != &other) {
      std::destroy_at(this);
      std::construct_at(this, std::move(other));
    }
    return *this;
  }
  ~ReadQueue() {
    stop();
    close_ring();
  }

  // For a file of `size` bytes. 0, or an errno value when there is no memory.
  int open(std::uint64_t size) noexcept {
    close();
    has_tried_ = ring_.is_open();
    const int error = memory_.reserve(kBytes);
    if (error == 0) pass_.open(size);
    return error;
  }

  // What was under way ends; memory and ring stay (I5).
  void close() noexcept {
    stop();
    pass_.close();
  }

  // 0, or why reads cannot be queued. Not during a pass.
  int open_ring() noexcept {
    has_tried_ = true;
    if (ring_.is_open()) return 0;
    // Less than a huge page is not in one: registered, all of it would count against RLIMIT_MEMLOCK.
    int error = kBytes < PageBuffer::kHugePage ? memory_.reserve(kBytes) : memory_.allocate_huge(kBytes);
    if (error == 0) error = ring_.open(kDepth);
    for (depth_ = kDepth; error == 0; depth_ /= 2) {
      // One region: pieces are parts of it, and the kernel takes the pages as one list.
      const iovec all{memory_.data(), depth_ * kPieceBytes};
      error = ring_.register_buffers({&all, 1});
      if (error == 0) break;
      if (error == ENOMEM && depth_ > 1) error = 0;
    }
    if (error != 0) {
      ring_.close();
      depth_ = 1;
    }
    stop();
    return error;
  }

  bool has_ring() const noexcept { return ring_.is_open(); }
  std::uint64_t size() const noexcept { return pass_.size(); }

  int start(const AlignedFile& file, std::uint64_t offset, std::uint64_t length) noexcept {
    // The pass before ends also when there is no new one, and before there is: an error of its end is none of
    // the new one's.
    stop();
    int error = pass_.start(file.get(), offset, length);
    if (error != 0) return error;
    issued_ = offset - offset % file.block();
    const bool is_long = std::min(pass_.end(), pass_.size()) > zerocopy::end_of(issued_, kShortBytes);
    if (is_long && !has_tried_) (void)open_ring();
    queues_ = is_long && ring_.is_open();
    error = memory_.reserve(kBytes);
    if (error != 0) return pass_.stop(error).error;
    ahead_ = kAdapts ? std::min(kBatch, depth_) : depth_;
    calm_ = 0;
    return 0;
  }

  Chunk next(AlignedFile& file) noexcept {
    if (shown_) free_[free_count_++] = slot_of_[head_++ % kDepth];
    shown_ = false;
    if (!pass_.goes_on()) return pass_.ended();
    issue(file);
    return show(file);
  }

  // Memory for one piece that is aligned and not the queue's own business; empty when there is none.
  std::span<std::byte> scratch() noexcept {
    return memory_.reserve(kBytes) == 0 ? slot_memory(kDepth) : std::span<std::byte>();
  }

 private:
  enum class State { kUnasked, kUnderWay, kAnswered };
  struct Slot {
    std::uint64_t begin = 0;
    std::size_t bytes = 0;  // asked for
    int result = 0;         // as of read(), or -errno
    State state = State::kUnasked;
  };
  static constexpr int kAttempts = 3;
  static constexpr std::size_t kBytes = (kDepth + 1) * kPieceBytes;  // of the slots and the scratch
  static constexpr std::uint64_t kShortBytes = kBatch * kPieceBytes;

  std::span<std::byte> slot_memory(unsigned slot) const noexcept {
    return {memory_.data() + slot * kPieceBytes, kPieceBytes};
  }

  void close_ring() noexcept {
    // Now, not when the kernel gets round to it: pages that are held count against RLIMIT_MEMLOCK.
    if (ring_.is_open()) (void)ring_.unregister_buffers();
    ring_.close();
  }

  // Gives pieces to free slots; those that the kernel can begin with at once go to the ring.
  void issue(const AlignedFile& file) noexcept {
    while (tail_ - head_ < ahead_ && issued_ < pass_.end()) {
      const bool ahead = queues_ && issued_ < pass_.size();
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
    const std::uint64_t rest = pass_.end() - issued_;
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
    if (!pass_.goes_on()) return pass_.ended();
    const std::span<std::byte> memory = slot_memory(number);
    const std::size_t wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(slot.bytes, pass_.end() - slot.begin));
    std::size_t have =
        slot.state == State::kAnswered && slot.result > 0 ? static_cast<std::size_t>(slot.result) : 0;
    if (have < wanted) {
      const IoResult rest = file.fill(slot.begin, memory.first(slot.bytes), have, wanted);
      have = static_cast<std::size_t>(rest.bytes);
      if (rest.error != 0) pass_.stop(rest.error);
    }
    const std::size_t skip = static_cast<std::size_t>(pass_.position() - slot.begin);
    have = std::min(have, wanted);
    if (have <= skip) return pass_.ended();
    shown_ = true;
    pass_.go_on_at(slot.begin + have);
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
      if (ring_.wait() != 0 && ++failures == kAttempts) {
        const int error = give_up();
        if (error != 0) pass_.stop(error);
        return;
      }
      take_answers();
    }
  }

  void stop() noexcept {
    for (int failures = 0; ring_.outstanding() != 0;) {
      if (ring_.wait(ring_.outstanding()) != 0 && ++failures == kAttempts) {
        (void)give_up();  // memory is asked for again by who needs it next, and that one's error counts
        break;
      }
      take_answers();
    }
    head_ = tail_ = 0;
    for (free_count_ = 0; free_count_ < depth_; ++free_count_) free_[free_count_] = depth_ - 1 - free_count_;
    shown_ = false;
  }

  // I4. Pieces under way are read again, plainly. 0, or an errno value when there is no memory for that.
  [[gnu::noinline, gnu::cold]] int give_up() noexcept {
    ring_.close();
    queues_ = false;
    for (Slot& slot : slots_) slot.state = State::kUnasked;
    // The memory before goes with it.
    return memory_.allocate(kBytes);
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
  bool shown_ = false;        // the piece at head_ is at the caller
  bool has_tried_ = false;    // to have a ring for this file
  bool queues_ = false;       // in this pass
  std::uint64_t issued_ = 0;  // the file offset behind the latest piece
  FilePass pass_;
};

}  // namespace assay
