// The index follows the files, whatever happens to either.
#include "reports/history/index.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "reports/history/gzip.h"
#include "reports/history/location.h"
#include "reports/history/run_file.h"
#include "reports/history/sample_run.h"
#include "reports/history/sync.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;

class IndexTest : public testing::Test {
 protected:
  // The file in the directory.
  fs::path add(const SampleRun& sample, std::optional<std::int64_t> time = std::nullopt) {
    const RunFile run =
        split_runs("r.jsonl", records(sample), false, "", [&](const std::string&) { return time; }).at(0);
    record(location_->store(), run);
    return directory_.path() / run.name;
  }

  Synchronised use(const std::function<void(Index*)>& action = [](Index*) {}) {
    Synchronised found;
    with_index(
        location_.get(), [&](const std::string& note) { notes_.push_back(note); },
        [&](Index* index) {
          found = synchronise(location_->store(), index, [](std::size_t, std::size_t) {});
          action(index);
        });
    return found;
  }

  History load(std::size_t window = 0) {
    History history;
    use([&](Index* index) { history = index->load(window); });
    return history;
  }

  static const HistorySeries* series(const History& history, const std::string& metric,
                                     const std::string& subject = "mine") {
    for (const HistorySeries& one : history.series)
      if (one.metric == metric && one.subject == subject) return &one;
    return nullptr;
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Location> location_ = open_location(directory_.path());
  std::vector<std::string> notes_;
};

TEST_F(IndexTest, HasAValueOfEachRunInTheOrderOfTheCommits) {
  add({.run = "late", .instructions = 3}, 300);
  add({.run = "early", .instructions = 1}, 100);
  use();
  add({.run = "between", .instructions = 2}, 200);
  const History history = load();
  ASSERT_EQ(history.runs.size(), 3U);
  EXPECT_EQ(history.runs[1].id, "between");
  const HistorySeries* const counted = series(history, "instructions");
  ASSERT_NE(counted, nullptr);
  EXPECT_EQ(counted->values, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(counted->runs, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_TRUE(counted->counted && counted->less_is_better);
}

TEST_F(IndexTest, OrdersRunsOfOneCommitByTheirIds) {
  for (const char* run : {"c", "a", "b"}) {
    add({.run = run, .instructions = static_cast<double>(*run)}, 100);
    use();
  }
  EXPECT_EQ(series(load(), "instructions")->values, (std::vector<double>{'a', 'b', 'c'}));
}

TEST_F(IndexTest, KeepsATimeAsMedianAndAsRatioToTheBaseline) {
  add({.run = "r1", .time = 10, .baseline_time = 40});
  const History history = load();
  ASSERT_NE(series(history, "cpu_time"), nullptr);
  EXPECT_EQ(series(history, "cpu_time")->values[0], 15);  // of 10 and 20
  ASSERT_NE(series(history, "cpu_time ÷ glibc"), nullptr);
  EXPECT_NEAR(series(history, "cpu_time ÷ glibc")->values[0], 0.25, 1e-12);
  EXPECT_FALSE(series(history, "cpu_time ÷ glibc")->counted);
  EXPECT_EQ(series(history, "cpu_time ÷ glibc", "glibc"), nullptr);
}

TEST_F(IndexTest, LoadsOnlyTheLatestValuesOfEachSeries) {
  for (int i = 0; i < 5; ++i) add({.run = "r" + std::to_string(i), .instructions = i + 1.}, i);
  EXPECT_EQ(series(load(3), "instructions")->values, (std::vector<double>{3, 4, 5}));
  EXPECT_EQ(series(load(9), "instructions")->values.size(), 5U);
}

TEST_F(IndexTest, NeverJoinsMachines) {
  add({.run = "r1"});
  add({.run = "r2", .machine = "other"});
  std::size_t count = 0;
  for (const HistorySeries& one : load().series) count += one.metric == "instructions";
  EXPECT_EQ(count, 2U);
}

TEST_F(IndexTest, DropsWhatHasVanished) {
  const fs::path file = add({.run = "r1", .instructions = 1});
  add({.run = "r2", .instructions = 2});
  EXPECT_EQ(use().added, 2U);
  fs::remove(file);
  EXPECT_EQ(use().dropped, 1U);
  EXPECT_EQ(series(load(), "instructions")->values, (std::vector<double>{2}));
}

TEST_F(IndexTest, ReportsADamagedFileOnceAndUsesTheRest) {
  add({.run = "r1"});
  const fs::path file = add({.run = "r2"});
  fs::permissions(file, fs::perms::owner_write, fs::perm_options::add);
  fs::resize_file(file, fs::file_size(file) / 2);
  const Synchronised first = use(), second = use();
  ASSERT_EQ(first.problems.size(), 1U);
  EXPECT_NE(first.problems[0].find(file.string() + ":1: is cut off"), std::string::npos) << first.problems[0];
  EXPECT_TRUE(second.problems.empty());
  EXPECT_EQ(second.damaged.size(), 1U);
  EXPECT_EQ(load().runs.size(), 1U);
  fs::remove(file);
  add({.run = "r2"});  // restored
  EXPECT_TRUE(use().damaged.empty());
  EXPECT_EQ(load().runs.size(), 2U);
}

TEST_F(IndexTest, ReportsTheLineOfANewerFile) {
  add({.run = "r1"});
  location_->store()->publish("runs/m/2026-11/1-new.jsonl.gz",
                              compress("{\"schema\":3,\"record\":\"provenance\"}\n"));
  const Synchronised found = use();
  ASSERT_EQ(found.problems.size(), 1U);
  EXPECT_NE(found.problems[0].find("1-new.jsonl.gz:1: schema 3"), std::string::npos) << found.problems[0];
  EXPECT_EQ(load().runs.size(), 1U);
}

TEST_F(IndexTest, CountsARunOnceThatIsInTwoFiles) {
  const fs::path file = add({.run = "r1"});
  fs::copy_file(file, file.parent_path() / "zzz-r1.jsonl.gz");
  const Synchronised found = use();
  ASSERT_EQ(found.problems.size(), 1U);
  EXPECT_NE(found.problems[0].find("zzz-r1.jsonl.gz: holds run r1"), std::string::npos) << found.problems[0];
  EXPECT_EQ(load().runs.size(), 1U);
  EXPECT_TRUE(use().problems.empty());
  EXPECT_EQ(use().damaged.size(), 1U);
  fs::remove(file);
  EXPECT_EQ(use().added, 1U);  // the other one
  EXPECT_EQ(load().runs.size(), 1U);
}

// A store that fails while it is told to.
class Failing : public Store {
 public:
  explicit Failing(Store* store) : store_(store) {}
  std::vector<StoredFile> list(const std::string& folder) override { return store_->list(folder); }
  std::string read(const std::string& name) override {
    if (fail) fail();
    return store_->read(name);
  }
  bool publish(const std::string& name, const std::string& bytes) override {
    return store_->publish(name, bytes);
  }
  std::string place(const std::string& name) const override { return store_->place(name); }

  std::function<void()> fail;

 private:
  Store* store_;
};

TEST_F(IndexTest, TriesAnUnusableFileAgainAndSaysOnlyWhatIsNew) {
  add({.run = "r1"});
  Failing store(location_->store());
  const std::unique_ptr<Index> index = location_->open_index();
  const auto sync = [&] { return synchronise(&store, index.get(), [](std::size_t, std::size_t) {}); };
  const auto fail_with = [&](std::errc error) {
    store.fail = [error] { throw std::system_error(std::make_error_code(error)); };
  };
  fail_with(std::errc::too_many_files_open);
  EXPECT_EQ(sync().problems.size(), 1U);
  const Synchronised again = sync();
  EXPECT_TRUE(again.problems.empty());
  EXPECT_EQ(again.damaged.size(), 1U);
  fail_with(std::errc::io_error);
  EXPECT_EQ(sync().problems.size(), 1U);
  store.fail = nullptr;
  const Synchronised healed = sync();
  EXPECT_EQ(healed.added, 1U);
  EXPECT_TRUE(healed.damaged.empty() && healed.problems.empty());
  EXPECT_EQ(index->load(0).runs.size(), 1U);
  EXPECT_EQ(sync().added, 0U);
}

TEST_F(IndexTest, TakesATroubleOfTheDatabaseForNoneOfTheFile) {
  add({.run = "r1"});
  Failing store(location_->store());
  const std::unique_ptr<Index> index = location_->open_index();
  store.fail = [] { throw DatabaseError("the connection is gone"); };
  EXPECT_THROW(synchronise(&store, index.get(), [](std::size_t, std::size_t) {}), DatabaseError);
  EXPECT_TRUE(index->files().empty());
}

TEST_F(IndexTest, NamesTheFileWhoseNamesItCannotKeep) {
  std::string text = split_runs("r.jsonl", records({.run = "r1"}), false, "",
                                [](const std::string&) { return std::optional<std::int64_t>(); })
                         .at(0)
                         .text;
  for (std::size_t at; (at = text.find("churn")) != std::string::npos;) text.replace(at, 5, "a\\u0000");
  location_->store()->publish("runs/m/2026-11/1-r1.jsonl.gz", compress(text));
  const Synchronised found = use();
  ASSERT_EQ(found.problems.size(), 1U);
  EXPECT_NE(found.problems[0].find("1-r1.jsonl.gz: a name has"), std::string::npos) << found.problems[0];
}

TEST_F(IndexTest, KeepsNoValueThatIsNotFinite) {
  add({.run = "r1", .time = 0.85e308, .baseline_time = 5e-324});
  const History history = load();
  EXPECT_EQ(series(history, "cpu_time ÷ glibc"), nullptr);
  EXPECT_EQ(series(history, "cpu_time"), nullptr);
  EXPECT_NE(series(history, "instructions"), nullptr);
}

TEST_F(IndexTest, CountsTheCellsThatFail) {
  add({.run = "r1"}, 100);
  add({.run = "r2", .fails = true}, 200);
  const History history = load();
  ASSERT_NE(series(history, "failures"), nullptr);
  EXPECT_EQ(series(history, "failures")->values, (std::vector<double>{0, 1}));
  EXPECT_TRUE(series(history, "failures")->counted && series(history, "failures")->less_is_better);
  EXPECT_EQ(series(history, "failures", "glibc")->values, (std::vector<double>{0, 0}));
  EXPECT_EQ(series(history, "instructions")->values.size(), 1U);
}

TEST_F(IndexTest, IsBuiltAnewWhenItIsDeletedDamagedOrOfAnotherVersion) {
  for (int i = 0; i < 20; ++i) add({.run = "r" + std::to_string(i)});
  EXPECT_EQ(load().runs.size(), 20U);
  const fs::path file = directory_.path() / "index.sqlite";
  fs::remove(file);
  EXPECT_EQ(load().runs.size(), 20U);
  EXPECT_TRUE(notes_.empty());

  const auto size = fs::file_size(file);
  std::ofstream(file, std::ios::trunc) << "this is no database at all, and it is long enough to be looked at";
  EXPECT_EQ(load().runs.size(), 20U);
  ASSERT_EQ(notes_.size(), 1U);
  EXPECT_NE(notes_[0].find("built anew"), std::string::npos);

  fs::resize_file(file, size / 2);
  EXPECT_EQ(load().runs.size(), 20U);
  EXPECT_EQ(notes_.size(), 2U);

  std::fstream middle(file, std::ios::in | std::ios::out | std::ios::binary);
  middle.seekp(4096);
  middle << std::string(size - 4096, '\0');
  middle.close();
  EXPECT_EQ(load().runs.size(), 20U);
  EXPECT_EQ(notes_.size(), 3U);

  use([](Index* index) { index->discard(); });
  EXPECT_EQ(load().runs.size(), 20U);
  EXPECT_EQ(series(load(), "instructions")->values.size(), 20U);
}

TEST_F(IndexTest, KnowsTheChangesOfASeriesUntilItGrows) {
  for (int i = 0; i < 30; ++i)
    add({.run = "r" + std::to_string(100 + i), .instructions = i < 15 ? 1000. : 1100.});
  const auto changes = [&] {
    History history;
    use([&](Index* index) {
      history = index->load(0);
      find_all_changes(&history, index);
    });
    return series(history, "instructions")->changes;
  };
  ASSERT_EQ(changes().size(), 1U);
  EXPECT_EQ(changes()[0].index, 15U);
  use([](Index* index) {  // what is kept is what is used
    Index::KnownChanges known = index->known_changes();
    for (auto& [name, found] : known)
      for (Change& change : found.second) change.index = 7;
    index->keep_changes(known);
  });
  EXPECT_EQ(changes()[0].index, 7U);
  add({.run = "r130", .instructions = 1100});
  EXPECT_EQ(changes()[0].index, 15U);
}

TEST_F(IndexTest, LetsSeveralProcessesSynchroniseAtOnce) {
  for (int i = 0; i < 20; ++i) add({.run = "r" + std::to_string(i)});
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(fork());
    if (children.back() == 0) _exit(load().runs.size() == 20 && notes_.empty() ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(series(load(), "instructions")->values.size(), 20U);
}

}  // namespace
}  // namespace assay::report
