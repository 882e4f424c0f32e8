// Calls one reader, with which it is linked, with mutants of the files named on the command line. The input
// that is being read is always in the file `last_input`, to be found there after a crash and read again by
// --replay=FILE.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <random>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "reports/fuzz/mutate.h"
#include "reports/fuzz/obligation.h"

namespace assay::report {
namespace {

std::vector<std::string> samples;

std::string contents(const std::string& path) {
  std::ifstream input(path, std::ios::binary);
  std::stringstream text;
  text << input.rdbuf();
  if (!input || text.str().empty()) {
    std::cerr << path << ": cannot be read\n";
    std::exit(2);
  }
  return text.str();
}

std::string last_input() {
  const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  return (outputs != nullptr ? std::string(outputs) + "/" : testing::TempDir()) + "last_input";
}

bool feed(const std::string& bytes) {
  static const int file =
      open(last_input().c_str(), O_CREAT | O_WRONLY, 0644);  // closing it each time would wait for the disk
  EXPECT_EQ(pwrite(file, bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size())) << last_input();
  EXPECT_EQ(ftruncate(file, static_cast<off_t>(bytes.size())), 0) << last_input();
  return accepts(bytes);
}

TEST(Reader, AcceptsTheGoodFiles) {
  for (const std::string& sample : samples) EXPECT_TRUE(feed(sample)) << sample;
}

TEST(Reader, AcceptsOrRefusesEveryMutant) {
  constexpr std::uint64_t kSeed = 20261121;
  constexpr std::size_t kMutants = 3000;
  std::mt19937_64 random(kSeed);
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < kMutants; ++i)
    accepted += feed(mutate(samples[i % samples.size()], random)) ? 1 : 0;
  std::cout << "seed " << kSeed << ": accepted " << accepted << " of " << kMutants << " mutants\n";
  // Otherwise the mutants are all too wrong or all too right to reach the checks.
  EXPECT_GT(accepted, kMutants / 50);
  EXPECT_LT(accepted, kMutants / 2);
}

TEST(Reader, AcceptsOrRefusesAFileCutAnywhere) {
  const std::string& sample = samples.front();
  for (std::size_t size = 0; size < sample.size(); ++size) feed(sample.substr(0, size));
}

TEST(Reader, AcceptsOrRefusesTheExtreme) {
  for (const std::string& bytes : extremes(samples.front())) feed(bytes);
}

}  // namespace
}  // namespace assay::report

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  constexpr std::string_view kReplay = "--replay=";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with(kReplay))
      return assay::report::feed(assay::report::contents(std::string(argument.substr(kReplay.size())))) ? 0
                                                                                                        : 1;
    assay::report::samples.push_back(assay::report::contents(argv[i]));
  }
  if (assay::report::samples.empty()) return std::cerr << "name a good file\n", 2;
  return RUN_ALL_TESTS();
}
