// A slow parser of heads that can be made to differ from the grammar of RFC 9112 in each of the ways of
// http_parser_differences.h: with none it judges as HttpHead must, with all of them as http_parser does.
//
// One byte at a time, started afresh for every input, as the suite's reference is
// (suites/http_head/reference.h). What the fields say of the body it asks the suite's mutant, unmutated.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suites/mutants/http_head/mutant_framing.h"
#include "suites/peers/http_parser_differences.h"
#include "suites/peers/http_parser_values.h"
#include "zerocopy/http_head_concept.h"

namespace assay::peer {

// What is compared. A faulty body is a refusal, and one of no bytes is none.
struct Judgement {
  HttpOutcome outcome = HttpOutcome::kIncomplete;
  std::size_t end = 0;  // of a complete head
  HttpBody body;

  static Judgement of(std::size_t end, HttpBody body) {
    if (body.end == HttpBodyEnd::kFaulty) return {HttpOutcome::kRefused, 0, {}};
    if (body.end == HttpBodyEnd::kLength && body.bytes == 0) body = {};
    return {HttpOutcome::kComplete, end, body};
  }
  friend bool operator==(const Judgement&, const Judgement&) = default;
};

class HttpParserDialect {
 public:
  static Judgement read(HttpMessage message, const Differences& differences, std::string_view text) {
    HttpParserDialect dialect(message, differences, text);
    try {
      dialect.start_line();
      dialect.fields();
      return Judgement::of(dialect.at_, dialect.body());
    } catch (HttpOutcome outcome) {
      return {outcome, 0, {}};
    }
  }

 private:
  using enum Difference;

  HttpParserDialect(HttpMessage message, const Differences& differences, std::string_view text)
      : request_(message == HttpMessage::kRequest),
        differences_(differences),
        text_(text),
        length_(differences_) {}

  bool on(Difference which) const { return differences_.on(which); }
  [[noreturn]] static void refuse() { throw HttpOutcome::kRefused; }
  static void require(bool good) {
    if (!good) refuse();
  }
  int peek() const {
    if (at_ == text_.size()) throw HttpOutcome::kIncomplete;
    return static_cast<unsigned char>(text_[at_]);
  }
  int take() {
    const int c = peek();
    ++at_;
    return c;
  }

  static bool is_blank(int c) { return c == ' ' || c == '\t'; }
  static bool is_end(int c) { return c == '\r' || c == '\n'; }
  static bool is_digit(int c) { return c >= '0' && c <= '9'; }
  static bool is_letter(int c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x80; }
  static bool is_text(int c) { return c == '\t' || (c >= 0x20 && c != 0x7f); }
  static bool is_token(int c) { return c < 0x80 && mutant::is_token(std::string(1, static_cast<char>(c))); }

  // A line's end, which the next byte must begin. `any`: what follows CR is not looked at.
  void line_end(bool any) {
    if (peek() == '\n') {
      require(on(kLfAlone));
      take();
      return;
    }
    require(take() == '\r');
    require(peek() == '\n' || any);
    take();
  }

  void start_line() {
    while ((request_ || on(kLinesBeforeResponse)) && is_end(peek())) {
      if (peek() == '\r' && on(kCrBeforeStartLine)) {
        take();
        if (peek() == '\n') take();
      } else {
        line_end(false);
      }
    }
    if (!request_) return status_line();
    method();
    spaces();
    if (!target()) return;  // no version
    spaces();
    version();
    line_end(false);
  }

  void spaces() {
    while (on(kSpacesInStartLine) && peek() == ' ') take();
  }

  void method() {
    static constexpr std::string_view kMethods[] = {
        "ACL",       "BIND",  "CHECKOUT", "CONNECT",  "COPY",   "DELETE",     "GET",
        "HEAD",      "LINK",  "LOCK",     "M-SEARCH", "MERGE",  "MKACTIVITY", "MKCALENDAR",
        "MKCOL",     "MOVE",  "NOTIFY",   "OPTIONS",  "PATCH",  "POST",       "PROPFIND",
        "PROPPATCH", "PURGE", "PUT",      "REBIND",   "REPORT", "SEARCH",     "SOURCE",
        "SUBSCRIBE", "TRACE", "UNBIND",   "UNLINK",   "UNLOCK", "UNSUBSCRIBE"};
    while (peek() != ' ') {
      require(is_token(peek()));
      method_ += static_cast<char>(take());
      const auto begins = [this](std::string_view known) { return known.starts_with(method_); };
      require(!on(kMethodList) || std::any_of(std::begin(kMethods), std::end(kMethods), begins));
    }
    const bool known = std::find(std::begin(kMethods), std::end(kMethods), method_) != std::end(kMethods);
    require(!method_.empty() && (known || !on(kMethodList)));
    take();
  }

  enum class Form { kStart, kStar, kScheme, kColon, kSlash, kHostStart, kHost, kAt, kPath };

  // The form of a target behind one more byte of it: as RFC 9112, 3.2, begins them, and as http_parser does.
  static Form next_form(Form form, int c) {
    switch (form) {
      case Form::kStart:
        if (c == '/') return Form::kPath;
        if (c == '*') return Form::kStar;
        if (c == '[') return Form::kHost;
        [[fallthrough]];
      case Form::kHost:
        if (c == ':' && form == Form::kHost) return Form::kPath;
        require(is_letter(c) || is_digit(c) || is_one_of(c, "-._~%!$&'()*+,;="));
        return Form::kHost;
      case Form::kStar:
        refuse();
      default:
        return form;
    }
  }

  static bool is_one_of(int c, std::string_view bytes) {
    return c < 0x80 && bytes.find(static_cast<char>(c)) != std::string_view::npos;
  }

  static Form next_of_theirs(Form form, int c) {
    switch (form) {
      case Form::kStart:
        if (c == '/' || c == '*') return Form::kPath;
        require(is_letter(c));
        return Form::kScheme;
      case Form::kScheme:
        if (c == ':') return Form::kColon;
        require(is_letter(c));
        return form;
      case Form::kColon:
        require(c == '/');
        return Form::kSlash;
      case Form::kSlash:
        require(c == '/');
        return Form::kHostStart;
      case Form::kPath:
        return form;
      default:
        if (c == '/' || c == '?') return Form::kPath;
        if (c == '@') {
          require(form != Form::kAt);
          return Form::kAt;
        }
        require(is_letter(c) || is_digit(c) || is_one_of(c, "-_.!~*'()%;:&=+$,[]"));
        return Form::kHost;
    }
  }

  // False: the line has ended.
  bool target() {
    Form form = method_ == "CONNECT" && on(kTargetForms) ? Form::kHostStart : Form::kStart;
    for (int c; (c = peek()) != ' ' && !is_end(c); take()) {
      require((c > 0x20 && c < 0x7f) || (on(kTargetBytes) && (c == '\t' || c == '\f' || c >= 0x80)));
      form = on(kTargetForms) ? next_of_theirs(form, c) : next_form(form, c);
    }
    const bool host = form == Form::kHost || form == Form::kAt;
    require(form == Form::kPath || form == Form::kStar || (host && on(kTargetForms)));
    if (peek() == ' ') {
      take();
      return true;
    }
    require(on(kNoVersion));
    line_end(false);
    return false;
  }

  void version() {
    if (on(kNameOfHttp)) {
      const bool source = method_ == "SOURCE" && peek() == 'I';
      require(peek() == 'H' || source);
      for (int i = source ? 1 : 0; i < 5; ++i) take();
    } else {
      for (const char c : {'H', 'T', 'T', 'P', '/'}) require(take() == c);
    }
    require(on(kMajorVersion) ? is_digit(peek()) : peek() == '1');
    take();
    require(take() == '.');
    require(is_digit(peek()));
    minor_version_ = take() - '0';
  }

  void status_line() {
    version();
    require(take() == ' ');
    spaces();
    int digits = 0;
    for (; is_digit(peek()) && (digits < 3 || on(kStatusDigits)); ++digits) {
      status_ = 10 * status_ + (take() - '0');
      require(status_ <= 999);
    }
    require(on(kStatusDigits) ? digits > 0 : digits == 3);
    if (peek() == ' ') {
      take();
      while (!is_end(peek())) {
        require(is_text(peek()) || on(kReasonBytes));
        take();
      }
    }
    line_end(on(kCrAlone));
  }

  void fields() {
    for (bool first = true; !is_end(peek()); first = false) {
      require(first || !is_blank(peek()));
      name();
      value();
    }
    line_end(on(kCrAlone));
  }

  void name() {
    std::string name;
    while (is_token(peek()) || (on(kSpaceInName) && peek() == ' ')) name += static_cast<char>(take());
    require(!name.empty() && take() == ':');
    const std::size_t last = name.find_last_not_of(' ');
    const std::string known = name.substr(0, last + 1);
    is_length_ = mutant::same_name(known, "content-length");
    is_encoding_ = mutant::same_name(known, "transfer-encoding");
    const bool begins_so = on(kEncodingPrefix) && mutant::same_name(name.substr(0, 17), "transfer-encoding");
    has_encoding_ |= begins_so;
    if (is_encoding_ || begins_so) codings_.chunked = false;
    fields_.push_back({known, {}});
  }

  // Up to the byte behind its last line's end, which says whether it goes on.
  void value() {
    for (;;) {
      while (is_blank(peek())) take();
      if (!is_end(peek())) break;
      line_end(on(kCrAlone));
      if (!is_blank(peek()) || !on(kFoldedLines)) {
        require(!is_length_ || !on(kLengthAtOnce));
        return;
      }
      take();
    }
    int c = peek();
    require(is_text(c) || on(kFirstByteOfValue));
    put(take());
    if (is_length_ && on(kLengthAtOnce)) require(length_.first(c));
    if (is_encoding_) codings_.first(c);
    for (;;) {
      while (!is_end(peek())) {
        c = take();
        require(is_text(c));
        put(c);
        if (is_length_ && on(kLengthAtOnce)) require(length_.next(c));
        if (is_encoding_) codings_.next(c);
      }
      line_end(false);
      if (!is_blank(peek()) || !on(kFoldedLines)) break;
      put(take());
      length_.fold();
      if (is_encoding_) codings_.fold();
    }
    if (is_encoding_) codings_.end();
  }

  void put(int c) { fields_.back().second += static_cast<char>(c); }

  // As the suite's reference of framing wants it.
  struct Head {
    std::size_t size() const { return fields.size(); }
    HttpField field(std::size_t i) const { return {fields[i].first, fields[i].second}; }
    std::optional<std::string_view> find(std::string_view name) const {
      for (const auto& [other, value] : fields)
        if (mutant::same_name(other, name)) return value;
      return std::nullopt;
    }
    int minor_version() const { return minor; }

    const std::vector<std::pair<std::string, std::string>>& fields;
    int minor;
  };

  HttpBody body() const {
    const Head head{fields_, minor_version_};
    mutant::Codings codings = mutant::transfer_codings(head, {.old = true});
    HttpContentLength length = mutant::content_length(head, {});
    if (length.state == HttpLength::kDisputed) length.state = HttpLength::kKnown;
    if (on(kCodingsByBytes)) {
      codings.faulty = false;
      codings.chunked = codings_.chunked;
    }
    codings.there |= has_encoding_;
    if (on(kLengthAtOnce)) length = length_.length();
    constexpr HttpBody kFaulty{HttpBodyEnd::kFaulty, 0};
    const bool empty = !request_ && (status_ / 100 == 1 || status_ == 204 || status_ == 304);
    if (codings.there && minor_version_ == 0 && !on(kOldEncoding)) return kFaulty;
    if (empty && !on(kBodyOfStatus)) return {};
    if (codings.there && length.state != HttpLength::kAbsent) return kFaulty;
    if (method_ == "CONNECT" && on(kBodyOfConnect)) return {};
    if (codings.faulty) return kFaulty;
    if (codings.chunked) return {HttpBodyEnd::kChunked, 0};
    if (codings.there) return request_ ? kFaulty : HttpBody{HttpBodyEnd::kClose, 0};
    if (length.state == HttpLength::kKnown) return {HttpBodyEnd::kLength, length.bytes};
    if (length.state != HttpLength::kAbsent) return kFaulty;
    return {request_ || empty ? HttpBodyEnd::kNone : HttpBodyEnd::kClose, 0};
  }

  const bool request_;
  const Differences differences_;
  const std::string_view text_;
  std::size_t at_ = 0;
  std::string method_;
  int status_ = 0, minor_version_ = 9;  // without a version it is 0.9
  std::vector<std::pair<std::string, std::string>> fields_;
  bool is_length_ = false, is_encoding_ = false;  // the field that is being read
  bool has_encoding_ = false;                     // a name that begins so
  LengthReader length_;
  CodingsReader codings_;
};

}  // namespace assay::peer
