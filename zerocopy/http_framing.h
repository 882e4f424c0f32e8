// What the fields of an HTTP/1 head say about the body behind it, and whether they contradict each other: two
// parties that read such a head differently are what request smuggling needs.
//
// For any head with size(), field(i) and minor_version(). Complexity: one comparison of lengths a field, and
// one of bytes where they are equal; nothing is kept, so ask once.
//
// Transfer-Encoding is parsed by its grammar, so that a "chunked" inside a quoted string is none; what breaks
// the grammar, "chunked" twice or with parameters, and any Transfer-Encoding in HTTP/1.0 are faulty framing.
// Where the RFCs let a recipient refuse or go on (Content-Length beside Transfer-Encoding, or repeated),
// body() refuses, as http_parser does; who wants to go on has content_length().
//
// Sources: RFC 9110, 5.6.1, 8.6 and 10.1.4; RFC 9112, 6.1 to 6.3 and 7.1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "zerocopy/http_head_concept.h"
#include "zerocopy/http_tokens.h"

namespace assay::http {

inline bool same_name(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && equal_ignoring_case(a.data(), b.data(), a.size());
}

// The first field of that name from index `from` on, or size().
template <class Head>
std::size_t find_from(const Head& head, std::size_t from, std::string_view name) noexcept {
  while (from < head.size() && !same_name(head.field(from).name, name)) ++from;
  return from;
}

inline const char* skip_blanks(const char* p, const char* end) noexcept {
  while (p != end && is_blank(*p)) ++p;
  return p;
}

// To the next element of a list that is not empty, or to the end (RFC 9110, 5.6.1.2).
inline const char* skip_to_element(const char* p, const char* end) noexcept {
  while (p != end && (is_blank(*p) || *p == ',')) ++p;
  return p;
}

// Behind a quoted string, or null if it does not end.
inline const char* skip_quoted(const char* p, const char* end) noexcept {
  for (++p; p != end; ++p) {
    if (*p == '"') return p + 1;
    if (*p == '\\' && ++p == end) break;
  }
  return nullptr;
}

// All numbers of one Content-Length field, which `known` is compared with and becomes.
inline HttpContentLength read_length(std::string_view value, HttpContentLength known) noexcept {
  constexpr HttpContentLength kNone{HttpLength::kMalformed, 0};
  const char* const end = value.data() + value.size();
  const char* p = skip_to_element(value.data(), end);
  if (p == end) return kNone;
  const bool alone = known.state == HttpLength::kAbsent && value.find(',') == std::string_view::npos;
  while (p != end) {
    std::uint64_t bytes = 0;
    bool too_large = false;
    const char* const begin = p;
    for (; p != end && is(kDigit, *p); ++p)
      too_large |= __builtin_mul_overflow(bytes, 10u, &bytes) ||
                   __builtin_add_overflow(bytes, static_cast<unsigned>(*p - '0'), &bytes);
    if (p == begin) return kNone;
    p = skip_blanks(p, end);
    if (p != end && *p != ',') return kNone;
    if (too_large) return {HttpLength::kTooLarge, 0};
    if (known.state != HttpLength::kAbsent && known.bytes != bytes) return {HttpLength::kConflict, 0};
    known = {alone ? HttpLength::kKnown : HttpLength::kRepeated, bytes};
    p = skip_to_element(p, end);
  }
  return known;
}

// The first fault found is the one that is told.
template <class Head>
HttpContentLength content_length(const Head& head) noexcept {
  HttpContentLength known;
  for (std::size_t i = 0; (i = find_from(head, i, "content-length")) < head.size(); ++i) {
    known = read_length(head.field(i).value, known);
    if (known.state != HttpLength::kKnown && known.state != HttpLength::kRepeated) return known;
  }
  if (known.state != HttpLength::kAbsent && find_from(head, 0, "transfer-encoding") < head.size())
    return {HttpLength::kDisputed, 0};
  return known;
}

// All Transfer-Encoding fields together.
enum class Codings : unsigned char { kAbsent, kChunked, kOthers, kFaulty };

// One coding and its parameters, up to the comma or the end; null if that is not what it is. `chunked` counts
// codings of that name, and `last` says whether this one has it.
inline const char* read_coding(const char* p, const char* end, int& chunked, bool& last) noexcept {
  const auto skip_word = [end](const char* at) { return skip_bytes<kToken>(at, end); };
  const char* const name = p;
  p = skip_word(p);
  if (p == name) return nullptr;
  last = same_name({name, static_cast<std::size_t>(p - name)}, "chunked");
  if (last) ++chunked;
  for (;;) {
    p = skip_blanks(p, end);
    if (p == end || *p == ',') return p;
    if (*p != ';' || last) return nullptr;  // "chunked" has no parameters
    const char* const parameter = skip_blanks(p + 1, end);
    p = skip_word(parameter);
    if (p == parameter) return nullptr;
    p = skip_blanks(p, end);
    if (p == end || *p != '=') return nullptr;
    p = skip_blanks(p + 1, end);
    const char* const value = p;
    p = p != end && *p == '"' ? skip_quoted(p, end) : skip_word(p);
    if (p == nullptr || p == value) return nullptr;
  }
}

template <class Head>
Codings transfer_codings(const Head& head) noexcept {
  std::size_t i = find_from(head, 0, "transfer-encoding");
  if (i == head.size()) return Codings::kAbsent;
  if (head.minor_version() == 0) return Codings::kFaulty;
  int chunked = 0;
  bool last = false;
  for (; i < head.size(); i = find_from(head, i + 1, "transfer-encoding")) {
    const std::string_view value = head.field(i).value;
    const char* const end = value.data() + value.size();
    for (const char* p = value.data(); (p = skip_to_element(p, end)) != end;) {
      p = read_coding(p, end, chunked, last);
      if (p == nullptr || chunked > 1) return Codings::kFaulty;
    }
  }
  return last ? Codings::kChunked : Codings::kOthers;
}

// Whether the body is chunked: the last coding of all Transfer-Encoding fields is "chunked", and no other one
// is. With Transfer-Encoding there and this false, a server must refuse the request.
template <class Head>
bool is_chunked(const Head& head) noexcept {
  return transfer_codings(head) == Codings::kChunked;
}

// The rules of RFC 9112, 6.3, in their order; that of HTTP/1.0 (6.1) holds whatever else is said.
template <class Head>
HttpBody body(const Head& head, HttpMessage message, std::string_view answered) noexcept {
  const Codings codings = transfer_codings(head);
  if (codings != Codings::kAbsent && head.minor_version() == 0) return {HttpBodyEnd::kFaulty, 0};
  const bool response = message == HttpMessage::kResponse;
  if (response) {
    const int status = head.status();
    if (answered == "HEAD" || status / 100 == 1 || status == 204 || status == 304) return {};
    if (answered == "CONNECT" && status / 100 == 2) return {HttpBodyEnd::kTunnel, 0};
  }
  const HttpContentLength length = content_length(head);
  if (codings != Codings::kAbsent) {
    if (codings == Codings::kFaulty || length.state != HttpLength::kAbsent) return {HttpBodyEnd::kFaulty, 0};
    if (codings == Codings::kChunked) return {HttpBodyEnd::kChunked, 0};
    return {response ? HttpBodyEnd::kClose : HttpBodyEnd::kFaulty, 0};
  }
  if (length.state == HttpLength::kKnown) return {HttpBodyEnd::kLength, length.bytes};
  if (length.state != HttpLength::kAbsent) return {HttpBodyEnd::kFaulty, 0};
  return {response ? HttpBodyEnd::kClose : HttpBodyEnd::kNone, 0};
}

}  // namespace assay::http
