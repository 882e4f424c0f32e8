#pragma once

#include <string>

namespace assay::report {

// Nobody ever sees half a file: it appears under its name only when it is whole. Throws std::runtime_error
// that names the path.
void write_whole(const std::string& path, const std::string& text);

}  // namespace assay::report
