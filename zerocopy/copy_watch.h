// Whether it is worth while to send without a copy on this path: the kernel says afterwards what it did.
//
// Idea. Over loopback, to a packet socket or on a card that does not gather, the kernel copies after all, and
// the pages were pinned and a notification was queued for nothing. So the first sends are trials. Once
// enough of them were answered with "copied" the next bytes go by a plain send(), which is the cheapest way
// to have them copied; then one trial is made again, since routes change.
//
//   trials ──not copied──> proven ──copied──┐
//     ^  └──copied, kEnough in a row──────> plain for pause bytes, twice as many each time ──┐
//     └──────────────────────────────────────────────────────────────────────────────────────┘
//
// Invariants: I1  on a path that is not proven to be without copies kEnough sends at most are unanswered
//             I2  the trials among plain bytes are one of kFirstPause, and fewer the more of them fail
#pragma once

#include <algorithm>
#include <cstdint>

namespace assay::zerocopy {

class CopyWatch {
 public:
  static constexpr unsigned kEnough = 2;
  static constexpr std::uint64_t kFirstPause = std::uint64_t{32} << 20;
  static constexpr std::uint64_t kLongestPause = std::uint64_t{1} << 30;

  bool tries() const noexcept { return plain_left_ == 0 && (proven_ || unanswered_ < kEnough); }
  // Nobody knows yet: answers should be looked for.
  bool waits() const noexcept { return plain_left_ == 0 && !proven_ && unanswered_ != 0; }
  // So many bytes are to go plainly before the next trial.
  std::uint64_t plain_left() const noexcept { return plain_left_; }

  void tried() noexcept { ++unanswered_; }
  void sent_plainly(std::uint64_t bytes) noexcept { plain_left_ -= std::min(bytes, plain_left_); }

  // One was refused: there was nothing to copy, whatever is said about it.
  void refused() noexcept { unanswered_ -= std::min(1U, unanswered_); }

  // What the kernel said about so many sends.
  void answered(unsigned sends, bool copied) noexcept {
    unanswered_ -= std::min(sends, unanswered_);
    if (!copied) {
      *this = CopyWatch(unanswered_);
      return;
    }
    copied_ += sends;
    if (copied_ < kEnough) return;
    // After a pause one is enough.
    copied_ = kEnough - 1;
    proven_ = false;
    if (plain_left_ != 0) return;
    plain_left_ = pause_;
    pause_ = std::min(2 * pause_, kLongestPause);
  }

  CopyWatch() noexcept = default;

 private:
  explicit CopyWatch(unsigned unanswered) noexcept : unanswered_(unanswered), proven_(true) {}

  std::uint64_t plain_left_ = 0;
  std::uint64_t pause_ = kFirstPause;
  unsigned unanswered_ = 0;
  unsigned copied_ = 0;  // in a row
  bool proven_ = false;
};

}  // namespace assay::zerocopy
