// Whole heads, and how the body behind each ends (RFC 9112, 6.3).
#pragma once

#include <cstdint>
#include <string_view>

#include "zerocopy/http_head_concept.h"

namespace assay::suite::http_head {

struct BodySample {
  std::string_view head;
  HttpBody body;
  std::string_view answered = {};  // of a response
};

inline constexpr HttpBody kNoBody, kChunks{HttpBodyEnd::kChunked}, kUntilClose{HttpBodyEnd::kClose},
    kTunnel{HttpBodyEnd::kTunnel}, kFaultyBody{HttpBodyEnd::kFaulty};
constexpr HttpBody bytes(std::uint64_t n) { return {HttpBodyEnd::kLength, n}; }

// HTTP/1.0 knows no Transfer-Encoding: whoever sends it is not to be trusted with a second message.
inline constexpr BodySample kOldRequestSamples[] = {
    {"GET / HTTP/1.0\r\n\r\n", kNoBody},
    {"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\n", bytes(5)},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: identity\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.0\r\nTransfer-Encoding:\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", kFaultyBody},
};
inline constexpr BodySample kOldResponseSamples[] = {
    {"HTTP/1.0 200 OK\r\n\r\n", kUntilClose},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kFaultyBody},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", kFaultyBody},
    {"HTTP/1.0 304 No\r\nTransfer-Encoding: chunked\r\n\r\n", kFaultyBody},
    {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kFaultyBody, "HEAD"},
};

inline constexpr BodySample kRequestBodySamples[] = {
    {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", kNoBody},
    {"POST / HTTP/1.1\r\nHost: a\r\n\r\n", kNoBody},
    {"HEAD / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", bytes(5)},
    {"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\n", bytes(0)},
    {"POST / HTTP/1.1\r\nContent-Length: 18446744073709551609\r\n\r\n", bytes(18446744073709551609u)},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", kChunks},
    {"POST / HTTP/1.9\r\nTransfer-Encoding: chunked\r\n\r\n", kChunks},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", kChunks},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked;q=1\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: x;a=\"b, chunked\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: x;a=\"b, chunked\"\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", kFaultyBody},
    {"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", kFaultyBody},
    {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", kNoBody},
    {"CONNECT a:80 HTTP/1.1\r\nContent-Length: 5\r\n\r\n", bytes(5)},
    {"GET / HTTP/1.1\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", kNoBody},
};

inline constexpr BodySample kResponseBodySamples[] = {
    {"HTTP/1.1 200 OK\r\n\r\n", kUntilClose},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", bytes(5)},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", bytes(5), "GET"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", bytes(5), "head"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", kNoBody, "HEAD"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kChunks},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kNoBody, "HEAD"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", kUntilClose},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", kUntilClose},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", kFaultyBody},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", kFaultyBody},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nContent-Length: 5\r\n\r\n", kFaultyBody},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", kFaultyBody},
    {"HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n", kFaultyBody},
    {"HTTP/1.1 100 Continue\r\n\r\n", kNoBody},
    {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", kNoBody},
    {"HTTP/1.1 199 What\r\nContent-Length: 5\r\n\r\n", kNoBody},
    {"HTTP/1.1 204 No Content\r\n\r\n", kNoBody},
    {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", kNoBody},
    {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", kNoBody},
    {"HTTP/1.1 205 Reset Content\r\n\r\n", kUntilClose},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", kNoBody},
    {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5, 6\r\n\r\n", kNoBody},
    {"HTTP/1.1 200 OK\r\n\r\n", kTunnel, "CONNECT"},
    {"HTTP/1.1 299 OK\r\nContent-Length: 5\r\n\r\n", kTunnel, "CONNECT"},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", kTunnel, "CONNECT"},
    {"HTTP/1.1 407 Who\r\nContent-Length: 5\r\n\r\n", bytes(5), "CONNECT"},
    {"HTTP/1.1 302 There\r\n\r\n", kUntilClose, "CONNECT"},
};

}  // namespace assay::suite::http_head
