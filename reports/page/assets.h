// The files of this folder that are in every page, wrapped into a source file by the build.
#pragma once

#include <string_view>

namespace assay::report {

extern const std::string_view kStyle;
extern const std::string_view kScript;
extern const std::string_view
    kECharts;  // gzip in base64; empty when npm could not fetch it: no interactive charts

}  // namespace assay::report
