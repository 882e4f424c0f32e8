// The start line of an HTTP/1 head: what BasicHttpHead (zerocopy/http_head.h) does before the first field,
// and the place in the input that both parts of it keep. Invariants I1 to I3 are stated there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "zerocopy/http_head_concept.h"
#include "zerocopy/http_tokens.h"

namespace assay {

class HttpStartLine {
 public:
  // At most 4 GiB - 1 bytes, whatever the rules say.
  HttpStartLine(HttpMessage message, const HttpRules& rules) noexcept
      : head_limit_(clamp(rules.head)),
        line_limit_(clamp(rules.start_line)),
        bare_lf_(rules.bare_lf),
        message_(message) {
    reset();
  }

  void reset() noexcept {
    base_ = nullptr;
    seen_ = 0;
    at_ = begin_ = 0;
    first_ = second_ = {};
    status_ = minor_version_ = 0;
    error_ = HttpError::kNone;
    step_ = message_ == HttpMessage::kRequest ? Step::kBefore : Step::kResponseVersion;
  }

  // What the latest parse() said.
  HttpVerdict verdict() const noexcept {
    if (step_ == Step::kComplete) [[likely]]
      return {HttpOutcome::kComplete, HttpError::kNone, at_};
    if (step_ == Step::kRefused) return {HttpOutcome::kRefused, error_, at_};
    return {HttpOutcome::kIncomplete, HttpError::kNone, seen_};
  }

  HttpMessage message() const noexcept { return message_; }
  std::string_view method() const noexcept { return {base_ + first_.begin, first_.size}; }
  std::string_view target() const noexcept { return {base_ + second_.begin, second_.size}; }
  int status() const noexcept { return status_; }
  std::string_view reason() const noexcept { return {base_ + second_.begin, second_.size}; }
  int minor_version() const noexcept { return minor_version_; }

 protected:
  enum class Step : unsigned char {
    kBefore,  // the request line
    kBeforeLf,
    kMethod,
    kTargetBegin,
    kTargetStar,
    kTargetName,
    kTarget,
    kRequestVersion,
    kRequestEnd,
    kResponseVersion,
    kStatusSpace,
    kStatus,
    kReasonSpace,
    kReason,
    kStartLf,
    kLine,
    kName,
    kBlanks,
    kValue,
    kFieldLf,
    kEndLf,
    kComplete,
    kRefused
  };
  struct Part {
    std::uint32_t begin = 0, size = 0;
  };

  static std::uint32_t clamp(std::size_t limit) noexcept {
    return limit < UINT32_MAX ? static_cast<std::uint32_t>(limit) : UINT32_MAX;
  }

  std::uint32_t offset(const char* p) const noexcept { return static_cast<std::uint32_t>(p - base_); }

  bool refuse(HttpError error, const char* p) noexcept {
    step_ = Step::kRefused;
    error_ = error;
    at_ = offset(p);
    return false;
  }

  bool suspend(Step step, const char* end) noexcept {
    step_ = step;
    at_ = offset(end);
    return seen_ > at_ ? refuse(HttpError::kHeadTooLong, end) : false;
  }

  // Inside the start line, where the bytes may end earlier because of its limit.
  bool suspend_line(Step step, const char* stop, const char* end) noexcept {
    return stop == end ? suspend(step, end) : refuse(HttpError::kStartLineTooLong, stop);
  }

  // Where the start line must have ended. A line end at that place is left to the grammar.
  const char* end_of_line(const char* end) const noexcept {
    const char* const begin = base_ + begin_;
    if (end - begin <= static_cast<std::ptrdiff_t>(line_limit_)) [[likely]]
      return end;
    const char* const stop = begin + line_limit_;
    return *stop == '\r' || *stop == '\n' ? end : stop;
  }

  // "HTTP/1." and a digit, whose first byte is at mark_. A minor version that is not known is processed as
  // the highest that is (RFC 9110, 2.5).
  bool read_version(const char*& p, const char* stop, const char* end, Step step) noexcept {
    static constexpr char kVersion[] = "HTTP/1.";
    constexpr std::ptrdiff_t kSize = sizeof kVersion;  // with the digit that follows
    if (stop - p >= kSize && std::memcmp(p, kVersion, kSize - 1) == 0 &&
        http::is(http::kDigit, p[kSize - 1]) && offset(p) == mark_) [[likely]] {
      minor_version_ = p[kSize - 1] - '0';
      p += kSize;
      return true;
    }
    for (std::ptrdiff_t i = p - (base_ + mark_); i < kSize; ++i, ++p) {
      if (p == stop) return suspend_line(step, stop, end);
      if (i < kSize - 1 ? *p != kVersion[i] : !http::is(http::kDigit, *p))
        return refuse(HttpError::kVersion, p);
    }
    minor_version_ = p[-1] - '0';
    return true;
  }

  // p: behind the line's end when it says true.
  bool read_start_line(const char*& p, const char* end) noexcept {
    const char* stop = step_ <= Step::kBeforeLf ? end : end_of_line(end);
    switch (step_) {
      for (;;) {
        case Step::kBefore:
          if (p == end) return suspend(Step::kBefore, end);
          if (*p == '\n' && bare_lf_) {
            ++p;
            continue;
          }
          if (*p == '\n') return refuse(HttpError::kLineEnd, p);
          if (*p != '\r') [[likely]]
            break;
          ++p;
          [[fallthrough]];
        case Step::kBeforeLf:
          if (p == end) return suspend(Step::kBeforeLf, end);
          if (*p != '\n') return refuse(HttpError::kLineEnd, p);
          ++p;
      }
      begin_ = first_.begin = offset(p);
      stop = end_of_line(end);
      [[fallthrough]];
      case Step::kMethod:
        p = http::skip_bytes<http::kToken>(p, stop);
        if (p == stop) return suspend_line(Step::kMethod, stop, end);
        first_.size = offset(p) - first_.begin;
        if (*p != ' ' || first_.size == 0) return refuse(HttpError::kMethod, p);
        second_.begin = offset(++p);
        [[fallthrough]];
      case Step::kTargetBegin:
        if (p == stop) return suspend_line(Step::kTargetBegin, stop, end);
        if (*p == '/') [[likely]]
          goto rest_of_target;
        if (*p != '*') goto name_in_target;
        ++p;
        [[fallthrough]];
      case Step::kTargetStar:
        if (p == stop) return suspend_line(Step::kTargetStar, stop, end);
        if (*p != ' ') return refuse(HttpError::kTarget, p);
        goto rest_of_target;
      name_in_target:  // a scheme, or a host: a colon follows
        if (*p == '[') ++p;
        [[fallthrough]];
      case Step::kTargetName:
        p = http::skip_bytes<http::kHost>(p, stop);
        if (p == stop) return suspend_line(Step::kTargetName, stop, end);
        if (*p != ':' || offset(p) == second_.begin) return refuse(HttpError::kTarget, p);
      rest_of_target:
        [[fallthrough]];
      case Step::kTarget:
        p = http::skip_target(p, stop);
        if (p == stop) return suspend_line(Step::kTarget, stop, end);
        second_.size = offset(p) - second_.begin;
        if (*p != ' ') return refuse(HttpError::kTarget, p);
        mark_ = offset(++p);
        [[fallthrough]];
      case Step::kRequestVersion:
        if (!read_version(p, stop, end, Step::kRequestVersion)) return false;
        [[fallthrough]];
      case Step::kRequestEnd:
        if (p == stop) return suspend_line(Step::kRequestEnd, stop, end);
        return read_line_end(p, end, HttpError::kVersion);

      case Step::kResponseVersion:
        mark_ = 0;
        if (!read_version(p, stop, end, Step::kResponseVersion)) return false;
        [[fallthrough]];
      case Step::kStatusSpace:
        if (p == stop) return suspend_line(Step::kStatusSpace, stop, end);
        if (*p != ' ') return refuse(HttpError::kVersion, p);
        mark_ = offset(++p);
        status_ = 0;
        [[fallthrough]];
      case Step::kStatus:
        for (; offset(p) < mark_ + 3; ++p) {
          if (p == stop) return suspend_line(Step::kStatus, stop, end);
          if (!http::is(http::kDigit, *p)) return refuse(HttpError::kStatus, p);
          status_ = 10 * status_ + (*p - '0');
        }
        second_ = {offset(p), 0};
        [[fallthrough]];
      case Step::kReasonSpace:
        if (p == stop) return suspend_line(Step::kReasonSpace, stop, end);
        if (*p != ' ') return read_line_end(p, end, HttpError::kStatus);
        second_.begin = offset(++p);
        [[fallthrough]];
      case Step::kReason:
        p = http::skip_text(p, stop);
        if (p == stop) return suspend_line(Step::kReason, stop, end);
        second_.size = offset(p) - second_.begin;
        return read_line_end(p, end, HttpError::kReason);

      default:  // kStartLf
        return read_line_feed(p, end);
    }
  }

  // Of the start line: `otherwise` is what any other byte means.
  bool read_line_end(const char*& p, const char* end, HttpError otherwise) noexcept {
    if (*p == '\n' && bare_lf_) {
      ++p;
      step_ = Step::kLine;
      return true;
    }
    if (*p != '\r') return refuse(*p == '\n' ? HttpError::kLineEnd : otherwise, p);
    ++p;
    return read_line_feed(p, end);
  }

  bool read_line_feed(const char*& p, const char* end) noexcept {
    if (p == end) return suspend(Step::kStartLf, end);
    if (*p != '\n') return refuse(HttpError::kLineEnd, p);
    ++p;
    step_ = Step::kLine;
    return true;
  }

  const char* base_;        // of the latest parse()
  std::size_t seen_;        // bytes of it
  std::uint32_t at_;        // where the next call goes on; the verdict's offset at the end
  std::uint32_t begin_;     // of the start line; then see read_fields()
  std::uint32_t mark_ = 0;  // where the version, or the status, begins
  Part first_, second_;     // method; target or reason
  int status_;
  int minor_version_;
  std::uint32_t head_limit_, line_limit_;
  bool bare_lf_;
  HttpMessage message_;
  Step step_;
  HttpError error_;
};

}  // namespace assay
