#include "reports/history/foreign_json.h"

#include <cstddef>
#include <exception>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include "reports/read.h"

namespace assay::report {
namespace {

using Json = nlohmann::json;

// How far the parser has read.
struct Place {
  std::size_t line = 1, column = 0;
  bool newline = false;  // was the last character
};

class Cursor {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  Cursor(const char* at, Place* place) : at_(at), place_(place) {}
  char operator*() const { return *at_; }
  Cursor& operator++() {
    if (place_->newline) *place_ = {place_->line + 1, 0, false};
    place_->newline = *at_++ == '\n';
    ++place_->column;
    return *this;
  }
  bool operator==(const Cursor& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  Place* place_;
};

// With null for NaN and Infinity, which Google Benchmark writes although JSON lacks them.
std::string with_null_for_odd_numbers(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (bool quoted = false; !text.empty();) {
    std::size_t taken = quoted && text[0] == '\\' && text.size() > 1 ? 2 : 1;
    if (text[0] == '"') quoted = !quoted;
    std::string_view put = text.substr(0, taken);
    if (!quoted)
      for (const std::string_view odd : {"NaN", "-NaN", "Infinity", "-Infinity"})
        if (text.starts_with(odd)) put = "null", taken = odd.size();
    result += put;
    text.remove_prefix(taken);
  }
  return result;
}

}  // namespace

std::string shortened(const std::string& text) {
  constexpr std::size_t kMost = 160;
  if (text.size() <= kMost) return text;
  std::size_t cut = kMost;
  while (cut > 0 && (text[cut] & 0xc0) == 0x80) --cut;  // not inside a character
  return text.substr(0, cut) + "…";
}

Foreign parse_foreign(const std::string& given, const std::string& file, const std::string& list) {
  const std::string text = with_null_for_odd_numbers(given);
  Foreign foreign;
  Place place;
  std::string field;  // of the root
  const auto follow = [&](int depth, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (depth > kDeepestForeign)
      throw std::length_error("nested deeper than " + std::to_string(kDeepestForeign) + " levels");
    if (event == Event::key && depth == 1) {
      field = value.get<std::string>();
      if (field == list) foreign.lines.clear();  // of two, the second counts
    }
    const bool begins = event == Event::object_start || event == Event::array_start || event == Event::value;
    if (begins && depth == 2 && field == list) foreign.lines.push_back(place.line);
    return true;
  };
  try {
    foreign.root =
        Json::parse(Cursor(text.data(), &place), Cursor(text.data() + text.size(), &place), follow);
  } catch (const std::exception& error) {
    const std::string what = error.what();  // begins with the library's own names and count of lines
    std::size_t detail = what.find("syntax error");
    if (detail == std::string::npos) detail = what.find("] ") == std::string::npos ? 0 : what.find("] ") + 2;
    throw FormatError(file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) +
                      ": expected JSON: " + shortened(what.substr(detail)));
  }
  return foreign;
}

}  // namespace assay::report
