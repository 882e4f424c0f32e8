// Small runs for the tests of this folder, and a directory that goes away.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace assay::report {

inline constexpr const char* kMachine = "9f86d081884c7d65";

struct SampleRun {
  std::string run, commit = "1a2b3c4", started = "2026-11-21T09:30:00Z", machine = kMachine;
  double instructions = 1000, time = 10, baseline_time = 20;
  bool fails = false;
};

// glibc as baseline and `mine`, two rounds, a time and a count; as lines of a results file.
inline std::string records(const SampleRun& sample) {
  const std::string head = R"("run":")" + sample.run + R"(","commit":")" + sample.commit +
                           R"(","machine":")" + sample.machine + R"(",)";
  std::ostringstream text;
  text.precision(17);
  text << R"({"schema":2,"record":"run",)" << head << R"("started":")" << sample.started
       << R"(","command":"","assay":"0.1.0","environment":{}})" << '\n';
  for (const bool base : {true, false})
    text << R"({"schema":2,"record":"subject",)" << head << R"("subject":")" << (base ? "glibc" : "mine")
         << R"(","version":"","library":"","digest":"","role":")" << (base ? "baseline" : "peer") << "\"}\n";
  const auto measured = [&](const char* subject, const char* metric, const char* unit, int round,
                            double value) {
    text << R"({"schema":2,"record":"measurement",)" << head << R"("subject":")" << subject
         << R"(","version":"","suite":"malloc","case":"churn","family":"","sentence":"","metric":")" << metric
         << R"(","unit":")" << unit << R"(","better":"less","round":)" << round << R"(,"samples":[)" << value
         << "]}\n";
  };
  for (int round = 0; round < 2; ++round) {
    measured("glibc", "cpu_time", "ns/op", round, sample.baseline_time * (round + 1));
    measured("mine", "cpu_time", "ns/op", round, sample.time * (round + 1));
    measured("mine", "instructions", "instructions", round, sample.instructions);
  }
  if (sample.fails)
    text << R"({"schema":2,"record":"failure",)" << head
         << R"("subject":"mine","version":"","suite":"malloc","case":"churn","metric":"failure",)"
         << R"("unit":"reason","round":1,"samples":["killed by SIGSEGV"],"output":""})" << '\n';
  return text.str();
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = std::filesystem::path(testing::TempDir()) / "historyXXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }

  const std::filesystem::path& path() const { return path_; }

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace assay::report
