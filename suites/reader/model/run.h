// One reader, its file and the oracle, for programs that a model makes and for tests that are pasted from
// them. Every operation is valid in every state.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "suites/reader/subject.h"

namespace assay::suite::reader {

template <class R>
class Run {
 public:
  Run() : bytes_(make_bytes(kSize, 1)), file_(Span(bytes_)) { open(); }

  void start(std::size_t which, std::size_t size) {
    at_ = which % (bytes_.size() + 100);
    end_ = at_ + size;
    reader::start(reader_, at_, size);
    require(reader_.size() == bytes_.size(), "size() is %llu, the file has %zu bytes", ull(reader_.size()),
            bytes_.size());
    stale_ = bytes_.size();
    under_way_ = true;
  }
  // So many chunks, as far as there are.
  void next(std::size_t, std::size_t size) {
    for (; size > 0 && under_way_; --size) one_chunk();
  }
  void read(std::size_t which, std::size_t size) {
    expect_read(reader_, bytes_, which % (bytes_.size() + 100), size, "read() beside the oracle");
  }
  void whole(std::size_t, std::size_t) {
    under_way_ = false;
    expect_range(reader_, bytes_, 0, bytes_.size() + 1, "a whole file beside the oracle");
  }
  // Truncated under the latest chunk; the pass ends there.
  void shrink(std::size_t, std::size_t size) {
    if (!under_way_) start(0, bytes_.size() + 1);
    const std::size_t begin = at_;
    const Chunk chunk = reader::next(reader_);
    const std::size_t left = bytes_.size() - std::min(bytes_.size(), size);
    file_.resize(left);
    const Bytes seen(chunk.bytes.begin(), chunk.bytes.end());
    if (!seen.empty()) {
      const int doubt = watched([&] { return reader_.confirm(); });
      const bool whole = kCopies<R> || begin + seen.size() <= left;
      require(doubt == (whole ? 0 : kSourceEnded),
              "confirm() of [%zu, %zu) of a file truncated to %zu says %s", begin, begin + seen.size(), left,
              strerror(doubt));
      const std::size_t sure = whole ? seen.size() : left - std::min(left, begin);
      require_same(Span(seen).first(sure), Span(bytes_).subspan(begin, sure), "a chunk that was truncated");
    }
    bytes_.resize(left);
    under_way_ = false;
  }
  // What is behind the end of a pass's file does not concern it.
  void grow(std::size_t which, std::size_t size) {
    if (bytes_.size() + size > 2 * kSize) return;
    const Bytes more = make_bytes(size, which);
    file_.write(bytes_.size(), more);
    bytes_.insert(bytes_.end(), more.begin(), more.end());
  }
  void rewrite(std::size_t which, std::size_t size) {
    under_way_ = false;
    const Bytes fresh = make_bytes(std::min(size, bytes_.size()), which);
    const std::size_t at = which % (bytes_.size() - fresh.size() + 1);
    file_.write(at, fresh);
    std::copy(fresh.begin(), fresh.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void reopen(std::size_t which, std::size_t) {
    under_way_ = false;
    if (which % 2 == 0) watched([&] { reader_.close(); });
    open();
  }
  void move(std::size_t, std::size_t) {
    R moved(std::move(reader_));
    reader_ = std::move(moved);
  }
  // One call, a few calls from now, reads less than it is asked to, or is interrupted.
  void disturb(std::size_t which, std::size_t size) {
    using system_calls::Act;
    faults_.emplace(system_calls::Fault{
        .act = which % 3 == 0   ? Act::kShort
               : which % 3 == 1 ? Act::kOneByte
                                : Act::kFail,
        .error = EINTR,
        .kinds = system_calls::kReading |
                 system_calls::set_of(which % 3 == 2 ? SystemCall::kRingEnter : SystemCall::kRingOperation),
        .after = size - 1});
  }
  void check() { whole(0, 1); }

 private:
  static constexpr std::size_t kSize = 500'000;

  void open() {
    const int error = watched([&] { return reader_.open(file_.path()); });
    require(error == 0, "open() says %s", strerror(error));
  }

  // A file that has grown since start() may or may not have what it had not then.
  void one_chunk() {
    const Chunk chunk = reader::next(reader_);
    if (chunk.bytes.empty()) {
      const bool complete = at_ == end_;
      const bool ended = at_ >= stale_ && at_ < end_;
      require(chunk.error == (complete ? 0 : kSourceEnded) && (complete || ended),
              "the pass over a range up to %llu of a file of %zu bytes ends at %llu with %s", ull(end_),
              bytes_.size(), ull(at_), chunk.error == 0 ? "no error" : strerror(chunk.error));
      under_way_ = false;
      return;
    }
    if (at_ + chunk.bytes.size() > std::min<std::uint64_t>(end_, bytes_.size()))
      violated("a chunk of %zu bytes at %llu, in a range up to %llu of a file of %zu", chunk.bytes.size(),
               ull(at_), ull(end_), bytes_.size());
    require_same(chunk.bytes, Span(bytes_).subspan(at_, chunk.bytes.size()), "a chunk beside the oracle");
    const int doubt = watched([&] { return reader_.confirm(); });
    require(doubt == 0, "confirm() says %s", strerror(doubt));
    at_ += chunk.bytes.size();
  }

  Bytes bytes_;
  const TemporaryFile file_;
  R reader_;
  std::size_t at_ = 0, end_ = 0;
  std::size_t stale_ = 0;  // the size that the file had when the pass began
  bool under_way_ = false;
  std::optional<system_calls::Faults> faults_;
};

}  // namespace assay::suite::reader
