// page.css and page.js, wrapped into a source file by the build.
#pragma once

#include <string_view>

namespace assay::report {

extern const std::string_view kStyle;
extern const std::string_view kScript;

}  // namespace assay::report
