// What StaticServer owes as a speaker of HTTP: heads in any pieces, answers of exactly their length, and no
// two readings of where a request ends.
#include "zerocopy/static_server.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "zerocopy/static_server_testing.h"

namespace assay::static_server_test {
namespace {

constexpr char kDate[] = "Sun, 06 Nov 1994 08:49:37 GMT";

class StaticServerTest : public ::testing::Test {
 protected:
  StaticServerTest() {
    directory.write("small", "some text");
    directory.write("empty", "");
    directory.write("index.html", "<p>index");
    directory.write("below/index.html", "<p>below");
    directory.write("a b%.css", "p {}");
    directory.write("large", large);
  }

  const std::string large = text_of(3'000'000);
  TestDirectory directory;
  RunningServer server{directory};
  Client client{server.port()};
};

TEST_F(StaticServerTest, ServesFilesOfAllSizes) {
  for (const std::size_t size : {1U, 1000U, 4095U, 4096U, 4097U, 65'536U, 100'000U, 10'000'000U}) {
    const std::string text = text_of(size, size), name = std::to_string(size);
    directory.write(name, text);
    const Answer answer = client.get("/" + name);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.field("Content-Length"), std::to_string(size));
    EXPECT_TRUE(answer.body == text) << size;
  }
  const Answer empty = client.get("/empty");
  EXPECT_EQ(empty.status, 200);
  EXPECT_EQ(empty.field("Content-Length"), "0");
}

TEST_F(StaticServerTest, SaysWhatTheFileIsAndWhenItWasChanged) {
  const timespec times[2] = {{784'111'777, 5}, {784'111'777, 5}};
  ASSERT_EQ(::utimensat(AT_FDCWD, directory.path("small").c_str(), times, 0), 0);
  const Answer small = client.get("/small");
  EXPECT_EQ(small.field("Last-Modified"), kDate);
  EXPECT_EQ(small.field("Date").size(), http::kDateBytes);
  EXPECT_EQ(small.field("Content-Type"), "application/octet-stream");
  EXPECT_EQ(small.field("Connection"), "");
  EXPECT_EQ(client.get("/a%20b%25.css").field("Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(client.get("/").field("Content-Type"), "text/html; charset=utf-8");
}

TEST_F(StaticServerTest, NeverTellsAChangeToCome) {
  const timespec times[2] = {{4'000'000'000, 0}, {4'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, directory.path("small").c_str(), times, 0), 0);
  const Answer answer = client.get("/small");
  EXPECT_EQ(answer.field("Last-Modified"), answer.field("Date"));
}

TEST_F(StaticServerTest, DatesAreThoseOfTheCalendar) {
  const auto written = [](std::int64_t seconds) {
    char text[http::kDateBytes];
    http::write_date(seconds, text);
    return std::string(text, sizeof text);
  };
  EXPECT_EQ(written(784'111'777), kDate);
  EXPECT_EQ(written(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(written(-5), written(0));
  EXPECT_EQ(written(951'827'696), "Tue, 29 Feb 2000 12:34:56 GMT");
  EXPECT_EQ(written(1'798'761'599), "Thu, 31 Dec 2026 23:59:59 GMT");
  EXPECT_EQ(written(INT64_MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
}

TEST_F(StaticServerTest, AnswersNotModifiedToWhoHasTheFile) {
  const std::string date = client.get("/small").field("Last-Modified");
  const Answer same = client.get("/small", "If-Modified-Since: " + date + "\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.field("Last-Modified"), date);
  EXPECT_EQ(client.get("/small", std::string("If-Modified-Since: ") + kDate + "\r\n").body, "some text");
  // With If-None-Match the date says nothing (RFC 9110, 13.1.3).
  EXPECT_EQ(client.get("/small", "If-Modified-Since: " + date + "\r\nIf-None-Match: \"x\"\r\n").status, 200);
  EXPECT_EQ(client.get("/small", "If-None-Match: *\r\n").status, 304);
  EXPECT_EQ(client.get("/small").body, "some text");
}

TEST_F(StaticServerTest, HeadIsTheHeadOfGet) {
  for (const std::string target : {"/small", "/large", "/none"}) {
    const Answer whole = client.get(target);
    ASSERT_TRUE(client.say("HEAD " + target + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    const Answer head = client.answer(false);
    EXPECT_EQ(head.status, whole.status);
    EXPECT_EQ(head.field("Content-Length"), whole.field("Content-Length"));
    EXPECT_EQ(head.field("Last-Modified"), whole.field("Last-Modified"));
  }
  EXPECT_EQ(client.get("/small").body, "some text");
}

TEST_F(StaticServerTest, TakesHeadsByteByByte) {
  const std::string request = "\r\nGET /small?query HTTP/1.1\r\nHost: a\r\nX: y\r\n\r\n";
  for (int times = 0; times < 2; ++times) {
    for (const char& c : request) ASSERT_TRUE(client.say({&c, 1}));
    EXPECT_EQ(client.answer().body, "some text");
  }
}

TEST_F(StaticServerTest, AnswersWhatWasPipelinedInOrder) {
  constexpr int kTimes = 1000;  // more than one buffer, and than one turn
  std::string requests;
  for (int i = 0; i < kTimes; ++i) {
    const char* const target = i % 100 == 99 ? "/large" : i % 3 == 0 ? "/none" : i % 3 == 1 ? "/small" : "/";
    requests +=
        "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nNumber: " + std::to_string(i) + "\r\n\r\n";
  }
  std::thread speaker([&] { EXPECT_TRUE(client.say(requests)); });
  for (int i = 0; i < kTimes; ++i) {
    const Answer answer = client.answer();
    if (i % 100 == 99) {
      EXPECT_TRUE(answer.body == large) << i;
    } else {
      EXPECT_EQ(answer.body, i % 3 == 0 ? "404 Not Found\n" : i % 3 == 1 ? "some text" : "<p>index") << i;
    }
  }
  speaker.join();
}

TEST_F(StaticServerTest, AnswersWhoSaysNoMoreAndEnds) {
  ASSERT_TRUE(client.ask("/large"));
  client.say_no_more();
  EXPECT_TRUE(client.answer().body == large);
  EXPECT_TRUE(client.at_end());
}

TEST_F(StaticServerTest, KeepsConnectionsAsTheVersionSays) {
  EXPECT_EQ(client.get("/small").status, 200);
  EXPECT_EQ(client.get("/small", "Connection: x, Close\r\n").field("Connection"), "close");
  EXPECT_TRUE(client.at_end());

  Client old(server.port());
  for (int times = 0; times < 2; ++times) {
    ASSERT_TRUE(old.say("GET /small HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    EXPECT_EQ(old.answer().field("Connection"), "keep-alive");
  }
  ASSERT_TRUE(old.say("GET /small HTTP/1.0\r\n\r\n"));
  EXPECT_EQ(old.answer().field("Connection"), "close");
  EXPECT_TRUE(old.at_end());
}

TEST_F(StaticServerTest, UnderstandsTargetsWithAHost) {
  EXPECT_EQ(client.get("http://a:80/small?x").body, "some text");
  EXPECT_EQ(client.get("HTTP://a").body, "<p>index");
  EXPECT_EQ(client.get("https://a?x").body, "<p>index");
  EXPECT_EQ(client.get("/below/").body, "<p>below");
  EXPECT_EQ(client.get("/below//.//index.html").body, "<p>below");
}

// Refusals after which the next request is still understood.
TEST_F(StaticServerTest, RefusesWhatItCannotServe) {
  const std::pair<const char*, int> kRefused[] = {{"POST /small", 405},   {"DELETE /small", 405},
                                                  {"OPTIONS *", 405},     {"BREW /small", 501},
                                                  {"get /small", 501},    {"GET /none", 404},
                                                  {"GET /below", 404},    {"GET /small/", 404},
                                                  {"GET /%00small", 404}, {"GET /below%2findex.html", 404}};
  for (const auto& [line, status] : kRefused) {
    ASSERT_TRUE(client.say(std::string(line) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    const Answer answer = client.answer();
    EXPECT_EQ(answer.status, status) << line;
    EXPECT_EQ(answer.field("Allow"), status == 405 ? "GET, HEAD" : "");
    EXPECT_EQ(answer.body.substr(0, 3), std::to_string(status));
  }
  EXPECT_EQ(client.get("/small").body, "some text");
}

// Those after which nobody can say where the next request begins, or who errs.
TEST_F(StaticServerTest, RefusesWhatIsNoRequestAndEnds) {
  const std::string host = " HTTP/1.1\r\nHost: a\r\n";
  const std::pair<std::string, int> kRefused[] = {
      {"GET /small HTTP/1.1\r\n\r\n", 400},
      {"GET /small" + host + "Host: b\r\n\r\n", 400},
      {"GET small" + host + "\r\n", 400},
      {"GET /%4" + host + "\r\n", 400},
      {"GET /%zz" + host + "\r\n", 400},
      {"GET http:///small" + host + "\r\n", 400},
      {"GET /small" + host + "A : b\r\n\r\n", 400},
      {"GET /small\r\n\r\n", 400},
      {"GET /small HTTQ/1.1\r\n", 400},
      {"GET /small HTTP/x\r\n", 400},
      {"GET /small HTTP/2.0\r\n", 505},
      {"GET /" + std::string(8000, 'a') + host, 414},
      {"GET /small" + host + "A: " + std::string(20'000, 'a'), 431},
      {"GET /small" + host +
           [] {
             std::string fields;
             for (int i = 0; i < 101; ++i) fields += "A: b\r\n";
             return fields;
           }(),
       431},
  };
  for (const auto& [text, status] : kRefused) {
    Client one(server.port());
    one.say(text);
    const Answer answer = one.answer();
    EXPECT_EQ(answer.status, status) << text.substr(0, 100);
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_TRUE(one.at_end());
  }
}

// What lies behind the head of a request with a body is never answered, whatever it looks like.
TEST_F(StaticServerTest, TakesNoBodyForARequest) {
  const std::string second = "GET /small HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::pair<std::string, int> kBodies[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n", 413},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 34\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", 400},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 34\r\n\r\n", 405}};
  for (const auto& [head, status] : kBodies) {
    Client one(server.port());
    ASSERT_TRUE(one.say(head + second + second));
    const Answer answer = one.answer();
    EXPECT_EQ(answer.status, status) << head;
    EXPECT_EQ(answer.field("Connection"), "close");
    EXPECT_TRUE(one.at_end()) << head;
  }
  EXPECT_EQ(client.get("/small", "Content-Length: 0\r\n").body, "some text");
  EXPECT_EQ(client.get("/small").body, "some text");
}

// The answer arrives although its sender never reads the body.
TEST_F(StaticServerTest, WhoSendsALongBodyGetsTheAnswer) {
  ASSERT_TRUE(client.say("PUT /small HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n"));
  const std::string body = text_of(20'000'000);
  std::thread speaker([&] { EXPECT_TRUE(client.say(body)); });
  EXPECT_EQ(client.answer().status, 405);
  EXPECT_TRUE(client.at_end());
  speaker.join();
}

}  // namespace
}  // namespace assay::static_server_test
