// A plain parser of heads in which every defect that a clause but HH-39 and HH-44 stands for can be
// switched on.
//
// Idea. One byte at a time, one state a place in the grammar. Nothing is optimised: whatever a clause says
// should be easy to see here, and so should its opposite.
//
// Invariants
//   I1  parse() gets at least the bytes that it had, parse_more() those behind them
//   I2  at_ bytes have been taken, each once
//   I3  fields are asked for by an index below size()
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "suites/mutants/http_head/http_head_defects.h"
#include "suites/mutants/http_head/mutant_framing.h"
#include "zerocopy/http_head_concept.h"
#include "zerocopy/misuse.h"

namespace assay::mutant {

class MutantHttpHead {
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

  explicit MutantHttpHead(HttpMessage message, const HttpRules& rules = {})
      : message_(message), rules_(rules) {
    reset();
  }

  void reset() noexcept {
    state_ = message_ == HttpMessage::kRequest ? State::kBefore : State::kVersion;
    error_ = HttpError::kNone;
    at_ = line_ = size_ = calls_ = 0;
    empty_lines_ = status_ = minor_version_ = 0;
    method_ = text_ = part_ = {};
    base_ = nullptr;
    if (!reset_keeps_fields) fields_.clear();
  }

  HttpVerdict parse(std::string_view all) noexcept {
    if (all.size() < size_ && !shorter_input_is_taken)
      zerocopy::misuse("MutantHttpHead I1", "%zu bytes after %zu", all.size(), size_);
    if (looks_back && at_ > 0) look(all.data() + at_ - 1);
    if (looks_behind_the_input) look(all.data() + all.size());
    if (long_name_begins_with_the_piece && state_ == State::kName && at_ - part_.begin > 64)
      part_.begin = at_;
    if (base_ == nullptr || !views_are_of_the_first_input) base_ = all.data();
    size_ = all.size();
    if (state_ < State::kComplete) ++calls_;
    while (at_ < all.size() && state_ < State::kComplete) take(all[at_]);
    if (blank_behind_the_head_folds && state_ == State::kComplete && at_ < all.size() && all[at_] == ' ')
      refuse(HttpError::kFolded);
    return verdict();
  }

  HttpVerdict parse_more(std::string_view piece) noexcept {
    if (base_ == nullptr) return parse(piece);
    if (piece.data() != base_ + size_) zerocopy::misuse("MutantHttpHead I1", "a piece that lies elsewhere");
    if (line_feed_alone_is_no_piece && piece == "\n") return verdict();
    return parse({base_, size_ + piece.size()});
  }

  std::string_view method() const noexcept { return view(method_); }
  std::string_view target() const noexcept {
    const std::string_view target = view(text_);
    const std::size_t scheme = target.find("://");
    return scheme_is_no_part_of_the_target && scheme != target.npos ? target.substr(scheme + 3) : target;
  }
  int status() const noexcept { return status_in_eight_bits ? status_ % 256 : status_; }
  std::string_view reason() const noexcept { return view(text_); }
  int minor_version() const noexcept { return minor_version_; }

  std::size_t size() const noexcept { return fields_.size(); }
  HttpField field(std::size_t i) const noexcept {
    if (i >= fields_.size()) {
      if (field_beyond_the_last) return {};
      zerocopy::misuse("MutantHttpHead I3", "field %zu of %zu", i, fields_.size());
    }
    HttpField field{view(fields_[i].name), view(fields_[i].value)};
    if (values_are_copied) field.value = copies_.emplace_back(field.value);
    return field;
  }

  std::optional<std::string_view> find(std::string_view name) const noexcept {
    const std::size_t i = find_from(0, name);
    return i < size() ? std::optional(field(i).value) : std::nullopt;
  }
  std::size_t find_from(std::size_t from, std::string_view name) const noexcept {
    while (from < size() && !same_name(field(from).name, name)) ++from;
    return from;
  }
  HttpContentLength content_length() const noexcept {
    return mutant::content_length(*this, framing_defects());
  }
  bool is_chunked() const noexcept { return mutant::transfer_codings(*this, framing_defects()).chunked; }
  HttpBody body(std::string_view answered = {}) const noexcept {
    if (body_of_pieces_is_none && calls_ > 1) return {};
    return mutant::body(*this, message_, status_, answered);
  }

 private:
  enum class State {
    kBefore,
    kBeforeLf,
    kMethod,
    kTarget,
    kVersion,
    kAfterVersion,
    kStatus,
    kAfterStatus,
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
  enum class Form { kStar, kName, kRest };
  struct Part {
    std::size_t begin = 0, size = 0;
  };
  struct Field {
    Part name, value;
  };

  static void look(const char* byte) { static_cast<void>(*static_cast<const volatile char*>(byte)); }
  static bool is_blank(char c) { return c == ' ' || c == '\t'; }
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static bool is_visible(char c) { return c > 0x20 && c < 0x7f; }
  static bool is_text(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  }
  static bool is_token(char c) {
    constexpr std::string_view kDelimiters = "\"(),/:;<=>?@[\\]{}";
    return is_visible(c) && kDelimiters.find(c) == std::string_view::npos;
  }

  std::string_view view(Part part) const { return {base_ + part.begin, part.size}; }

  HttpVerdict verdict() const {
    if (state_ == State::kRefused) return {HttpOutcome::kRefused, error_, at_};
    if (state_ == State::kComplete) return {HttpOutcome::kComplete, HttpError::kNone, at_};
    return {HttpOutcome::kIncomplete, HttpError::kNone, size_};
  }

  void refuse(HttpError error) {
    state_ = State::kRefused;
    error_ = error;
  }

  void go(State state) {
    state_ = state;
    ++at_;
  }

  // From here on, the byte included.
  void begin() { part_ = {at_, 0}; }
  Part end() const { return {part_.begin, at_ - part_.begin}; }

  void take(char c) {
    if (at_ >= rules_.head + (head_limit_one_late ? 1 : 0)) return refuse(HttpError::kHeadTooLong);
    const bool in_start_line = state_ > State::kBeforeLf && state_ < State::kStartLf;
    if (in_start_line && at_ - line_ >= rules_.start_line && c != '\r' && c != '\n')
      return refuse(HttpError::kStartLineTooLong);
    if (state_ < State::kLine)
      take_of_start_line(c);
    else
      take_of_fields(c);
  }

  void take_of_start_line(char c) {
    switch (state_) {
      case State::kBefore:
        if (c == '\r') return go(State::kBeforeLf);
        if (c == '\n') return rules_.bare_lf ? go(State::kBefore) : refuse(HttpError::kLineEnd);
        line_ = empty_lines_count_as_start_line ? 0 : at_;
        state_ = State::kMethod;
        begin();
        return take(c);
      case State::kBeforeLf:
        if (c != '\n') return refuse(HttpError::kLineEnd);
        if (third_empty_line_is_a_request && ++empty_lines_ == 3) return refuse(HttpError::kMethod);
        return go(message_ == HttpMessage::kRequest ? State::kBefore : State::kVersion);
      case State::kMethod:
        if (method_of_16_bytes_at_most && at_ - part_.begin > 16) return refuse(HttpError::kMethod);
        if (is_token(c) || (slash_is_a_method_byte && c == '/')) return go(State::kMethod);
        method_ = end();
        if (c != ' ' || method_.size == 0) return refuse(HttpError::kMethod);
        go(State::kTarget);
        return begin();
      case State::kTarget:
        if (!fits_form(c)) return refuse(HttpError::kTarget);
        if (is_visible(c) || (target_may_have_utf8 && c < 0) || (target_may_have_del && c == 0x7f))
          return go(State::kTarget);
        text_ = end();
        if (c != ' ' || text_.size == 0) return refuse(HttpError::kTarget);
        go(State::kVersion);
        return begin();
      case State::kVersion:
        return take_of_version(c);
      case State::kAfterVersion:
        if (message_ == HttpMessage::kRequest) return end_line(c, HttpError::kVersion);
        if (c != ' ') return refuse(HttpError::kVersion);
        go(State::kStatus);
        return begin();
      case State::kStatus:
        if (status_may_have_two_digits && c == ' ' && at_ - part_.begin == 2) return end_status(c);
        if (!is_digit(c)) return refuse(HttpError::kStatus);
        status_ = 10 * status_ + (c - '0');
        return go(at_ - part_.begin == 2 ? State::kAfterStatus : State::kStatus);
      case State::kAfterStatus:
        return end_status(c);
      case State::kReason:
        if (is_text(c) || (reason_may_have_escapes && c == 0x1b)) return go(State::kReason);
        text_ = end();
        return end_line(c, HttpError::kReason);
      default:
        return c == '\n' || (allowing_lf_allows_cr && rules_.bare_lf) ? go(State::kLine)
                                                                      : refuse(HttpError::kLineEnd);
    }
  }

  // Whether a byte may stand there in a target, but for those that no target has: /…, *, or a name and a
  // colon.
  bool fits_form(char c) {
    const std::size_t i = at_ - part_.begin;
    if (i == 0) {
      form_ = c == '/' ? Form::kRest : c == '*' ? Form::kStar : Form::kName;
      if (form_ != Form::kName || c == '[') return true;
    } else if (form_ == Form::kStar) {
      return c == ' ' || star_may_go_on;
    }
    if (form_ != Form::kName) return true;
    if (c == ':') form_ = Form::kRest;
    if (target_may_be_a_name && i > 0 && c == ' ') return true;
    constexpr std::string_view kNoName = "\"#/:<>?@[\\]^`{|}";
    return (c == ':' && i > 0) || (is_visible(c) && kNoName.find(c) == std::string_view::npos);
  }

  void take_of_version(char c) {
    constexpr std::string_view kBegin = "HTTP/1.";
    const bool any =
        message_ == HttpMessage::kRequest ? request_of_any_minor_version : response_of_any_minor_version;
    if (empty_lines_before_a_response && message_ == HttpMessage::kResponse && at_ == 0 && c == '\r') {
      line_ = part_.begin = 2;
      return go(State::kBeforeLf);
    }
    const std::size_t i = at_ - part_.begin;
    if (i < kBegin.size()) return c == kBegin[i] ? go(State::kVersion) : refuse(HttpError::kVersion);
    const bool not_2 =
        message_ == HttpMessage::kRequest ? request_of_1_2_is_refused : response_of_1_2_is_refused;
    if (!is_digit(c) && !(any && is_token(c))) return refuse(HttpError::kVersion);
    if (c == '2' && not_2) return refuse(HttpError::kVersion);
    minor_version_ = c - '0';
    go(State::kAfterVersion);
  }

  void end_status(char c) {
    if (c != ' ') {
      text_ = {at_, 0};
      if (missing_reason_is_the_status) text_ = end();
      return end_line(c, HttpError::kStatus);
    }
    go(State::kReason);
    begin();
  }

  // Of the start line: `otherwise` is what any other byte means.
  void end_line(char c, HttpError otherwise) {
    if (c == '\r') return go(State::kStartLf);
    if (c != '\n') return refuse(otherwise);
    return rules_.bare_lf ? go(State::kLine) : refuse(HttpError::kLineEnd);
  }

  void take_of_fields(char c) {
    const bool any_cr = allowing_lf_allows_cr && rules_.bare_lf;
    switch (state_) {
      case State::kLine:
        if (c == '\r') return go(State::kEndLf);
        if (c == '\n') {
          return rules_.bare_lf && !allowed_lf_does_not_end_the_head ? go(State::kComplete)
                                                                     : refuse(HttpError::kLineEnd);
        }
        if (tab_folds_a_line && c == '\t') return go(State::kLine);
        if (is_blank(c)) return refuse(HttpError::kFolded);
        if (!is_token(c) && !(name_may_be_empty && c == ':')) return refuse(HttpError::kName);
        if (fields_.size() == rules_.fields + (one_field_too_many ? 1 : 0))
          return refuse(HttpError::kTooManyFields);
        begin();
        state_ = State::kName;
        return take(c);
      case State::kName:
        if (is_token(c) || (name_may_have_brackets && (c == '[' || c == ']'))) return go(State::kName);
        if (tab_before_the_colon && c == '\t') return go(State::kName);
        if (is_blank(c)) return refuse(HttpError::kBlankInName);
        if (c != ':') return refuse(HttpError::kName);
        name_ = end();
        go(State::kBlanks);
        return begin();
      case State::kBlanks:
        if (is_blank(c) && !(tab_before_a_value_stays && c == '\t')) return go(State::kBlanks);
        begin();
        value_size_ = 0;
        state_ = State::kValue;
        return take(c);
      case State::kValue:
        if (may_be_in_value(c)) {
          go(State::kValue);
          if (!is_blank(c) || blanks_behind_a_value_stay || (tab_before_a_value_stays && c == '\t'))
            value_size_ = at_ - part_.begin;
          return;
        }
        if (c == '\r') return go(State::kFieldLf);
        if (c != '\n') return refuse(HttpError::kValue);
        if (!rules_.bare_lf && !lf_alone_ends_a_field) return refuse(HttpError::kLineEnd);
        keep_field();
        return go(State::kLine);
      case State::kFieldLf:
        if (c == '\n' || any_cr) {
          keep_field();
          return go(State::kLine);
        }
        if (!cr_alone_ends_a_field || rules_.bare_lf) return refuse(HttpError::kLineEnd);
        keep_field();
        state_ = State::kLine;
        return take(c);
      default:
        return c == '\n' ? go(State::kComplete) : refuse(HttpError::kLineEnd);
    }
  }

  static bool may_be_in_value(char c) {
    if (value_has_ascii_only && c < 0) return false;
    return is_text(c) || (value_may_have_nul && c == '\0') || (value_may_have_del && c == 0x7f);
  }

  void keep_field() {
    if (second_set_cookie_is_dropped && view(name_) == "Set-Cookie" && find("Set-Cookie").has_value()) return;
    fields_.push_back({name_, {part_.begin, value_size_}});
  }

  HttpMessage message_;
  HttpRules rules_;
  State state_;
  Form form_ = Form::kRest;  // of the target, as far as it has come
  HttpError error_;
  const char* base_;  // of the latest parse()
  std::size_t size_;  // bytes of it
  std::size_t at_;
  std::size_t line_;   // where the start line begins
  std::size_t calls_;  // of parse() before the verdict
  Part part_;          // what is being read
  Part method_, text_, name_;
  std::size_t value_size_ = 0;  // up to the last byte that is not white space
  int empty_lines_, status_, minor_version_;
  std::vector<Field> fields_;
  mutable std::deque<std::string> copies_;
};

static_assert(HttpHeadParser<MutantHttpHead>);

}  // namespace assay::mutant
