// What an operation on files and sockets has done, and why it stopped: never an exception, never errno alone.
#pragma once

#include <cerrno>
#include <cstdint>

namespace assay {

// The source has fewer bytes than were asked for: a file that was truncated, a mapping whose file was.
inline constexpr int kSourceEnded = ENODATA;

struct IoResult {
  // Done, whatever stopped it: who goes on, goes on behind them. Never counted twice and never lost.
  std::uint64_t bytes = 0;
  // An errno value; 0: all that was asked for. EAGAIN: a descriptor does not block and cannot go on now.
  int error = 0;

  bool ok() const noexcept { return error == 0; }
  friend bool operator==(const IoResult&, const IoResult&) = default;
};

}  // namespace assay
