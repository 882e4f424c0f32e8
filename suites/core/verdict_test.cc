#include "suites/core/verdict.h"

#include <gtest/gtest.h>
#include <signal.h>

#include "suites/core/finding.h"

namespace assay::suite {
namespace {

using End = ChildOutcome::End;

// A clause registers itself by its address: it lives as long as the program.
const Clause violation("T-01", ClauseClass::kViolation, "source", "sentence", [] {});
const Clause extension("T-02", ClauseClass::kExtension, "source", "sentence", [] {});
const Clause reading("T-03", ClauseClass::kReading, "source", "sentence", [] {});
const Clause choice("T-04", ClauseClass::kImplementation, "source", "sentence", [] {});
const Clause quality("T-05", ClauseClass::kQuality, "source", "sentence", [] {});
const Deviation deviation{"T-01", "", "", "reason", "reference", false, "headline"};

ChildOutcome ended(End end, int code, std::vector<std::string> findings = {}) {
  return {end, code, std::move(findings), ""};
}
ChildOutcome found(const std::string& line) { return ended(End::kExited, kConcluded, {line}); }

TEST(Judge, PassesACheckThatReturned) {
  EXPECT_EQ(judge(violation, ended(End::kExited, kHeld), nullptr).outcome, Outcome::kPass);
}

TEST(Judge, DoesNotPassACheckThatTheSubjectEnded) {
  const Judgement judgement = judge(violation, ended(End::kExited, 0), nullptr);
  EXPECT_EQ(judgement.outcome, Outcome::kViolation);
  EXPECT_NE(judgement.detail.find("status 0"), std::string::npos);
}

TEST(Judge, TakesACrashForAViolation) {
  const Judgement judgement = judge(violation, ended(End::kKilled, SIGSEGV), nullptr);
  EXPECT_EQ(judgement.outcome, Outcome::kViolation);
  EXPECT_EQ(judgement.detail, "killed by SIGSEGV");
  EXPECT_TRUE(judgement.fails_gate());
}

TEST(Judge, TakesAHangForAViolation) {
  EXPECT_EQ(judge(violation, ended(End::kHung, SIGKILL), nullptr).outcome, Outcome::kViolation);
}

TEST(Judge, CountsTheFirstConclusionAndNoCrashAfterIt) {
  const Judgement judgement =
      judge(violation, ended(End::kKilled, SIGSEGV, {"A not provided", "V late"}), nullptr);
  EXPECT_EQ(judgement.outcome, Outcome::kAbsent);
  EXPECT_EQ(judgement.detail, "not provided");
}

TEST(Judge, NeverFailsTheGateForQuality) {
  const Judgement judgement = judge(quality, found("V slow"), nullptr);
  EXPECT_EQ(judgement.outcome, Outcome::kUnmet);
  EXPECT_FALSE(judgement.fails_gate());
}

TEST(Judge, GatesExtensionsAndTheWeakerReading) {
  EXPECT_TRUE(judge(extension, found("V broken"), nullptr).fails_gate());
  EXPECT_TRUE(judge(reading, found("V broken"), nullptr).fails_gate());
  EXPECT_FALSE(judge(reading, found("W old"), nullptr).fails_gate());
  EXPECT_FALSE(judge(choice, found("V broken"), nullptr).fails_gate());
}

TEST(Judge, NamesARunawayAndEverySignal) {
  EXPECT_NE(judge(violation, ended(End::kKilled, SIGXCPU), nullptr).detail.find("60 s of CPU time"),
            std::string::npos);
  EXPECT_EQ(judge(violation, ended(End::kKilled, SIGRTMIN), nullptr).detail,
            "killed by signal " + std::to_string(SIGRTMIN));
}

TEST(Judge, ExcusesAListedDeviation) {
  const Judgement judgement = judge(violation, found("V broken"), &deviation);
  EXPECT_EQ(judgement.outcome, Outcome::kDeviation);
  EXPECT_EQ(judgement.detail, "broken");
  EXPECT_EQ(judgement.reason, "reason");
}

TEST(Judge, FailsAListedDeviationThatHolds) {
  const Judgement judgement = judge(violation, ended(End::kExited, kHeld), &deviation);
  EXPECT_EQ(judgement.outcome, Outcome::kStale);
  EXPECT_TRUE(judgement.fails_gate());
}

TEST(Judge, LetsADeviationHoldThatShowsOnlySometimes) {
  Deviation sometimes = deviation;
  sometimes.sometimes = true;
  EXPECT_EQ(judge(violation, ended(End::kExited, kHeld), &sometimes).outcome, Outcome::kPass);
  EXPECT_EQ(judge(violation, found("V broken"), &sometimes).outcome, Outcome::kDeviation);
}

TEST(Judge, KeepsNotesBesideAPass) {
  const Judgement judgement = judge(violation, ended(End::kExited, kHeld, {"N largest was 2^34"}), nullptr);
  EXPECT_EQ(judgement.outcome, Outcome::kPass);
  EXPECT_EQ(judgement.notes, std::vector<std::string>{"largest was 2^34"});
}

}  // namespace
}  // namespace assay::suite
