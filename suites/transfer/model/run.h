// One transfer, its connection and the oracle, for programs that a model makes and for tests that are pasted
// from them. Every operation is valid in every state, and what a subject does not claim does nothing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "suites/transfer/subject.h"

namespace assay::suite::transfer {

template <class T>
class Run {
 public:
  Run() : memory_(make_bytes(kSize, 1)), bytes_(make_bytes(kSize, 2)), file_(Span(bytes_)) {
    open();
    connect({});
  }

  void send_file(std::size_t which, std::size_t size) {
    if constexpr (kSendsFiles<T>) send_from(Source::kFile, bytes_, which, size);
  }
  void send(std::size_t which, std::size_t size) {
    if constexpr (kSendsMemory<T>) send_from(Source::kMemory, memory_, which, size);
  }
  void send_beyond(std::size_t which, std::size_t size) {
    if constexpr (kSendsFiles<T>) {
      const std::size_t begin = bytes_.size() - std::min(bytes_.size(), which % kPart);
      const std::uint64_t there = bytes_.size() - begin;
      settle();
      const IoResult result =
          drive(*connection_, *received_, there + size, size, false, [&](std::uint64_t done) {
            return send_part(transfer_, Source::kFile, connection_->sender(), file_, {}, begin + done,
                             there + size - done);
          });
      require(result == IoResult{there, kSourceEnded},
              "send_file() of %llu bytes where %llu are: %llu and %s", ull(there + size), ull(there),
              ull(result.bytes), strerror(result.error));
      expect(Span(bytes_).subspan(begin));
    }
  }
  void copy(std::size_t which, std::size_t size) {
    if constexpr (kCopiesFiles<T>) {
      if (bytes_.empty()) return;
      const std::size_t from = which % bytes_.size(), to = which / 7 % kSize;
      const std::size_t length = std::min(size, bytes_.size() - from);
      const IoResult result =
          watched([&] { return transfer_.copy(file_.get(), from, target_.get(), to, length); });
      require(result == IoResult{length, 0}, "copy() of [%zu, %zu) to %zu: %llu and %s", from, from + length,
              to, ull(result.bytes), strerror(result.error));
      if (copied_.size() < to + length) copied_.resize(to + length);
      std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(from), length,
                  copied_.begin() + static_cast<std::ptrdiff_t>(to));
    }
  }
  void take(std::size_t, std::size_t size) { received_->take(size); }

  // One call, a few calls from now, does less than it is asked to, or is interrupted.
  void disturb(std::size_t which, std::size_t size) {
    using system_calls::Act;
    static constexpr Act kActs[] = {Act::kShort, Act::kOneByte, Act::kFail, Act::kShortAndFail};
    faults_.emplace(system_calls::Fault{
        .act = kActs[which % 4],
        .error = EINTR,
        .kinds = which % 4 < 2 ? system_calls::kMoving | system_calls::set_of(SystemCall::kRingOperation)
                               : system_calls::kMoving | system_calls::set_of(SystemCall::kRingEnter),
        .after = size - 1,
        .for_good = false});
  }
  void change_blocking(std::size_t which, std::size_t) {
    settle();
    connection_->set_blocks(which % 2 == 0);
  }

  // The file changes while nobody needs what it was.
  void rewrite(std::size_t which, std::size_t size) {
    settle();
    const Bytes fresh = make_bytes(std::min(size, bytes_.size()), which);
    const std::size_t at = which % (bytes_.size() - fresh.size() + 1);
    file_.write(at, fresh);
    std::copy(fresh.begin(), fresh.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(at));
  }
  void resize(std::size_t, std::size_t size) {
    settle();
    file_.resize(size);
    bytes_.resize(size);
  }
  void finish(std::size_t, std::size_t) { settle(); }
  void reopen(std::size_t, std::size_t) {
    settle();
    watched([&] { transfer_.close(); });
    open();
  }
  void reconnect(std::size_t which, std::size_t size) {
    check();
    connect({.send = which % 3 == 0 ? 0 : static_cast<int>(size), .receive = which % 2 == 0 ? 0 : 10'000});
  }
  void move(std::size_t, std::size_t) {
    settle();
    T moved(std::move(transfer_));
    transfer_ = std::move(moved);
  }

  // The connection has ended, and all that was sent has arrived.
  void check() {
    settle();
    connection_->end();
    received_->take_rest();
    require_same(received_->bytes, expected_, "beside the oracle");
    require_same(target_.read(0, 2 * kSize), copied_, "the copy beside the oracle");
  }

 private:
  static constexpr std::size_t kSize = 300'000, kPart = 20'000;

  void open() {
    const int error = transfer_.open();
    require(error == 0, "open() says %s", strerror(error));
  }
  void connect(Buffers buffers) {
    connection_ = std::make_unique<Connection>(false, buffers);
    received_.emplace(*connection_);
    expected_.clear();
  }

  void expect(Span bytes) { expected_.insert(expected_.end(), bytes.begin(), bytes.end()); }

  void send_from(Source source, const Bytes& bytes, std::size_t which, std::size_t size) {
    if (bytes.empty()) return;
    const std::size_t offset = which % bytes.size();
    std::size_t length = std::min(size, bytes.size() - offset);
    if (connection_->blocks()) {  // nobody reads meanwhile: no more than an empty connection takes
      settle();
      length = std::min<std::size_t>(length, 2'000);
    }
    const bool exactly = which % 5 == 0;
    if (exactly) settle();
    const IoResult result =
        drive(*connection_, *received_, length, 1 + which % 30'000, exactly, [&](std::uint64_t done) {
          return send_part(transfer_, source, connection_->sender(), file_, bytes, offset + done,
                           length - done);
        });
    require(result == IoResult{length, 0}, "%s of %zu bytes: %llu and %s", name_of(source), length,
            ull(result.bytes), strerror(result.error));
    expect(Span(bytes).subspan(offset, length));
  }

  // Nothing is on its way any more.
  void settle() {
    received_->take_all(expected_.size());
    transfer::finish(transfer_, *connection_);
  }

  const Bytes memory_;
  Bytes bytes_;  // of the file
  const TemporaryFile file_, target_;
  Bytes copied_;  // of the target
  T transfer_;
  std::unique_ptr<Connection> connection_;
  std::optional<Received> received_;
  Bytes expected_;
  std::optional<system_calls::Faults> faults_;
};

}  // namespace assay::suite::transfer
