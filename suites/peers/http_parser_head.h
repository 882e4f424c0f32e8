// Node's former http_parser behind this project's interface of heads (zerocopy/http_head_concept.h): what its
// callbacks are given is noted, nothing is joined, and it is stopped when the fields have ended. What it
// judges differently than HttpHead, and who is right: http_parser_differences.h.
#pragma once

#include <http_parser.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "zerocopy/http_head_concept.h"

namespace assay::peer {

class HttpParserHead {
 public:
  // It has a list of methods, and keeps one limit for the whole process.
  static constexpr HttpHeadTraits kTraits{.incremental = true, .zero_copy = true, .strict = true};
  static constexpr const char* kVersion = "2.9.4";

  explicit HttpParserHead(HttpMessage message, const HttpRules& = {}) : message_(message) {
    fields_.reserve(kRoom);
    reset();
  }

  void reset() noexcept {
    http_parser_init(&parser_, message_ == HttpMessage::kRequest ? HTTP_REQUEST : HTTP_RESPONSE);
    fields_.clear();
    text_ = {};
    at_ = 0;
    outcome_ = HttpOutcome::kIncomplete;
    in_value_ = true;
  }

  HttpVerdict parse(std::string_view all) noexcept {
    base_ = all.data();
    if (outcome_ == HttpOutcome::kIncomplete && all.size() > at_) {
      parser_.data = this;
      at_ += http_parser_execute(&parser_, &kCallbacks, base_ + at_, all.size() - at_);
      const http_errno error = HTTP_PARSER_ERRNO(&parser_);
      if (error == HPE_PAUSED) {
        outcome_ = HttpOutcome::kComplete;
        ++at_;  // it stops in front of the last LF
      } else if (error != HPE_OK) {
        outcome_ = HttpOutcome::kRefused;
      }
    }
    if (outcome_ == HttpOutcome::kIncomplete) return {outcome_, HttpError::kNone, all.size()};
    return {outcome_, error(), at_};
  }

  std::string_view method() const noexcept {
    return http_method_str(static_cast<http_method>(parser_.method));
  }
  std::string_view target() const noexcept { return view(text_); }
  int status() const noexcept { return static_cast<int>(parser_.status_code); }
  std::string_view reason() const noexcept { return view(text_); }
  int minor_version() const noexcept { return parser_.http_minor; }
  std::size_t size() const noexcept { return fields_.size(); }
  HttpField field(std::size_t i) const noexcept { return {view(fields_[i].name), view(fields_[i].value)}; }

 private:
  static constexpr std::size_t kRoom = 100;

  struct Part {
    std::uint32_t begin = 0, size = 0;
  };
  struct Field {
    Part name, value;
  };

  std::string_view view(Part part) const noexcept { return {base_ + part.begin, part.size}; }

  // Its own names of errors are others, and fewer are about one rule.
  HttpError error() const noexcept {
    switch (HTTP_PARSER_ERRNO(&parser_)) {
      case HPE_PAUSED:
        return HttpError::kNone;
      case HPE_INVALID_METHOD:
        return HttpError::kMethod;
      case HPE_INVALID_URL:
        return HttpError::kTarget;
      case HPE_INVALID_STATUS:
        return HttpError::kStatus;
      case HPE_INVALID_VERSION:
      case HPE_INVALID_CONSTANT:
        return HttpError::kVersion;
      case HPE_LF_EXPECTED:
        return HttpError::kLineEnd;
      case HPE_HEADER_OVERFLOW:
        return HttpError::kHeadTooLong;
      default:
        return HttpError::kName;
    }
  }

  static HttpParserHead& of(http_parser* parser) noexcept {
    return *static_cast<HttpParserHead*>(parser->data);
  }

  // The first call for a part says where it begins; the bytes of further ones lie behind those.
  void extend(Part& part, const char* at, std::size_t size) const noexcept {
    if (part.size == 0) part.begin = static_cast<std::uint32_t>(at - base_);
    part.size += static_cast<std::uint32_t>(size);
  }

  static int on_text(http_parser* parser, const char* at, std::size_t size) noexcept {
    HttpParserHead& head = of(parser);
    head.extend(head.text_, at, size);
    return 0;
  }
  static int on_name(http_parser* parser, const char* at, std::size_t size) {
    HttpParserHead& head = of(parser);
    if (head.in_value_) head.fields_.emplace_back();
    head.in_value_ = false;
    head.extend(head.fields_.back().name, at, size);
    return 0;
  }
  static int on_value(http_parser* parser, const char* at, std::size_t size) noexcept {
    HttpParserHead& head = of(parser);
    head.in_value_ = true;
    head.extend(head.fields_.back().value, at, size);
    return 0;
  }
  static int on_end(http_parser* parser) noexcept {
    http_parser_pause(parser, 1);
    return 0;
  }

  static constexpr http_parser_settings kCallbacks{.on_message_begin = nullptr,
                                                   .on_url = &on_text,
                                                   .on_status = &on_text,
                                                   .on_header_field = &on_name,
                                                   .on_header_value = &on_value,
                                                   .on_headers_complete = &on_end,
                                                   .on_body = nullptr,
                                                   .on_message_complete = nullptr,
                                                   .on_chunk_header = nullptr,
                                                   .on_chunk_complete = nullptr};

  HttpMessage message_;
  http_parser parser_;
  const char* base_ = nullptr;  // of the latest parse()
  std::size_t at_;              // bytes that it has been given
  HttpOutcome outcome_;
  bool in_value_;  // the latest callback was about a value, or there was none
  Part text_;      // target or reason
  std::vector<Field> fields_;
};

static_assert(HttpHeadParser<HttpParserHead>);

}  // namespace assay::peer
