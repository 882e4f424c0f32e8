// Text for the page: escaping, and numbers as a reader wants them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/compare.h"

namespace assay::report {

template <class... Parts>
std::string join(const Parts&... parts) {
  std::string text;
  (text.append(parts), ...);
  return text;
}

std::string escape(std::string_view text);  // for content and quoted attributes
std::string anchor(std::string_view name);  // a name as an id: only what needs no quoting in a link
std::string list(const std::vector<std::string>& items);   // "a, b and c"
std::string counted(std::size_t count, const char* noun);  // "1 round", "1,200 rounds"

// A table in a frame of its own that scrolls, by keyboard too: `label` is what it is called aloud.
std::string framed_table(std::string_view label, std::string_view kind, std::string_view head,
                         std::string_view body);

std::string fixed(double value, int decimals);
std::string grouped(double value);               // whole, 1,234,567
std::string ratio(double value);                 // 0.79, 12.3, 140
std::string percent(double ratio);               // of a ratio: "+3.1 %", "−0.42 %"; "×12.3" from 3 on
std::string interval(const Interval& interval);  // 0.75–0.84
std::string quantity(double value, const std::string& unit);  // with its unit, escaped: "41.7 ns", "12.3 MiB"

}  // namespace assay::report
