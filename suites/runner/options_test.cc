#include "suites/runner/options.h"

#include <gtest/gtest.h>

namespace assay::suite {
namespace {

Options parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"runner", "--benchmarks=b", "--subject=glibc="});
  return *parse_options(static_cast<int>(arguments.size()), arguments.data());
}

TEST(Options, TheUsualEffortIsTheDefault) { EXPECT_EQ(parse({}).effort.rounds, kUsual.rounds); }

TEST(Options, QuickAndThoroughChangeTheEffort) {
  EXPECT_EQ(parse({"--quick"}).effort.rounds, kQuick.rounds);
  EXPECT_TRUE(parse({"--thorough"}).effort.thorough);
}

TEST(Options, QuickExcludesThorough) { EXPECT_THROW(parse({"--quick", "--thorough"}), UsageError); }

TEST(Options, RoundsOverruleTheEffort) { EXPECT_EQ(parse({"--quick", "--rounds=3"}).effort.rounds, 3); }

TEST(Options, AtLeastOneRound) { EXPECT_THROW(parse({"--rounds=0"}), UsageError); }

TEST(Options, SubjectsAreSeparatedByCommas) {
  EXPECT_EQ(parse({"--subjects=a,b"}).chosen, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parse({}).chosen, std::nullopt);
}

TEST(Options, ThePersonsBaselineOverrulesTheTargets) {
  EXPECT_EQ(parse({}).baselines, std::vector<std::string>{"glibc"});
  EXPECT_EQ(parse({"--baseline=a,b"}).baselines, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parse({"--baseline=a,b", "--baseline=c"}).baselines, std::vector<std::string>{"c"});
}

TEST(Options, PreloadMayBeRepeated) {
  EXPECT_EQ(parse({"--preload", "a=/a.so", "--preload=/b.so"}).preloads,
            (std::vector<std::string>{"a=/a.so", "/b.so"}));
}

TEST(Options, HugePagesAreOffUnlessTheSystemDecides) {
  EXPECT_FALSE(parse({}).huge_pages);
  EXPECT_TRUE(parse({"--thp=system"}).huge_pages);
  EXPECT_THROW(parse({"--thp=always"}), UsageError);
}

TEST(Options, AnUnknownOptionIsRefused) { EXPECT_THROW(parse({"--fast"}), UsageError); }

TEST(Options, TheRecordedCommandIsThePersonsPart) {
  EXPECT_EQ(parse({"--quick", "--filter=churn", "--no-conformance", "--hang-after=1"}).command,
            "--quick --filter churn --no-conformance");
}

}  // namespace
}  // namespace assay::suite
