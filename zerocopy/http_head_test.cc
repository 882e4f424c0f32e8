#include "zerocopy/http_head.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zerocopy/bytes.h"
#include "zerocopy/bytes_mut.h"
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

TEST(HttpHeadDeathTest, AFieldThatThereIsNotEndsTheProgram) {
  HttpHead head(HttpMessage::kRequest);
  head.parse("GET / HTTP/1.1\r\nA: b\r\n\r\n");
  EXPECT_DEATH(head.field(1), "HttpHead I4");
}

TEST(HttpHead, SaysHowTheBodyEnds) {
  HttpHead request(HttpMessage::kRequest);
  request.parse("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n");
  EXPECT_EQ(request.body().end, HttpBodyEnd::kChunked);
  HttpHead response(HttpMessage::kResponse);
  response.parse("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
  EXPECT_EQ(response.body("GET"), (HttpBody{HttpBodyEnd::kLength, 12}));
  EXPECT_EQ(response.body("HEAD"), HttpBody());
}

TEST(HttpHead, HasNothingAfterReset) {
  HttpHead head(HttpMessage::kRequest);
  head.parse("GET /a HTTP/1.1\r\nA: b\r\n\r\n");
  head.reset();
  EXPECT_EQ(head.method(), "");
  EXPECT_EQ(head.target(), "");
  EXPECT_EQ(head.size(), 0u);
}

// What follows the head may have been taken away by then.
TEST(HttpHead, TakesTheHeadAloneWhenItIsComplete) {
  const std::string_view text = "GET /a HTTP/1.1\r\n\r\nbody";
  HttpHead head(HttpMessage::kRequest);
  const HttpVerdict verdict = head.parse(text);
  EXPECT_EQ(head.parse(text.substr(0, verdict.offset)), verdict);
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

TEST(SharedHttpHead, MovesItsBytesAndIsThenAsAfterReset) {
  const std::string_view text = "GET /a HTTP/1.1\r\nHost: example\r\n\r\n";
  SharedHttpHead<Bytes> first(HttpMessage::kRequest);
  first.parse(Bytes::copy_of(std::as_bytes(std::span(text))));
  SharedHttpHead<Bytes> second(std::move(first));
  const auto expect_empty = [](const SharedHttpHead<Bytes>& head) {
    EXPECT_EQ(head.verdict(), HttpVerdict());
    EXPECT_EQ(head.target(), "");
    EXPECT_EQ(head.size(), 0u);
    EXPECT_TRUE(head.bytes().empty());
  };
  expect_empty(first);  // NOLINT: that is what is tested
  EXPECT_EQ(second.find("host"), "example");
  first = std::move(second);
  expect_empty(second);  // NOLINT
  EXPECT_EQ(first.target(), "/a");
  first = SharedHttpHead<Bytes>(HttpMessage::kResponse);
  expect_empty(first);
  EXPECT_EQ(first.message(), HttpMessage::kResponse);
}

// One buffer, filled in pieces, is never copied: no handle of the head's stands in the way.
TEST(SharedHttpHead, LetsABufferGrowInPlace) {
  const std::string_view text = "GET /a HTTP/1.1\r\nHost: example\r\n\r\n";
  BytesMut buffer = BytesMut::with_capacity(text.size());
  const std::byte* const begin = buffer.data();
  SharedHttpHead<Bytes> head(HttpMessage::kRequest);
  for (const char& c : text) {
    buffer.append(std::as_bytes(std::span(&c, 1)));
    Bytes all = std::move(buffer).freeze();
    const bool complete = head.parse(all).outcome == HttpOutcome::kComplete;
    ASSERT_EQ(complete, &c == &text.back());
    if (complete) break;
    std::optional<BytesMut> again = std::move(all).try_into_mut();
    ASSERT_TRUE(again.has_value());
    buffer = std::move(*again);
    ASSERT_EQ(buffer.data(), begin);
  }
  EXPECT_EQ(head.bytes().data(), begin);
  EXPECT_EQ(head.target(), "/a");
}

TEST(SharedHttpHead, ScansWhatItDoesNotKeep) {
  const std::string_view text = "GET /a HTTP/1.1\r\nHost: example\r\n\r\nbody";
  BytesMut buffer;
  SharedHttpHead<Bytes> head(HttpMessage::kRequest);
  HttpVerdict said;
  for (std::size_t n = 0; said.outcome == HttpOutcome::kIncomplete; n += 5) {
    buffer.append(std::as_bytes(std::span(text.substr(n, 5))));
    said = head.scan({reinterpret_cast<const char*>(buffer.data()), buffer.size()});
  }
  EXPECT_EQ(head.parse(buffer.split_to(said.offset).freeze()), said);
  EXPECT_EQ(head.find("host"), "example");
  EXPECT_EQ(head.bytes().size(), text.size() - 4);
}

}  // namespace
}  // namespace assay
