// A server: every thread replaces random blocks of its set of 1,000, sizes 8 to 1,000 bytes; after each round
// the sets move on to the next thread, which then frees what another allocated: connections handed between
// workers. After Larson and Krishnan ("Memory allocation for long-running server applications", 1998), with
// rounds in place of new threads. "private_sets" keeps the sets where they are; "oversubscribed" has eight
// threads. One operation is one free and one allocation.
#include "suites/core/random.h"
#include "suites/malloc/workloads/blocks.h"
#include "suites/core/team.h"

namespace assay::suite {
namespace {

template <unsigned kThreads, bool kHandsOver>
class Server : public Workload {
 public:
  explicit Server(const Settings& settings) : blocks_(settings.scaled(1000)), seed_(settings.seed) {
    operations = std::size_t{kThreads} * kRounds * kReplaced;
    for (Set& set : sets_) set.blocks = harness_array<Block>(blocks_);
  }

  void begin() override {
    team_.run([this](unsigned member) {
      Set& set = sets_[member];
      Random random(seed_ + member);
      set.live = LiveSet();
      for (std::size_t i = 0; i < blocks_; ++i) set.live.fill(set.blocks[i], random.between(8, 1000), i);
    });
  }

  std::uint64_t pass() override {
    peak_live = live();
    for (unsigned round = 0; round < kRounds; ++round) {
      team_.run([this, round](unsigned member) {
        const unsigned owner = kHandsOver ? (member + round) % kThreads : member;
        Set& set = sets_[owner];
        Random random(seed_ ^ mark_of(round * kThreads + owner));
        for (std::size_t i = 0; i < kReplaced; ++i) {
          Block& block = set.blocks[random.below(blocks_)];
          set.live.drain(block);
          set.live.fill(block, random.between(8, 1000), i);
        }
      });
      peak_live = std::max(peak_live, live());  // within a round it depends on who is how far
    }
    std::uint64_t checksum = 0;
    for (Set& set : sets_) checksum = fold(checksum, set.live.take_checksum());
    return checksum;
  }

  void end() override {
    for (Set& set : sets_) set.live.drain(set.blocks, blocks_);
  }

 private:
  static constexpr unsigned kRounds = 16;
  static constexpr std::size_t kReplaced = 160'000 / kRounds / kThreads;
  struct alignas(64) Set {
    Block* blocks;
    LiveSet live;
  };

  std::size_t live() const {
    std::size_t live = 0;
    for (const Set& set : sets_) live += set.live.live();
    return live;
  }

  std::size_t blocks_;
  std::uint64_t seed_;
  Set sets_[kThreads];
  Team<kThreads> team_;
};

const WorkloadEntry server(
    {.name = "server",
     .family = "threads",
     .sentence = "two threads replace random blocks of 8-1,000 bytes and exchange their sets",
     .passes = 4,
     .threaded = true,
     .make = make_workload<Server<2, true>>});
const WorkloadEntry private_sets(
    {.name = "private_sets",
     .family = "threads",
     .sentence = "two threads replace random blocks of 8-1,000 bytes, each its own",
     .passes = 4,
     .threaded = true,
     .make = make_workload<Server<2, false>>});
const WorkloadEntry oversubscribed({.name = "oversubscribed",
                                    .family = "threads",
                                    .sentence = "as server, with eight threads",
                                    .passes = 4,
                                    .threaded = true,
                                    .make = make_workload<Server<8, true>>});

}  // namespace
}  // namespace assay::suite
