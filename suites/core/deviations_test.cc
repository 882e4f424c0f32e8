#include "suites/core/deviations.h"

#include <gtest/gtest.h>

#include <fstream>

#include "suites/core/clause.h"

namespace assay::suite {
namespace {

CLAUSE("T-01", kViolation, "source", "a clause to deviate from") {}

std::string file_with(const std::string& text) {
  const std::string path = testing::TempDir() + "/deviations.json";
  std::ofstream(path) << text;
  return path;
}

std::string error_of(const std::string& text) {
  try {
    Deviations::read(file_with(text), "mine");
  } catch (const DeviationError& error) {
    return error.what();
  }
  return "";
}

constexpr const char* kBounded = R"({"subject": "mine", "deviations": [
  {"clause": "T-01", "since": "2.0", "until": "5.3.1", "reason": "r", "reference": "s"}]})";

TEST(Deviations, ApplyWithinTheirVersions) {
  const Deviations list = Deviations::read(file_with(kBounded), "mine");
  EXPECT_NE(list.find("T-01", "2.0"), nullptr);
  EXPECT_NE(list.find("T-01", "5.3.0"), nullptr);
  EXPECT_EQ(list.find("T-01", "1.9"), nullptr);
  EXPECT_EQ(list.find("T-01", "5.3.1"), nullptr);
  EXPECT_EQ(list.find("T-01", ""), nullptr) << "an unknown version is taken for the newest";
  EXPECT_EQ(list.find("T-02", "2.0"), nullptr);
}

TEST(Deviations, NameTheFileThatIsMissing) {
  EXPECT_THROW(
      try { Deviations::read("/no/such/list.json", "mine"); } catch (const DeviationError& error) {
        EXPECT_STREQ(error.what(), "/no/such/list.json: cannot be read");
        throw;
      },
      DeviationError);
}

TEST(Deviations, RefuseAClauseThatDoesNotExist) {
  EXPECT_NE(
      error_of(R"({"subject": "mine", "deviations": [{"clause": "T-99", "reason": "r", "reference": "s"}]})")
          .find("no clause T-99"),
      std::string::npos);
}

TEST(Deviations, RefuseTheListOfAnotherSubject) {
  EXPECT_NE(error_of(R"({"subject": "yours", "deviations": []})").find("is about yours, not about mine"),
            std::string::npos);
}

TEST(Deviations, RefuseAClauseThatIsListedTwice) {
  EXPECT_NE(error_of(R"({"subject": "mine", "deviations": [
                {"clause": "T-01", "reason": "r", "reference": "s"},
                {"clause": "T-01", "reason": "r", "reference": "s"}]})")
                .find("lists T-01 twice"),
            std::string::npos);
}

TEST(Deviations, RefuseAnEntryWithoutReason) {
  EXPECT_NE(
      error_of(R"({"subject": "mine", "deviations": [{"clause": "T-01", "reason": "", "reference": "s"}]})")
          .find("needs a reason"),
      std::string::npos);
}

TEST(Deviations, RefuseWhatIsNoList) {
  EXPECT_NE(error_of("{").find("deviations.json: "), std::string::npos);
}

TEST(Versions, CompareByNumber) {
  EXPECT_LT(compare_versions("2.9", "2.10"), 0);
  EXPECT_GT(compare_versions("5.3.1", "5.3"), 0);
  EXPECT_EQ(compare_versions("2.36", "2.36.0"), 0);
  EXPECT_LT(compare_versions("5.3.0-rc1", "5.3.1"), 0);
}

}  // namespace
}  // namespace assay::suite
