// The version of the C++ library that this is compiled against.
#pragma once

#include <version>

namespace assay::peer {

#define ASSAY_TEXT_(text) #text
#define ASSAY_TEXT(text) ASSAY_TEXT_(text)
#if defined _GLIBCXX_RELEASE
inline constexpr const char* kStandardLibraryVersion = ASSAY_TEXT(_GLIBCXX_RELEASE);
#elif defined _LIBCPP_VERSION
inline constexpr const char* kStandardLibraryVersion = ASSAY_TEXT(_LIBCPP_VERSION);
#else
inline constexpr const char* kStandardLibraryVersion = "";
#endif
#undef ASSAY_TEXT
#undef ASSAY_TEXT_

}  // namespace assay::peer
