// A slow parser of heads that is easy to believe: the grammar written down rule by rule, started afresh for
// every input, one byte at a time. The oracle of the model, and compared with the corpus by corpus_test.cc.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zerocopy/http_head_concept.h"

namespace assay::suite::http_head {

// A verdict, and of a complete head all that it says.
struct Reading {
  HttpVerdict verdict;
  std::string method, target, reason;
  int status = 0;
  int minor_version = 0;
  std::vector<std::pair<std::string, std::string>> fields;
};

class Reference {
 public:
  static Reading read(HttpMessage message, const HttpRules& rules, std::string_view text) {
    Reference reference(rules, text);
    try {
      reference.head(message);
      reference.reading_.verdict = {HttpOutcome::kComplete, HttpError::kNone, reference.at_};
    } catch (const HttpVerdict& verdict) {
      reference.reading_.verdict = verdict;
    }
    return std::move(reference.reading_);
  }

 private:
  static constexpr std::size_t kNowhere = SIZE_MAX;

  Reference(const HttpRules& rules, std::string_view text) : rules_(rules), text_(text) {}

  void head(HttpMessage message) {
    if (message == HttpMessage::kRequest) {
      while (peek() == '\r' || peek() == '\n') line_end(HttpError::kLineEnd);
      line_ = at_;
      request_line();
    } else {
      line_ = at_;
      status_line();
    }
    line_ = kNowhere;
    while (peek() != '\r' && peek() != '\n') field();
    line_end(HttpError::kLineEnd);
  }

  void request_line() {
    while (token(peek())) reading_.method += take();
    if (peek() != ' ' || reading_.method.empty()) refuse(HttpError::kMethod);
    take();
    target();
    take();
    version();
    line_end(HttpError::kVersion);
  }

  void target() {
    std::string& target = reading_.target;
    if (peek() == '*') {
      target += take();
      if (peek() != ' ') refuse(HttpError::kTarget);
    } else if (peek() != '/') {
      if (peek() == '[') target += take();
      while (host(peek())) target += take();
      if (peek() != ':' || target.empty()) refuse(HttpError::kTarget);
    }
    while (peek() > 0x20 && peek() < 0x7f) target += take();
    if (peek() != ' ') refuse(HttpError::kTarget);
  }

  void status_line() {
    version();
    if (peek() != ' ') refuse(HttpError::kVersion);
    take();
    for (int i = 0; i < 3; ++i) {
      if (peek() < '0' || peek() > '9') refuse(HttpError::kStatus);
      reading_.status = 10 * reading_.status + (take() - '0');
    }
    if (peek() != ' ') return line_end(HttpError::kStatus);
    take();
    while (text(peek())) reading_.reason += take();
    line_end(HttpError::kReason);
  }

  void version() {
    for (const char expected : {'H', 'T', 'T', 'P', '/', '1', '.'}) {
      if (peek() != expected) refuse(HttpError::kVersion);
      take();
    }
    if (peek() < '0' || peek() > '9') refuse(HttpError::kVersion);
    reading_.minor_version = take() - '0';
  }

  void field() {
    if (blank(peek())) refuse(HttpError::kFolded);
    if (!token(peek())) refuse(HttpError::kName);
    if (reading_.fields.size() == rules_.fields) refuse(HttpError::kTooManyFields);
    std::string name, value;
    while (token(peek())) name += take();
    if (blank(peek())) refuse(HttpError::kBlankInName);
    if (peek() != ':') refuse(HttpError::kName);
    take();
    while (text(peek())) value += take();
    line_end(HttpError::kValue);
    while (!value.empty() && blank(static_cast<unsigned char>(value.front()))) value.erase(0, 1);
    while (!value.empty() && blank(static_cast<unsigned char>(value.back()))) value.pop_back();
    reading_.fields.emplace_back(std::move(name), std::move(value));
  }

  // `otherwise` is what a byte means that ends no line.
  void line_end(HttpError otherwise) {
    if (peek() == '\n') {
      if (!rules_.bare_lf) refuse(HttpError::kLineEnd);
      take();
      return;
    }
    if (peek() != '\r') refuse(otherwise);
    take();
    line_ = kNowhere;
    if (peek() != '\n') refuse(HttpError::kLineEnd);
    take();
  }

  static bool blank(int c) { return c == ' ' || c == '\t'; }
  static bool text(int c) { return blank(c) || (c > 0x20 && c != 0x7f); }
  static bool host(int c) {
    return c > 0x20 && c < 0x7f &&
           std::string_view("\"#/:<>?@[\\]^`{|}").find(static_cast<char>(c)) == std::string_view::npos;
  }
  static bool token(int c) {
    return c > 0x20 && c < 0x7f &&
           std::string_view("\"(),/:;<=>?@[\\]{}").find(static_cast<char>(c)) == std::string_view::npos;
  }

  // The next byte, which may break a limit by being there.
  int peek() const {
    if (at_ == text_.size()) throw HttpVerdict{HttpOutcome::kIncomplete, HttpError::kNone, at_};
    if (at_ >= rules_.head) refuse(HttpError::kHeadTooLong);
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (line_ != kNowhere && at_ - line_ >= rules_.start_line && c != '\r' && c != '\n')
      refuse(HttpError::kStartLineTooLong);
    return c;
  }

  char take() { return text_[at_++]; }

  [[noreturn]] void refuse(HttpError error) const { throw HttpVerdict{HttpOutcome::kRefused, error, at_}; }

  const HttpRules rules_;
  const std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = kNowhere;  // where the start line begins, while it goes on
  Reading reading_;
};

}  // namespace assay::suite::http_head
