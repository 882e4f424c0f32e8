#include "reports/page/markup.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace assay::report {
namespace {

// Three significant digits, more when the whole part has more.
std::string significant(double value) {
  const double size = std::fabs(value);
  if (size >= 100 || value == std::floor(value)) return grouped(value);
  if (size != 0 && size < 0.001) {
    char text[32];
    std::snprintf(text, sizeof text, "%.2e", value);
    return text;
  }
  return fixed(value, size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

struct Scale {
  double factor;
  const char* unit;
};

template <std::size_t n>
std::string scaled(double value, const std::array<Scale, n>& scales) {
  const Scale* best = &scales.front();
  for (const Scale& scale : scales)
    if (std::fabs(value) >= scale.factor) best = &scale;
  return join(significant(value / best->factor), " ", best->unit);
}

}  // namespace

std::string escape(std::string_view text) {
  std::string safe;
  for (const char c : text) switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      case '\'':
        safe += "&#39;";
        break;
      default:
        safe += c;
    }
  return safe;
}

std::string anchor(std::string_view name) {
  std::string id;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
    if (plain || c == '_') {
      id += c;
    } else {
      char code[8];
      std::snprintf(code, sizeof code, ".%02x", static_cast<unsigned char>(c));
      id += code;
    }
  }
  return id;
}

std::string list(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i)
    text += (i == 0 ? "" : i + 1 == items.size() ? " and " : ", ") + items[i];
  return text;
}

std::string counted(std::size_t count, const char* noun) {
  return join(grouped(static_cast<double>(count)), " ", noun, count == 1 ? "" : "s");
}

std::string framed_table(std::string_view label, std::string_view kind, std::string_view head,
                         std::string_view body) {
  return join("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"", label,
              "\">\n<table class=\"", kind, "\">\n<thead>\n", head, "</thead>\n", body, "</table>\n</div>\n");
}

std::string fixed(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string grouped(double value) {
  std::string text = fixed(value, 0);
  const std::size_t first = text[0] == '-' ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string ratio(double value) {
  return fixed(value, value >= 99.5 ? 0 : value >= 9.95 ? 1 : value < 0.0995 ? 3 : 2);
}

std::string percent(double ratio) {
  if (ratio >= 3) return join("×", report::ratio(ratio));
  const double change = 100 * (ratio - 1), size = std::fabs(change);
  if (size == 0) return "0\u00a0%";
  return join(change < 0 ? "−" : "+", fixed(size, size < 0.995 ? 2 : 1), "\u00a0%");
}

std::string interval(const Interval& interval) {
  return join(ratio(interval.low), "–", ratio(interval.high));
}

std::string quantity(double value, const std::string& unit) {
  static constexpr std::array<Scale, 4> kBytes = {
      {{1, "B"}, {1024, "KiB"}, {1048576, "MiB"}, {1073741824, "GiB"}}};
  static constexpr std::array<Scale, 4> kTimes = {{{1, "ns"}, {1e3, "µs"}, {1e6, "ms"}, {1e9, "s"}}};
  if (unit == "bytes") return scaled(value, kBytes);
  if (unit == "ns/op" || unit == "ns") return scaled(value, kTimes);
  if (unit == "count" || unit == "ratio") return significant(value);
  return join(significant(value), " ", escape(unit));
}

}  // namespace assay::report
