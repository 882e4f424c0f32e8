// Names, values, and which lines are fields: HH-13 to HH-18.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "suites/core/clause.h"
#include "suites/http_head/clauses/start_line.h"

namespace assay::suite::http_head {

template <class H>
void check_names() {
  if constexpr (!H::kTraits.strict) {
    absent("claims no strictness");
  } else {
    check_samples<H>(kNames);
    for (const std::string_view after : {"Y: 1\r\n\r\n", "YYYYYYYYYYYYYYYYYYYYYYYY: 1\r\n\r\n"})
      check_bytes<H>(kRequest, "GET / HTTP/1.1\r\nX", after, kName, " \t:", is_token);
    check_bytes<H>(kRequest, "GET / HTTP/1.1\r\n", "Y: 1\r\n\r\n", kName, " \t\r\n", is_token);
  }
}

template <class H>
void check_values() {
  if constexpr (!H::kTraits.strict) {
    absent("claims no strictness");
  } else {
    check_samples<H>(kValues);
    for (const std::string_view after : {"b\r\n\r\n", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n\r\n"})
      check_bytes<H>(kRequest, "GET / HTTP/1.1\r\nA: a", after, kValue, "\r\n", is_text);
  }
}

template <class H>
void check_order() {
  check_text<H>(kRequest, {}, "GET / HTTP/1.1\r\nb: 1\r\nA: 2\r\nB: 1\r\na: 2\r\nb: 1\r\nHOST: X\r\n\r\n");
  const std::size_t many = std::min<std::size_t>(HttpRules().fields, 60);
  std::string text = "HTTP/1.1 200 OK\r\n";
  for (std::size_t i = 0; i < many; ++i) text += "Set-Cookie: n" + std::to_string(i % 50) + "\r\n";
  text += "\r\n";
  const Reading reading = Reference::read(kResponse, {}, text);
  const Feeding<H> feeding(kResponse, {}, text, reading.verdict, &reading);
  feeding.whole();
  if constexpr (H::kTraits.incremental) feeding.pieces(7);
}

template <class H>
struct FieldClauses {
  Clause names{"HH-13", ClauseClass::kViolation, "RFC 9110, 5.1",
               "A name that is empty, or has a byte that no token has, is refused at that byte",
               &check_names<H>};
  Clause blank_in_name{"HH-14", ClauseClass::kViolation, "RFC 9112, 5.1",
                       "White space before the colon is refused", &check_strictness<H, kBlanksInNames>};
  Clause values{"HH-15", ClauseClass::kViolation, "RFC 9110, 5.5",
                "A value has no control character but HTAB, and may have any byte from 0x80 on",
                &check_values<H>};
  Clause blanks{"HH-16", ClauseClass::kViolation, "RFC 9110, 5.5; RFC 9112, 5",
                "White space around a value is no part of it, and a value may be empty",
                &check_rule<H, kBlanks>};
  Clause folded{"HH-17", ClauseClass::kViolation, "RFC 9112, 2.2 and 5.2",
                "A line of the fields that begins with white space is refused",
                &check_strictness<H, kFoldedLines>};
  Clause order{"HH-18", ClauseClass::kViolation, "RFC 9110, 5.3",
               "Fields keep their order and the case of their names, and repeated ones stay apart",
               &check_order<H>};
};

}  // namespace assay::suite::http_head
