// What the fields of a MutantHttpHead say about the body, with the defects of it.
#pragma once

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

// The elements of all the fields of that name, without white space around them.
template <class Head>
std::vector<std::string> elements(const Head& head, std::string_view name) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < head.size(); ++i) {
    if (!same_name(head.field(i).name, name)) continue;
    all.emplace_back();
    for (const char c : head.field(i).value) {
      if (c == ',')
        all.emplace_back();
      else
        all.back() += c;
    }
  }
  for (std::string& element : all) {
    while (!element.empty() && (element.front() == ' ' || element.front() == '\t')) element.erase(0, 1);
    while (!element.empty() && (element.back() == ' ' || element.back() == '\t')) element.pop_back();
  }
  return all;
}

inline HttpContentLength read_length(std::string_view digits) {
  if (length_may_have_a_sign && digits.size() > 1 && digits[0] == '+') digits.remove_prefix(1);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos)
    return {HttpLength::kMalformed, 0};
  std::uint64_t bytes = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (bytes > (UINT64_MAX - digit) / 10 && !length_wraps) return {HttpLength::kTooLarge, 0};
    bytes = 10 * bytes + digit;
  }
  return {HttpLength::kKnown, bytes};
}

template <class Head>
HttpContentLength content_length(const Head& head) {
  HttpContentLength known;
  for (const std::string& element : elements(head, "content-length")) {
    const HttpContentLength length = read_length(element);
    if (length.state != HttpLength::kKnown) return length;
    if (known.state == HttpLength::kKnown && known != length && !last_length_wins)
      return {HttpLength::kConflict, 0};
    known = length;
  }
  if (known.state != HttpLength::kKnown || !head.find("transfer-encoding").has_value()) return known;
  return encoding_hides_the_length ? HttpContentLength{} : HttpContentLength{HttpLength::kDisputed, 0};
}

template <class Head>
bool is_chunked(const Head& head) {
  const auto is_it = [](std::string_view coding) {
    if (chunked_by_its_end && coding.size() > 7) coding.remove_prefix(coding.size() - 7);
    return same_name(coding, "chunked");
  };
  int times = 0;
  const std::vector<std::string> codings = elements(head, "transfer-encoding");
  for (const std::string& coding : codings) times += is_it(coding);
  if (chunked_anywhere) return times > 0;
  return times == 1 && is_it(codings.back());
}

}  // namespace assay::mutant
