// The heads that the workloads parse: a form of each kind, and many heads made from it that differ in the
// length of every part, so that no branch predictor learns one head by heart.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "suites/core/random.h"
#include "suites/core/workload.h"

namespace assay::suite::http_head {

// What a browser asks for a page: 12 fields, about 700 bytes.
inline constexpr std::string_view kBrowserRequest =
    "GET /articles/2024/garden/how-to-prune-old-apple-trees.html?page=2&sort=recent HTTP/1.1\r\n"
    "Host: www.example.org\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-GB,en;q=0.7,de;q=0.3\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Referer: https://www.example.org/articles/2024/garden/index.html\r\n"
    "Connection: keep-alive\r\n"
    "Cookie: session=7f3a9c5e21b84d60; theme=light; consent=necessary\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "If-None-Match: \"5e1f-61a2b3c4d5e6f\"\r\n"
    "\r\n";

inline constexpr std::string_view kPageResponse =
    "HTTP/1.1 200 OK\r\n"
    "Date: Tue, 14 May 2024 09:26:53 GMT\r\n"
    "Server: Apache/2.4.59 (Debian)\r\n"
    "Last-Modified: Mon, 13 May 2024 17:40:02 GMT\r\n"
    "ETag: \"5e1f-61a2b3c4d5e6f\"\r\n"
    "Accept-Ranges: bytes\r\n"
    "Content-Length: 24095\r\n"
    "Vary: Accept-Encoding\r\n"
    "Cache-Control: max-age=3600, must-revalidate\r\n"
    "Content-Security-Policy: default-src 'self'; img-src 'self' https://images.example.org\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    "Keep-Alive: timeout=5, max=100\r\n"
    "Connection: Keep-Alive\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "\r\n";

inline constexpr std::string_view kShortRequest = "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";

// Session, consent, analytics and experiments, as sites that have grown leave them.
inline constexpr std::string_view kCookieRequest =
    "GET /account/orders HTTP/1.1\r\n"
    "Host: shop.example.org\r\n"
    "Accept: */*\r\n"
    "Cookie: COOKIES\r\n"
    "\r\n";

// Heads made from a form: behind every line's end up to 7 more letters, and 2 KB of cookies where it says so.
class Heads {
 public:
  Heads(std::string_view form, std::uint64_t seed) : ends_(harness_array<std::size_t>(kHeads)) {
    Random random(seed);
    text_ = harness_array<char>(kHeads * (2 * form.size() + 2 * kCookieBytes));
    for (std::size_t i = 0; i < kHeads; ++i) {
      std::size_t line = 0;
      for (std::size_t end; (end = form.find("\r\n", line)) > line && end != form.npos; line = end + 2) {
        std::string_view text = form.substr(line, end - line);
        if (text == "Cookie: COOKIES") {
          append("Cookie: ");
          append_cookies(random);
        } else if (line == 0) {
          append_start_line(text, random);
        } else {
          append(text);
          if (!text.starts_with("Content-Length:")) append_letters(random.below(8), random);
        }
        append("\r\n");
      }
      append("\r\n");
      ends_[i] = size_;
    }
  }

  std::string_view get(std::size_t i) const {
    const std::size_t n = i % kHeads, begin = n == 0 ? 0 : ends_[n - 1];
    return {text_ + begin, ends_[n] - begin};
  }

  std::size_t bytes() const { return size_; }

 private:
  static constexpr std::size_t kHeads = 64;  // together about as large as the first cache
  static constexpr std::size_t kCookieBytes = 2048;

  void append(std::string_view text) {
    std::memcpy(text_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  void append_letters(std::size_t count, Random& random) {
    for (std::size_t i = 0; i < count; ++i) text_[size_++] = static_cast<char>(random.between('a', 'z'));
  }
  // The version of a request stays at its end; a reason grows.
  void append_start_line(std::string_view text, Random& random) {
    const bool request = text.ends_with(" HTTP/1.1");
    append(request ? text.substr(0, text.rfind(' ')) : text);
    append_letters(random.below(8), random);
    if (request) append(" HTTP/1.1");
  }
  void append_cookies(Random& random) {
    for (const std::size_t begin = size_; size_ < begin + kCookieBytes;) {
      append_letters(random.between(3, 12), random);
      append("=");
      append_letters(random.between(8, 60), random);
      append("; ");
    }
    append("last=1");
  }

  char* text_;
  std::size_t size_ = 0;
  std::size_t* ends_;
};

}  // namespace assay::suite::http_head
