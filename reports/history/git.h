// What the git repository around a directory knows of a commit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace assay::report {

// When the commit was made, in seconds since 1970; a plus sign at its end is ignored. Nothing when there is
// no git, no repository, or no such commit.
std::optional<std::int64_t> commit_time(const std::filesystem::path& directory, const std::string& commit);

}  // namespace assay::report
