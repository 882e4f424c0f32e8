// Request and status lines.
#pragma once

#include "suites/http_head/corpus/sample.h"

namespace assay::suite::http_head {

using enum HttpError;
using namespace std::string_view_literals;

inline constexpr Sample kRequestLineSamples[] = {
    whole("GET / HTTP/1.1\r\n\r\n"),
    whole("GET / HTTP/1.0\r\n\r\n"),
    whole("HEAD /index.html HTTP/1.1\r\nHost: a\r\n\r\n"),
    whole("POST /submit?a=1&b=2#c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", "a=1"),
    whole("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    whole("CONNECT www.example.com:80 HTTP/1.1\r\nHost: www.example.com\r\n\r\n"),
    whole("CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
    whole("CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
    whole("GET urn:isbn:0451450523 HTTP/1.1\r\nHost: a\r\n\r\n"),
    whole("GET coap+tcp://a.example/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    whole("OPTIONS http://user@a.example:8001 HTTP/1.1\r\nHost: a\r\n\r\n"),
    open("GET *"),
    open("GET http"),
    open("GET [::"),
    whole("GET http://www.example.org/pub/WWW/ HTTP/1.1\r\nHost: www.example.org\r\n\r\n"),
    whole("DELETE /a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u HTTP/1.1\r\nHost: a\r\n\r\n"),
    whole("PUT /%C3%A4%20b HTTP/1.1\r\nHost: a\r\n\r\n"),
    whole("TRACE / HTTP/1.0\r\nX: y\r\n\r\n"),
    whole("GET / HTTP/1.2\r\n\r\n"),
    whole("GET / HTTP/1.9\r\nHost: a\r\n\r\n"),
    open(""),
    open("G"),
    open("GET"),
    open("GET "),
    open("GET /"),
    open("GET / "),
    open("GET / HTTP/1"),
    open("GET / HTTP/1.1"),
    open("GET / HTTP/1.1\r"),
    open("GET / HTTP/1.1\r\n"),
    open("GET / HTTP/1.1\r\n\r"),
};

inline constexpr Sample kAnyMethodSamples[] = {
    whole("g / HTTP/1.1\r\n\r\n"),
    whole("Get / HTTP/1.1\r\n\r\n"),
    whole("BREW /pot-1 HTTP/1.1\r\n\r\n"),
    whole("!#$%&'*+-.^_`|~09azAZ / HTTP/1.1\r\n\r\n"),
    whole("A-METHOD-THAT-IS-LONGER-THAN-TWO-BLOCKS / HTTP/1.1\r\n\r\n"),
    open("BREW"),
};

inline constexpr Sample kMethodSamples[] = {
    wrong(kMethod, "", " / HTTP/1.1\r\n\r\n"),
    wrong(kMethod, "", "\t/ HTTP/1.1\r\n\r\n"),
    wrong(kMethod, "", ": / HTTP/1.1\r\n\r\n"),
    wrong(kMethod, "GET", "\t/ HTTP/1.1\r\n\r\n"),
    wrong(kMethod, "GET", "\r\n\r\n"),
    wrong(kMethod, "GET", ":/ HTTP/1.1\r\n\r\n"),
    wrong(kMethod, "GE", "(T / HTTP/1.1\r\n\r\n"),
    wrong(kMethod, "G", "\0ET / HTTP/1.1\r\n\r\n"sv),
    wrong(kMethod, "G", "\xc3\x84T / HTTP/1.1\r\n\r\n"),
    wrong(kMethod, "", "\x16\x03\x01\x02 TLS"),
    wrong(kMethod, "GET", "/ HTTP/1.1\r\n\r\n"),
};

inline constexpr Sample kTargetSamples[] = {
    wrong(kTarget, "GET ", " HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET ", " / HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET ", "\r\n\r\n"),
    wrong(kTarget, "GET /", "\r\n\r\n"),
    wrong(kTarget, "GET /", "\tHTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET /a", "\0b HTTP/1.1\r\n\r\n"sv),
    wrong(kTarget, "GET /a", "\x7f HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET /", "\xc3\xa4 HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET index", " HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET index", "/a:b HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET *", "a HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET *", "/ HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET ", "?a HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET ", "#a HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET ", ":80 HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET a", "@b:80 HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "CONNECT a.example", " HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "CONNECT [", "/ HTTP/1.1\r\n\r\n"),
    wrong(kTarget, "GET /0123456789abcdef0123456789", "\x01 HTTP/1.1\r\n\r\n"),
};

inline constexpr Sample kRequestVersionSamples[] = {
    wrong(kVersion, "GET / ", "\r\n\r\n"),          wrong(kVersion, "GET / ", "FTP/1.1\r\n\r\n"),
    wrong(kVersion, "GET / ", " HTTP/1.1\r\n\r\n"), wrong(kVersion, "GET / ", "http/1.1\r\n\r\n"),
    wrong(kVersion, "GET / HTTP", "S/1.1\r\n\r\n"), wrong(kVersion, "GET / HTTP/", "2.0\r\n\r\n"),
    wrong(kVersion, "GET / HTTP/", "0.9\r\n\r\n"),  wrong(kVersion, "GET / HTTP/1.", "\r\n\r\n"),
    wrong(kVersion, "GET / HTTP/1.", "x\r\n\r\n"),  wrong(kVersion, "GET / HTTP/1.", "-1\r\n\r\n"),
    wrong(kVersion, "GET / HTTP/1", ",1\r\n\r\n"),  wrong(kVersion, "GET / HTTP/1.1", "0\r\n\r\n"),
    wrong(kVersion, "GET / HTTP/1.1", " \r\n\r\n"), wrong(kVersion, "GET / HTTP/1.1", " HTTP/1.1\r\n\r\n"),
    wrong(kVersion, "GET / HTTP/", "01.1\r\n\r\n"), wrong(kVersion, "GET /a ", "b HTTP/1.1\r\n\r\n"),
};

inline constexpr Sample kEmptyLineSamples[] = {
    whole("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"),
    whole("\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n"),
    open("\r\n"),
    open("\r\n\r"),
    wrong(kMethod, "\r\n", " GET / HTTP/1.1\r\n\r\n"),
};

inline constexpr Sample kStatusLineSamples[] = {
    whole("HTTP/1.1 200 OK\r\n\r\n"),
    whole("HTTP/1.0 404 Not Found\r\nServer: a\r\n\r\n", "body"),
    whole("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
          "\x81\x05"),
    whole("HTTP/1.2 200 OK\r\n\r\n"),
    whole("HTTP/1.1 304 Not Modified, as was to be expected of it\r\nETag: \"x\"\r\n\r\n"),
    open(""),
    open("HTTP/1.1"),
    open("HTTP/1.1 "),
    open("HTTP/1.1 20"),
    open("HTTP/1.1 200"),
    open("HTTP/1.1 200 "),
    open("HTTP/1.1 200 OK"),
    open("HTTP/1.1 200 OK\r\n"),
};

inline constexpr Sample kResponseVersionSamples[] = {
    wrong(kVersion, "H", "ELP/1.1 200 OK\r\n\r\n"),  wrong(kVersion, "", "http/1.1 200 OK\r\n\r\n"),
    wrong(kVersion, "", " HTTP/1.1 200 OK\r\n\r\n"), wrong(kVersion, "HTTP", " 200 OK\r\n\r\n"),
    wrong(kVersion, "HTTP/", "2 200 OK\r\n\r\n"),    wrong(kVersion, "HTTP/1.", "x 200 OK\r\n\r\n"),
    wrong(kVersion, "HTTP/1.1", "\t200 OK\r\n\r\n"), wrong(kVersion, "HTTP/1.1", "1 200 OK\r\n\r\n"),
    wrong(kVersion, "HTTP/1.1", "\r\n\r\n"),         wrong(kVersion, "", "ICY 200 OK\r\n\r\n"),
    wrong(kVersion, "", "GET / HTTP/1.1\r\n\r\n"),
};

inline constexpr Sample kEarlyLineSamples[] = {
    wrong(kVersion, "", "\r\nHTTP/1.1 200 OK\r\n\r\n"),
    wrong(kVersion, "", "\nHTTP/1.1 200 OK\r\n\r\n"),
};

inline constexpr Sample kStatusSamples[] = {
    wrong(kStatus, "HTTP/1.1 ", " 200 OK\r\n\r\n"), wrong(kStatus, "HTTP/1.1 ", "OK\r\n\r\n"),
    wrong(kStatus, "HTTP/1.1 ", "\r\n\r\n"),        wrong(kStatus, "HTTP/1.1 ", "-20 OK\r\n\r\n"),
    wrong(kStatus, "HTTP/1.1 2", " OK\r\n\r\n"),    wrong(kStatus, "HTTP/1.1 20", " OK\r\n\r\n"),
    wrong(kStatus, "HTTP/1.1 20", "\r\n\r\n"),      wrong(kStatus, "HTTP/1.1 20", "x OK\r\n\r\n"),
    wrong(kStatus, "HTTP/1.1 200", "0 OK\r\n\r\n"), wrong(kStatus, "HTTP/1.1 200", "\tOK\r\n\r\n"),
    wrong(kStatus, "HTTP/1.1 200", "OK\r\n\r\n"),
};

inline constexpr Sample kReasonSamples[] = {
    whole("HTTP/1.1 200 \r\n\r\n"),
    whole("HTTP/1.1 204 \r\nServer: a\r\n\r\n"),
    whole("HTTP/1.1 200  OK\r\n\r\n"),
    whole("HTTP/1.1 200 OK \r\n\r\n"),
    whole("HTTP/1.1 200 with\ttab\r\n\r\n"),
    whole("HTTP/1.1 200 d\xc3\xa9"
          "j\xc3\xa0 vu\r\n\r\n"),
    wrong(kReason, "HTTP/1.1 200 O", "\0K\r\n\r\n"sv),
    wrong(kReason, "HTTP/1.1 200 ", "\x1b[31mOK\r\n\r\n"),
    wrong(kReason, "HTTP/1.1 200 0123456789abcdef0123456789", "\x7f\r\n\r\n"),
};

}  // namespace assay::suite::http_head
