// All inputs with a known verdict, by the rule that they are about. Each table is one clause's; the framing
// samples (corpus/smuggling.h, corpus/bodies.h) are heads of their own.
#pragma once

#include "suites/http_head/corpus/bodies.h"
#include "suites/http_head/corpus/fields.h"
#include "suites/http_head/corpus/sample.h"
#include "suites/http_head/corpus/smuggling.h"
#include "suites/http_head/corpus/start_lines.h"

namespace assay::suite::http_head {

inline constexpr auto kRequest = HttpMessage::kRequest;
inline constexpr auto kResponse = HttpMessage::kResponse;

inline constexpr Samples kRequestLines{"request lines", kRequest, kRequestLineSamples};
inline constexpr Samples kAnyMethods{"methods beyond RFC 9110", kRequest, kAnyMethodSamples};
inline constexpr Samples kMethods{"methods", kRequest, kMethodSamples};
inline constexpr Samples kTargets{"targets", kRequest, kTargetSamples};
inline constexpr Samples kRequestVersions{"versions of requests", kRequest, kRequestVersionSamples};
inline constexpr Samples kEmptyLines{"empty lines before a request", kRequest, kEmptyLineSamples};
inline constexpr Samples kStatusLines{"status lines", kResponse, kStatusLineSamples};
inline constexpr Samples kResponseVersions{"versions of responses", kResponse, kResponseVersionSamples};
inline constexpr Samples kEarlyLines{"empty lines before a response", kResponse, kEarlyLineSamples};
inline constexpr Samples kStatuses{"status codes", kResponse, kStatusSamples};
inline constexpr Samples kReasons{"reasons", kResponse, kReasonSamples};
inline constexpr Samples kNames{"names", kRequest, kNameSamples};
inline constexpr Samples kBlanksInNames{"white space before the colon", kRequest, kBlankInNameSamples};
inline constexpr Samples kValues{"values", kRequest, kValueSamples};
inline constexpr Samples kBlanks{"white space around values", kRequest, kBlankSamples};
inline constexpr Samples kFoldedLines{"folded lines", kRequest, kFoldedSamples};
inline constexpr Samples kBareCrs{"CR alone", kRequest, kBareCrSamples};
inline constexpr Samples kResponseCrs{"CR alone in responses", kResponse, kResponseCrSamples};
inline constexpr Samples kBareLfs{"LF alone", kRequest, kBareLfSamples};
inline constexpr Samples kResponseLfs{"LF alone in responses", kResponse, kResponseLfSamples};
inline constexpr Samples kAcceptedLfs{"LF alone, allowed", kRequest, kAcceptedLfSamples, true};
inline constexpr Samples kAcceptedResponseLfs{"LF alone in responses, allowed", kResponse,
                                              kAcceptedResponseLfSamples, true};
inline constexpr Samples kLenient{"what stays wrong when LF alone is allowed", kRequest, kLenientSamples,
                                  true};
inline constexpr Samples kEnds{"ends of heads", kRequest, kEndSamples};

inline constexpr const Samples* kCorpus[] = {&kRequestLines,    &kAnyMethods,
                                             &kMethods,         &kTargets,
                                             &kRequestVersions, &kEmptyLines,
                                             &kStatusLines,     &kResponseVersions,
                                             &kEarlyLines,      &kStatuses,
                                             &kReasons,         &kNames,
                                             &kBlanksInNames,   &kValues,
                                             &kBlanks,          &kFoldedLines,
                                             &kBareCrs,         &kResponseCrs,
                                             &kBareLfs,         &kResponseLfs,
                                             &kAcceptedLfs,     &kAcceptedResponseLfs,
                                             &kLenient,         &kEnds};

}  // namespace assay::suite::http_head
