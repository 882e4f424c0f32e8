// Where http_parser 2.9.4, as Debian builds it, and HttpHead (zerocopy/http_head.h) judge a head differently,
// and what the RFCs say. On everything else they agree: http_parser_agreement_test.cc runs both on every
// input of the suite and on random changes of them, beside a slow parser in which each difference is a switch
// (http_parser_dialect.h). A difference that is not here, or is no more, fails it.
//
// A verdict is: refused, incomplete, or complete at that byte with a body that ends in that way. HttpHead
// refuses where parse() does or body() is faulty.
#pragma once

#include <bitset>
#include <cstddef>

namespace assay::peer {

enum class Difference : unsigned char {
  kLfAlone,
  kCrAlone,
  kCrBeforeStartLine,
  kLinesBeforeResponse,
  kMethodList,
  kSpacesInStartLine,
  kTargetForms,
  kTargetBytes,
  kNoVersion,
  kNameOfHttp,
  kMajorVersion,
  kStatusDigits,
  kReasonBytes,
  kSpaceInName,
  kFoldedLines,
  kFirstByteOfValue,
  kLengthAtOnce,
  kLengthTab,
  kLengthLimit,
  kEncodingPrefix,
  kCodingsByBytes,
  kOldEncoding,
  kBodyOfStatus,
  kBodyOfConnect,
  kEnd
};
constexpr std::size_t kDifferences = static_cast<std::size_t>(Difference::kEnd);

class Differences : public std::bitset<kDifferences> {
 public:
  bool on(Difference which) const { return test(static_cast<std::size_t>(which)); }
};

enum class Right : unsigned char {
  kOurs,   // a MUST, or the grammar, is with HttpHead
  kEither  // the RFCs let a recipient do both
};

struct DifferenceEntry {
  Difference which;
  Right right;
  const char* section;
  const char* ours;
  const char* theirs;
  int inputs;  // of the suite's, that differ by it, alone or with another
};

// Of the suite's inputs.
constexpr int kInputsThatDiffer = 127;

// In the order of Difference.
inline constexpr DifferenceEntry kDifferenceTable[] = {
    {Difference::kLfAlone, Right::kEither, "RFC 9112, 2.2: MAY recognize a single LF",
     "refuses it unless HttpRules::bare_lf says otherwise", "takes it for the end of any line", 27},
    {Difference::kCrAlone, Right::kOurs, "RFC 9112, 2.2: bare CR is invalid, or is replaced by SP",
     "refuses the byte that follows",
     "takes any byte behind CR for LF at the end of a status line, of an empty value and of the head", 6},
    {Difference::kCrBeforeStartLine, Right::kOurs, "RFC 9112, 2.2: bare CR is invalid, or is replaced by SP",
     "refuses it", "skips CR before the start line, whatever follows", 2},
    {Difference::kLinesBeforeResponse, Right::kOurs, "RFC 9112, 2.2: only servers skip empty lines",
     "refuses an empty line before a status line", "skips it", 2},
    {Difference::kMethodList, Right::kOurs,
     "RFC 9110, 9.1 and 16.1: methods are registered, and more may come", "takes any token for a method",
     "refuses what is none of its 34", 6},
    {Difference::kSpacesInStartLine, Right::kEither,
     "RFC 9112, 3 and 4: MAY parse on white space; 11.2 warns of it", "refuses a second space",
     "skips further spaces before the target, the version and the status", 3},
    {Difference::kTargetForms, Right::kOurs, "RFC 9112, 3.2; RFC 3986, 3.1 and 3.2",
     "takes /…, * alone, and what has a colon behind the letters of a scheme or host",
     "takes /…, *…, a scheme of letters only with ://, and in CONNECT a host without port", 7},
    {Difference::kTargetBytes, Right::kOurs, "RFC 9112, 3.2; RFC 3986, 2: visible ASCII only",
     "refuses all other bytes", "takes HTAB, FF and bytes beyond ASCII in paths and queries", 2},
    {Difference::kNoVersion, Right::kOurs, "RFC 9112, 3: the version is a part of the line",
     "refuses a line that ends behind the target", "takes it for HTTP/0.9, with fields behind it", 3},
    {Difference::kNameOfHttp, Right::kOurs, "RFC 9112, 2.3: HTTP-name is %s\"HTTP\"", "compares every byte",
     "compares the H, and takes any four bytes behind it", 1},
    {Difference::kMajorVersion, Right::kEither, "RFC 9110, 2.5 and 15.6.6: another major version, 505",
     "refuses HTTP/2.0 and HTTP/0.9", "takes any digit, and leaves it to the caller", 2},
    {Difference::kStatusDigits, Right::kOurs, "RFC 9112, 4: status-code is 3DIGIT", "takes three digits",
     "takes any number of digits up to the value 999", 3},
    {Difference::kReasonBytes, Right::kOurs, "RFC 9112, 4: HTAB, SP, VCHAR and obs-text",
     "refuses control characters", "takes any byte", 3},
    {Difference::kSpaceInName, Right::kOurs, "RFC 9112, 5.1: a server MUST reject; 2.2: nor before the first",
     "refuses white space before the colon, and a first field that begins with it",
     "takes a space for a byte of names", 6},
    {Difference::kFoldedLines, Right::kEither,
     "RFC 9112, 5.2: a server or gateway MUST refuse or replace by SP; a user agent MUST replace",
     "refuses them, which for a user agent is too strict", "goes on with the value, and replaces nothing", 8},
    {Difference::kFirstByteOfValue, Right::kOurs, "RFC 9110, 5.5: NUL and CR are invalid and dangerous",
     "refuses control characters", "does not look at the first byte of a value", 3},
    {Difference::kLengthAtOnce, Right::kEither, "RFC 9112, 6.3",
     "judges Content-Length in body(), when the head is complete and its status known",
     "refuses at the byte that is no digit, and at a second field", 5},
    {Difference::kLengthTab, Right::kOurs, "RFC 9110, 5.6.3: OWS is SP or HTAB",
     "ignores HTAB behind the number", "refuses it", 2},
    {Difference::kLengthLimit, Right::kEither, "RFC 9110, 8.6: no limit is defined", "takes all of 64 bits",
     "refuses the last six numbers", 2},
    {Difference::kEncodingPrefix, Right::kOurs, "RFC 9110, 5.1: a name is all of it",
     "does not know Transfer-EncodingX", "takes it for Transfer-Encoding, but never for chunked", 1},
    {Difference::kCodingsByBytes, Right::kOurs,
     "RFC 9112, 6.1 and 7.1; RFC 9110, 5.6.1 and 10.1.4: a list of codings with parameters",
     "parses the list of all fields together",
     "knows chunked only before spaces and the end, and of several fields looks at the last", 36},
    {Difference::kOldEncoding, Right::kOurs,
     "RFC 9112, 6.1: Transfer-Encoding in HTTP/1.0 MUST be treated as faulty", "refuses it", "decodes it", 5},
    {Difference::kBodyOfStatus, Right::kOurs,
     "RFC 9112, 6.3: 1xx, 204 and 304 have no body, whatever they say", "knows that there is none",
     "goes by the fields, unless its caller says that there is none", 5},
    {Difference::kBodyOfConnect, Right::kOurs, "RFC 9112, 6.3: a request's body is what its fields say",
     "goes by the fields", "has no body in CONNECT", 1},
};
static_assert(sizeof kDifferenceTable / sizeof kDifferenceTable[0] == kDifferences);

}  // namespace assay::peer
