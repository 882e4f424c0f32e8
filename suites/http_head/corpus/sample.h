// One input of the corpus and its verdict, written so that the offset is where the text is cut in two.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "zerocopy/http_head_concept.h"

namespace assay::suite::http_head {

struct Sample {
  HttpOutcome outcome;
  HttpError error;
  std::string_view before, rest;  // the verdict's offset lies between them

  std::string text() const { return std::string(before) += rest; }
  HttpVerdict verdict() const { return {outcome, error, before.size()}; }
};

// A head, and what comes behind it.
constexpr Sample whole(std::string_view head, std::string_view behind = {}) {
  return {HttpOutcome::kComplete, HttpError::kNone, head, behind};
}

// What may still become one.
constexpr Sample open(std::string_view text) {
  return {HttpOutcome::kIncomplete, HttpError::kNone, text, {}};
}

// `rest` begins with the first byte that cannot be.
constexpr Sample wrong(HttpError error, std::string_view before, std::string_view rest) {
  return {HttpOutcome::kRefused, error, before, rest};
}

// Those of one rule.
struct Samples {
  const char* rule;
  HttpMessage message;
  std::span<const Sample> all;
  bool bare_lf = false;

  HttpRules rules() const {
    HttpRules rules;
    rules.bare_lf = bare_lf;
    return rules;
  }
};

}  // namespace assay::suite::http_head
