// Limits, which are exact: HH-24 to HH-26.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "suites/core/clause.h"
#include "suites/http_head/corpus.h"
#include "suites/http_head/subject.h"

namespace assay::suite::http_head {

template <class H>
void check_head_limit() {
  if constexpr (!H::kTraits.limits) {
    absent("claims no limits");
  } else {
    for (const std::string_view text :
         {"\r\nGET / HTTP/1.1\r\nA: b\r\nCde:\r\n\r\nbody", "GET / HTTP/1.1\r\nA: b\r\nA-long-name"}) {
      for (std::size_t limit = 0; limit < text.size() + 2; ++limit) {
        HttpRules rules;
        rules.head = limit;
        check_text<H>(kRequest, rules, text);
      }
    }
    for (const std::size_t size : {std::size_t{65536}, std::size_t{65537}}) {  // of the usual rules
      std::string text = "GET / HTTP/1.1\r\nA: ";
      text.resize(size - 4, 'a');
      text += "\r\n\r\n";
      const Reading reading = Reference::read(kRequest, {}, text);
      const Feeding<H> feeding(kRequest, {}, text, reading.verdict, &reading);
      feeding.whole();
      if constexpr (H::kTraits.incremental) feeding.split(65530);
    }
    HttpRules none;
    none.head = none.start_line = SIZE_MAX;
    check_text<H>(kRequest, none, "GET / HTTP/1.1\r\nA: b\r\n\r\n");
  }
}

template <class H>
void check_field_limit() {
  if constexpr (!H::kTraits.limits) {
    absent("claims no limits");
  } else {
    std::string fields;
    for (std::size_t n = 0; n < 6; ++n, fields += "A" + std::to_string(n) + ": b\r\n") {
      for (std::size_t limit = 0; limit < 7; ++limit) {
        HttpRules rules;
        rules.fields = limit;
        check_text<H>(kRequest, rules, "GET / HTTP/1.1\r\n" + fields + "\r\n");
        check_text<H>(kRequest, rules, "GET / HTTP/1.1\r\n" + fields + " folded: no\r\n\r\n");
      }
    }
    for (const std::size_t n : {std::size_t{100}, std::size_t{101}}) {  // of the usual rules
      std::string text = "GET / HTTP/1.1\r\n";
      for (std::size_t i = 0; i < n; ++i) text += "A: b\r\n";
      text += "\r\n";
      const Reading reading = Reference::read(kRequest, {}, text);
      Feeding<H>(kRequest, {}, text, reading.verdict, &reading).whole();
    }
  }
}

template <class H>
void check_line_limit() {
  if constexpr (!H::kTraits.limits) {
    absent("claims no limits");
  } else {
    for (const std::string_view text :
         {"\r\nGET /a HTTP/1.1\r\nA-Line-That-Is-Longer: b\r\n\r\n", "GET /a HTTP/1.1\n\n",
          "GET /a\r\nHTTP/1.1\r\n\r\n", "GET /a HTTP/1.1\rA: b\r\n\r\n", "G(T /a HTTP/1.1\r\n\r\n",
          "GET\r\n\r\n"}) {
      for (std::size_t limit = 0; limit < 20; ++limit) {
        HttpRules rules;
        rules.start_line = limit;
        check_text<H>(kRequest, rules, text);
      }
    }
    for (const std::string_view text :
         {"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "HTTP/1.1 200 \r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n"}) {
      for (std::size_t limit = 0; limit < 20; ++limit) {
        HttpRules rules;
        rules.start_line = limit;
        check_text<H>(kResponse, rules, text);
      }
    }
    for (const std::size_t size : {std::size_t{8192}, std::size_t{8193}}) {  // of the usual rules
      std::string text = "GET /";
      text.resize(size - 9, 'a');
      text += " HTTP/1.1\r\n\r\n";
      const Reading reading = Reference::read(kRequest, {}, text);
      Feeding<H>(kRequest, {}, text, reading.verdict, &reading).whole();
    }
  }
}

template <class H>
struct LimitClauses {
  Clause head{"HH-24", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
              "A head of as many bytes as the rules allow passes, and one more is refused at that byte",
              &check_head_limit<H>};
  Clause fields{"HH-25", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
                "As many fields as the rules allow pass, and one more is refused where its name begins",
                &check_field_limit<H>};
  Clause line{"HH-26", ClauseClass::kViolation, "zerocopy/http_head_concept.h",
              "A start line as long as the rules allow passes, and one more byte is refused",
              &check_line_limit<H>};
};

}  // namespace assay::suite::http_head
