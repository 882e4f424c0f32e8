// The runner as a person meets it: the program, a subject that can be preloaded, and workloads that
// misbehave.
#include "suites/runner/runner.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "suites/core/command.h"
#include "suites/runner/options.h"
#include "suites/runner/plan.h"

namespace assay::suite {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

// A program or library built beside this test.
std::string sibling(const char* name) { return fs::read_symlink("/proc/self/exe").parent_path() / name; }

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() {
    std::string pattern = fs::path(testing::TempDir()) / "runnerXXXXXX";
    directory_ = mkdtemp(pattern.data());
  }
  ~RunnerTest() override { fs::remove_all(directory_); }

  std::string results() const { return directory_ / "results.jsonl"; }

  // A command line that measures two subjects, the C library and one that is preloaded, under the workload
  // that the filter selects.
  std::vector<std::string> command(const std::string& filter,
                                   const std::vector<std::string>& more = {}) const {
    std::vector<std::string> line = {sibling("runner"),
                                     "--benchmarks=" + sibling("fake_benchmarks"),
                                     "--subject=glibc=",
                                     "--subject=passthrough=" + sibling("libpassthrough.so"),
                                     "--report-tool=" + sibling("fake_tool"),
                                     "--out=" + directory_.string(),
                                     "--filter=^(" + filter + ")$",
                                     "--rounds=2"};
    line.insert(line.end(), more.begin(), more.end());
    return line;
  }

  CommandResult run(const std::string& filter, const std::vector<std::string>& more = {}) const {
    return run_command(command(filter, more));
  }

  static int exit_code(const CommandResult& result) {
    return WIFEXITED(result.status) ? WEXITSTATUS(result.status) : -1;
  }

  std::vector<Json> records(const std::string& kind) const {
    std::ifstream file(results());
    std::vector<Json> found;
    for (std::string line; std::getline(file, line) && !file.eof();)
      if (Json record = Json::parse(line); record["record"] == kind) found.push_back(std::move(record));
    return found;
  }

  // The reasons for which the preloaded subject failed, after checking that it alone did, and only once.
  std::string only_failure(const std::string& workload, const std::vector<std::string>& more = {}) const {
    const CommandResult result = run(workload + "|steady", more);
    EXPECT_EQ(exit_code(result), kExitDone) << result.errors;
    for (const Json& record : records("measurement"))
      if (record["subject"] == "glibc" || record["case"] == "steady") ++measured_;
    EXPECT_EQ(measured_, 3u * 3 * 2) << "three healthy cells, three metrics, two rounds";
    const std::vector<Json> failures = records("failure");
    if (failures.size() != 1) return std::to_string(failures.size()) + " failures";
    EXPECT_EQ(failures[0]["subject"], "passthrough");
    EXPECT_EQ(failures[0]["case"], workload);
    return failures[0]["samples"][0];
  }

  fs::path directory_;
  mutable std::size_t measured_ = 0;
};

TEST_F(RunnerTest, MeasuresEverySubjectInEveryRound) {
  const CommandResult result = run("steady");
  EXPECT_EQ(exit_code(result), kExitDone) << result.errors;
  EXPECT_EQ(records("run").size(), 1u);
  ASSERT_EQ(records("subject").size(), 2u);
  EXPECT_EQ(records("subject")[0]["role"], "baseline");
  const std::vector<Json> measurements = records("measurement");
  ASSERT_EQ(measurements.size(), 12u);
  EXPECT_EQ(measurements.back()["round"], 1);
  EXPECT_EQ(measurements.back()["sentence"], "the steady one");
}

TEST_F(RunnerTest, EndsWithThePathOfTheReport) {
  const CommandResult result = run("steady");
  const std::string page = directory_ / "report.html";
  EXPECT_EQ(result.output, page + "\n");
  std::string arguments;
  std::getline(std::ifstream(page), arguments);
  EXPECT_EQ(arguments, "--out=" + page + " " + results() + " ");
}

TEST_F(RunnerTest, ACrashCostsItsOwnCell) { EXPECT_EQ(only_failure("crash"), "killed by SIGSEGV"); }

TEST_F(RunnerTest, KeepsWhatACrashedProcessSaid) {
  run("crash");
  ASSERT_EQ(records("failure").size(), 1u);
  EXPECT_EQ(records("failure")[0]["output"], "about to crash\n");
}

TEST_F(RunnerTest, AHangCostsItsOwnCell) {
  EXPECT_EQ(only_failure("hang", {"--hang-after=0.5"}), "no progress for 0.5 s");
}

TEST_F(RunnerTest, ARunawayCostsItsOwnCell) {
  EXPECT_EQ(only_failure("spin", {"--cpu-limit=1"}), "more than 1 s of CPU time");
}

TEST_F(RunnerTest, ADamagedReportCostsItsOwnCell) {
  EXPECT_EQ(only_failure("damaged"), R"(reported a damaged line: {"metric":"cpu_ti)");
}

TEST_F(RunnerTest, AFailedCheckCostsItsOwnCell) { EXPECT_EQ(only_failure("wrong"), "block 7 has changed"); }

TEST_F(RunnerTest, ADifferentChecksumCostsItsOwnCell) {
  EXPECT_EQ(only_failure("disagree"), "checksum bad differs from glibc's good");
}

TEST_F(RunnerTest, AFullDiskEndsTheRun) {
  const CommandResult result = run("steady", {"--json=/dev/full"});
  EXPECT_EQ(exit_code(result), kExitNotWritten);
  EXPECT_NE(result.errors.find("/dev/full: cannot write: No space left on device"), std::string::npos)
      << result.errors;
}

TEST_F(RunnerTest, AnUnwritableDirectoryEndsTheRun) {
  EXPECT_EQ(exit_code(run("steady", {"--json=/proc/nowhere/results.jsonl"})), kExitNotWritten);
}

TEST_F(RunnerTest, AnInterruptionKeepsWhatIsDoneAndWritesTheReport) {
  // The order is known from the seed: one in which the workload that ends comes first.
  std::uint64_t seed = 1;
  while (make_plan(1, 2, 2, seed)[0].workload != 0) ++seed;
  std::vector<std::string> line =
      command("steady|hang_always", {"--seed=" + std::to_string(seed), "--hang-after=100000"});
  std::vector<char*> arguments;
  for (std::string& argument : line) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;  // a shell may have had this test ignore SIGINT
  posix_spawnattr_init(&attributes);
  sigset_t interruption;
  sigemptyset(&interruption);
  sigaddset(&interruption, SIGINT);
  posix_spawnattr_setsigdefault(&attributes, &interruption);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t runner;
  ASSERT_EQ(posix_spawn(&runner, arguments[0], nullptr, &attributes, arguments.data(), environ), 0);
  posix_spawnattr_destroy(&attributes);

  while (records("measurement").size() < 6) usleep(1000);
  kill(runner, SIGINT);
  int status;
  waitpid(runner, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), kExitInterrupted);
  EXPECT_EQ(records("measurement").size(), 6u);
  EXPECT_TRUE(records("failure").empty());
  EXPECT_TRUE(fs::exists(directory_ / "report.html"));
}

TEST_F(RunnerTest, ConformanceIsCheckedForAllButTheNullAllocator) {
  const CommandResult result =
      run("steady", {"--conformance-tool=" + sibling("fake_tool"), "--deviations=glibc=/list",
                     "--null=" + sibling("libpassthrough.so")});
  EXPECT_EQ(exit_code(result), kExitDone) << result.errors;
  std::ifstream file(results() + ".conformance");
  std::string all(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 2);
  EXPECT_NE(all.find("--json=" + results()), std::string::npos) << all;
  EXPECT_NE(all.find("--subject glibc= --deviations=/list"), std::string::npos) << all;
  EXPECT_EQ(all.find("null="), std::string::npos) << all;
}

TEST_F(RunnerTest, TheConformanceToolIsToldAVersionWhereThereIsOne) {
  const fs::path unversioned = directory_ / "unversioned";
  fs::create_symlink(sibling("fake_type"), unversioned);
  run("steady", {"--conformance-tool=" + sibling("fake_tool"), "--suite=allocator",
                 "--program=a=" + sibling("fake_type"), "--probe=a=/probe_a",
                 "--program=b=" + unversioned.string(), "--probe=b=/probe_b"});
  std::ifstream file(results() + ".conformance");
  std::string all(std::istreambuf_iterator<char>(file), {});
  EXPECT_NE(all.find("--type=a --probe=/probe_a --version=7.1 "), std::string::npos) << all;
  EXPECT_NE(all.find("--type=b --probe=/probe_b \n"), std::string::npos) << all;
}

TEST_F(RunnerTest, AConformanceCheckThatCouldNotWorkIsReported) {
  const CommandResult result = run("steady", {"--conformance-tool=" + sibling("fake_tool"),
                                              "--preload=broken=" + sibling("libpassthrough.so")});
  EXPECT_EQ(exit_code(result), kExitDone);
  EXPECT_NE(result.errors.find("broken: the conformance check could not be completed (exit status 2)"),
            std::string::npos)
      << result.errors;
}

TEST_F(RunnerTest, TheBaselineTakesPartBesideTheChosen) {
  run("steady", {"--preload=mine=" + sibling("libpassthrough.so"), "--subjects=mine"});
  const std::vector<Json> subjects = records("subject");
  ASSERT_EQ(subjects.size(), 2u);
  EXPECT_EQ(subjects[0]["subject"], "glibc");
  EXPECT_EQ(subjects[1]["subject"], "mine");
}

TEST_F(RunnerTest, HugePagesAreRecorded) {
  run("steady");
  EXPECT_EQ(records("run")[0]["environment"]["transparent huge pages"].get<std::string>().find(
                "off for every workload"),
            0u);
}

TEST_F(RunnerTest, ATypeIsMeasuredByItsOwnProgramWhereItHasTheWorkload) {
  run("steady|crash|special", {"--program=type=" + sibling("fake_type"), "--suite=allocator"});
  std::map<std::string, int> measured;
  for (const Json& record : records("measurement"))
    if (record["subject"] == "type" && record["metric"] == "cpu_time") {
      ++measured[record["case"]];
      EXPECT_EQ(record["suite"], "allocator");
      EXPECT_EQ(record["version"], "7.1");
    }
  EXPECT_EQ(measured, (std::map<std::string, int>{{"special", 2}, {"steady", 2}}));
  EXPECT_EQ(records("failure").size(), 1u) << "what a subject does not have is no failure of it";
}

TEST_F(RunnerTest, AWorkloadForThoroughRunsHasItsOwnSizeAndLength) {
  run("special|huge", {"--thorough", "--program=type=" + sibling("fake_type"), "--suite=allocator"});
  std::map<std::string, double> asked;
  for (const Json& record : records("measurement"))
    if (const std::string metric = record["metric"]; metric.starts_with("asked_"))
      asked[std::string(record["case"]) + metric.substr(metric.find('_'))] = record["samples"][0];
  EXPECT_EQ(asked, (std::map<std::string, double>{{"huge_repetitions", 0},
                                                  {"huge_scale", 1},
                                                  {"special_repetitions", kThorough.repetitions},
                                                  {"special_scale", kThorough.scale}}));
}

TEST_F(RunnerTest, ASubjectThatIsNotAvailableSaysWhyAndIsNoBaseline) {
  const fs::path absent = directory_ / "absent";
  fs::create_symlink(sibling("fake_type"), absent);
  const CommandResult result =
      run("steady", {"--program=crate=" + absent.string(), "--baseline=crate,passthrough"});
  EXPECT_EQ(exit_code(result), kExitDone) << result.errors;
  for (const Json& subject : records("subject")) {
    EXPECT_EQ(subject["role"], subject["subject"] == "passthrough" ? "baseline" : "peer");
    EXPECT_EQ(subject.value("unavailable", ""), subject["subject"] == "crate" ? "no such compiler" : "");
  }
  EXPECT_TRUE(records("failure").empty());
  EXPECT_NE(run(".*", {"--list", "--program=crate=" + absent.string()}).output.find("not available: no such"),
            std::string::npos);
}

TEST_F(RunnerTest, AWorkloadThatCannotBeRunHereSaysWhyAndIsNoFailure) {
  const fs::path partly = directory_ / "partly";
  fs::create_symlink(sibling("fake_type"), partly);
  const std::string program = "--program=type=" + partly.string();
  const std::string line = "type, special: not available: no such device";
  const CommandResult result = run("steady|special", {program});
  EXPECT_EQ(exit_code(result), kExitDone) << result.errors;
  EXPECT_NE((result.output + result.errors).find(line), std::string::npos);
  for (const Json& record : records("measurement")) EXPECT_NE(record["case"], "special");
  EXPECT_TRUE(records("failure").empty());
  for (const Json& subject : records("subject"))
    EXPECT_EQ(subject.value("unavailable_workloads", Json::object()).dump(),
              subject["subject"] == "type" ? R"({"special":"no such device"})" : "{}");
  EXPECT_NE(run(".*", {"--list", program}).output.find(line), std::string::npos);
}

TEST_F(RunnerTest, AFilterThatSelectsOnlyWhatCannotBeRunHereSaysWhy) {
  const fs::path partly = directory_ / "partly";
  fs::create_symlink(sibling("fake_type"), partly);
  const std::string program = "--program=type=" + partly.string();
  const CommandResult result = run("special", {program});
  EXPECT_EQ(exit_code(result), kExitUsage);
  EXPECT_EQ(
      result.errors,
      "--filter: nothing that '^(special)$' selects can be run here:\n  type, special: no such device\n");
  const CommandResult listed = run("special", {"--list", program});
  EXPECT_EQ(exit_code(listed), kExitDone) << listed.errors;
  EXPECT_NE(listed.output.find("type, special: not available: no such device"), std::string::npos);
  EXPECT_NE(run("none", {program}).errors.find("no workload matches"), std::string::npos);
}

TEST_F(RunnerTest, AWorkloadThatWasNotAskedForIsNotMissed) {
  const fs::path partly = directory_ / "partly";
  fs::create_symlink(sibling("fake_type"), partly);
  const CommandResult result = run("steady", {"--program=type=" + partly.string()});
  EXPECT_EQ(exit_code(result), kExitDone) << result.errors;
  EXPECT_EQ((result.output + result.errors).find("not available"), std::string::npos);
  for (const Json& subject : records("subject")) EXPECT_FALSE(subject.contains("unavailable_workloads"));
}

TEST_F(RunnerTest, AnUnknownSubjectIsRefused) {
  const CommandResult result = run("steady", {"--subjects=nedmalloc"});
  EXPECT_EQ(exit_code(result), kExitUsage);
  EXPECT_EQ(result.errors, "--subjects: nedmalloc is unknown; known are glibc passthrough\n");
}

TEST_F(RunnerTest, AnUnknownBaselineIsRefused) {
  const CommandResult result = run("steady", {"--baseline=nedmalloc"});
  EXPECT_EQ(exit_code(result), kExitUsage);
  EXPECT_EQ(result.errors, "--baseline: nedmalloc is unknown; known are glibc passthrough\n");
}

TEST_F(RunnerTest, ALibraryWithoutMallocIsRefused) {
  const CommandResult result = run("steady", {"--preload=/proc/self/exe"});
  EXPECT_EQ(exit_code(result), kExitUsage);
  EXPECT_NE(result.errors.find("cannot be preloaded"), std::string::npos) << result.errors;
}

TEST_F(RunnerTest, AFileThatIsNoLibraryIsRefused) {
  const CommandResult result = run("steady", {"--preload=/proc/cpuinfo"});
  EXPECT_EQ(exit_code(result), kExitUsage);
  EXPECT_EQ(result.errors, "/proc/cpuinfo: not a shared library (no ELF header)\n");
}

TEST_F(RunnerTest, ListMeasuresNothing) {
  const CommandResult result = run(".*", {"--list"});
  EXPECT_EQ(exit_code(result), kExitDone);
  EXPECT_NE(result.output.find("lengthy"), std::string::npos);
  EXPECT_FALSE(fs::exists(results()));
}

}  // namespace
}  // namespace assay::suite
