#include "suites/runner/table.h"

#include <gtest/gtest.h>

namespace assay::suite {
namespace {

using Json = nlohmann::ordered_json;

std::vector<Json> figures(double time, double memory) {
  return {{{"metric", "cpu_time"}, {"unit", "ns/op"}, {"samples", {time}}},
          {{"metric", "peak_resident"}, {"unit", "bytes"}, {"samples", {memory}}}};
}

Subject subject(const char* name, Role role) {
  Subject made;
  made.name = name;
  made.role = role;
  return made;
}

const std::vector<Workload> kWorkloads = {{"small", "f", "s"}, {"large", "f", "s"}};

TEST(SummaryTable, ShowsRatiosTheBaselinesTimesAndWhatFailed) {
  Board board(3, 2, 0);
  for (const std::size_t workload : {0, 1}) {
    board.add(0, workload, 0, figures(40, 1000));
    board.add(1, workload, 0, figures(workload == 0 ? 20 : 80, 3000));
    board.add(2, workload, 0, figures(10, 500));
  }
  board.fail(2, 1);
  EXPECT_EQ(
      summary_table(board,
                    {subject("glibc", Role::kBaseline), subject("a", Role::kPeer), subject("b", Role::kPeer)},
                    kWorkloads),
      "CPU time, ratio to     glibc, ns/op     a       b\n"
      "small                         40.00  0.50    0.25\n"
      "large                         40.00  2.00  FAILED\n"
      "geometric mean                       1.00    0.25\n"
      "peak memory, likewise                3.00    0.50\n");
}

TEST(SummaryTable, ShowsTimesWhenThereIsNoBaseline) {
  Board board(1, 2, Board::kNone);
  board.add(0, 0, 0, figures(1234.5, 1));
  EXPECT_EQ(summary_table(board, {subject("a", Role::kPeer)}, kWorkloads),
            "CPU time, ns/op     a\n"
            "small            1234\n"
            "large               -\n");
}

}  // namespace
}  // namespace assay::suite
