// From the target of a request to the name of a file below a served directory.
//
// The query is cut off, %XX is decoded once, and "index.html" is added behind a slash. What could name
// something else than a file below the directory names nothing: a segment "..", however it is written, and a
// slash or a zero that was encoded. Slashes in front are one, so that the name is never absolute; "." and
// other empty segments are left to the file system.
//
// Sources: RFC 9112, 3.2 (the forms of targets); RFC 3986, 2.1 and 3.3.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include "zerocopy/http_tokens.h"

namespace assay::http {

inline constexpr std::string_view kIndexFile = "index.html";

// Of a hexadecimal digit, or -1.
constexpr int hexadecimal(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Of "http://host/path?query", which a request to a proxy has and a server has to understand, what begins
// with the path; "" when it has no such form, and "/" when it ends behind the host.
constexpr std::string_view without_authority(std::string_view target) noexcept {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    if (target.size() <= scheme.size() || !equal_ignoring_case(target.data(), scheme.data(), scheme.size()))
      continue;
    target.remove_prefix(scheme.size());
    const std::size_t host = target.find_first_of("/?#");
    if (host == 0) return {};
    if (host == std::string_view::npos || target[host] == '?') return "/";
    return target.substr(host);
  }
  return {};
}

// 0 and the name, relative to the directory and with a zero behind it; or the status of the answer: 400 for
// what is no target, 404 for what names no file. `name` has at least 16 bytes.
inline int file_name_of(std::string_view target, std::span<char> name) noexcept {
  constexpr int kNoTarget = 400, kNoFile = 404;
  if (target.empty() || target.front() != '/') {
    target = without_authority(target);
    if (target.empty() || target.front() != '/') return kNoTarget;
  }
  char* out = name.data();
  char* segment = out;
  char* const limit = out + name.size() - kIndexFile.size() - 1;
  const auto climbs = [&] { return out - segment == 2 && segment[0] == '.' && segment[1] == '.'; };
  bool found = true;
  for (std::size_t i = std::min(target.find_first_not_of('/'), target.size());
       i < target.size() && target[i] != '?'; ++i) {
    char c = target[i];
    if (c == '#') return kNoTarget;
    if (c == '/') {
      found = found && !climbs();
      segment = out + 1;
    } else if (c == '%') {
      const int high = i + 2 < target.size() ? hexadecimal(target[i + 1]) : -1;
      const int low = high >= 0 ? hexadecimal(target[i + 2]) : -1;
      if (low < 0) return kNoTarget;
      i += 2;
      c = static_cast<char>(high << 4 | low);
      found = found && c != '/' && c != '\0';
    }
    if (out == limit) return kNoFile;
    *out++ = c;
  }
  if (!found || climbs()) return kNoFile;
  if (out == segment) out += kIndexFile.copy(out, kIndexFile.size());
  *out = '\0';
  return 0;
}

}  // namespace assay::http
