#include "suites/runner/board.h"

#include <gtest/gtest.h>

namespace assay::suite {
namespace {

using Json = nlohmann::ordered_json;

Json metric(const char* name, std::vector<double> samples) {
  return {{"metric", name}, {"unit", "ns/op"}, {"better", "less"}, {"samples", samples}};
}
Json checksum(const char* value) { return {{"metric", "checksum"}, {"unit", "hash"}, {"samples", {value}}}; }

TEST(Board, FigureIsTheMedianOfTheRoundsMedians) {
  Board board(1, 1, Board::kNone);
  board.add(0, 0, 0, {metric("cpu_time", {1, 2, 30})});
  board.add(0, 0, 1, {metric("cpu_time", {4})});
  EXPECT_EQ(board.figure(0, 0, "cpu_time"), 3);
}

TEST(Board, RatioIsTheMedianOverRoundsThatBothHave) {
  Board board(2, 1, 0);
  const double base[] = {10, 20, 40}, other[] = {5, 5, 40};
  for (int round = 0; round < 3; ++round) {
    board.add(0, 0, round, {metric("cpu_time", {base[round]})});
    board.add(1, 0, round, {metric("cpu_time", {other[round]})});
  }
  board.add(1, 0, 3, {metric("cpu_time", {1000})});
  EXPECT_EQ(board.ratio(1, 0, "cpu_time"), 0.5);
}

TEST(Board, AFailedCellHasNeitherFigureNorRatio) {
  Board board(2, 1, 0);
  board.add(0, 0, 0, {metric("cpu_time", {1})});
  board.add(1, 0, 0, {metric("cpu_time", {1})});
  board.fail(1, 0);
  EXPECT_EQ(board.figure(1, 0, "cpu_time"), std::nullopt);
  EXPECT_EQ(board.ratio(1, 0, "cpu_time"), std::nullopt);
  EXPECT_EQ(board.figure(0, 0, "cpu_time"), 1);
}

TEST(Board, ThereIsNoRatioToABaselineThatFailed) {
  Board board(2, 1, 0);
  board.add(0, 0, 0, {metric("cpu_time", {1})});
  board.add(1, 0, 0, {metric("cpu_time", {1})});
  board.fail(0, 0);
  EXPECT_EQ(board.ratio(1, 0, "cpu_time"), std::nullopt);
}

TEST(Board, AChecksumUnlikeTheBaselinesIsADisagreement) {
  Board board(3, 1, 1);
  for (const std::size_t subject : {0, 1, 2})
    board.add(subject, 0, 0, {checksum(subject == 1 ? "base" : "other")});
  const auto found = board.disagreements(0, 0);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].subject, 0u);
  EXPECT_EQ(found[0].checksum, "other");
  EXPECT_EQ(found[0].expected, "base");
  EXPECT_EQ(found[1].subject, 2u);
}

TEST(Board, WithoutABaselineTheMajorityDecides) {
  Board board(4, 1, 0);
  board.fail(0, 0);
  for (const std::size_t subject : {1, 2, 3})
    board.add(subject, 0, 0, {checksum(subject == 2 ? "odd" : "same")});
  const auto found = board.disagreements(0, 0);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].subject, 2u);
}

TEST(Board, InATieEverybodyDisagrees) {
  Board board(2, 1, Board::kNone);
  board.add(0, 0, 0, {checksum("a")});
  board.add(1, 0, 0, {checksum("b")});
  EXPECT_EQ(board.disagreements(0, 0).size(), 2u);
}

TEST(Board, ALaterRoundIsHeldToTheFirst) {
  Board board(1, 1, 0);
  board.add(0, 0, 0, {checksum("a")});
  EXPECT_TRUE(board.disagreements(0, 0).empty());
  board.add(0, 0, 1, {checksum("b")});
  EXPECT_EQ(board.disagreements(0, 1).size(), 1u);
}

TEST(Board, WorkloadsHaveChecksumsOfTheirOwn) {
  Board board(1, 2, 0);
  board.add(0, 0, 0, {checksum("a")});
  board.add(0, 1, 0, {checksum("b")});
  EXPECT_TRUE(board.disagreements(0, 0).empty());
  EXPECT_TRUE(board.disagreements(1, 0).empty());
}

TEST(GeometricMean, WeighsFactorsAlike) {
  EXPECT_DOUBLE_EQ(*geometric_mean({0.5, 2}), 1);
  EXPECT_EQ(geometric_mean({}), std::nullopt);
}

}  // namespace
}  // namespace assay::suite
