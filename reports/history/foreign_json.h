// JSON that others wrote, read without trust. A message names line and column; so does `lines` for what is
// well-formed JSON and yet wrong. Nesting has a limit, because printing and copying a value recurse. NaN and
// Infinity, which JSON lacks and many programs write nevertheless, are read as null.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace assay::report {

inline constexpr int kDeepestForeign = 32;

struct Foreign {
  nlohmann::json root;             // sorted: quick to search, however many fields an object has
  std::vector<std::size_t> lines;  // in which the elements of the root's array `list` begin
};

// Throws FormatError (reports/read.h): "FILE:LINE:COLUMN: …".
Foreign parse_foreign(const std::string& text, const std::string& file, const std::string& list);

// The beginning of a text that may be long, for messages.
std::string shortened(const std::string& text);

}  // namespace assay::report
