// HttpHead and http_parser on every input of the suite, and on random changes of them: the same verdict, but
// for the differences of http_parser_differences.h, each of which is seen.
//
// ASSAY_LENGTH multiplies the random inputs, ASSAY_SEED chooses others.
#include <gtest/gtest.h>
#include <http_parser.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "suites/core/clause.h"
#include "suites/core/length.h"
#include "suites/core/random.h"
#include "suites/http_head/corpus.h"
#include "suites/peers/http_parser_dialect.h"
#include "suites/peers/http_parser_differences.h"
#include "suites/peers/http_parser_head.h"
#include "zerocopy/http_head.h"

namespace assay::peer {
namespace {

struct Input {
  HttpMessage message;
  std::string text;
};

std::vector<Input> make_inputs() {
  using namespace suite::http_head;
  std::vector<Input> inputs;
  for (const Samples* samples : kCorpus)
    for (const Sample& sample : samples->all) inputs.push_back({samples->message, sample.text()});
  const auto add_framing = [&inputs](const auto& samples) {
    for (const FramingSample& sample : samples) {
      const std::string fields = std::string(sample.fields) + "\r\n";
      inputs.push_back({kRequest, "POST / HTTP/1.1\r\n" + fields});
      inputs.push_back({kResponse, "HTTP/1.1 200 OK\r\n" + fields});
    }
  };
  add_framing(kLengthSamples);
  add_framing(kConflictSamples);
  add_framing(kDisputedSamples);
  add_framing(kChunkedSamples);
  const auto add_bodies = [&inputs](HttpMessage message, const auto& samples) {
    for (const BodySample& sample : samples) inputs.push_back({message, std::string(sample.head)});
  };
  add_bodies(kRequest, kOldRequestSamples);
  add_bodies(kRequest, kRequestBodySamples);
  add_bodies(kResponse, kOldResponseSamples);
  add_bodies(kResponse, kResponseBodySamples);
  const auto less = [](const Input& a, const Input& b) {
    return std::tie(a.message, a.text) < std::tie(b.message, b.text);
  };
  std::sort(inputs.begin(), inputs.end(), less);
  const auto same = [](const Input& a, const Input& b) { return a.message == b.message && a.text == b.text; };
  inputs.erase(std::unique(inputs.begin(), inputs.end(), same), inputs.end());
  return inputs;
}

const std::vector<Input>& inputs() {
  static const std::vector<Input> all = make_inputs();
  return all;
}

Differences none() { return {}; }
Differences all() {
  Differences differences;
  differences.set();
  return differences;
}
Differences with(Differences differences, Difference which) {
  differences.set(static_cast<std::size_t>(which));
  return differences;
}

Judgement ours(const Input& input, bool bare_lf) {
  HttpRules rules;
  rules.bare_lf = bare_lf;
  HttpHead head(input.message, rules);
  const HttpVerdict verdict = head.parse(input.text);
  if (verdict.outcome != HttpOutcome::kComplete) return {verdict.outcome, 0, {}};
  return Judgement::of(verdict.offset, head.body());
}

// Byte by byte, so that it says what it has found of the body before it reads any of it.
Judgement theirs(const Input& input) {
  struct Seen {
    bool head = false, message = false;
  } seen;
  http_parser_settings callbacks;
  http_parser_settings_init(&callbacks);
  callbacks.on_headers_complete = [](http_parser* parser) {
    static_cast<Seen*>(parser->data)->head = true;
    return 0;
  };
  callbacks.on_message_complete = [](http_parser* parser) {
    static_cast<Seen*>(parser->data)->message = true;
    return 0;
  };
  http_parser parser;
  http_parser_init(&parser, input.message == HttpMessage::kRequest ? HTTP_REQUEST : HTTP_RESPONSE);
  parser.data = &seen;
  for (std::size_t i = 0; i < input.text.size(); ++i) {
    http_parser_execute(&parser, &callbacks, input.text.data() + i, 1);
    if (HTTP_PARSER_ERRNO(&parser) != HPE_OK) return {HttpOutcome::kRefused, 0, {}};
    if (!seen.head) continue;
    HttpBody body{HttpBodyEnd::kClose, 0};
    if (seen.message)
      body = {};
    else if ((parser.flags & F_CHUNKED) != 0)
      body = {HttpBodyEnd::kChunked, 0};
    else if (parser.content_length != UINT64_MAX)
      body = {HttpBodyEnd::kLength, parser.content_length};
    return Judgement::of(i + 1, body);
  }
  return {HttpOutcome::kIncomplete, 0, {}};
}

std::string show(const Judgement& judgement) {
  constexpr const char* kOutcomes[] = {"incomplete", "complete", "refused"};
  constexpr const char* kEnds[] = {"none", "length", "chunked", "close", "tunnel", "faulty"};
  return std::string(kOutcomes[static_cast<int>(judgement.outcome)]) + " at " +
         std::to_string(judgement.end) + ", body: " + kEnds[static_cast<int>(judgement.body.end)] + " " +
         std::to_string(judgement.body.bytes);
}

std::string show(const Input& input) {
  return (input.message == HttpMessage::kRequest ? "request " : "response ") +
         testing::PrintToString(input.text);
}

// Both are what the dialects say, so that nothing but the table's differences is between them.
void expect_explained(const Input& input) {
  const Judgement lf = ours(input, true), strict = ours(input, false), other = theirs(input);
  const auto dialect = [&input](const Differences& differences) {
    return HttpParserDialect::read(input.message, differences, input.text);
  };
  const Judgement of_none = dialect(none()), of_lf = dialect(with(none(), Difference::kLfAlone)),
                  of_all = dialect(all());
  EXPECT_TRUE(strict == of_none) << show(input) << "\nours: " << show(strict)
                                 << "\nthe grammar: " << show(of_none);
  EXPECT_TRUE(lf == of_lf) << show(input) << "\nours, with bare_lf: " << show(lf)
                           << "\nthe grammar: " << show(of_lf);
  EXPECT_TRUE(other == of_all) << show(input) << "\nhttp_parser: " << show(other)
                               << "\nthe differences: " << show(of_all);
}

std::string_view trimmed(std::string_view value) {
  const std::size_t last = value.find_last_not_of(" \t");
  return value.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// Where both say that a head is complete at the same byte, they have read the same.
void expect_same_reading(const Input& input) {
  HttpHead head(input.message);
  HttpParserHead other(input.message);
  const HttpVerdict verdict = head.parse(input.text), found = other.parse(input.text);
  if (verdict.outcome != HttpOutcome::kComplete || found.outcome != verdict.outcome) return;
  SCOPED_TRACE(show(input));
  EXPECT_EQ(verdict.offset, found.offset);
  if (input.message == HttpMessage::kRequest) {
    EXPECT_EQ(head.method(), other.method());
    EXPECT_EQ(head.target(), other.target());
  } else {
    EXPECT_EQ(head.status(), other.status());
    EXPECT_EQ(head.reason(), other.reason());
  }
  EXPECT_EQ(head.minor_version(), other.minor_version());
  ASSERT_EQ(head.size(), other.size());
  for (std::size_t i = 0; i < head.size(); ++i) {
    EXPECT_EQ(head.field(i).name, other.field(i).name);
    EXPECT_EQ(head.field(i).value, trimmed(other.field(i).value));
  }
}

TEST(Agreement, OnEveryInputButForTheDifferences) {
  EXPECT_GE(inputs().size(), 350u);
  for (const Input& input : inputs()) {
    expect_explained(input);
    expect_same_reading(input);
  }
}

// The fewest differences that make of our verdict theirs.
std::vector<Difference> reasons(const Input& input, const Judgement& other) {
  const auto explains = [&](const Differences& differences) {
    return HttpParserDialect::read(input.message, differences, input.text) == other;
  };
  for (const DifferenceEntry& one : kDifferenceTable)
    if (explains(with(none(), one.which))) return {one.which};
  for (const DifferenceEntry& one : kDifferenceTable)
    for (const DifferenceEntry& two : kDifferenceTable)
      if (explains(with(with(none(), one.which), two.which))) return {one.which, two.which};
  return {};
}

TEST(Agreement, TheTableSaysHowManyInputsDifferAndWhy) {
  std::array<int, kDifferences> counts{};
  std::array<std::string, kDifferences> texts;
  int differ = 0;
  for (const Input& input : inputs()) {
    const Judgement other = theirs(input);
    if (ours(input, false) == other) continue;
    ++differ;
    const std::vector<Difference> found = reasons(input, other);
    EXPECT_FALSE(found.empty()) << show(input);
    for (const Difference which : found) {
      ++counts[static_cast<std::size_t>(which)];
      texts[static_cast<std::size_t>(which)] += show(input) + "\n";
    }
  }
  EXPECT_EQ(differ, kInputsThatDiffer) << "of " << inputs().size();
  for (std::size_t i = 0; i < kDifferences; ++i) {
    const DifferenceEntry& entry = kDifferenceTable[i];
    EXPECT_EQ(static_cast<std::size_t>(entry.which), i);
    EXPECT_GT(counts[i], 0) << "no input differs by: " << entry.theirs;
    EXPECT_EQ(counts[i], entry.inputs) << entry.theirs << "\n" << texts[i];
  }
}

// Every input has a few bytes that decide; the changes are of one to three places.
std::string changed(std::string text, suite::Random& random) {
  using namespace std::string_view_literals;
  static constexpr std::string_view kBytes = "\r\n \t:\0\x7f\x80/1aA,\"*;=c@?"sv;
  for (std::uint64_t i = random.between(1, 3); i > 0; --i) {
    const std::size_t at = random.below(text.size() + 1);
    const char byte =
        random.one_in(4) ? static_cast<char>(random.below(256)) : kBytes[random.below(kBytes.size())];
    const std::size_t size = random.between(1, random.one_in(2) ? 2 : 30);
    switch (random.below(6)) {
      case 0:
      case 1:
        if (at < text.size()) text[at] = byte;
        break;
      case 2:
        text.insert(at, 1, byte);
        break;
      case 3:
        text.erase(at, size);
        break;
      case 4:
        text.insert(at, text.substr(at, size));
        break;
      default:
        text.resize(at);
    }
  }
  return text;
}

TEST(Agreement, OnRandomChangesButForTheDifferences) {
  suite::Random random(suite::seed());
  const std::size_t count = 30'000 * suite::length_factor();
  for (std::size_t i = 0; i < count && !HasFailure(); ++i) {
    const Input& input = inputs()[random.below(inputs().size())];
    const Input other{input.message, changed(input.text, random)};
    expect_explained(other);
    expect_same_reading(other);
  }
}

}  // namespace
}  // namespace assay::peer
