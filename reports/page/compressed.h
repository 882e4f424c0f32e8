// Text that a page carries and unpacks only when somebody asks for it.
#pragma once

#include <string>
#include <string_view>

namespace assay::report {

std::string base64(std::string_view bytes);
std::string gzip(std::string_view text);

// The element <script ATTRIBUTES> with JSON in it: as it is while it is short, otherwise gzip in base64 (type
// text/plain).
std::string json_script(std::string_view attributes, std::string_view json);

}  // namespace assay::report
