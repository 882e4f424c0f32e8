// Fields, the ends of lines, and the end of the head.
#pragma once

#include "suites/http_head/corpus/sample.h"

namespace assay::suite::http_head {

using enum HttpError;
using namespace std::string_view_literals;

inline constexpr Sample kNameSamples[] = {
    whole("GET / HTTP/1.1\r\n!#$%&'*+-.^_`|~09azAZ: 1\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nx: 1\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA_Name_Of_Many_Parts.That-Is~Longer!Than*Two|Blocks: 1\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\n", ": 1\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nHost: a\r\n", ": 1\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\n", "(x): 1\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nX", "/Y: 1\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nX", "[0]: 1\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nX", "{y}: 1\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nX", "\"Y\": 1\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nX", "@Y: 1\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nX", "=Y\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nHost", "\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nHost: a\r\nX", "\r\nY: 1\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nHost", "\0: a\r\n\r\n"sv),
    wrong(kName, "GET / HTTP/1.1\r\nH", "\xc3\xb6st: a\r\n\r\n"),
    wrong(kName, "GET / HTTP/1.1\r\nAn-Ordinary-Name-0123456789", "\x01: a\r\n\r\n"),
    open("GET / HTTP/1.1\r\nHost"),
    open("GET / HTTP/1.1\r\nHost:"),
};

inline constexpr Sample kBlankInNameSamples[] = {
    wrong(kBlankInName, "GET / HTTP/1.1\r\nHost", " : a\r\n\r\n"),
    wrong(kBlankInName, "GET / HTTP/1.1\r\nHost", "\t: a\r\n\r\n"),
    wrong(kBlankInName, "GET / HTTP/1.1\r\nA", " B: a\r\n\r\n"),
    wrong(kBlankInName, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length", " : 5\r\n\r\n"),
    wrong(kBlankInName, "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding", " : chunked\r\n\r\n"),
    wrong(kBlankInName, "GET / HTTP/1.1\r\nTransfer-Encoding", "\t: chunked\r\n\r\n"),
};

inline constexpr Sample kValueSamples[] = {
    whole("GET / HTTP/1.1\r\nA: b\r\nC: d:e:f\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA: \"quoted, \\\" (comment)\"\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA: \xf0\x9f\x8c\xb1 gr\xfcn \x80\xff\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA: a\tb c\r\n\r\n"),
    wrong(kValue, "GET / HTTP/1.1\r\nA: a", "\0b\r\n\r\n"sv),
    wrong(kValue, "GET / HTTP/1.1\r\nA: ", "\0\r\n\r\n"sv),
    wrong(kValue, "GET / HTTP/1.1\r\nA:", "\x01\r\n\r\n"),
    wrong(kValue, "GET / HTTP/1.1\r\nA: a",
          "\x0b"
          "b\r\n\r\n"),
    wrong(kValue, "GET / HTTP/1.1\r\nA: a",
          "\x0c"
          "b\r\n\r\n"),
    wrong(kValue, "GET / HTTP/1.1\r\nA: a",
          "\x1f"
          "b\r\n\r\n"),
    wrong(kValue, "GET / HTTP/1.1\r\nA: a",
          "\x7f"
          "b\r\n\r\n"),
    wrong(kValue, "GET / HTTP/1.1\r\nA: an ordinary value of some length", "\b\r\n\r\n"),
    open("GET / HTTP/1.1\r\nA: b"),
    open("GET / HTTP/1.1\r\nA: b\r"),
    open("GET / HTTP/1.1\r\nA: b\r\n"),
    open("GET / HTTP/1.1\r\nA: b\r\n\r"),
};

inline constexpr Sample kBlankSamples[] = {
    whole("GET / HTTP/1.1\r\nA:b\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA:   b\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA:\t \tb\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA: b \r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA: b\t \t\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA: b  c  \r\nD:e\t\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA:\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA: \r\nB:\t\t\r\nC: d\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA:                                     b\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA: b                                     \r\n\r\n"),
};

inline constexpr Sample kFoldedSamples[] = {
    wrong(kFolded, "GET / HTTP/1.1\r\nA: b\r\n", " c\r\n\r\n"),
    wrong(kFolded, "GET / HTTP/1.1\r\nA: b\r\n", "\tc\r\n\r\n"),
    wrong(kFolded, "GET / HTTP/1.1\r\nA:\r\n", " b\r\n\r\n"),
    wrong(kFolded, "GET / HTTP/1.1\r\nA: b\r\n", " \r\n\r\n"),
    wrong(kFolded, "GET / HTTP/1.1\r\n", " A: b\r\n\r\n"),
    wrong(kFolded, "GET / HTTP/1.1\r\n", "\tA: b\r\n\r\n"),
    wrong(kFolded, "GET / HTTP/1.1\r\nHost: a\r\n", " Transfer-Encoding: chunked\r\n\r\n"),
    wrong(kFolded, "GET / HTTP/1.1\r\nTransfer-Encoding:\r\n", " chunked\r\n\r\n"),
};

inline constexpr Sample kBareCrSamples[] = {
    wrong(kLineEnd, "\r", "GET / HTTP/1.1\r\n\r\n"),
    wrong(kLineEnd, "\r", "\r\nGET / HTTP/1.1\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r", "A: b\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r", "\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA: b\r", "C: d\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA: b\r", "\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA: b\r", " c\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA:\r", "b\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA: b\r\n\r", "\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA: b\r\n\r", "X: y\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA: b\r", "\0\n\r\n"sv),
};

inline constexpr Sample kBareLfSamples[] = {
    wrong(kLineEnd, "", "\nGET / HTTP/1.1\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1", "\nA: b\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA: b", "\nC: d\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA:", "\nC: d\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA: b ", "\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA: b\r\n", "\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\n", "\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nA: b", "\n c\r\n\r\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\r\nContent-Length: 5", "\nTransfer-Encoding: chunked\r\n\r\n"),
};

inline constexpr Sample kResponseLfSamples[] = {
    wrong(kLineEnd, "HTTP/1.1 200 OK", "\nA: b\r\n\r\n"),
    wrong(kLineEnd, "HTTP/1.1 200 ", "\n\r\n"),
    wrong(kLineEnd, "HTTP/1.1 200 OK\r\nA: b", "\n\n"),
};

inline constexpr Sample kResponseCrSamples[] = {
    wrong(kLineEnd, "HTTP/1.1 200 OK\r", "A: b\r\n\r\n"),
    wrong(kLineEnd, "HTTP/1.1 200 \r", "\r\n\r\n"),
    wrong(kLineEnd, "HTTP/1.1 200 OK\r\n\r", "A"),
};

// With HttpRules::bare_lf.
inline constexpr Sample kAcceptedLfSamples[] = {
    whole("GET / HTTP/1.1\n\n"),
    whole("\nGET / HTTP/1.1\n\n", "\n"),
    whole("\n\r\nGET / HTTP/1.1\r\nA: b\n\r\n"),
    whole("GET / HTTP/1.1\nA: b\nC: d\n\n", "body"),
    whole("GET / HTTP/1.1\nA:\nC: d\r\n\n"),
    whole("GET / HTTP/1.1\r\nA: b\r\n\n"),
    open("GET / HTTP/1.1\nA: b\n"),
    wrong(kName, "GET / HTTP/1.1\nA", "\n\n"),
    wrong(kTarget, "GET /", "\n\n"),
};

inline constexpr Sample kAcceptedResponseLfSamples[] = {
    whole("HTTP/1.1 200 OK\n\n"),
    whole("HTTP/1.1 200 OK\nA: b\r\nC: d\n\n", "body"),
    whole("HTTP/1.1 200 \nA: b\n\n"),
};

// And what it does not let pass.
inline constexpr Sample kLenientSamples[] = {
    wrong(kLineEnd, "GET / HTTP/1.1\r", "A: b\n\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\nA: b\r", "C: d\n\n"),
    wrong(kLineEnd, "GET / HTTP/1.1\nA: b\n\r", "A"),
    wrong(kFolded, "GET / HTTP/1.1\nA: b\n", " c\n\n"),
    wrong(kBlankInName, "GET / HTTP/1.1\nA", " : b\n\n"),
    wrong(kValue, "GET / HTTP/1.1\nA: ", "\x01\n\n"),
};

inline constexpr Sample kEndSamples[] = {
    whole("GET / HTTP/1.1\r\n\r\n", "\r\n\r\n"),
    whole("GET / HTTP/1.1\r\n\r\n", "GET /smuggled HTTP/1.1\r\n\r\n"),
    whole("GET / HTTP/1.1\r\nA: b\r\n\r\n", " folded: no\r\n"),
    whole("GET / HTTP/1.1\r\nA: b\r\n\r\n", "\0\r\xff: \n\n"sv),
    whole("POST / HTTP/1.1\r\nContent-Length: 20\r\n\r\n", "C: d\r\n\r\n0123456789\r\n"),
};

}  // namespace assay::suite::http_head
