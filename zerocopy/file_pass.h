// A pass over a range of a file: what is left of it, and why it cannot go on. The state that every reader
// has, whatever it reads with.
//
//   file   │      │ … done … │ latest chunk │ … left() … │      │
//                 ^ start()                 ^ position() ^ end() ^ size()
//
// Invariants:
//   I1  position() only grows between two start()s
//   I2  what has stopped it is what ended() says for ever after, until start(), open() or close()
//   I3  what was moved from is as what was never opened: EBADF
#pragma once

#include <cerrno>
#include <cstdint>
#include <utility>

#include "zerocopy/descriptor.h"
#include "zerocopy/io_result.h"
#include "zerocopy/reader_concept.h"

namespace assay {

class FilePass {
 public:
  FilePass() noexcept = default;
  FilePass(FilePass&& other) noexcept : state_(std::exchange(other.state_, State())) {}
  FilePass& operator=(FilePass&& other) noexcept {
    state_ = std::exchange(other.state_, State());
    return *this;
  }

  // Over nothing, of a file of `size` bytes.
  void open(std::uint64_t size) noexcept { state_ = {.size = size, .error = 0}; }
  void close() noexcept { state_ = State(); }

  // 0, or why there is none: the kernel's answer to what the size is now.
  int start(int file, std::uint64_t offset, std::uint64_t length) noexcept {
    state_ = {.size = state_.size};
    state_.error = zerocopy::file_size(file, state_.size);
    if (state_.error != 0) return state_.error;
    state_.position = offset;
    state_.end = zerocopy::end_of(offset, length);
    if (length != 0 && offset > zerocopy::kLargestOffset) state_.error = kSourceEnded;
    return 0;
  }

  bool goes_on() const noexcept { return state_.error == 0 && state_.position < state_.end; }
  std::uint64_t position() const noexcept { return state_.position; }
  std::uint64_t end() const noexcept { return state_.end; }
  std::uint64_t left() const noexcept { return state_.end - state_.position; }
  // Of the file, as of the latest open() or start().
  std::uint64_t size() const noexcept { return state_.size; }

  void go_on_at(std::uint64_t position) noexcept { state_.position = position; }
  // `error`: not 0.
  Chunk stop(int error) noexcept {
    state_.error = error;
    return ended();
  }
  Chunk ended() const noexcept { return {{}, state_.error}; }

 private:
  struct State {
    std::uint64_t size = 0;
    std::uint64_t position = 0;
    std::uint64_t end = 0;
    int error = EBADF;
  };
  State state_;
};

}  // namespace assay
