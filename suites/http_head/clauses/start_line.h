// The first line: HH-01 to HH-12.
#pragma once

#include <string>
#include <string_view>

#include "suites/core/clause.h"
#include "suites/http_head/corpus.h"
#include "suites/http_head/subject.h"

namespace assay::suite::http_head {

template <class H, const Samples&... kSamples>
void check_rule() {
  (check_samples<H>(kSamples), ...);
}

// Of what a strict parser refuses.
template <class H, const Samples&... kSamples>
void check_strictness() {
  if constexpr (!H::kTraits.strict)
    absent("claims no strictness");
  else
    (check_samples<H>(kSamples), ...);
}

template <class H>
void check_methods() {
  if constexpr (!H::kTraits.strict) {
    absent("claims no strictness");
  } else {
    check_samples<H>(kMethods);
    check_bytes<H>(kRequest, "G", "T / HTTP/1.1\r\n\r\n", kMethod, " ",
                   [](int c) { return c == 'E' ? true : H::kTraits.any_method && is_token(c); });
  }
}

template <class H>
void check_any_method() {
  if constexpr (!H::kTraits.any_method)
    absent("claims a list of methods only");
  else
    check_samples<H>(kAnyMethods);
}

template <class H>
void check_targets() {
  if constexpr (!H::kTraits.strict) {
    absent("claims no strictness");
  } else {
    check_samples<H>(kTargets);
    for (const std::string_view after :
         {"y HTTP/1.1\r\n\r\n", "yyyyyyyyyyyyyyyyyyyyyyyyyyyy HTTP/1.1\r\n\r\n"})
      check_bytes<H>(kRequest, "GET /x", after, kTarget, " ", is_visible);
  }
}

template <class H>
void check_reasons() {
  check_samples<H>(kReasons);
  check_bytes<H>(kResponse, "HTTP/1.1 200 O", "K\r\n\r\n", kReason, "\r\n", is_text);
}

template <class H>
void check_missing_space() {
  const std::string text = "HTTP/1.1 200\r\nA: b\r\n\r\n";
  const Reading reading = Reference::read(kResponse, {}, text);
  H head(kResponse);
  const HttpVerdict verdict = parse(head, text);
  if (verdict.outcome == HttpOutcome::kComplete) {
    Feeding<H>(kResponse, {}, text, reading.verdict, &reading).every_way();
    chose("accepted, with an empty reason");
  }
  expect<H>(verdict, {HttpOutcome::kRefused, kStatus, 12}, text, "whole, bytes:", text.size());
  chose("refused");
}

template <class H>
struct StartLineClauses {
  Clause request{"HH-01", ClauseClass::kViolation, "RFC 9112, 3",
                 "A request line is read as it was sent: method, target, HTTP/1. and a digit",
                 &check_rule<H, kRequestLines>};
  Clause method{"HH-02", ClauseClass::kViolation, "RFC 9112, 3.1; RFC 9110, 5.6.2",
                "A method that is empty, or has a byte that no token has, is refused at that byte",
                &check_methods<H>};
  Clause any_method{"HH-03", ClauseClass::kViolation, "RFC 9110, 9.1", "Any token is a method",
                    &check_any_method<H>};
  Clause target{"HH-04", ClauseClass::kViolation, "RFC 9112, 3.2",
                "A target of none of the four forms, or with a byte that is not visible ASCII, is refused",
                &check_targets<H>};
  Clause version{"HH-05", ClauseClass::kViolation, "RFC 9112, 2.3 and 3; RFC 9110, 2.5",
                 "A request whose version is not exactly HTTP/1. and a digit is refused",
                 &check_strictness<H, kRequestVersions>};
  Clause empty_lines{"HH-06", ClauseClass::kViolation, "RFC 9112, 2.2",
                     "Empty lines before a request line are skipped and counted",
                     &check_rule<H, kEmptyLines>};
  Clause status_line{"HH-07", ClauseClass::kViolation, "RFC 9112, 4",
                     "A status line is read as it was sent: version, status, reason",
                     &check_rule<H, kStatusLines>};
  Clause response_version{"HH-08", ClauseClass::kViolation, "RFC 9112, 2.3 and 4; RFC 9110, 2.5",
                          "A response whose version is not exactly HTTP/1. and a digit is refused",
                          &check_strictness<H, kResponseVersions>};
  Clause early_lines{"HH-09", ClauseClass::kViolation, "RFC 9112, 2.2",
                     "An empty line before a status line is refused", &check_strictness<H, kEarlyLines>};
  Clause status{"HH-10", ClauseClass::kViolation, "RFC 9112, 4",
                "A status that is not three digits is refused", &check_strictness<H, kStatuses>};
  Clause reason{"HH-11", ClauseClass::kViolation, "RFC 9112, 4",
                "A reason may be empty, and has no control character", &check_reasons<H>};
  Clause missing_space{"HH-12", ClauseClass::kImplementation, "RFC 9112, 4",
                       "Without the space behind it the status ends the line, or the head is refused",
                       &check_missing_space<H>};
};

}  // namespace assay::suite::http_head
