// What the head of a request asks of a server of files, and the status where it asks for nothing that there
// is.
//
// One look at each field. A request with a body is never served: whose bytes they are decides where the next
// request begins, and a server that has no use for bodies had better not guess (request smuggling). It is
// answered, and the connection closed.
//
// Sources: RFC 9110 (9.1 methods, 13.1 preconditions), RFC 9112 (3.2 Host, 6.1 and 6.3 framing, 9.3
// persistence).
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "zerocopy/http_framing.h"
#include "zerocopy/http_head_concept.h"

namespace assay::http {

inline constexpr int kOk = 200, kNotModified = 304, kBadRequest = 400, kForbidden = 403, kNotFound = 404,
                     kMethodNotAllowed = 405, kContentTooLarge = 413, kUriTooLong = 414,
                     kFieldsTooLarge = 431, kServerError = 500, kNotImplemented = 501, kUnavailable = 503,
                     kVersionNotSupported = 505;

struct StaticRequest {
  int status = kOk;           // kOk: as far as can be told without the file
  bool keep_alive = false;    // another request may follow on the connection
  bool only_head = false;     // the answer has no body
  bool any_entity = false;    // If-None-Match: *
  bool has_entities = false;  // If-None-Match, which makes If-Modified-Since void
  std::string_view modified_since;
};

namespace static_request {

constexpr int status_of_method(std::string_view method) noexcept {
  if (method == "GET" || method == "HEAD") [[likely]]
    return kOk;
  for (const std::string_view known : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"})
    if (method == known) return kMethodNotAllowed;
  return kNotImplemented;
}

// Of a request with Content-Length or Transfer-Encoding. `body`: bytes may follow that are no request.
template <class Head>
[[gnu::cold, gnu::noinline]] int status_of_framing(const Head& head, bool& body) noexcept {
  const HttpContentLength length = content_length(head);
  const bool coded = find_from(head, 0, "transfer-encoding") < head.size();
  body = coded || length.state != HttpLength::kKnown || length.bytes != 0;
  if (!body) return kOk;
  if (length.state != HttpLength::kAbsent && length.state != HttpLength::kKnown)
    return length.state == HttpLength::kTooLarge ? kContentTooLarge : kBadRequest;
  if (coded && (!is_chunked(head) || head.minor_version() == 0)) return kBadRequest;
  return kContentTooLarge;
}

inline void read_connection(std::string_view list, bool& close, bool& keep) noexcept {
  const char* const end = list.data() + list.size();
  for (const char* p = list.data(); (p = skip_to_element(p, end)) != end;) {
    const char* const comma = std::find(p, end, ',');
    std::string_view option(p, static_cast<std::size_t>(comma - p));
    while (is_blank(option.back())) option.remove_suffix(1);
    p = comma;
    close = close || same_name(option, "close");
    keep = keep || same_name(option, "keep-alive");
  }
}

}  // namespace static_request

// The head is complete.
template <class Head>
StaticRequest read_static_request(const Head& head) noexcept {
  StaticRequest request;
  bool framed = false, close = false, keep = head.minor_version() > 0;
  std::size_t hosts = 0;
  for (std::size_t i = 0; i < head.size(); ++i) {
    const auto [name, value] = head.field(i);
    switch (name.size()) {
      case 4:
        hosts += same_name(name, "host");
        break;
      case 10:
        if (same_name(name, "connection")) static_request::read_connection(value, close, keep);
        break;
      case 13:
        if (same_name(name, "if-none-match")) {
          request.has_entities = true;
          request.any_entity = value == "*";
        }
        break;
      case 14:
        framed = framed || same_name(name, "content-length");
        break;
      case 17:
        framed = framed || same_name(name, "transfer-encoding");
        if (same_name(name, "if-modified-since")) request.modified_since = value;
        break;
      default:
        break;
    }
  }
  request.only_head = head.method() == "HEAD";
  request.status = static_request::status_of_method(head.method());
  request.keep_alive = keep && !close;
  if (hosts > 1 || (hosts == 0 && head.minor_version() > 0)) [[unlikely]]
    request.status = kBadRequest;
  if (framed) [[unlikely]] {
    bool body = false;
    const int status = static_request::status_of_framing(head, body);
    if (body) request.keep_alive = false;
    if (request.status == kOk || status == kBadRequest) request.status = status;
  }
  return request;
}

// Of a head that the parser refused.
inline int status_of(HttpVerdict refused, std::string_view head) noexcept {
  switch (refused.error) {
    case HttpError::kStartLineTooLong:
      return kUriTooLong;
    case HttpError::kTooManyFields:
    case HttpError::kHeadTooLong:
      return kFieldsTooLarge;
    case HttpError::kVersion: {
      // A version of HTTP, but another one: "HTTP/2.0" ends at its first digit, "HTTP/1.2" at its second.
      const std::string_view before = head.substr(0, refused.offset);
      const bool digit = refused.offset < head.size() && is(kDigit, head[refused.offset]);
      return digit && (before.ends_with(" HTTP/") || before.ends_with(" HTTP/1.")) ? kVersionNotSupported
                                                                                   : kBadRequest;
    }
    default:
      return kBadRequest;
  }
}

}  // namespace assay::http
