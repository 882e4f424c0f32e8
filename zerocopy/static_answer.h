// The heads of the answers of a server of files, and the whole answers where there is no file.
//
// Source: RFC 9110, 6.6.1 (Date), 8.3 (Content-Type), 8.8.2 (Last-Modified), 15 (status codes).
#pragma once

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "zerocopy/http_date.h"
#include "zerocopy/static_request.h"

namespace assay::http {

// All heads fit, and what stands behind them where there is no file.
inline constexpr std::size_t kAnswerBytes = 512;

constexpr std::string_view reason_of(int status) noexcept {
  switch (status) {
    case kOk:
      return "200 OK";
    case kNotModified:
      return "304 Not Modified";
    case kForbidden:
      return "403 Forbidden";
    case kNotFound:
      return "404 Not Found";
    case kMethodNotAllowed:
      return "405 Method Not Allowed";
    case kContentTooLarge:
      return "413 Content Too Large";
    case kUriTooLong:
      return "414 URI Too Long";
    case kFieldsTooLarge:
      return "431 Request Header Fields Too Large";
    case kServerError:
      return "500 Internal Server Error";
    case kNotImplemented:
      return "501 Not Implemented";
    case kUnavailable:
      return "503 Service Unavailable";
    case kVersionNotSupported:
      return "505 HTTP Version Not Supported";
    default:
      return "400 Bad Request";
  }
}

// Of a file that could not be opened, by its errno value.
constexpr int status_of_error(int error) noexcept {
  switch (error) {
    case 0:
      return kOk;
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:
    case ENAMETOOLONG:
      return kNotFound;
    case EACCES:
    case EPERM:
      return kForbidden;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EAGAIN:
      return kUnavailable;
    default:
      return kServerError;
  }
}

// By what follows the last dot of a file's name.
constexpr std::string_view type_of(std::string_view name) noexcept {
  struct Type {
    std::string_view suffix, type;
  };
  constexpr Type kTypes[] = {{"html", "text/html; charset=utf-8"},
                             {"css", "text/css; charset=utf-8"},
                             {"js", "text/javascript; charset=utf-8"},
                             {"json", "application/json"},
                             {"txt", "text/plain; charset=utf-8"},
                             {"svg", "image/svg+xml"},
                             {"png", "image/png"},
                             {"jpg", "image/jpeg"},
                             {"jpeg", "image/jpeg"},
                             {"gif", "image/gif"},
                             {"webp", "image/webp"},
                             {"ico", "image/vnd.microsoft.icon"},
                             {"woff2", "font/woff2"},
                             {"wasm", "application/wasm"},
                             {"pdf", "application/pdf"},
                             {"xml", "application/xml"},
                             {"mp4", "video/mp4"}};
  const std::size_t dot = name.find_last_of("./");
  if (dot != std::string_view::npos && name[dot] == '.') {
    const std::string_view suffix = name.substr(dot + 1);
    for (const Type& known : kTypes)
      if (suffix == known.suffix) return known.type;
  }
  return "application/octet-stream";
}

class AnswerText {
 public:
  explicit AnswerText(char* begin) noexcept : begin_(begin), end_(begin) {}
  AnswerText& operator<<(std::string_view text) noexcept {
    std::memcpy(end_, text.data(), text.size());
    end_ += text.size();
    return *this;
  }
  AnswerText& operator<<(std::uint64_t number) noexcept {
    constexpr int kDigits = 20;
    end_ = std::to_chars(end_, end_ + kDigits, number).ptr;
    return *this;
  }
  std::size_t size() const noexcept { return static_cast<std::size_t>(end_ - begin_); }

 private:
  char *begin_, *end_;
};

// HTTP/1.0 does not keep connections, and HTTP/1.1 does, unless somebody says otherwise.
constexpr std::string_view connection_field(bool keep_alive, int minor_version) noexcept {
  if (!keep_alive) return "Connection: close\r\n";
  return minor_version == 0 ? "Connection: keep-alive\r\n" : "";
}

// Writes answers; knows the time, which is that of the latest set_time().
class AnswerHeads {
 public:
  void set_time(std::int64_t seconds) noexcept {
    if (seconds == now_) return;
    now_ = seconds;
    write_date(seconds, date_);
  }

  // Of a file: kOk with its size. Returns the bytes of the head, at most kAnswerBytes.
  std::size_t write_found(char* out, std::string_view type, std::uint64_t size, std::int64_t modified,
                          std::string_view connection) noexcept {
    AnswerText text(out);
    text << "HTTP/1.1 200 OK\r\nDate: " << date() << "\r\nContent-Type: " << type
         << "\r\nContent-Length: " << size << "\r\nLast-Modified: " << modified_text(modified) << "\r\n"
         << connection << "\r\n";
    return text.size();
  }
  std::size_t write_not_modified(char* out, std::int64_t modified, std::string_view connection) noexcept {
    AnswerText text(out);
    text << "HTTP/1.1 304 Not Modified\r\nDate: " << date()
         << "\r\nLast-Modified: " << modified_text(modified) << "\r\n"
         << connection << "\r\n";
    return text.size();
  }
  // Everything else: a line of text, which an answer to HEAD only announces.
  std::size_t write_other(char* out, int status, bool only_head, std::string_view connection) const noexcept {
    const std::string_view reason = reason_of(status);
    AnswerText text(out);
    text << "HTTP/1.1 " << reason << "\r\nDate: " << date()
         << "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: "
         << std::uint64_t{reason.size() + 1} << "\r\n"
         << (status == kMethodNotAllowed ? "Allow: GET, HEAD\r\n" : "") << connection << "\r\n";
    if (!only_head) text << reason << "\n";
    return text.size();
  }

  // Valid until the next call. A time to come is told as now (RFC 9110, 8.8.2.1).
  std::string_view modified_text(std::int64_t seconds) noexcept {
    if (seconds > now_) seconds = now_;
    if (seconds != modified_) {
      modified_ = seconds;
      write_date(seconds, modified_date_);
    }
    return {modified_date_, kDateBytes};
  }

 private:
  std::string_view date() const noexcept { return {date_, kDateBytes}; }

  std::int64_t now_ = INT64_MIN, modified_ = INT64_MIN;
  char date_[kDateBytes] = {}, modified_date_[kDateBytes] = {};
};

}  // namespace assay::http
