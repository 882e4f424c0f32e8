#include "reports/read.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <regex>

namespace assay::report {
namespace {

const std::string kRun =
    R"({"schema":1,"record":"run","run":"r1","commit":"c","machine":"m","started":"s","command":"","assay":"0.1.0",)"
    R"("environment":{"cpu":"x","cores":"2","a":"last"}})";
const std::string kSubject =
    R"({"schema":1,"record":"subject","run":"r1","commit":"c","machine":"m","subject":"mine","version":"1",)"
    R"("library":"/l.so","digest":"fnv1a64:0","role":"peer"})";
const std::string kMeasurement =
    R"({"schema":1,"record":"measurement","run":"r1","commit":"c","machine":"m","subject":"mine","version":"1",)"
    R"("suite":"malloc","case":"lifo","family":"f","sentence":"s","metric":"cpu_time","unit":"ns/op","better":"less",)"
    R"("round":3,"samples":[41.5,42]})";
const std::string kVerdict =
    R"({"schema":1,"record":"verdict","run":"r1","commit":"c","machine":"m","subject":"mine","version":"1",)"
    R"("suite":"malloc","case":"C-21","metric":"verdict","unit":"verdict","samples":["deviation"],"class":"V",)"
    R"("sentence":"s","source":"p","detail":"d","notes":["n"],"headline":"h","reason":"r","reference":"f","seed":7})";
const std::string kFailure =
    R"({"schema":1,"record":"failure","run":"r1","commit":"c","machine":"m","subject":"mine","version":"1",)"
    R"("suite":"malloc","case":"lifo","metric":"failure","unit":"reason","round":0,"samples":["killed"],"output":"o"})";
const std::string kComparison =
    R"({"schema":2,"record":"comparison","run":"r1","commit":"c","machine":"m","subject":"mine","version":"1",)"
    R"("base":"base","suite":"malloc","case":"lifo","metric":"cpu_time","unit":"ns/op","better":"less",)"
    R"("target":"//a:b","outcome":"worse","ratio":1.02,"low":1.01,"high":1.03,"p":0.002,"more":0,)"
    R"("confirmation":"confirmed","detail":"","base_value":10,"subject_value":10.2,"samples":[1.01,1.03]})";
const std::string kCalibration =
    R"({"schema":2,"record":"calibration","run":"r1","commit":"c","machine":"m","procedure":"turns","case":"lifo",)"
    R"("slowdown":0,"trials":2,"alarms":1,"error":0.15,"seconds":10,"load":1.5,"margin":0.01,"level":0.01,)"
    R"("samples":[0.1,-0.2]})";

class Read : public testing::Test {
 protected:
  ~Read() override { std::remove(path_.c_str()); }

  Results read(const std::string& text, bool allow_truncated = false) {
    std::ofstream(path_, std::ios::binary) << text;
    return read_results({path_}, allow_truncated);
  }

  // The message of the error that reading `text` ends in, without the file's name.
  std::string problem(const std::string& text) {
    try {
      read(text);
    } catch (const FormatError& error) {
      const std::string message = error.what();
      EXPECT_EQ(message.rfind(path_ + ":", 0), 0u) << message;
      return message.substr(std::min(message.size(), path_.size() + 1));
    }
    ADD_FAILURE() << "read without an error: " << text;
    return "";
  }

  // The same for a file that is right but for `from`, which is `to`, in its last line.
  std::string problem_with(std::string record, const std::string& from, const std::string& to) {
    const std::size_t at = record.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return problem(kRun + "\n" + kSubject + "\n" + record.replace(at, from.size(), to) + "\n");
  }

  void expect(const std::string& problem, const std::string& part) {
    EXPECT_NE(problem.find(part), std::string::npos) << problem << "\nlacks: " << part;
  }

  const std::string path_ = testing::TempDir() + "read_test_" +
                            testing::UnitTest::GetInstance()->current_test_info()->name() + ".jsonl";
};

TEST_F(Read, TakesEveryFieldOfEveryRecord) {
  const Results results =
      read(kRun + "\n" + kSubject + "\n" + kMeasurement + "\n" + kVerdict + "\n" + kFailure + "\n");
  ASSERT_EQ(results.runs.size(), 1u);
  EXPECT_EQ(results.runs[0].machine, "m");
  EXPECT_EQ(results.runs[0].environment.back(), (std::pair<std::string, std::string>("a", "last")));
  ASSERT_EQ(results.subjects.size(), 1u);
  EXPECT_EQ(results.subjects[0].role, Role::kPeer);
  EXPECT_EQ(results.subjects[0].unavailable, "");
  ASSERT_EQ(results.measurements.size(), 1u);
  EXPECT_EQ(results.measurements[0].samples, (std::vector<double>{41.5, 42}));
  EXPECT_EQ(results.measurements[0].round, 3u);
  EXPECT_TRUE(results.measurements[0].less_is_better);
  ASSERT_EQ(results.verdicts.size(), 1u);
  EXPECT_EQ(results.verdicts[0].finding, Finding::kDeviation);
  EXPECT_EQ(results.verdicts[0].clause_class, 'V');
  EXPECT_EQ(results.verdicts[0].seed, 7u);
  EXPECT_EQ(results.verdicts[0].notes, std::vector<std::string>{"n"});
  ASSERT_EQ(results.failures.size(), 1u);
  EXPECT_EQ(results.failures[0].reason, "killed");
}

TEST_F(Read, TakesWhatCouldNotBeRun) {
  const std::string subject =
      kSubject.substr(0, kSubject.size() - 1) + R"(,"unavailable_workloads":{"lifo":"no device"}})";
  const Results results = read(kRun + "\n" + kSubject + "\n");
  EXPECT_TRUE(results.subjects[0].unavailable_workloads.empty());
  EXPECT_EQ(read(kRun + "\n" + subject + "\n").subjects[0].unavailable_workloads,
            (std::vector<std::pair<std::string, std::string>>{{"lifo", "no device"}}));
  expect(problem(kRun + "\n" + std::regex_replace(subject, std::regex("\"no device\""), "7") + "\n"),
         "2: expected `unavailable_workloads` to be an object of strings");
}

TEST_F(Read, TakesComparisons) {
  const std::string base = std::regex_replace(kSubject, std::regex("mine"), "base");
  const Results results = read(kRun + "\n" + kSubject + "\n" + base + "\n" + kComparison + "\n");
  ASSERT_EQ(results.comparisons.size(), 1u);
  const ComparisonRow& row = results.comparisons[0];
  EXPECT_EQ(results.subjects[row.subject].name, "mine");
  EXPECT_EQ(row.base, "base");
  EXPECT_EQ(row.target, "//a:b");
  EXPECT_EQ(row.decision, Decision::kWorse);
  EXPECT_EQ(row.confirmation, Confirmation::kConfirmed);
  EXPECT_EQ(row.low, 1.01);
  EXPECT_EQ(row.samples, (std::vector<double>{1.01, 1.03}));
  expect(problem(kRun + "\n" + kSubject + "\n" + kComparison + "\n"),
         "3: expected a `subject` record for base before this");
  expect(problem(kRun + "\n" + kSubject + "\n" + base + "\n" + kComparison + "\n" + kComparison + "\n"),
         "5: the same comparison of cpu_time");
  expect(problem(kRun + "\n" + kSubject + "\n" + base + "\n" +
                 std::regex_replace(kComparison, std::regex("1\\.02,"), "\"1\",") + "\n"),
         "4: expected `ratio` to be a number");
}

TEST_F(Read, TakesCalibrations) {
  const Results results = read(kRun + "\n" + kCalibration + "\n");
  ASSERT_EQ(results.calibrations.size(), 1u);
  EXPECT_EQ(results.calibrations[0].procedure, "turns");
  EXPECT_EQ(results.calibrations[0].alarms, 1u);
  EXPECT_EQ(results.calibrations[0].samples, (std::vector<double>{0.1, -0.2}));
  expect(problem(kRun + "\n" + std::regex_replace(kCalibration, std::regex("\"alarms\":1"), "\"alarms\":3") +
                 "\n"),
         "2: more `alarms` than `trials`");
}

TEST_F(Read, IgnoresUnknownFields) {
  EXPECT_EQ(read(R"({"new":[],)" + kRun.substr(1) + "\n").runs.size(), 1u);
}

TEST_F(Read, NamesTheFileThatIsMissing) {
  try {
    read_results({"/nowhere/at.all"}, false);
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_STREQ(error.what(), "/nowhere/at.all: cannot be opened: No such file or directory");
  }
}

TEST_F(Read, RefusesForeignFiles) {
  expect(problem(""), "1: expected a `run` record, but the file is empty");
  expect(problem("hello\n"), "1: expected one JSON object");
  expect(problem("[1]\n"), "1: expected one JSON object, found array");
  expect(problem("{}\n"), "1: expected a field `schema`");
  expect(problem(std::string("\x7f"
                             "ELF\0\1\n",
                             7)),
         "1: expected one JSON object");
}

TEST_F(Read, RefusesNumbersBeyondEveryRange) {
  expect(problem("{\"a\":1e999}\n"), "1: expected one JSON object");
}

TEST_F(Read, KeepsMessagesShort) {
  EXPECT_LT(problem_with(kMeasurement, "\"mine\"", "\"" + std::string(1 << 20, 'x') + "\"").size(), 2000u);
}

TEST_F(Read, NamesTheDamagedLine) {
  expect(problem(kRun + "\n" + kSubject.substr(0, 60) + "\n" + kVerdict + "\n"),
         "2: expected one JSON object");
  expect(problem(kRun + "\n\n" + kSubject + "\n"), "2: expected one JSON object");
  expect(problem(kRun + "\n" + kRun.substr(0, 9) + kRun + "\n"), "2: expected one JSON object");
}

TEST_F(Read, RefusesAnotherSchema) {
  expect(problem_with(kVerdict, R"("schema":1)", R"("schema":3)"),
         "3: schema 3, but this reader knows only 1 to 2");
  expect(problem_with(kVerdict, R"("schema":1)", R"("schema":"1")"), "3: expected `schema` to be an integer");
}

TEST_F(Read, RefusesUnknownWords) {
  expect(problem_with(kVerdict, R"("verdict")", R"("opinion")"),
         "3: `record` is \"opinion\", expected one of run, subject");
  expect(problem_with(kVerdict, R"(["deviation"])", R"(["fine"])"),
         "`samples` is \"fine\", expected one of pass, violation");
  expect(problem_with(kVerdict, R"("class":"V")", R"("class":"Z")"),
         "`class` is \"Z\", expected one of V, W, I, X, Q");
  expect(problem_with(kMeasurement, R"("less")", R"("fewer")"),
         "`better` is \"fewer\", expected one of less, more");
}

TEST_F(Read, RefusesWrongTypes) {
  expect(problem_with(kMeasurement, "[41.5,42]", "[]"),
         "3: expected `samples` to be at least one number, found []");
  expect(problem_with(kMeasurement, "[41.5,42]", "[41.5,null]"),
         "expected `samples` to be an array of numbers");
  expect(problem_with(kMeasurement, "[41.5,42]", "41.5"), "expected `samples` to be an array, found 41.5");
  expect(problem_with(kMeasurement, R"("round":3)", R"("round":-1)"),
         "expected `round` to be an integer from 0, found -1");
  expect(problem_with(kMeasurement, R"("lifo")", R"("")"),
         "expected `case` to be a string that is not empty");
  expect(problem_with(kVerdict, R"(["deviation"])", R"(["pass","pass"])"),
         "expected `samples` to be exactly one string");
  expect(problem_with(kVerdict, R"("seed":7)", R"("sead":7)"), "expected a field `seed`");
}

TEST_F(Read, RefusesRecordsOutOfOrder) {
  expect(problem(kSubject + "\n"), "1: expected the `run` record of r1 before this");
  expect(problem(kRun + "\n" + kVerdict + "\n"), "2: expected a `subject` record for mine before this");
  expect(problem_with(kVerdict, R"("version":"1")", R"("version":"2")"),
         "version \"2\" of mine, introduced with version \"1\"");
}

TEST_F(Read, RefusesTheSameRecordTwice) {
  expect(problem(kRun + "\n" + kRun + "\n"), "2: run r1 begins twice");
  expect(problem(kRun + "\n" + kSubject + "\n" + kSubject + "\n"), "3: subject mine is introduced twice");
  expect(problem(kRun + "\n" + kSubject + "\n" + kMeasurement + "\n" + kMeasurement + "\n"),
         "4: the same cpu_time of lifo is in this run already");
}

TEST_F(Read, RefusesASecondBaseline) {
  std::string one = kSubject, two = kSubject;
  one.replace(one.find("peer"), 4, "baseline");
  two.replace(two.find("peer"), 4, "baseline").replace(two.find("mine"), 4, "his");
  expect(problem(kRun + "\n" + one + "\n" + two + "\n"), "3: a second baseline in one run");
}

TEST_F(Read, RecognisesAnInterruptedRun) {
  const std::string cut = problem(kRun + "\n" + kSubject.substr(0, 40));
  expect(cut, "2: expected a newline at the end: the run was probably interrupted");
  expect(cut, "--allow-truncated");
}

TEST_F(Read, LeavesOutTheIncompleteLineWhereAllowed) {
  const Results results = read(kRun + "\n" + kSubject.substr(0, 40), true);
  EXPECT_EQ(results.runs.size(), 1u);
  EXPECT_TRUE(results.subjects.empty());
  EXPECT_EQ(results.truncated, std::vector<std::string>{path_});
}

TEST_F(Read, RefusesDamageInTheMiddleEvenWhereTruncationIsAllowed) {
  EXPECT_THROW(read(kRun + "\n" + kSubject.substr(0, 40) + "\n" + kVerdict + "\n", true), FormatError);
}

TEST_F(Read, TakesSeveralRunsOfSeveralFiles) {
  std::string other = kRun;
  other.replace(other.find("r1"), 2, "r2");
  EXPECT_EQ(read(kRun + "\n" + kSubject + "\n" + other + "\n").runs.size(), 2u);
}

}  // namespace
}  // namespace assay::report
