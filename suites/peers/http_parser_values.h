// http_parser's two looks at values while they come, a byte at a time, with its differences from RFC 9112:
// part of http_parser_dialect.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "suites/mutants/http_head/mutant_framing.h"
#include "suites/peers/http_parser_differences.h"
#include "zerocopy/http_head_concept.h"

namespace assay::peer {

// Of Content-Length: false is a refusal.
class LengthReader {
 public:
  explicit LengthReader(const Differences& differences) : differences_(differences) {}

  bool first(int c) {
    if (known_.has_value() || c < '0' || c > '9') return false;
    known_ = static_cast<std::uint64_t>(c - '0');
    ended_ = false;
    return true;
  }
  bool next(int c) {
    if (c == ' ' || (c == '\t' && !differences_.on(Difference::kLengthTab))) {
      ended_ = true;
      return true;
    }
    if (ended_ || c < '0' || c > '9') return false;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (differences_.on(Difference::kLengthLimit) ? *known_ > (UINT64_MAX - 10) / 10
                                                  : *known_ > (UINT64_MAX - digit) / 10)
      return false;
    known_ = 10 * *known_ + digit;
    return true;
  }
  void fold() { ended_ = true; }
  HttpContentLength length() const {
    return known_.has_value() ? HttpContentLength{HttpLength::kKnown, *known_} : HttpContentLength{};
  }

 private:
  const Differences& differences_;
  std::optional<std::uint64_t> known_;
  bool ended_ = false;
};

// Of Transfer-Encoding: whether the last coding is chunked.
class CodingsReader {
 public:
  void first(int c) { begin(c); }
  void next(int c) {
    switch (state_) {
      case State::kStart:
        if (c == ' ') return;
        if ((c | 0x20) != 'c' && !mutant::is_token(std::string(1, static_cast<char>(c | 0x20))))
          state_ = State::kLost;
        else
          begin(c);
        return;
      case State::kMatching:
        if ((c | 0x20) != "chunked"[++matched_])
          state_ = State::kOther;  // a comma as well
        else if (matched_ == 6)
          state_ = State::kMatched;
        return;
      case State::kMatched:
        if (c != ' ') state_ = State::kOther;  // a comma as well
        return;
      case State::kOther:
        if (c == ',') state_ = State::kStart;
        return;
      case State::kLost:
        return;
    }
  }
  void fold() {
    if (state_ != State::kStart) state_ = State::kLost;
  }
  void end() {
    chunked |= state_ == State::kMatched;
    state_ = State::kLost;
  }

  bool chunked = false;  // the last field

 private:
  enum class State { kStart, kMatching, kMatched, kOther, kLost };

  void begin(int c) {
    state_ = (c | 0x20) == 'c' ? State::kMatching : State::kOther;
    matched_ = 0;
  }

  State state_ = State::kLost;
  std::size_t matched_ = 0;
};

}  // namespace assay::peer
