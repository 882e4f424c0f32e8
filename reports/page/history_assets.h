// What only the history page needs beside assets.h, wrapped into a source file by the build.
#pragma once

#include <string_view>

namespace assay::report {

extern const std::string_view kHistoryStyle;
extern const std::string_view kHistoryScript;  // stands behind kScript and uses it

}  // namespace assay::report
