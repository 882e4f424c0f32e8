#include "reports/fuzz/mutate.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <string_view>

namespace assay::report {
namespace {

constexpr std::size_t kMany = 100'000;

struct Span {
  std::size_t begin, end;
};

std::size_t end_of_string(const std::string& text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return std::min(at + 1, text.size());
}

// Of the value that begins at `at`: a string, a bracket and all it holds, or a word.
std::size_t end_of_value(const std::string& text, std::size_t at) {
  int depth = 0;
  do {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
    } else if (c == '[' || c == '{') {
      ++depth, ++at;
    } else if (c == ']' || c == '}') {
      --depth, ++at;
    } else if (depth > 0) {
      ++at;
    } else {
      while (at < text.size() && (std::isalnum(static_cast<unsigned char>(text[at])) ||
                                  std::string_view("+-.").find(text[at]) != std::string_view::npos))
        ++at;
      return at;
    }
  } while (depth > 0 && at < text.size());
  return at;
}

// Every value, and every key together with its value.
std::vector<Span> parts(const std::string& text) {
  std::vector<Span> spans;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (std::string_view(" \r\n,:]}").find(c) != std::string_view::npos) {
      ++at;
      continue;
    }
    const std::size_t end = std::max(end_of_value(text, at), at + 1);
    spans.push_back({at, end});
    if (c == '"') {
      std::size_t value = end;
      while (value < text.size() && (text[value] == ':' || text[value] == ' ')) ++value;
      if (value > end && text[end] == ':' && value < text.size())
        spans.push_back({at, std::max(end_of_value(text, value), value)});
    }
    at = c == '[' || c == '{' ? at + 1 : end;
  }
  return spans;
}

std::string nested(std::size_t depth, const std::string& inner, const std::string& open,
                   const std::string& close) {
  std::string text;
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += inner;
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text;
}

const std::vector<std::string>& odd_values() {
  static const std::vector<std::string> values = {"null",
                                                  "true",
                                                  "false",
                                                  "0",
                                                  "-0",
                                                  "-1",
                                                  "1.5",
                                                  "2",
                                                  "3",
                                                  "1e999",
                                                  "-1e999",
                                                  "1e308",
                                                  "1e-400",
                                                  "NaN",
                                                  "Infinity",
                                                  "-Infinity",
                                                  "18446744073709551615",
                                                  "18446744073709551616",
                                                  "-9223372036854775809",
                                                  "00",
                                                  "0x1",
                                                  "1.",
                                                  ".5",
                                                  "+1",
                                                  "\"\"",
                                                  "\"1\"",
                                                  "\"1e999\"",
                                                  "\"NaN\"",
                                                  "\"\\u0000\"",
                                                  "\"\\ud800\"",
                                                  "\"\\ud83d\\ude00\"",
                                                  "\"\xc3\xa9\"",
                                                  "\"\xff\"",
                                                  "\"\xed\xa0\x80\"",
                                                  "\"\xc0\x80\"",
                                                  "\"run\"",
                                                  "\"subject\"",
                                                  "\"median\"",
                                                  "\"aggregate\"",
                                                  "\"s\"",
                                                  "\"wall_time\"",
                                                  "\"/threads:99999999999999999999\"",
                                                  "\"9999-12-31T23:59:60-99:99\"",
                                                  "\"-999-00-00T\"",
                                                  "[]",
                                                  "{}",
                                                  "[[]]",
                                                  "[1,\"a\",null]",
                                                  "{\"a\":{}}",
                                                  "[1e308,1e308]",
                                                  std::string("\"\0\"", 3),
                                                  "\"a\nb\"",
                                                  "\xef\xbb\xbf",
                                                  "//",
                                                  "/* */1"};
  return values;
}

}  // namespace

std::string mutate(const std::string& sample, std::mt19937_64& random) {
  const auto below = [&](std::size_t limit) {
    return limit == 0 ? 0 : static_cast<std::size_t>(random() % limit);
  };
  std::string text = sample;
  for (std::size_t changes = 1 + below(3); changes > 0; --changes) {
    const std::vector<Span> spans = parts(text);
    const Span span = spans.empty() ? Span{0, 0} : spans[below(spans.size())];
    const Span other = spans.empty() ? span : spans[below(spans.size())];
    const std::string part = text.substr(span.begin, span.end - span.begin);
    const auto put = [&](const std::string& with) { text.replace(span.begin, part.size(), with); };
    const std::size_t at = below(text.size() + 1);
    switch (below(15)) {
      case 0:
      case 1:
      case 2:
        put(odd_values()[below(odd_values().size())]);
        break;
      case 3:  // a field or an element gone, and its comma
        put("");
        if (span.begin < text.size() && text[span.begin] == ',') text.erase(span.begin, 1);
        break;
      case 4:
        put(part + "," + part);
        break;
      case 5:
        put(text.substr(other.begin, other.end - other.begin));
        break;
      case 6:
        put(nested(1 + below(200), part, "[", "]"));
        break;
      case 7:
        put("\"" + part + "\"");  // a number as a string
        break;
      case 8:
        put(part.size() > 2 && part[0] == '"' ? part.substr(1, part.size() - 2) : part + part);
        break;
      case 9:
        text.resize(at);
        break;
      case 10:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 11:
        text.insert(at, below(40), static_cast<char>(random()));
        break;
      case 12: {  // a line twice, here or at the end
        const std::size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
        const std::string line = text.substr(begin, text.find('\n', begin) - begin) + "\n";
        text.insert(below(2) == 0 ? begin : text.size(), line);
        break;
      }
      case 13: {
        const std::size_t begin = at == 0 ? 0 : text.rfind('\n', at - 1) + 1;
        text.erase(begin, text.find('\n', begin) - begin + below(2));
        break;
      }
      default:  // the line ends of another system
        for (std::size_t i = text.find('\n', at); i != std::string::npos; i = text.find('\n', i + 2))
          text.insert(i, "\r");
    }
  }
  return text;
}

std::vector<std::string> extremes(const std::string& sample) {
  std::string fields, equal;
  for (std::size_t i = 0; i < kMany; ++i) {
    fields += "\"" + std::to_string(i) + "\":" + std::to_string(i) + ",";
    equal += "\"same\":0,";
  }
  const std::string deep_array = nested(kMany, "", "[", "]"),
                    deep_object = nested(kMany, "0", "{\"a\":", "}");
  std::vector<std::string> all = {"",
                                  "\n",
                                  std::string(1, '\0'),
                                  std::string(kMany, '['),
                                  std::string(kMany, '{'),
                                  std::string(kMany, '\n'),
                                  std::string(20 * kMany, '"'),
                                  deep_array + "\n",
                                  deep_object + "\n",
                                  "{" + fields + "\"a\":0}\n",
                                  "{\"benchmarks\":" + deep_array + "}",
                                  sample + "\n" + deep_object,
                                  std::string(kMany, '\xff')};
  const std::vector<Span> spans = parts(sample);
  for (const std::string& value : {deep_array, deep_object, "{" + fields + equal + "\"a\":0}",
                                   "\"" + std::string(20 * kMany, 'x') + "\"", std::string(kMany, '9'),
                                   "0." + std::string(kMany, '3'), "1e" + std::string(kMany, '9')})
    for (std::size_t i = 0; i < spans.size(); i += std::max<std::size_t>(1, spans.size() / 6)) {
      std::string text = sample;
      all.push_back(text.replace(spans[i].begin, spans[i].end - spans[i].begin, value));
    }
  for (const std::string& many : {fields, equal}) {  // in every object
    std::string text = sample;
    for (std::size_t at = text.find('{'), last = 0; at != std::string::npos && last < 3;
         at = text.find('{', at + many.size()), ++last)
      text.insert(at + 1, many);
    all.push_back(text);
  }
  return all;
}

}  // namespace assay::report
