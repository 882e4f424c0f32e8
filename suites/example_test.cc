// The outsider's project in suites/example/ as its owner would use it: another workspace, which has this
// repository beside it, tests and measures its arena, and is told what is wrong when the arena is broken.
//
// Runs Bazel itself on a copy in the user's cache, where the next run finds what this one has built.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <sstream>
#include <string>

namespace {

namespace fs = std::filesystem;

struct Outcome {
  int status = -1;  // exit status, -1 when it was killed
  std::string output;
};

Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  std::array<char, 65536> buffer;
  while (const std::size_t length = fread(buffer.data(), 1, buffer.size(), pipe))
    outcome.output.append(buffer.data(), length);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.status = WEXITSTATUS(status);
  return outcome;
}

std::string read_text(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Unchanged files keep their time, so that nothing is built again for them.
void write_text(const fs::path& path, const std::string& text) {
  if (fs::exists(path) && read_text(path) == text) return;
  std::ofstream(path) << text;
}

std::string replaced(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << "the example no longer says: " << from;
  return at == std::string::npos ? text : std::string(text).replace(at, from.size(), to);
}

// Where the project and what is built of it stay; of this test alone when there is no such place.
fs::path cache() {
  const char* stated = getenv("XDG_CACHE_HOME");
  const passwd* user = getpwuid(getuid());  // a test has no HOME
  const fs::path place = (stated != nullptr && *stated == '/' ? fs::path(stated)
                          : user != nullptr                   ? fs::path(user->pw_dir) / ".cache"
                                                              : fs::path()) /
                         "assay_example";
  std::error_code refused;
  fs::create_directories(place, refused);
  return refused || access(place.c_str(), W_OK) != 0 ? fs::path(testing::TempDir()) / "assay_example" : place;
}

// Beside the example's own targets: the same arena, misaligned.
constexpr const char* kBroken = R"(
cc_library(
    name = "broken_arena",
    hdrs = ["broken_arena.h"],
    deps = ["@assay//allocators:concept"],
)

conformance_test(
    name = "broken_arena_conformance",
    family = "allocator",
    hdr = "broken_arena.h",
    type = "my::Arena",
    deps = [":broken_arena"],
)
)";

class Example : public testing::Test {
 protected:
  void SetUp() override {
    if (run("command -v bazel").status != 0) GTEST_SKIP() << "no bazel on the PATH";
    const fs::path repository = fs::canonical("WORKSPACE").parent_path();  // where the link of the test leads
    source_ = repository / "suites/example";
    if (!fs::exists(source_ / "arena.h")) GTEST_SKIP() << "no source tree beside the runfiles: " << source_;
    std::ostringstream name;
    name << std::hex << std::hash<std::string>()(repository);
    directory_ = cache() / name.str();
    project_ = directory_ / "project";
    fs::create_directories(project_);
    lock_ = open((directory_ / "lock").c_str(), O_CREAT | O_CLOEXEC | O_RDWR, 0600);
    ASSERT_EQ(flock(lock_, LOCK_EX), 0) << "another test of this repository holds " << directory_;
    for (const char* file : {".bazelrc", "arena.h"}) write_text(project_ / file, read_text(source_ / file));
    write_text(project_ / "BUILD", read_text(source_ / "BUILD") + kBroken);
    write_text(
        project_ / "broken_arena.h",
        replaced(read_text(source_ / "arena.h"), "return (address + alignment - 1) & ~(alignment - 1);",
                 "static_cast<void>(alignment);\nreturn (address + 7) & ~std::uintptr_t{7};"));
    for (const char* file : {"WORKSPACE", "MODULE.bazel"})
      write_text(project_ / file,
                 replaced(read_text(source_ / file), "\"../..\"", '"' + repository.string() + '"'));
  }

  void TearDown() override {
    if (lock_ >= 0) close(lock_);
  }

  // Bazel leaves the server for the next test, and soon ends it when there is none.
  Outcome bazel(const std::string& arguments) const {
    const char* named = getenv("ASSAY_BAZEL_CONFIG");  // set by --config=system
    const std::string command = arguments.substr(0, arguments.find(' '));
    return run("cd '" + project_.string() + "' && env -u TEST_TMPDIR HOME='" + directory_.string() +
               "' bazel --output_user_root='" + (directory_ / "bazel").string() + "' --max_idle_secs=15 " +
               command + (named != nullptr ? " --config=" + std::string(named) : "") +
               " --symlink_prefix=/ --color=no --curses=no " + arguments.substr(command.size()));
  }

  // The path of what `build //:target` made.
  std::string built(const std::string& target) const {
    const Outcome outcome = bazel("build " + target + " --show_result=10");
    EXPECT_EQ(outcome.status, 0) << outcome.output;
    static const std::regex line(R"((?:^|\n)\s+(\S*/)" + target.substr(target.find(':') + 1) + R"()\n)");
    std::smatch match;
    if (!std::regex_search(outcome.output, match, line)) return "";
    const std::string path = match[1];
    return path.front() == '/' ? path : (project_ / path).string();
  }

  fs::path source_, directory_, project_;
  int lock_ = -1;
};

TEST_F(Example, PassesEveryClauseAsItStands) {
  const Outcome outcome = bazel("test //:arena_conformance --test_output=all");
  EXPECT_EQ(outcome.status, 0) << outcome.output;
  EXPECT_NE(outcome.output.find("[       OK ] Contract.A_01"), std::string::npos) << outcome.output;
}

TEST_F(Example, MeasuresItself) {
  const std::string program = built("//:arena_benchmark_workloads");
  ASSERT_NE(program, "");
  const Outcome list = run("'" + program + "' --list");
  EXPECT_EQ(list.status, 0) << list.output;
  std::smatch first;
  ASSERT_TRUE(std::regex_search(list.output, first, std::regex("\"case\": ?\"([^\"]+)\""))) << list.output;
  const Outcome measured = run("'" + program + "' --case=" + first.str(1) + " --repetitions=2 --scale=0.01");
  EXPECT_EQ(measured.status, 0) << measured.output;
  EXPECT_NE(measured.output.find("cpu_time"), std::string::npos) << measured.output;
}

TEST_F(Example, StandsBesideItsPeers) {
  const Outcome list = bazel("run //:arena_benchmark -- --list");
  EXPECT_EQ(list.status, 0) << list.output;
  for (const char* subject : {"arena", "malloc", "pmr_monotonic", "boost_pool", "bumpalo"})
    EXPECT_NE(list.output.find(std::string("\n  ") + subject + " "), std::string::npos) << list.output;
}

TEST_F(Example, IsToldWhichClauseABrokenArenaBreaks) {
  const Outcome outcome = bazel("test //:broken_arena_conformance --test_output=errors");
  EXPECT_EQ(outcome.status, 3) << "a failed test is Bazel's 3\n" << outcome.output;  // built, but failed
  EXPECT_NE(outcome.output.find("[  FAILED  ] Contract.A_01"), std::string::npos) << outcome.output;
}

}  // namespace
