// Tests of the judgement itself: what must be noticed, on small scripts.
#include "suites/malloc/programs/course.h"

#include <gtest/gtest.h>

#include <string>

namespace assay::suite::programs {
namespace {

Program script(const std::string& text) {
  return {.name = "script",
          .needs = {"sh"},
          .inputs = [] { return Files{}; },
          .script = text,
          .files = {},
          .users = {}};
}

Course run_once(const Program& program) {
  const Stage stage;
  return run(program, stage, "");
}

Course finished(const std::string& output) {
  Course course;
  course.succeeded = true;
  course.ended = "exit status 0";
  course.left = {{"standard error", ""}, {"standard output", output}};
  return course;
}

LoaderReport report_of(const std::string& text) {
  LoaderReport report;
  read_loader_report(text, "/lib/mine.so", report);
  return report;
}

std::string binding(const std::string& from, const std::string& to) {
  return "  12:\tbinding file " + from + " [0] to " + to + " [0]: normal symbol `malloc' [GLIBC_2.2.5]\n";
}

std::string start(const std::string& program) { return "  12:\tinitialize program: " + program + "\n"; }

const std::string kInit = "  12:\tcalling init: /lib/mine.so\n";

TEST(Course, KeepsWhatTheScriptPrintsAndLeaves) {
  Program program = script("cat input; echo late >&2; echo made > file");
  program.inputs = [] { return Files{{"input", "text\n"}}; };
  program.files = {"file"};
  const Course course = run_once(program);
  EXPECT_TRUE(course.succeeded);
  EXPECT_EQ(course.left,
            (Files{{"standard output", "text\n"}, {"standard error", "late\n"}, {"file", "made\n"}}));
}

TEST(Course, StartsInTheSameEmptyDirectoryEveryTime) {
  const Stage stage;
  const Program program = script("pwd; ls; echo > another");
  const Course first = run(program, stage, "");
  EXPECT_EQ(first_difference(program, first, run(program, stage, "")), "");
}

TEST(Course, StopsAtTheFirstCommandThatFails) {
  EXPECT_EQ(run_once(script("false; echo on")).ended, "exit status 1");
}

TEST(Course, NamesTheSignalThatEndedACommand) {
  EXPECT_EQ(run_once(script("sh -c 'kill -SEGV $$'")).ended, "killed by SIGSEGV");
}

TEST(Course, SeesNothingOfTheUsersEnvironment) {
  setenv("MALLOC_ARENA_MAX", "1", 1);
  EXPECT_EQ(run_once(script("echo ${MALLOC_ARENA_MAX-none}")).left.at("standard output"), "none\n");
  unsetenv("MALLOC_ARENA_MAX");
}

TEST(Difference, NamesTheOutputThePlaceAndTheLines) {
  EXPECT_EQ(first_difference(script(""), finished("one\ntwo\n"), finished("one\ntoo\n")),
            "standard output differs from byte 5 on: \"too\" instead of \"two\" (8 and 8 bytes)");
}

TEST(Difference, IsSeenWhereTheOutputEndsEarly) {
  EXPECT_EQ(first_difference(script(""), finished("one\ntwo\n"), finished("one\n")),
            "standard output differs from byte 4 on: \"\" instead of \"two\" (4 and 8 bytes)");
}

TEST(Difference, IsAnotherEndOfTheSameOutput) {
  Course killed = finished("one\n");
  killed.ended = "killed by SIGSEGV";
  EXPECT_EQ(first_difference(script(""), finished("one\n"), killed),
            "killed by SIGSEGV instead of exit status 0; it printed: ");
}

TEST(Difference, OfErrorsCountsUnlessTheProgramSaysOtherwise) {
  Course other = finished("");
  other.left["standard error"] = "12:30 warning\n";
  Program program = script("");
  EXPECT_NE(first_difference(program, finished(""), other), "");
  program.errors_compared = false;
  EXPECT_EQ(first_difference(program, finished(""), other), "");
}

TEST(LoaderReport, ProgramIsServedWhenItsMallocIsTheSubjects) {
  const LoaderReport report = report_of(binding("/bin/sh", "/lib/mine.so") + kInit + start("/bin/sh"));
  EXPECT_EQ(report.served, std::set<std::string>{"sh"});
  EXPECT_EQ(not_served(report, {"sh"}, {}), "");
}

TEST(LoaderReport, LibraryThatIsLoadedButServesNobodyIsNoticed) {
  const LoaderReport report = report_of(binding("git", "/lib/libc.so.6") + kInit + start("git"));
  EXPECT_EQ(not_served(report, {}, {}), "git ran with the subject loaded, but with another malloc");
}

TEST(LoaderReport, ProgramWithAMallocOfItsOwnIsAcceptedWhereThatIsKnown) {
  const LoaderReport report = report_of(binding("browser", "browser") + kInit + start("browser"));
  EXPECT_EQ(not_served(report, {"browser"}, {"browser"}), "");
}

TEST(LoaderReport, ProgramThatDropsThePreloadIsNoticed) {
  const std::string first = binding("env", "/lib/mine.so") + kInit + start("env");
  EXPECT_EQ(not_served(report_of(first + binding("env", "/lib/libc.so.6") + start("env")), {}, {}),
            "env ran without the subject");
}

TEST(LoaderReport, ProgramThatTheLoaderNeverSawIsNoticed) {
  EXPECT_EQ(not_served(report_of(""), {"cc1plus"}, {}),
            "cc1plus did not run with the subject, so far as the loader says");
}

TEST(Judgement, SaysWhatIsNotInstalled) {
  Program program = script("true");
  program.needs = {"sh", "no-such-program"};
  const Judgement judgement = judge(program, "");
  EXPECT_EQ(judgement.kind, Judgement::Kind::kSkipped);
  EXPECT_EQ(judgement.detail, "no-such-program is not installed");
}

TEST(Judgement, LibraryThatCannotBeLoadedIsNoticed) {
  const Judgement judgement = judge(script("ls"), "/no/such/library.so");
  EXPECT_EQ(judgement.kind, Judgement::Kind::kWrong);
}

TEST(Judgement, ScriptThatNeverGivesTheSameIsSkipped) {
  const Judgement judgement = judge(script("date +%s.%N"), "");
  EXPECT_EQ(judgement.kind, Judgement::Kind::kSkipped);
}

TEST(Judgement, ScriptThatFailsAnywayIsWrongUnlessItMay) {
  Program program = script("exit 3");
  EXPECT_EQ(judge(program, "").kind, Judgement::Kind::kWrong);
  program.needs_desktop = true;
  EXPECT_EQ(judge(program, "").kind, Judgement::Kind::kSkipped);
}

}  // namespace
}  // namespace assay::suite::programs
