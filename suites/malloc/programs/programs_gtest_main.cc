// Real programs on one process-wide allocator as GoogleTests, one a program: what malloc_programs_test of
// bazel/defs.bzl runs.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "suites/core/subject.h"
#include "suites/malloc/programs/course.h"

namespace assay::suite::programs {
namespace {

using Kind = Judgement::Kind;

class ProgramTest : public testing::Test {
 public:
  ProgramTest(Program program, std::string library)
      : program_(std::move(program)), library_(std::move(library)) {}

  void TestBody() override {
    const Judgement judgement = judge(program_, library_);
    if (judgement.kind == Kind::kSkipped) GTEST_SKIP() << program_.name << ": " << judgement.detail;
    if (judgement.kind == Kind::kWrong)
      ADD_FAILURE() << program_.name << ": " << judgement.detail << "\nwith " << library_ << " it ran:\n"
                    << program_.script;
  }

 private:
  Program program_;
  std::string library_;
};

// A defect that no program shows would go unseen in an allocator too.
class DefectTest : public testing::Test {
 public:
  DefectTest(Program program, std::string library)
      : program_(std::move(program)), library_(std::move(library)) {}

  void TestBody() override {
    const Judgement judgement = judge(program_, library_);
    if (judgement.kind == Kind::kSkipped) GTEST_SKIP() << program_.name << ": " << judgement.detail;
    std::printf("%s\n", judgement.detail.c_str());
    EXPECT_EQ(judgement.kind, Kind::kWrong)
        << program_.name << " shows nothing of the defect of " << library_;
  }

 private:
  Program program_;
  std::string library_;
};

template <class Test>
void register_test(const char* suite, const Program& program, const std::string& library) {
  testing::RegisterTest(suite, program.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                        [=]() -> testing::Test* { return new Test(program, library); });
}

int run_tests(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  CLI::App app("Runs real programs with one allocator and compares with the C library's.");
  std::string text = "glibc";
  std::vector<std::string> shown_by;
  app.add_option("--subject", text, "NAME=LIBRARY to preload; none compares the C library's with itself");
  app.add_option("--shown-by", shown_by,
                 "python3,…: the programs that must show the subject's defect; only these run")
      ->delimiter(',');
  CLI11_PARSE(app, count, arguments);
  const Subject subject = parse_subject(text, ".");
  const std::vector<Program> programs = all_programs();
  for (const Program& program : programs) {
    if (shown_by.empty()) register_test<ProgramTest>("Programs", program, subject.library);
  }
  for (const std::string& name : shown_by) {
    const auto found =
        std::find_if(programs.begin(), programs.end(), [&](auto& p) { return p.name == name; });
    if (found == programs.end()) throw SubjectError("--shown-by: there is no program " + name);
    register_test<DefectTest>("Defect", *found, subject.library);
  }
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace assay::suite::programs

int main(int count, char** arguments) try {
  return assay::suite::programs::run_tests(count, arguments);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: %s\n", arguments[0], error.what());
  return 2;
}
