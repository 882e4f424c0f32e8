// What the fields of an HTTP/1 head say about the body behind it, and whether they contradict each other: two
// parties that read such a head differently are what request smuggling needs.
//
// For any head with size() and field(i). Complexity: one comparison of lengths a field, and one of bytes
// where they are equal; nothing is kept, so ask once.
//
// Sources: RFC 9110, 5.6.1 and 8.6; RFC 9112, 6.1 to 6.3.
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

// The element that `list` begins with, without white space around it; `list` is then what follows the comma.
// A null view when there was none left.
inline std::string_view next_element(std::string_view& list) noexcept {
  if (list.data() == nullptr) return {};
  const std::size_t comma = list.find(',');
  std::string_view element = list.substr(0, comma);
  list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  while (!element.empty() && is_blank(element.front())) element.remove_prefix(1);
  while (!element.empty() && is_blank(element.back())) element.remove_suffix(1);
  return element;
}

inline HttpContentLength read_length(std::string_view digits) noexcept {
  if (digits.empty()) return {HttpLength::kMalformed, 0};
  HttpContentLength length{HttpLength::kKnown, 0};
  for (const char c : digits) {
    if (!is(kDigit, c)) return {HttpLength::kMalformed, 0};
    if (__builtin_mul_overflow(length.bytes, 10u, &length.bytes) ||
        __builtin_add_overflow(length.bytes, static_cast<unsigned>(c - '0'), &length.bytes))
      length.state = HttpLength::kTooLarge;  // unless a later byte is no digit
  }
  if (length.state == HttpLength::kTooLarge) length.bytes = 0;
  return length;
}

// Repeated equal values count as one (RFC 9112, 6.3); the first fault found is the one that is told.
template <class Head>
HttpContentLength content_length(const Head& head) noexcept {
  HttpContentLength known;
  for (std::size_t i = 0; (i = find_from(head, i, "content-length")) < head.size(); ++i) {
    std::string_view list = head.field(i).value;
    if (list.data() == nullptr) list = "";
    while (list.data() != nullptr) {
      const HttpContentLength length = read_length(next_element(list));
      if (length.state != HttpLength::kKnown) return length;
      if (known.state == HttpLength::kKnown && known.bytes != length.bytes) return {HttpLength::kConflict, 0};
      known = length;
    }
  }
  if (known.state == HttpLength::kKnown && find_from(head, 0, "transfer-encoding") < head.size())
    return {HttpLength::kDisputed, 0};
  return known;
}

// Whether the body is chunked: the last coding of all Transfer-Encoding fields is "chunked", and no other one
// is. With Transfer-Encoding there and this false, a server must refuse the request.
template <class Head>
bool is_chunked(const Head& head) noexcept {
  std::size_t times = 0;
  bool last = false;
  for (std::size_t i = 0; (i = find_from(head, i, "transfer-encoding")) < head.size(); ++i) {
    std::string_view list = head.field(i).value;
    while (list.data() != nullptr) {
      last = same_name(next_element(list), "chunked");
      times += last;
    }
  }
  return last && times == 1;
}

}  // namespace assay::http
