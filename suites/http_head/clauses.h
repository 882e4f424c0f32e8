// Contract and model of parsers of HTTP/1 heads (zerocopy/http_head_concept.h), instantiated for one type by
// conformance_test.
#pragma once

#include "suites/core/version.h"
#include "suites/http_head/clauses/feeding.h"
#include "suites/http_head/clauses/fields.h"
#include "suites/http_head/clauses/framing.h"
#include "suites/http_head/clauses/limits.h"
#include "suites/http_head/clauses/line_ends.h"
#include "suites/http_head/clauses/memory.h"
#include "suites/http_head/clauses/start_line.h"
#include "suites/http_head/model.h"

namespace assay::suite::http_head {

template <HttpHeadParser H>
struct Clauses {
  StartLineClauses<H> start_line;
  FieldClauses<H> fields;
  LineEndClauses<H> line_ends;
  LimitClauses<H> limits;
  FeedingClauses<H> feeding;
  MemoryClauses<H> memory;
  FramingClauses<H> framing;
  ModelClauses<H> model;
};

}  // namespace assay::suite::http_head

// The alias lets a type have commas.
#define ASSAY_CLAUSES(...)                                                                            \
  using SubjectOfClauses = __VA_ARGS__;                                                               \
  static const ::assay::suite::StatedVersion version(::assay::suite::version_of<SubjectOfClauses>()); \
  static const ::assay::suite::http_head::Clauses<SubjectOfClauses> clauses;
