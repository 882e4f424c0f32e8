// What the subject that this program was built with says of its version: T::kVersion, where it has one.
#pragma once

namespace assay::suite {

inline const char* subject_version = "";  // "12", "3.12.0"; nothing when the subject says nothing

struct StatedVersion {
  explicit StatedVersion(const char* version) { subject_version = version; }
};

template <class T>
constexpr const char* version_of() {
  if constexpr (requires { T::kVersion; })
    return T::kVersion;
  else
    return "";
}

}  // namespace assay::suite
