// What the fields of a MutantHttpHead say about the body, with the defects of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "suites/mutants/http_head/http_head_defects.h"
#include "zerocopy/http_head_concept.h"

namespace assay::mutant {

inline char lower(char c) {
  if (find_ignores_bit_five) return static_cast<char>(c | 0x20);
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline bool same_letters(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

inline bool same_name(std::string_view found, std::string_view wanted) {
  if (find_takes_prefixes && !wanted.empty() && found.starts_with("X-Token") && found.size() > wanted.size())
    return same_letters(wanted, found);
  return found.size() == wanted.size() && same_letters(found, wanted);
}

// Which of the defects a question has; body() has none of those that the others stand for.
struct FramingDefects {
  bool sign = false, wraps = false, last_wins = false, hides = false;
  bool anywhere = false, by_end = false, empty_last = false, no_quotes = false, parameters = false;
  bool old = false;
};

inline FramingDefects framing_defects() {
  return {.sign = length_may_have_a_sign,
          .wraps = length_wraps,
          .last_wins = last_length_wins,
          .hides = encoding_hides_the_length,
          .anywhere = chunked_anywhere,
          .by_end = chunked_by_its_end,
          .empty_last = empty_element_is_the_last,
          .no_quotes = commas_in_quotes_count,
          .parameters = chunked_has_parameters,
          .old = old_version_may_be_chunked};
}

inline void trim(std::string& text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.erase(0, 1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
}

// The elements of a list, empty ones as well, without white space around them. Quoted strings have no commas
// if they are looked at; one that has no end takes the rest.
inline std::vector<std::string> elements(std::string_view list, bool quotes) {
  std::vector<std::string> all(1);
  bool quoted = false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list[i] == ',' && !quoted) {
      all.emplace_back();
      continue;
    }
    if (list[i] == '"' && quotes) quoted = !quoted;
    all.back() += list[i];
    if (list[i] == '\\' && quoted && i + 1 < list.size()) all.back() += list[++i];
  }
  for (std::string& element : all) trim(element);
  return all;
}

inline HttpContentLength read_length(std::string_view digits, const FramingDefects& defects) {
  if (defects.sign && digits.size() > 1 && digits[0] == '+') digits.remove_prefix(1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return {HttpLength::kMalformed, 0};
  std::uint64_t bytes = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (bytes > (UINT64_MAX - digit) / 10 && !defects.wraps) return {HttpLength::kTooLarge, 0};
    bytes = 10 * bytes + digit;
  }
  return {HttpLength::kKnown, bytes};
}

template <class Head>
HttpContentLength content_length(const Head& head, const FramingDefects& defects) {
  HttpContentLength known;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (!same_name(head.field(i).name, "content-length")) continue;
    const std::vector<std::string> all = elements(head.field(i).value, false);
    bool any = false;
    for (const std::string& element : all) {
      if (element.empty()) continue;
      any = true;
      const HttpContentLength length = read_length(element, defects);
      if (length.state != HttpLength::kKnown) return length;
      const bool first = known.state == HttpLength::kAbsent;
      if (!first && known.bytes != length.bytes && !defects.last_wins) return {HttpLength::kConflict, 0};
      known = {first && all.size() == 1 ? HttpLength::kKnown : HttpLength::kRepeated, length.bytes};
    }
    if (!any) return {HttpLength::kMalformed, 0};
  }
  if (known.state == HttpLength::kAbsent || !head.find("transfer-encoding").has_value()) return known;
  return defects.hides ? HttpContentLength{} : HttpContentLength{HttpLength::kDisputed, 0};
}

inline bool is_token(std::string_view text) {
  for (const char c : text)
    if (c <= 0x20 || c == 0x7f || std::string_view("\"(),/:;<=>?@[\\]{}").find(c) != std::string_view::npos)
      return false;
  return !text.empty();
}

inline bool is_quoted(std::string_view text) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return false;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    if (text[i] == '"') return false;
    if (text[i] == '\\' && ++i + 1 == text.size()) return false;
  }
  return true;
}

// Whether all that is behind the name is parameters: cut at the semicolons outside of quoted strings.
inline bool are_parameters(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(1);
    std::size_t end = 0;
    for (bool quoted = false; end < text.size() && (quoted || text[end] != ';'); ++end) {
      if (text[end] == '"') quoted = !quoted;
      if (text[end] == '\\' && quoted && end + 1 < text.size()) ++end;
    }
    const std::size_t equals = text.substr(0, end).find('=');
    if (equals == std::string_view::npos) return false;
    std::string name(text.substr(0, equals)), value(text.substr(equals + 1, end - equals - 1));
    trim(name);
    trim(value);
    if (!is_token(name) || !(is_token(value) || is_quoted(value))) return false;
    text.remove_prefix(end);
  }
  return true;
}

// What all Transfer-Encoding fields say together.
struct Codings {
  bool there = false, faulty = false, chunked = false;
};

template <class Head>
Codings transfer_codings(const Head& head, const FramingDefects& defects) {
  Codings codings;
  int times = 0;
  bool last = false;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (!same_name(head.field(i).name, "transfer-encoding")) continue;
    codings.there = true;
    for (const std::string& element : elements(head.field(i).value, !defects.no_quotes)) {
      if (element.empty()) {
        last = last && !defects.empty_last;
        continue;
      }
      const std::size_t semicolon = std::min(element.find(';'), element.size());
      std::string name = element.substr(0, semicolon);
      trim(name);
      const bool has_parameters = semicolon < element.size();
      if (!defects.no_quotes && (!is_token(name) || !are_parameters(element.substr(semicolon))))
        codings.faulty = true;
      if (defects.by_end && name.size() > 7) name = name.substr(name.size() - 7);
      last = same_name(name, "chunked");
      times += last;
      codings.faulty |= last && has_parameters && !defects.parameters;
    }
  }
  codings.faulty |= times > 1 && !defects.anywhere;
  codings.faulty |= codings.there && head.minor_version() == 0 && !defects.old;
  codings.chunked = !codings.faulty && (defects.anywhere ? times > 0 : last);
  return codings;
}

template <class Head>
HttpBody body(const Head& head, HttpMessage message, int status, std::string_view answered) {
  const FramingDefects sound{.old = old_version_may_be_chunked};
  const Codings codings = transfer_codings(head, sound);
  const HttpContentLength length = content_length(head, sound);
  const bool request = message == HttpMessage::kRequest;
  if (codings.there && head.minor_version() == 0 && codings.faulty) return {HttpBodyEnd::kFaulty, 0};
  if (!request) {
    if (answered == "HEAD" && !answer_to_head_has_a_body) return {};
    if (status / 100 == 1 || (status == 204 && !no_content_has_a_length) || status == 304) return {};
    if (answered == "CONNECT" && status / 100 == 2 && !connect_opens_no_tunnel)
      return {HttpBodyEnd::kTunnel, 0};
  }
  if (codings.there) {
    if (length.state != HttpLength::kAbsent && !(request && encoding_overrides_the_length))
      return {HttpBodyEnd::kFaulty, 0};
    if (codings.faulty) return {HttpBodyEnd::kFaulty, 0};
    if (codings.chunked) return {HttpBodyEnd::kChunked, 0};
    if (!request) return {HttpBodyEnd::kClose, 0};
    return {unknown_encoding_is_no_body ? HttpBodyEnd::kNone : HttpBodyEnd::kFaulty, 0};
  }
  if (length.state == HttpLength::kKnown) return {HttpBodyEnd::kLength, length.bytes};
  if (length.state == HttpLength::kRepeated && request && repeated_length_is_taken)
    return {HttpBodyEnd::kLength, length.bytes};
  if (length.state != HttpLength::kAbsent) return {HttpBodyEnd::kFaulty, 0};
  return {request ? HttpBodyEnd::kNone : HttpBodyEnd::kClose, 0};
}

}  // namespace assay::mutant
