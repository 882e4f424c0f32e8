#include "zerocopy/http_head.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "zerocopy/bytes.h"
#include "zerocopy/http_tokens.h"
#include "zerocopy/shared_http_head.h"

namespace assay {
namespace {

using http::Kind;

// The vector and the table must find the same byte, wherever it is and whatever is around it.
template <Kind kKind>
void expect_same_as_table(char usual) {
  for (std::size_t size = 0; size < 50; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int c = 0; c < 256; ++c) {
        std::vector<char> text(size, usual);
        text[at] = static_cast<char>(c);
        const char* const begin = text.data();
        ASSERT_EQ(http::skip<kKind>(begin, begin + size), http::skip_bytes<kKind>(begin, begin + size))
            << "byte " << c << " at " << at << " of " << size;
      }
    }
  }
}

TEST(HttpTokens, VectorsFindWhatTheTableFinds) {
  expect_same_as_table<http::kToken>('a');
  expect_same_as_table<http::kToken>('~');
  expect_same_as_table<http::kTarget>('/');
  expect_same_as_table<http::kText>(' ');
}

TEST(HttpHead, ReadsARequest) {
  HttpHead head(HttpMessage::kRequest);
  const HttpVerdict verdict = head.parse("GET /a?b HTTP/1.1\r\nHost: example\r\nAccept: */*\r\n\r\nbody");
  EXPECT_EQ(verdict, (HttpVerdict{HttpOutcome::kComplete, HttpError::kNone, 49}));
  EXPECT_EQ(head.method(), "GET");
  EXPECT_EQ(head.target(), "/a?b");
  EXPECT_EQ(head.minor_version(), 1);
  ASSERT_EQ(head.size(), 2u);
  EXPECT_EQ(head.field(1).name, "Accept");
  EXPECT_EQ(head.find("host"), "example");
  EXPECT_EQ(head.find("cookie"), std::nullopt);
}

TEST(HttpHead, ReadsAResponse) {
  HttpHead head(HttpMessage::kResponse);
  head.parse("HTTP/1.0 404 Not Found\r\nContent-Length: 12\r\n\r\n");
  EXPECT_EQ(head.status(), 404);
  EXPECT_EQ(head.reason(), "Not Found");
  EXPECT_EQ(head.content_length(), (HttpContentLength{HttpLength::kKnown, 12}));
  EXPECT_FALSE(head.is_chunked());
}

TEST(HttpHead, SaysWhatIsWrongAndWhere) {
  HttpHead head(HttpMessage::kRequest);
  EXPECT_EQ(head.parse("GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
            (HttpVerdict{HttpOutcome::kRefused, HttpError::kBlankInName, 20}));
}

TEST(HttpHead, TakesBytesAsTheyCome) {
  const std::string_view text = "GET / HTTP/1.1\r\nHost: example\r\n\r\n";
  HttpHead head(HttpMessage::kRequest);
  for (std::size_t i = 0; i + 1 < text.size(); ++i)
    EXPECT_EQ(head.parse_more(text.substr(i, 1)).outcome, HttpOutcome::kIncomplete) << i;
  EXPECT_EQ(head.parse_more(text.substr(text.size() - 1)).outcome, HttpOutcome::kComplete);
  EXPECT_EQ(head.field(0).value.data(), text.data() + text.find("example"));
}

TEST(HttpHead, HasNoMoreFieldsThanItHasRoomFor) {
  HttpRules rules;
  rules.fields = 1000;
  BasicHttpHead<2> head(HttpMessage::kRequest, rules);
  const std::string_view start = "GET / HTTP/1.1\r\n";
  EXPECT_EQ(head.parse("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n").outcome, HttpOutcome::kComplete);
  head.reset();
  EXPECT_EQ(head.parse("GET / HTTP/1.1\r\nA: 1\r\nB: 2\r\nC: 3\r\n\r\n"),
            (HttpVerdict{HttpOutcome::kRefused, HttpError::kTooManyFields, start.size() + 12}));
}

TEST(HttpHeadDeathTest, LessThanBeforeEndsTheProgram) {
  HttpHead head(HttpMessage::kRequest);
  head.parse("GET / HT");
  EXPECT_DEATH(head.parse("GET"), "HttpHead I1");
}

TEST(SharedHttpHead, IsExactlyTheHead) {
  const std::string_view text = "GET /a HTTP/1.1\r\nHost: example\r\n\r\nbody";
  const Bytes all = Bytes::copy_of(std::as_bytes(std::span(text)));
  SharedHttpHead<Bytes> head(HttpMessage::kRequest);
  const HttpVerdict verdict = head.parse(all);
  EXPECT_EQ(verdict.outcome, HttpOutcome::kComplete);
  EXPECT_EQ(head.bytes().size(), text.size() - 4);
  EXPECT_EQ(head.bytes().data(), all.data());
  const Bytes target = head.slice(head.target());
  EXPECT_EQ(target.data(), all.data() + 4);
  EXPECT_EQ(target.size(), 2u);
}

TEST(SharedHttpHead, GoesOnInLongerBytes) {
  const std::string_view text = "GET /a HTTP/1.1\r\nHost: example\r\n\r\n";
  SharedHttpHead<Bytes> head(HttpMessage::kRequest);
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto outcome = head.parse(Bytes::copy_of(std::as_bytes(std::span(text.substr(0, size))))).outcome;
    EXPECT_EQ(outcome, size < text.size() ? HttpOutcome::kIncomplete : HttpOutcome::kComplete);
  }
  EXPECT_EQ(head.find("host"), "example");
}

}  // namespace
}  // namespace assay
