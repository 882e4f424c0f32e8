// What a head says about the body: HH-34 to HH-38, HH-41 to HH-43.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "suites/core/clause.h"
#include "suites/http_head/corpus.h"
#include "suites/http_head/subject.h"

namespace assay::suite::http_head {

template <class H>
void check_find() {
  if constexpr (!H::kTraits.framing) {
    absent("claims no look at fields");
  } else {
    const Request<H> request(
        "Host: a\r\nX-Token_1: b\r\nhost: c\r\nEmpty:\r\nHo: d\r\nX-Token-Y: e\r\nHOST: f\r\n");
    const auto& head = request.head;
    for (const char* name : {"Host", "host", "HOST", "hOsT"}) {
      const std::optional<std::string_view> found = head.find(name);
      require(found.has_value() && *found == "a", "find(\"%s\") is not the first field", name);
      require(head.find_from(0, name) == 0, "find_from(0, \"%s\") is %zu", name, head.find_from(0, name));
      require(head.find_from(1, name) == 2, "find_from(1, \"%s\") is %zu", name, head.find_from(1, name));
      require(head.find_from(3, name) == 6, "find_from(3, \"%s\") is %zu", name, head.find_from(3, name));
      require(head.find_from(7, name) == 7, "find_from(7, \"%s\") is not size()", name);
    }
    require(head.find("empty") == "", "find() of an empty value is not an empty view");
    require(head.find("x-token_1") == "b", "find(\"x-token_1\") is another field");
    // The same but for bit 5 of a byte that is no letter, for a prefix, for a longer name.
    for (const char* name : {"X-Token\x7f"
                             "1",
                             "X\rToken_1", "Hos", "Hosts", "", "X-Token_", "X-Token"})
      require(!head.find(name).has_value(), "find(\"%s\") found something", show(name));
  }
}

template <class H, const auto& kSamples>
void check_framing() {
  if constexpr (!H::kTraits.framing) {
    absent("claims no look at fields");
  } else {
    constexpr const char* kWords[] = {"absent",   "known",    "malformed", "too large",
                                      "conflict", "disputed", "repeated"};
    for (const FramingSample& sample : kSamples) {
      const Request<H> request(sample.fields);
      const HttpContentLength length = request.head.content_length();
      require(length == sample.length, "the length is %s (%llu) instead of %s (%llu): \"%s\"",
              kWords[static_cast<int>(length.state)], static_cast<unsigned long long>(length.bytes),
              kWords[static_cast<int>(sample.length.state)],
              static_cast<unsigned long long>(sample.length.bytes), show(sample.fields));
      require(request.head.is_chunked() == sample.chunked, "is_chunked() is not %s: \"%s\"",
              sample.chunked ? "true" : "false", show(sample.fields));
    }
  }
}

template <class H>
void check_body(HttpMessage message, const BodySample& sample) {
  constexpr const char* kWords[] = {"none", "length", "chunked", "close", "tunnel", "faulty"};
  const std::string text(sample.head);
  H head(message);
  const HttpVerdict verdict = parse(head, text);
  require(verdict.outcome == HttpOutcome::kComplete, "%s (%s) at %zu: \"%s\"", name_of(verdict.outcome),
          name_of(verdict.error), verdict.offset, show(text));
  const HttpBody body = head.body(sample.answered);
  require(body == sample.body, "the body's end is %s (%llu) instead of %s (%llu): \"%s\"",
          kWords[static_cast<int>(body.end)], static_cast<unsigned long long>(body.bytes),
          kWords[static_cast<int>(sample.body.end)], static_cast<unsigned long long>(sample.body.bytes),
          show(text));
}

template <class H>
void check_old_encoding() {
  if constexpr (!H::kTraits.framing) {
    absent("claims no look at fields");
  } else {
    for (const BodySample& sample : kOldRequestSamples) check_body<H>(kRequest, sample);
    for (const BodySample& sample : kOldResponseSamples) check_body<H>(kResponse, sample);
    const std::string text = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    H head(kRequest);
    parse(head, text);
    require(!head.is_chunked(), "is_chunked() is true in HTTP/1.0");
  }
}

template <class H>
void check_request_bodies() {
  if constexpr (!H::kTraits.framing)
    absent("claims no look at fields");
  else
    for (const BodySample& sample : kRequestBodySamples) check_body<H>(kRequest, sample);
}

template <class H>
void check_response_bodies() {
  if constexpr (!H::kTraits.framing)
    absent("claims no look at fields");
  else
    for (const BodySample& sample : kResponseBodySamples) check_body<H>(kResponse, sample);
}

template <class H>
struct FramingClauses {
  Clause find{"HH-34", ClauseClass::kViolation, "RFC 9110, 5.1",
              "Fields are found by their names in any case of letters, the first one first", &check_find<H>};
  Clause length{"HH-35", ClauseClass::kViolation, "RFC 9110, 8.6",
                "A Content-Length that is no number, or does not fit in 64 bits, is told",
                &check_framing<H, kLengthSamples>};
  Clause conflict{"HH-36", ClauseClass::kViolation, "RFC 9112, 6.3",
                  "Lengths that contradict each other are told, and so are equal ones",
                  &check_framing<H, kConflictSamples>};
  Clause disputed{"HH-37", ClauseClass::kViolation, "RFC 9112, 6.1 and 6.3",
                  "Content-Length beside Transfer-Encoding is told", &check_framing<H, kDisputedSamples>};
  Clause chunked{"HH-38", ClauseClass::kViolation, "RFC 9112, 6.1 and 7.1; RFC 9110, 5.6.1 and 10.1.4",
                 "A body is chunked only if that is the last coding, without parameters, and none before it",
                 &check_framing<H, kChunkedSamples>};
  Clause old{"HH-41", ClauseClass::kViolation, "RFC 9112, 6.1",
             "Transfer-Encoding in a message of HTTP/1.0 is faulty framing", &check_old_encoding<H>};
  Clause request_body{"HH-42", ClauseClass::kViolation, "RFC 9112, 6.3; RFC 9110, 8.6",
                      "A request's body ends where its length or the last chunk says, and else there is none",
                      &check_request_bodies<H>};
  Clause response_body{"HH-43", ClauseClass::kViolation, "RFC 9112, 6.3",
                       "A response's body ends by its status, the method that it answers, and its fields",
                       &check_response_bodies<H>};
};

}  // namespace assay::suite::http_head
