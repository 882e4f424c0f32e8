// The head of an HTTP/1 message: start line and fields, found in the bytes that came and never copied.
//
// Idea. A head is a few tokens between delimiters, so that parsing it is finding where each kind of byte ends
// (zerocopy/http_tokens.h); what is kept are offsets from the first byte, so that the input may move while it
// grows. The parser is a coroutine by hand: one path through the grammar, whose steps are the labels of a
// switch; when the bytes end it notes the step and the place, and the next call jumps there.
//
//    G E T _ / i n d e x _ H T T P / 1 . 1 \r \n H o s t : _ a . b \r \n \r \n b o d y …
//    └method┘└──target──┘ └───version──┘         └name─┘  └value┘             ▲
//                                                                        offset of the verdict
//
// Invariants
//   I1  parse() gets at least the bytes that it had, or the head when that is complete;
//       parse_more() gets those that lie behind them
//   I2  bytes before at_ are read by no later call, and those behind the head decide nothing
//   I3  all offsets lie below at_, and at_ is at most the limit of the head
//   I4  fields are asked for by an index below size()
//
// Costs. One pass, 16 bytes at a time inside names, targets and values; fed byte by byte it is linear as
// well. Nothing is allocated: 16 bytes a field inside the object, for as many fields as the template says
// (1.7 KB). Errors come with the offset of the first byte that cannot be (http_head_concept.h).
//
// Why so. Two line ends of a parser that differ from those of the next one on the way are how requests are
// smuggled, so it is strict: CRLF, no folded lines, no white space before the colon, no control characters in
// values (RFC 9112, 2.2, 5.1, 5.2; RFC 9110, 5.5). A switch that is entered once a call costs nothing inside;
// http_parser, which dispatches a state for each byte, took nine times as long for a browser's request, six
// for a response, four for the shortest request, seven in pieces of 64 bytes and twenty with long cookies.
//
// What it does not do. Neither target nor values are decoded or judged: of a target, that it begins as one of
// the four forms of RFC 9112, 3.2, does; Host, and lengths that contradict each other, are for the caller,
// who has find() and body(), which says when to refuse. Folded lines of responses are refused, as gateways do
// (RFC 9112, 5.2): to unfold them would be a copy. The space behind the status may be missing, as it often
// is. Where http_parser differs, and who is right, is a table: suites/peers/http_parser_differences.h. Not
// thread-safe.
//
// Source: RFC 9112. A head of views into the input, found with SIMD, is Kazuho Oku's picohttpparser.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "zerocopy/http_framing.h"
#include "zerocopy/http_head_concept.h"
#include "zerocopy/http_start_line.h"
#include "zerocopy/http_tokens.h"
#include "zerocopy/misuse.h"

namespace assay {

template <std::size_t kRoom>
class BasicHttpHead : public HttpStartLine {
 public:
  static constexpr HttpHeadTraits kTraits{.incremental = true,
                                          .zero_copy = true,
                                          .strict = true,
                                          .exact_errors = true,
                                          .any_method = true,
                                          .limits = true,
                                          .bare_lf = true,
                                          .pieces = true,
                                          .framing = true,
                                          .traps_misuse = true};

  // At most kRoom fields, whatever the rules say.
  explicit BasicHttpHead(HttpMessage message, const HttpRules& rules = {}) noexcept
      : HttpStartLine(message, rules), most_(static_cast<std::uint32_t>(std::min(rules.fields, kRoom))) {}

  void reset() noexcept {
    HttpStartLine::reset();
    count_ = 0;
  }

  // All bytes so far, from the first one.
  HttpVerdict parse(std::string_view all) noexcept {
    if (all.size() < seen_ && (step_ != Step::kComplete || all.size() < at_)) [[unlikely]]
      zerocopy::misuse("HttpHead I1", "%zu bytes, of which there were %zu before", all.size(), seen_);
    base_ = all.data();
    seen_ = all.size();
    const char* p = base_ + at_;
    const char* const end = base_ + std::min<std::size_t>(seen_, head_limit_);
    if (step_ < Step::kLine) {
      if (!read_start_line(p, end)) return verdict();
    }
    if (step_ < Step::kComplete) read_fields(p, end);
    return verdict();
  }

  // What came since, which lies right behind the bytes that were there.
  HttpVerdict parse_more(std::string_view piece) noexcept {
    if (piece.empty()) return verdict();
    if (base_ == nullptr) return parse(piece);
    if (piece.data() != base_ + seen_) [[unlikely]]
      zerocopy::misuse("HttpHead I1", "a piece at %p, but those before it end at %p",
                       static_cast<const void*>(piece.data()), static_cast<const void*>(base_ + seen_));
    return parse({base_, seen_ + piece.size()});
  }

  std::size_t size() const noexcept { return count_; }
  HttpField field(std::size_t i) const noexcept {
    if (i >= count_) [[unlikely]]
      zerocopy::misuse("HttpHead I4", "field %zu of %u", i, count_);
    const Field& field = fields_[i];
    return {{base_ + field.name, field.name_size}, {base_ + field.value, field.value_size}};
  }

  // The value of the first field of that name, in any case of letters.
  std::optional<std::string_view> find(std::string_view name) const noexcept {
    const std::size_t i = find_from(0, name);
    return i < size() ? std::optional(field(i).value) : std::nullopt;
  }
  std::size_t find_from(std::size_t from, std::string_view name) const noexcept {
    return http::find_from(*this, from, name);
  }
  HttpContentLength content_length() const noexcept { return http::content_length(*this); }
  bool is_chunked() const noexcept { return http::is_chunked(*this); }

  // `answered`: of a response, the method of its request, on which its end depends (HEAD, CONNECT).
  HttpBody body(std::string_view answered = {}) const noexcept {
    return http::body(*this, message(), answered);
  }

 private:
  struct Field {
    std::uint32_t name, name_size, value, value_size;
  };

  bool complete(const char* p) noexcept {
    step_ = Step::kComplete;
    at_ = offset(p);
    return true;
  }

  // At a byte where a name would begin, and that cannot begin one.
  bool read_end(const char* p, const char* end) noexcept {
    if (*p == '\r') {
      if (++p == end) return suspend(Step::kEndLf, end);
      return *p == '\n' ? complete(p + 1) : refuse(HttpError::kLineEnd, p);
    }
    if (*p == '\n') return bare_lf_ ? complete(p + 1) : refuse(HttpError::kLineEnd, p);
    return refuse(http::is_blank(*p) ? HttpError::kFolded : HttpError::kName, p);
  }

  // The end of a value whose bytes from `floor` to `stop` came in this call: behind the last that is not
  // white space, and where it was before if there is none.
  static const char* trim(const char* floor, const char* stop, const char* before) noexcept {
    while (stop != floor && http::is_blank(stop[-1])) --stop;
    return stop == floor ? before : stop;
  }

  bool read_fields(const char* p, const char* const end) noexcept {
    const char* const base = base_;
    Field* field = fields_.data() + count_;
    const char* begin = base + begin_;  // of the name; of a value, the end that it has so far
    switch (step_) {
      for (;;) {
        case Step::kLine:
          if (p == end) return suspend(Step::kLine, end);
          if (count_ == most_ && http::is(http::kToken, *p)) [[unlikely]]
            return refuse(HttpError::kTooManyFields, p);
          begin = p;
          [[fallthrough]];
        case Step::kName:
          p = http::skip_token(p, end);
          if (p == end) [[unlikely]] {
            begin_ = offset(begin);
            return suspend(Step::kName, end);
          }
          if (p == begin) return read_end(p, end);
          if (*p != ':') [[unlikely]]
            return refuse(http::is_blank(*p) ? HttpError::kBlankInName : HttpError::kName, p);
          field->name = offset(begin);
          field->name_size = static_cast<std::uint32_t>(p - begin);
          ++p;
          [[fallthrough]];
        case Step::kBlanks:
          while (p != end && http::is_blank(*p)) ++p;
          if (p == end) [[unlikely]]
            return suspend(Step::kBlanks, end);
          field->value = offset(p);
          begin = p;
          [[fallthrough]];
        case Step::kValue: {
          const char* const stop = http::skip_text(p, end);
          if (stop == end) [[unlikely]] {
            begin_ = offset(trim(p, stop, begin));
            return suspend(Step::kValue, end);
          }
          if (*stop != '\r' && !(*stop == '\n' && bare_lf_)) [[unlikely]]
            return refuse(*stop == '\n' ? HttpError::kLineEnd : HttpError::kValue, stop);
          field->value_size = static_cast<std::uint32_t>(trim(p, stop, begin) - base) - field->value;
          p = stop;
          if (*p++ == '\n') [[unlikely]] {
            ++field;
            ++count_;
            continue;
          }
        }
          [[fallthrough]];
        case Step::kFieldLf:
          if (p == end) [[unlikely]]
            return suspend(Step::kFieldLf, end);
          if (*p != '\n') [[unlikely]]
            return refuse(HttpError::kLineEnd, p);
          ++p;
          ++field;
          ++count_;
      }
      default:  // kEndLf
        if (p == end) return suspend(Step::kEndLf, end);
        return *p == '\n' ? complete(p + 1) : refuse(HttpError::kLineEnd, p);
    }
  }

  std::uint32_t most_;
  std::uint32_t count_ = 0;          // fields that are whole
  std::array<Field, kRoom> fields_;  // the first count_ have values, and the next one as far as it has come
};

// As many fields as common servers take.
using HttpHead = BasicHttpHead<100>;

static_assert(HttpHeadParser<HttpHead>);

}  // namespace assay
