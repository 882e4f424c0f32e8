// Fields that keep the syntax and say more than one thing about the length of the body, with what the helpers
// must find: the classics of request smuggling (James Kettle: "HTTP Desync Attacks", 2019; RFC 9112, 11.2).
#pragma once

#include <string_view>

#include "zerocopy/http_head_concept.h"

namespace assay::suite::http_head {

struct FramingSample {
  std::string_view fields;  // with their line ends
  HttpContentLength length;
  bool chunked;
};

using enum HttpLength;

inline constexpr FramingSample kLengthSamples[] = {
    {"Host: a\r\n", {kAbsent, 0}, false},
    {"Content-Length: 0\r\n", {kKnown, 0}, false},
    {"content-length:7\r\n", {kKnown, 7}, false},
    {"CONTENT-LENGTH:  42 \r\n", {kKnown, 42}, false},
    {"Content-Length:\t42 \t\r\n", {kKnown, 42}, false},
    {"Content-Length: 00000000000000000000000000042\r\n", {kKnown, 42}, false},
    {"Content-Length: 18446744073709551615\r\n", {kKnown, UINT64_MAX}, false},
    {"Content-Length: 18446744073709551616\r\n", {kTooLarge, 0}, false},
    {"Content-Length: 18446744073709551620\r\n", {kTooLarge, 0}, false},
    {"Content-Length: 28446744073709551615\r\n", {kTooLarge, 0}, false},
    {"Content-Length: 99999999999999999999999999999\r\n", {kTooLarge, 0}, false},
    {"Content-Length: 36893488147419103232\r\n", {kTooLarge, 0}, false},
    {"Content-Length: 5, 99999999999999999999\r\n", {kTooLarge, 0}, false},
    {"Content-Length:\r\n", {kMalformed, 0}, false},
    {"Content-Length: -1\r\n", {kMalformed, 0}, false},
    {"Content-Length: +5\r\n", {kMalformed, 0}, false},
    {"Content-Length: 0x10\r\n", {kMalformed, 0}, false},
    {"Content-Length: 5 5\r\n", {kMalformed, 0}, false},
    {"Content-Length: 5.0\r\n", {kMalformed, 0}, false},
    {"Content-Length: 1e3\r\n", {kMalformed, 0}, false},
    {"Content-Length: \"5\"\r\n", {kMalformed, 0}, false},
    {"Content-Length: 5;q=1\r\n", {kMalformed, 0}, false},
    {"Content-Length: 99999999999999999999x\r\n", {kMalformed, 0}, false},
    {"Content_Length: 5\r\n", {kAbsent, 0}, false},
    {"Content-Lengths: 5\r\nContent-Lengt: 6\r\n", {kAbsent, 0}, false},
    {"X-Content-Length: 5\r\n", {kAbsent, 0}, false},
};

inline constexpr FramingSample kConflictSamples[] = {
    {"Content-Length: 5\r\nContent-Length: 5\r\n", {kRepeated, 5}, false},
    {"Content-Length: 5\r\nContent-Length: 05\r\n", {kRepeated, 5}, false},
    {"Content-Length: 5, 5\r\n", {kRepeated, 5}, false},
    {"Content-Length: 5 ,\t5,05\r\n", {kRepeated, 5}, false},
    {"Content-Length: 18446744073709551615, 18446744073709551615\r\n", {kRepeated, UINT64_MAX}, false},
    {"Content-Length: 5,\r\n", {kRepeated, 5}, false},
    {"Content-Length: ,5\r\n", {kRepeated, 5}, false},
    {"Content-Length: 5, ,,5\r\n", {kRepeated, 5}, false},
    {"Content-Length: 5\r\nContent-Length: 6\r\n", {kConflict, 0}, false},
    {"Content-Length: 0\r\nHost: a\r\ncontent-length: 44\r\n", {kConflict, 0}, false},
    {"Content-Length: 5, 6\r\n", {kConflict, 0}, false},
    {"Content-Length: 5, 5\r\nContent-Length: 5,6\r\n", {kConflict, 0}, false},
    {"Content-Length: ,\r\n", {kMalformed, 0}, false},
    {"Content-Length: , ,\t,\r\n", {kMalformed, 0}, false},
    {"Content-Length: 5, x\r\n", {kMalformed, 0}, false},
    {"Content-Length: 5, -5\r\n", {kMalformed, 0}, false},
    {"Content-Length: 5 5, 5\r\n", {kMalformed, 0}, false},
    {"Content-Length: \"5, 5\"\r\n", {kMalformed, 0}, false},
    {"Content-Length: 5\r\nContent-Length:\r\n", {kMalformed, 0}, false},
    {"Content-Length: 5\r\nContent-Length: x\r\n", {kMalformed, 0}, false},
};

inline constexpr FramingSample kDisputedSamples[] = {
    {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", {kDisputed, 0}, true},
    {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", {kDisputed, 0}, true},
    {"Content-Length: 5\r\ntransfer-encoding:\r\n", {kDisputed, 0}, false},
    {"Content-Length: 5\r\nTransfer-Encoding: identity\r\n", {kDisputed, 0}, false},
    {"Content-Length: 5\r\nTransfer-Encoding: cow\r\n", {kDisputed, 0}, false},
    {"Content-Length: 5, 5\r\nTransfer-Encoding: chunked\r\n", {kDisputed, 0}, true},
};

inline constexpr FramingSample kChunkedSamples[] = {
    {"Transfer-Encoding: chunked\r\n", {kAbsent, 0}, true},
    {"transfer-encoding:chunked\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding: CHUNKED\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding: gzip, chunked\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding: gzip ,\tchunked\t\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding: chunked, gzip\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: chunked, identity\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: chunked, chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: xchunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: chunkedx\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: \"chunked\"\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: chunked;q=1\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: x chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: chunk\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding:\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: chunked,\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding: , ,chunked\t, ,\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding: gzip,,chunked\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: ,\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding: x;a=b;c=\"d\", chunked\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding: x ; a = \"b, \\\" c\" , chunked\r\n", {kAbsent, 0}, true},
    {"Transfer-Encoding: x;a=\"b, chunked\"\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: x;a=\"b, chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: x;a=\"b\\\", chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: x;a=\"\r\nTransfer-Encoding: chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: x;a=\"\", chunked\", chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: x;, chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: x;a, chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: x;a=, chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: (x), chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: chunked;q=1, chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encoding: chunked, x, chunked\r\n", {kAbsent, 0}, false},
    {"X-Transfer-Encoding: chunked\r\n", {kAbsent, 0}, false},
    {"Transfer-Encodings: chunked\r\n", {kAbsent, 0}, false},
    {"Transfer_Encoding: chunked\r\n", {kAbsent, 0}, false},
    {"Foo: bar\r\nTransfer-Encoding: cow\r\n", {kAbsent, 0}, false},
};

}  // namespace assay::suite::http_head
