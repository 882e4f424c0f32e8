// What every check of this family is written with: a subject fed in every way, and compared with a verdict,
// or with what the reference parser read (suites/http_head/reference.h).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>

#include "suites/core/clause.h"
#include "suites/http_head/corpus/sample.h"
#include "suites/http_head/reference.h"
#include "zerocopy/http_head_concept.h"

namespace assay::suite::http_head {

// The head of `all`, in the memory where it lies, whatever the subject takes.
template <HttpHeadParser H>
HttpVerdict parse(H& head, std::string_view all) {
  if constexpr (H::kTraits.shares)
    return head.parse(H::Buffer::from_static(std::as_bytes(std::span(all))));
  else
    return head.parse(all);
}

// For messages: the first bytes, with those that do not print in hexadecimal. One text at a time.
inline const char* show(std::string_view text, std::size_t around = 0) {
  static char shown[400];
  const std::size_t begin = around > 60 ? around - 60 : 0;
  std::size_t n = 0;
  for (std::size_t i = begin; i < text.size() && n + 5 < 300; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool prints = c >= 0x20 && c < 0x7f && c != '\\';
    n += static_cast<std::size_t>(std::snprintf(shown + n, sizeof shown - n, prints ? "%c" : "\\x%02x", c));
  }
  shown[n] = '\0';
  return shown;
}

inline const char* name_of(HttpOutcome outcome) {
  constexpr const char* kWords[] = {"incomplete", "complete", "refused"};
  return kWords[static_cast<int>(outcome)];
}

inline const char* name_of(HttpError error) {
  constexpr const char* kWords[] = {"none",
                                    "method",
                                    "target",
                                    "version",
                                    "status",
                                    "reason",
                                    "name",
                                    "blank in name",
                                    "folded",
                                    "value",
                                    "line end",
                                    "start line too long",
                                    "too many fields",
                                    "head too long"};
  return kWords[static_cast<int>(error)];
}

// Whether a verdict says what it must, as far as the subject claims to say it.
template <class H>
bool agrees(const HttpVerdict& verdict, const HttpVerdict& expected) {
  if (expected.outcome == HttpOutcome::kRefused && !H::kTraits.exact_errors)
    return verdict.outcome == HttpOutcome::kRefused;
  return verdict == expected;
}

// `how`: in which pieces.
template <class H>
void expect(const HttpVerdict& verdict, const HttpVerdict& expected, std::string_view text, const char* how,
            std::size_t piece) {
  if (agrees<H>(verdict, expected)) return;
  violated("%s %zu: %s (%s) at %zu instead of %s (%s) at %zu: \"%s\"", how, piece, name_of(verdict.outcome),
           name_of(verdict.error), verdict.offset, name_of(expected.outcome), name_of(expected.error),
           expected.offset, show(text, expected.offset));
}

// Of a complete head: everything that it says.
template <class H>
void expect_reading(const H& head, HttpMessage message, const Reading& expected, std::string_view text,
                    const char* how, std::size_t piece) {
  const auto same = [&](const char* what, std::string_view found, std::string_view wanted) {
    if (found == wanted) return;
    const std::string shown(show(found)), right(show(wanted));
    violated("%s %zu: %s is \"%s\" instead of \"%s\": \"%s\"", how, piece, what, shown.c_str(), right.c_str(),
             show(text));
  };
  if (message == HttpMessage::kRequest) {
    same("the method", head.method(), expected.method);
    same("the target", head.target(), expected.target);
  } else {
    require(head.status() == expected.status, "%s %zu: the status is %d instead of %d", how, piece,
            head.status(), expected.status);
    same("the reason", head.reason(), expected.reason);
  }
  require(head.minor_version() == expected.minor_version, "%s %zu: HTTP/1.%d instead of 1.%d: \"%s\"", how,
          piece, head.minor_version(), expected.minor_version, show(text));
  require(head.size() == expected.fields.size(), "%s %zu: %zu fields instead of %zu: \"%s\"", how, piece,
          head.size(), expected.fields.size(), show(text));
  for (std::size_t i = 0; i < head.size(); ++i) {
    same("a name", head.field(i).name, expected.fields[i].first);
    same("a value", head.field(i).value, expected.fields[i].second);
  }
}

// What must be said of the first `size` bytes of a text with that verdict.
inline HttpVerdict verdict_of_prefix(const HttpVerdict& whole, std::size_t size) {
  const bool decided = whole.outcome == HttpOutcome::kComplete  ? size >= whole.offset
                       : whole.outcome == HttpOutcome::kRefused ? size > whole.offset
                                                                : false;
  return decided ? whole : HttpVerdict{HttpOutcome::kIncomplete, HttpError::kNone, size};
}

// A subject on its way through one text.
template <HttpHeadParser H>
class Feeding {
 public:
  Feeding(HttpMessage message, const HttpRules& rules, std::string_view text, const HttpVerdict& expected,
          const Reading* reading)
      : message_(message), rules_(rules), text_(text), expected_(expected), reading_(reading) {}

  void whole() const {
    H head(message_, rules_);
    feed(head, text_.size(), "whole, bytes:", text_.size());
    finish(head, "whole, bytes:", text_.size());
  }

  // In two pieces, the first of `first` bytes.
  void split(std::size_t first) const {
    H head(message_, rules_);
    feed(head, first, "split behind byte", first);
    feed(head, text_.size(), "split behind byte", first);
    finish(head, "split behind byte", first);
  }

  void pieces(std::size_t size) const {
    H head(message_, rules_);
    for (std::size_t n = size; n < text_.size(); n += size) feed(head, n, "pieces of", size);
    feed(head, text_.size(), "pieces of", size);
    finish(head, "pieces of", size);
  }

  // All of them.
  void every_way() const {
    whole();
    if constexpr (H::kTraits.incremental) {
      for (std::size_t first = 0; first < text_.size(); ++first) split(first);
      pieces(1);
    }
  }

 private:
  // A subject that has no exact errors may find one late, but not after the end of the text.
  void feed(H& head, std::size_t size, const char* how, std::size_t piece) const {
    const HttpVerdict verdict = parse(head, text_.substr(0, size));
    if (!H::kTraits.exact_errors && expected_.outcome == HttpOutcome::kRefused && size < text_.size() &&
        verdict.outcome != HttpOutcome::kComplete)
      return;
    expect<H>(verdict, verdict_of_prefix(expected_, size), text_, how, piece);
  }

  void finish(const H& head, const char* how, std::size_t piece) const {
    if (expected_.outcome == HttpOutcome::kComplete && reading_ != nullptr)
      expect_reading(head, message_, *reading_, text_, how, piece);
  }

  HttpMessage message_;
  const HttpRules rules_;
  std::string_view text_;
  HttpVerdict expected_;
  const Reading* reading_;  // null when only verdicts are compared
};

// Fed in every way, the text must be what the reference parser says that it is.
template <HttpHeadParser H>
void check_text(HttpMessage message, const HttpRules& rules, std::string_view text) {
  const Reading reading = Reference::read(message, rules, text);
  Feeding<H>(message, rules, text, reading.verdict, &reading).every_way();
}

// And of a sample, what the corpus says.
template <HttpHeadParser H>
void check_samples(const Samples& samples) {
  for (const Sample& sample : samples.all) {
    const HttpRules rules = samples.rules();
    const std::string text = sample.text();
    const Reading reading = Reference::read(samples.message, rules, text);
    Feeding<H>(samples.message, rules, text, sample.verdict(), &reading).every_way();
  }
}

// Every byte between `before` and `after`, but for those of `except`: those that may stand there make a head,
// the others the error.
template <HttpHeadParser H, class May>
void check_bytes(HttpMessage message, std::string_view before, std::string_view after, HttpError error,
                 std::string_view except, const May& may) {
  for (int c = 0; c < 256; ++c) {
    if (except.find(static_cast<char>(c)) != std::string_view::npos) continue;
    const std::string text = (std::string(before) += static_cast<char>(c)) += after;
    const HttpVerdict expected = may(c) ? HttpVerdict{HttpOutcome::kComplete, HttpError::kNone, text.size()}
                                        : HttpVerdict{HttpOutcome::kRefused, error, before.size()};
    const HttpRules rules;
    const Reading reading = Reference::read(message, rules, text);
    const Feeding<H> feeding(message, rules, text, expected, &reading);
    feeding.whole();
    if constexpr (H::kTraits.incremental) {
      feeding.split(before.size());
      feeding.split(before.size() + 1);
      feeding.pieces(1);
    }
  }
}

constexpr bool is_visible(int c) { return c > 0x20 && c < 0x7f; }
constexpr bool is_text(int c) { return c == '\t' || (c >= 0x20 && c != 0x7f); }
constexpr bool is_token(int c) {
  return is_visible(c) &&
         std::string_view("\"(),/:;<=>?@[\\]{}").find(static_cast<char>(c)) == std::string_view::npos;
}

// A request with these fields, parsed; it must be a complete head.
template <HttpHeadParser H>
struct Request {
  explicit Request(std::string_view fields) : text((std::string("GET / HTTP/1.1\r\n") += fields) += "\r\n") {
    const HttpVerdict verdict = parse(head, text);
    require(verdict.outcome == HttpOutcome::kComplete, "%s (%s) at %zu: \"%s\"", name_of(verdict.outcome),
            name_of(verdict.error), verdict.offset, show(text, verdict.offset));
  }
  Request(const Request&) = delete;

  const std::string text;
  H head{HttpMessage::kRequest};
};

}  // namespace assay::suite::http_head
