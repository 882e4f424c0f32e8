// Which outcomes of the litmus tests this machine shows under each memory ordering, beside what C++ allows:
//
//   litmus [--rounds=N]       N of each test and ordering, 1,000,000 unless told otherwise
//
// Exit status 1 when a forbidden outcome was seen, 2 when called wrongly.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "suites/litmus/litmus.h"

int main(int count, char** arguments) {
  using namespace assay::suite::litmus;
  std::uint64_t rounds = 1'000'000;
  for (int i = 1; i < count; ++i) {
    char* end = arguments[i];
    if (std::strcmp(arguments[i], "--help") == 0) {
      std::printf("usage: %s [--rounds=N]\nN of each test and ordering, 1,000,000 unless told otherwise.\n",
                  arguments[0]);
      return 0;
    }
    if (std::strncmp(arguments[i], "--rounds=", 9) == 0) rounds = std::strtoull(arguments[i] + 9, &end, 10);
    if (end == arguments[i] || *end != '\0' || rounds == 0) {
      std::fprintf(stderr, "usage: %s [--rounds=N]\n", arguments[0]);
      return 2;
    }
  }
  std::printf("%-18s %-16s %12s %12s  %-9s %s\n", "test", "ordering", "rounds", "seen", "C++", "outcome");
  bool sound = true;
  for (const Observation& row : observe_all(rounds)) {
    std::printf("%-18s %-16s %12llu %12llu  %-9s %s\n", row.test, name_of(row.ordering),
                static_cast<unsigned long long>(row.rounds), static_cast<unsigned long long>(row.seen),
                row.allowed ? "allowed" : "forbidden", row.outcome);
    sound = sound && !row.forbidden_was_seen();
  }
  if (std::thread::hardware_concurrency() < 2)
    std::printf("one processor: threads meet only where the scheduler interrupts them\n");
  if (!sound) std::printf("a forbidden outcome was seen\n");
  return sound ? 0 : 1;
}
