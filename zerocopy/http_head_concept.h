// What a parser of HTTP/1 heads claims and owes: the start line and the fields of a request or of a response,
// as views into the bytes that came.
//
//   class MyHead {
//     static constexpr assay::HttpHeadTraits kTraits{...};
//     explicit MyHead(assay::HttpMessage, const assay::HttpRules& = {});
//     assay::HttpVerdict parse(std::string_view all) noexcept;     // everything so far, from the first byte
//     void reset() noexcept;                                       // for the next message, same rules
//     std::string_view method() const, target() const;             // of a request
//     int status() const;  std::string_view reason() const;        // of a response
//     int minor_version() const;                                   // the digit behind HTTP/1.
//     std::size_t size() const;                                    // fields
//     assay::HttpField field(std::size_t) const;                   // in the order in which they came
//   };
//   static_assert(assay::HttpHeadParser<MyHead>);
//
// parse() says kIncomplete until the empty line has come, and is then called with more behind the same bytes,
// which may lie elsewhere by then. kComplete: offset is the size of the head, and what is behind it was not
// looked at. kRefused: offset is that of the first byte with which no head could have gone on, and error says
// what it broke; it is told with this byte's arrival, never later. Both are final until reset().
//
// Views are of the bytes of the latest parse() and are defined when it said kComplete. The white space around
// a value is no part of it; names keep their case.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "zerocopy/buffer_concept.h"

namespace assay {

enum class HttpMessage : unsigned char { kRequest, kResponse };
enum class HttpOutcome : unsigned char { kIncomplete, kComplete, kRefused };

enum class HttpError : unsigned char {
  kNone,
  kMethod,            // no token character, or no method
  kTarget,            // no target, a byte outside 0x21 to 0x7e, or none of: /…, *, name:…
  kVersion,           // not HTTP/1. and one digit
  kStatus,            // not three digits, or something else than a space behind them
  kReason,            // a control character
  kName,              // no token character, no name, or no colon
  kBlankInName,       // white space before the colon
  kFolded,            // a line of the fields that begins with white space
  kValue,             // a control character
  kLineEnd,           // CR without LF, or LF without CR
  kStartLineTooLong,  // than HttpRules::start_line
  kTooManyFields,     // more than HttpRules::fields
  kHeadTooLong        // than HttpRules::head
};

struct HttpVerdict {
  HttpOutcome outcome = HttpOutcome::kIncomplete;
  HttpError error = HttpError::kNone;
  std::size_t offset = 0;  // bytes; see above. kIncomplete: all that came

  friend bool operator==(const HttpVerdict&, const HttpVerdict&) = default;
};

// Limits are the largest that pass. A byte that breaks a rule of the syntax and a limit breaks the limit, but
// for that of fields, which the first byte of a name breaks.
struct HttpRules {
  std::size_t head = 64 * 1024;  // bytes, with the empty lines before the request line and the one at the end
  std::size_t start_line = 8192;  // bytes, without the line's end
  std::size_t fields = 100;
  bool bare_lf = false;  // a line may end with LF alone (RFC 9112, 2.2)
};

struct HttpField {
  std::string_view name, value;
};

// Of all Content-Length fields together.
enum class HttpLength : unsigned char {
  kAbsent,
  kKnown,
  kMalformed,  // something else than digits, or than lists of them
  kTooLarge,   // for 64 bits
  kConflict,   // two that differ
  kDisputed,   // Transfer-Encoding is there as well: the mark of request smuggling
  kRepeated    // a list, or several fields, of one number: may be refused or taken (RFC 9110, 8.6)
};

struct HttpContentLength {
  HttpLength state = HttpLength::kAbsent;
  std::uint64_t bytes = 0;  // when it is kKnown or kRepeated

  friend bool operator==(const HttpContentLength&, const HttpContentLength&) = default;
};

// How the body ends that is behind a head (RFC 9112, 6.3).
enum class HttpBodyEnd : unsigned char {
  kNone,     // there is no body
  kLength,   // after so many bytes
  kChunked,  // with the last chunk
  kClose,    // with the connection: a response that does not say
  kTunnel,   // what follows belongs to no message: CONNECT was granted
  kFaulty    // two recipients may see different ends: a server answers 400, and both close the connection
};

struct HttpBody {
  HttpBodyEnd end = HttpBodyEnd::kNone;
  std::uint64_t bytes = 0;  // of kLength

  friend bool operator==(const HttpBody&, const HttpBody&) = default;
};

struct HttpHeadTraits {
  bool incremental = false;   // a byte is read in one call of parse() only
  bool zero_copy = false;     // views are addresses in the input
  bool strict = false;        // refuses what RFC 9112 lets a recipient refuse; false: some of it passes
  bool exact_errors = false;  // says which error, and at which byte
  bool any_method = false;    // any token; false: those that it has a list of
  bool limits = false;        // keeps the rules' limits exactly
  bool bare_lf = false;       // knows HttpRules::bare_lf
  bool pieces = false;        // parse_more(): only what came, if it lies behind the rest
  bool framing = false;       // find(), content_length(), is_chunked(), body()
  bool shares = false;        // parse() takes a Buffer, and keeps it when the head in it is complete; slice()
                              // of a view keeps its bytes alive
  bool traps_misuse = false;  // fewer bytes than before, or a field that there is not, end the program
};

template <class H>
concept ParsesPieces = requires(H head, std::string_view piece) {
  { head.parse_more(piece) }
  noexcept->std::same_as<HttpVerdict>;
};

template <class H>
concept KnowsFraming = requires(const H head, std::string_view name, std::size_t from) {
  { head.find(name) }
  noexcept->std::same_as<std::optional<std::string_view>>;
  { head.find_from(from, name) }  // the index of the field, or size()
  noexcept->std::same_as<std::size_t>;
  { head.content_length() }
  noexcept->std::same_as<HttpContentLength>;
  { head.is_chunked() }  // once, and last, and not in HTTP/1.0 (RFC 9112, 6.1)
  noexcept->std::same_as<bool>;
  { head.body(name) }  // of a response, to a request of that method; requests do not look at it
  noexcept->std::same_as<HttpBody>;
};

template <class H>
concept ParsesText = requires(H head, std::string_view all) {
  { head.parse(all) }
  noexcept->std::same_as<HttpVerdict>;
};

template <class H>
concept SharesText = Buffer<typename H::Buffer> &&
    requires(H head, const H constant, typename H::Buffer all, std::string_view part) {
  { head.parse(all) } -> std::same_as<HttpVerdict>;
  { constant.slice(part) } -> std::same_as<typename H::Buffer>;
};

template <class H>
concept HttpHeadParser = std::constructible_from<H, HttpMessage> &&
    std::constructible_from<H, HttpMessage, const HttpRules&> &&
    requires(H head, const H constant, std::size_t i) {
  { H::kTraits } -> std::convertible_to<const HttpHeadTraits&>;
  { head.reset() }
  noexcept;
  { constant.method() }
  noexcept->std::same_as<std::string_view>;
  { constant.target() }
  noexcept->std::same_as<std::string_view>;
  { constant.status() }
  noexcept->std::same_as<int>;
  { constant.reason() }
  noexcept->std::same_as<std::string_view>;
  { constant.minor_version() }
  noexcept->std::same_as<int>;
  { constant.size() }
  noexcept->std::same_as<std::size_t>;
  { constant.field(i) }
  noexcept->std::same_as<HttpField>;
} &&(H::kTraits.shares
         ? SharesText<H>
         : ParsesText<H>)&&(!H::kTraits.pieces || ParsesPieces<H>)&&(!H::kTraits.framing || KnowsFraming<H>);

}  // namespace assay
