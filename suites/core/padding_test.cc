#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "suites/core/command.h"

namespace assay::suite {
namespace {

long where(const char* program) {
  const auto folder = std::filesystem::canonical("/proc/self/exe").parent_path();
  return std::strtol(run_command({(folder / program).string()}).output.c_str(), nullptr, 10);
}

TEST(Padding, MovesTheCodeOfTheProgramThatLinksIt) {
  const long plain = where("plain_code"), padded = where("padded_code");
  EXPECT_GT(plain, 0);
  EXPECT_GE(padded, plain + 4160);
  EXPECT_LT(padded, plain + 3 * 4160);
}

}  // namespace
}  // namespace assay::suite
