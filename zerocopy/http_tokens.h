// Which bytes may stand where in an HTTP/1 head, and how to find the first one that may not.
//
// Each skip_…(p, end) is the first byte from p on that is not of its kind, or end. With SSE2, which every
// x86-64 has, they look at 16 bytes at a time as long as 16 are left; elsewhere, and for the rest, at one
// byte in a table. They read no byte outside [p, end). Complexity: linear in what they skip.
//
// Sources: RFC 9110, 5.5 and 5.6.2 (field-vchar, tchar); RFC 9112, 3.2 and 4 (request-target, reason-phrase);
// RFC 3986, 2 and 3.2.2 (reg-name).
#pragma once

#include <array>
#include <cstddef>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace assay::http {

enum Kind : unsigned char {
  kToken = 1,   // tchar: methods, names
  kTarget = 2,  // visible ASCII
  kText = 4,    // visible, white space, 0x80 and above: values, reasons
  kDigit = 8,
  kHost = 16  // names in URIs: unreserved, sub-delims, %
};

constexpr std::array<unsigned char, 256> make_kinds() {
  std::array<unsigned char, 256> kinds{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 0x80;
    unsigned kind = 0;
    if (digit || letter) kind |= kToken | kHost;
    if (digit) kind |= kDigit;
    if (c > 0x20 && c < 0x7f) kind |= kTarget;
    if (c == '\t' || (c >= 0x20 && c != 0x7f)) kind |= kText;
    kinds[c] = static_cast<unsigned char>(kind);
  }
  for (const char c : {'!', '#', '$', '%', '&', '\'', '*', '+', '-', '.', '^', '_', '`', '|', '~'})
    kinds[static_cast<unsigned char>(c)] |= kToken;
  for (const char c : {'-', '.', '_', '~', '%', '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '='})
    kinds[static_cast<unsigned char>(c)] |= kHost;
  return kinds;
}

inline constexpr std::array<unsigned char, 256> kKinds = make_kinds();

constexpr bool is(Kind kind, char c) noexcept { return (kKinds[static_cast<unsigned char>(c)] & kind) != 0; }

constexpr bool is_blank(char c) noexcept { return c == ' ' || c == '\t'; }

template <Kind kKind>
const char* skip_bytes(const char* p, const char* end) noexcept {
  while (p != end && is(kKind, *p)) ++p;
  return p;
}

#ifdef __SSE2__
inline constexpr std::ptrdiff_t kBlock = 16;

// Of the 16 bytes, those that are certainly of the kind. One bit each.
template <Kind kKind>
[[gnu::always_inline]] inline unsigned members(__m128i bytes) noexcept {
  const auto all = [](char c) { return _mm_set1_epi8(c); };
  __m128i found;
  if constexpr (kKind == kToken) {
    // Letters, digits and hyphens only: the rest of the set is rare and has no pattern. The sums put the last
    // of a range at 0x7f, so that one signed comparison finds the range.
    const __m128i lower = _mm_or_si128(bytes, all(0x20));
    const __m128i letters = _mm_cmpgt_epi8(_mm_add_epi8(lower, all(0x7f - 'z')), all(0x7f - 26));
    const __m128i digits = _mm_cmpgt_epi8(_mm_add_epi8(bytes, all(0x7f - '9')), all(0x7f - 10));
    found = _mm_or_si128(_mm_or_si128(letters, digits), _mm_cmpeq_epi8(bytes, all('-')));
  } else if constexpr (kKind == kTarget) {
    // As signed numbers these are the ones above 0x20, but for 0x7f.
    found = _mm_andnot_si128(_mm_cmpeq_epi8(bytes, all(0x7f)), _mm_cmpgt_epi8(bytes, all(0x20)));
  } else {
    static_assert(kKind == kText);
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, all(0x1f)), bytes);
    const __m128i refused = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, all('\t')), control),
                                         _mm_cmpeq_epi8(bytes, all(0x7f)));
    return ~static_cast<unsigned>(_mm_movemask_epi8(refused));
  }
  return static_cast<unsigned>(_mm_movemask_epi8(found));
}

template <Kind kKind>
[[gnu::always_inline]] inline const char* skip(const char* p, const char* end) noexcept {
  while (end - p >= kBlock) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const unsigned others = ~members<kKind>(bytes) & 0xffff;
    if (others == 0) {
      p += kBlock;
      continue;
    }
    p += __builtin_ctz(others);
    if constexpr (kKind == kToken) {
      if (*p == ':' || !is(kToken, *p)) return p;
      ++p;
    } else {
      return p;
    }
  }
  return skip_bytes<kKind>(p, end);
}
#else
template <Kind kKind>
const char* skip(const char* p, const char* end) noexcept {
  return skip_bytes<kKind>(p, end);
}
#endif

inline const char* skip_token(const char* p, const char* end) noexcept { return skip<kToken>(p, end); }
inline const char* skip_target(const char* p, const char* end) noexcept { return skip<kTarget>(p, end); }
inline const char* skip_text(const char* p, const char* end) noexcept { return skip<kText>(p, end); }

// Letters of ASCII only, as in names of fields.
constexpr bool equal_ignoring_case(const char* a, const char* b, std::size_t size) noexcept {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; };
  for (std::size_t i = 0; i < size; ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

}  // namespace assay::http
