// Text in gzip's format, one member, the same bytes for the same text.
#pragma once

#include <string>
#include <string_view>

namespace assay::report {

std::string compress(std::string_view text);

// Throws std::runtime_error, which says what is wrong, when `bytes` is not exactly what compress makes.
std::string decompress(std::string_view bytes);

}  // namespace assay::report
