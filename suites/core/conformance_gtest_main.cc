// The clauses of a probe as GoogleTests, one a clause: what the test macros of bazel/defs.bzl run.
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <set>
#include <string>

#include "suites/core/conformance.h"

namespace assay::suite {
namespace {

ConformancePlan plan;

class ClauseTest : public testing::Test {
 public:
  explicit ClauseTest(const Clause* clause) : clause_(clause) {}

  void TestBody() override {
    const Judgement judgement = check_clause(plan, *clause_);
    RecordProperty("class", std::string(1, static_cast<char>(clause_->clause_class)));
    RecordProperty("source", clause_->source);
    RecordProperty("verdict", name_of(judgement.outcome));
    RecordProperty("detail", judgement.detail);
    for (const std::string& line : judgement.notes) std::printf("note: %s\n", line.c_str());
    if (judgement.outcome == Outcome::kSkipped) GTEST_SKIP() << judgement.detail;
    if (judgement.outcome != Outcome::kPass)
      std::printf("%s: %s\n", name_of(judgement.outcome), judgement.detail.c_str());
    if (!judgement.reason.empty())
      std::printf("listed: %s (%s)\n", judgement.reason.c_str(), judgement.reference.c_str());
    if (judgement.fails_gate())
      ADD_FAILURE() << clause_->id << " " << clause_->sentence << " (" << clause_->source << ")\n"
                    << judgement.detail << "\nseed " << plan.seed << "\n"
                    << judgement.output;
  }

 private:
  const Clause* clause_;
};

struct Broken {
  std::set<std::string> clauses;
  std::string skipped;  // why the expected one was not checked, "" when it was
};

// The numbered clauses, and the expected one, that do not hold; those of quality too where one subject has
// all the defects.
Broken broken_clauses(const ConformancePlan& mutated, const std::string& expected, bool quality) {
  Broken broken;
  const bool control = expected.empty();  // which must hold everything
  const std::string selected = control ? "" : std::string(kContract) + "|^" + expected + "$";
  check_clauses(mutated, select_clauses(selected), [&](const Judgement& judgement) {
    if (judgement.outcome == Outcome::kSkipped && judgement.clause->id == expected)
      broken.skipped = judgement.detail;
    if (judgement.outcome != Outcome::kViolation && !(quality && judgement.outcome == Outcome::kUnmet))
      return;
    broken.clauses.insert(judgement.clause->id);
    std::printf("%s: %s\n", judgement.clause->id, judgement.detail.c_str());
  });
  return broken;
}

// A suite that does not see a defect is the defect: exactly the clause that the mutant breaks must be broken.
// Where what the defect is in cannot be used, nothing is seen of it and nothing is wrong.
class MutantTest : public testing::Test {
 public:
  MutantTest(std::string mutation, std::string clause)
      : mutation_(std::move(mutation)), clause_(std::move(clause)) {}

  void TestBody() override {
    ConformancePlan mutated = plan;
    mutated.mutation = mutation_;
    std::set<std::string> expected;
    if (!clause_.empty()) expected.insert(clause_);
    const Broken broken = broken_clauses(mutated, clause_, !plan.subject.program.empty());
    if (broken.clauses.empty() && !broken.skipped.empty()) GTEST_SKIP() << clause_ << ": " << broken.skipped;
    EXPECT_EQ(broken.clauses, expected) << "the clauses that this mutant breaks";
  }

 private:
  std::string mutation_, clause_;
};

// "S-03 keys are reused" becomes S_03_keys_are_reused: what GoogleTest's filters can name.
std::string as_name(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
  text.erase(std::unique(text.begin(), text.end(), [](char a, char b) { return a == '_' && b == '_'; }),
             text.end());
  return text;
}

// A clause that no mutant breaks may be one that checks nothing. Implementation-defined ones cannot be
// broken.
class CoverageTest : public testing::Test {
 public:
  explicit CoverageTest(const std::vector<std::string>& covered) : covered_(covered.begin(), covered.end()) {}

  void TestBody() override {
    for (const Clause* clause : select_clauses(kContract))
      EXPECT_TRUE(covered_.count(clause->id) != 0 || clause->clause_class == ClauseClass::kImplementation)
          << clause->id << " " << clause->sentence << ": no mutant breaks it";
  }

 private:
  std::set<std::string> covered_;
};

// "defect:A-01", and the clause must exist.
std::pair<std::string, std::string> parse_mutant(const std::string& text) {
  const std::size_t colon = text.find(':');
  std::string mutation = text.substr(0, colon),
              clause = colon == std::string::npos ? "" : text.substr(colon + 1);
  if (find_clause(clause.c_str()) == nullptr)
    throw DeviationError("--mutant=" + text + ": there is no clause " + clause);
  return {std::move(mutation), std::move(clause)};
}

void register_mutant(const std::string& name, const std::string& mutation, const std::string& clause) {
  testing::RegisterTest("Mutant", as_name(name).c_str(), nullptr, nullptr, __FILE__, __LINE__,
                        [=]() -> testing::Test* { return new MutantTest(mutation, clause); });
}

int run(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  CLI::App app("Runs every clause of the contract on one subject.");
  std::string subject = "glibc", type, deviations, must_fail;
  std::vector<std::string> mutants, covered;
  app.add_option("--subject", subject, "NAME=LIBRARY to preload; none for the C library's allocator");
  app.add_option("--type", type, "name of the subject that is built into the probe");
  app.add_option("--probe", plan.probe, "program that runs one clause")->required();
  app.add_option("--deviations", deviations, "JSON list of the subject's documented deviations");
  app.add_option("--seed", plan.seed, "of every random choice");
  app.add_option("--must-fail", must_fail, "the one clause that the subject, a mutant, must break");
  app.add_option("--mutant", mutants,
                 "DEFECT:CLAUSE: with this defect switched on the subject must break that clause alone")
      ->allow_extra_args(false);
  app.add_option("--covered", covered, "A-01,…: every clause of the probe must be among these")
      ->delimiter(',');
  CLI11_PARSE(app, count, arguments);
  const std::string version = load_clauses(plan.probe);
  plan.subject = type.empty() ? parse_subject(subject, ".") : built_in_subject(type, version, plan.probe);
  if (!deviations.empty()) plan.deviations = Deviations::read(deviations, plan.subject.name);
  if (!must_fail.empty()) {
    if (find_clause(must_fail.c_str()) == nullptr) throw DeviationError("there is no clause " + must_fail);
    register_mutant("is_killed_by_" + must_fail + "_alone", "", must_fail);
  } else if (!covered.empty()) {
    testing::RegisterTest("Mutants", "break_every_clause", nullptr, nullptr, __FILE__, __LINE__,
                          [=]() -> testing::Test* { return new CoverageTest(covered); });
  } else if (!mutants.empty()) {
    register_mutant("without_a_defect_breaks_nothing", "", "");
    for (const std::string& text : mutants) {
      const auto [mutation, clause] = parse_mutant(text);
      register_mutant(mutation + "_is_killed_by_" + clause + "_alone", mutation, clause);
    }
  } else {
    for (const Clause* clause : select_clauses(""))
      testing::RegisterTest("Contract", as_name(std::string(clause->id) + "_" + clause->sentence).c_str(),
                            nullptr, nullptr, __FILE__, __LINE__,
                            [=]() -> testing::Test* { return new ClauseTest(clause); });
  }
  return RUN_ALL_TESTS();
}

}  // namespace
}  // namespace assay::suite

int main(int count, char** arguments) try {
  return assay::suite::run(count, arguments);
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s: %s\n", arguments[0], error.what());
  return 2;
}
