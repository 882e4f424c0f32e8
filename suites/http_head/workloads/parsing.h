// Parsing heads of HTTP/1 that lie in memory: one operation is one head, of which every part is looked up.
//   http_head_request    what a browser asks for a page, 12 fields, about 700 bytes
//   http_head_response   what a server answers, 14 fields, about 600 bytes
//   http_head_short      the shortest request that has a host
//   http_head_split      the browser's request, arriving in pieces of 64 bytes
//   http_head_cookies    a request with 2 KB of cookies
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "suites/core/workload.h"
#include "suites/http_head/workloads/heads.h"
#include "zerocopy/http_head_concept.h"

namespace assay::suite::http_head {

inline constexpr Description kParseRequests{
    .name = "http_head_request",
    .family = "http_head",
    .sentence = "heads of a browser's requests, 12 fields in about 700 bytes",
    .any_length = true};
inline constexpr Description kParseResponses{
    .name = "http_head_response",
    .family = "http_head",
    .sentence = "heads of a server's responses, 14 fields in about 600 bytes",
    .any_length = true};
inline constexpr Description kParseShort{.name = "http_head_short",
                                         .family = "http_head",
                                         .sentence = "requests with a host and nothing else",
                                         .any_length = true};
inline constexpr Description kParseSplit{
    .name = "http_head_split",
    .family = "http_head",
    .sentence = "heads of a browser's requests that arrive in pieces of 64 bytes",
    .any_length = true};
inline constexpr Description kParseCookies{.name = "http_head_cookies",
                                           .family = "http_head",
                                           .sentence = "heads of requests with 2 KB of cookies",
                                           .any_length = true};

constexpr std::size_t kParsedHeads = 20'000;
constexpr std::size_t kParsedShortHeads = 100'000;
constexpr std::size_t kPiece = 64;

// Everything so far, from where it lies.
template <HttpHeadParser H>
HttpVerdict parse_all(H& head, std::string_view all) {
  if constexpr (H::kTraits.shares)
    return head.parse(H::Buffer::from_static(std::as_bytes(std::span(all))));
  else
    return head.parse(all);
}

template <HttpHeadParser H>
class Parsing : public Workload {
 public:
  Parsing(const Settings& settings, HttpMessage message, std::string_view form, std::size_t heads,
          std::size_t piece)
      : heads_(form, settings.seed), head_(message), message_(message), piece_(piece) {
    operations = settings.repeated(heads);
    peak_live = heads_.bytes();
  }

  std::uint64_t pass() override {
    std::uint64_t sum = 0;
    const std::size_t count = operations;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view text = heads_.get(i);
      head_.reset();
      for (std::size_t n = piece_; n < text.size(); n += piece_) parse_all(head_, text.substr(0, n));
      const HttpVerdict verdict = parse_all(head_, text);
      if (verdict.outcome != HttpOutcome::kComplete || verdict.offset != text.size())
        fail("head %zu is not complete at its end", i);
      sum += look();
    }
    return fold(0, sum);
  }

 private:
  // Where each part ends, which every subject must say alike, but for the white space behind values.
  std::uint64_t look() const {
    std::uint64_t sum = message_ == HttpMessage::kRequest ? head_.target().size() : head_.reason().size();
    for (std::size_t i = 0; i < head_.size(); ++i) {
      const HttpField field = head_.field(i);
      sum += field.name.size() + 3 * field.value.size();
    }
    return sum;
  }

  Heads heads_;
  H head_;
  HttpMessage message_;
  std::size_t piece_;
};

template <HttpHeadParser H>
struct Requests : Parsing<H> {
  explicit Requests(const Settings& settings)
      : Parsing<H>(settings, HttpMessage::kRequest, kBrowserRequest, kParsedHeads, SIZE_MAX) {}
};

template <HttpHeadParser H>
struct Responses : Parsing<H> {
  explicit Responses(const Settings& settings)
      : Parsing<H>(settings, HttpMessage::kResponse, kPageResponse, kParsedHeads, SIZE_MAX) {}
};

template <HttpHeadParser H>
struct ShortRequests : Parsing<H> {
  explicit ShortRequests(const Settings& settings)
      : Parsing<H>(settings, HttpMessage::kRequest, kShortRequest, kParsedShortHeads, SIZE_MAX) {}
};

template <HttpHeadParser H>
struct SplitRequests : Parsing<H> {
  explicit SplitRequests(const Settings& settings)
      : Parsing<H>(settings, HttpMessage::kRequest, kBrowserRequest, kParsedHeads, kPiece) {}
};

template <HttpHeadParser H>
struct CookieRequests : Parsing<H> {
  explicit CookieRequests(const Settings& settings)
      : Parsing<H>(settings, HttpMessage::kRequest, kCookieRequest, kParsedHeads, SIZE_MAX) {}
};

template <HttpHeadParser H>
void add_parsing_workloads() {
  static const WorkloadEntry requests(made_by(kParseRequests, make_workload<Requests<H>>));
  static const WorkloadEntry responses(made_by(kParseResponses, make_workload<Responses<H>>));
  static const WorkloadEntry shortest(made_by(kParseShort, make_workload<ShortRequests<H>>));
  static const WorkloadEntry cookies(made_by(kParseCookies, make_workload<CookieRequests<H>>));
  if constexpr (H::kTraits.incremental)
    static const WorkloadEntry split(made_by(kParseSplit, make_workload<SplitRequests<H>>));
}

}  // namespace assay::suite::http_head
