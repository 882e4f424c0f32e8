// What fields say about the body: HH-34 to HH-38.
#pragma once

#include <optional>
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
    constexpr const char* kWords[] = {"absent", "known", "malformed", "too large", "conflict", "disputed"};
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
struct FramingClauses {
  Clause find{"HH-34", ClauseClass::kViolation, "RFC 9110, 5.1",
              "Fields are found by their names in any case of letters, the first one first", &check_find<H>};
  Clause length{"HH-35", ClauseClass::kViolation, "RFC 9110, 8.6",
                "A Content-Length that is no number, or does not fit in 64 bits, is told",
                &check_framing<H, kLengthSamples>};
  Clause conflict{"HH-36", ClauseClass::kViolation, "RFC 9112, 6.3",
                  "Lengths that contradict each other are told, equal ones are one",
                  &check_framing<H, kConflictSamples>};
  Clause disputed{"HH-37", ClauseClass::kViolation, "RFC 9112, 6.1 and 6.3",
                  "Content-Length beside Transfer-Encoding is told", &check_framing<H, kDisputedSamples>};
  Clause chunked{"HH-38", ClauseClass::kViolation, "RFC 9112, 6.1 and 7.1",
                 "A body is chunked only if that is the last coding, and none before it",
                 &check_framing<H, kChunkedSamples>};
};

}  // namespace assay::suite::http_head
