// FNV-1a, 64 bits (Fowler, Noll, Vo): names files and machines; no protection against an adversary.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace assay::suite {

constexpr std::uint64_t kFnv1aStart = 0xcbf29ce484222325;

constexpr std::uint64_t fnv1a64(std::string_view bytes, std::uint64_t hash = kFnv1aStart) {
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return hash;
}

inline std::string hexadecimal(std::uint64_t value) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

}  // namespace assay::suite
