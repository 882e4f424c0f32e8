// The same history on a real PostgreSQL server, which this test makes, starts and ends.
#include "reports/history/postgres.h"

#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>

#include "reports/history/acknowledgement.h"
#include "reports/history/location.h"
#include "reports/history/run_file.h"
#include "reports/history/sample_run.h"
#include "reports/history/sync.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;

fs::path newest_server() {
  fs::path newest;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", none))
    if (fs::exists(entry.path() / "bin/initdb")) newest = std::max(newest, entry.path() / "bin");
  return newest;
}

// Speaks through a socket in a directory of its own, and to nobody else.
class Server {
 public:
  explicit Server(const fs::path& programs) : programs_(programs) {
    std::string pattern = "/tmp/assayXXXXXX";  // a socket's path is short
    top_ = mkdtemp(pattern.data());
    if (geteuid() == 0) {  // which PostgreSQL refuses to run as
      const passwd* const user = getpwnam("postgres");
      if (user == nullptr || chown(top_.c_str(), user->pw_uid, user->pw_gid) != 0) return;
      as_user_ = "setpriv --reuid=postgres --regid=postgres --clear-groups ";
    }
    started_ = shell("initdb -D " + data() + " -A trust -U assay --no-sync -E UTF8") &&
               shell("pg_ctl -D " + data() + " -w -t 60 -l " + log() + " -o \"-k " + top_.string() +
                     " -c listen_addresses='' -c fsync=off\" start");
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    shell("pg_ctl -D " + data() + " -m immediate -w stop");
    fs::remove_all(top_);
  }

  bool started() const { return started_; }
  bool make_database(const std::string& name) const {
    return shell("createdb -h " + top_.string() + " -U assay " + name);
  }
  std::string url(const std::string& name) const {
    return "postgresql:///" + name + "?host=" + top_.string() + "&user=assay";
  }
  std::string log() const { return top_ / "log"; }

 private:
  std::string data() const { return top_ / "data"; }
  bool shell(const std::string& command) const {
    return std::system(("cd " + top_.string() + " && " + as_user_ + programs_.string() + "/" + command +
                        " >>" + log() + ".out 2>&1")
                           .c_str()) == 0;
  }

  fs::path programs_, top_;
  std::string as_user_;
  bool started_ = false;
};

class PostgresTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!newest_server().empty()) server_.emplace(newest_server());
  }
  static void TearDownTestSuite() { server_.reset(); }

  void SetUp() override {
    if (!server_) GTEST_SKIP() << "no PostgreSQL in /usr/lib/postgresql: install the package postgresql";
    ASSERT_TRUE(server_->started()) << "see " << server_->log();
    static int databases = 0;
    const std::string name = "history" + std::to_string(++databases);
    ASSERT_TRUE(server_->make_database(name));
    url_ = server_->url(name);
    location_ = open_location(url_);
  }

  static RunFile run_of(const SampleRun& sample, std::int64_t time = 0) {
    return split_runs("r.jsonl", records(sample), false, "",
                      [&](const std::string&) { return std::optional(time); })
        .at(0);
  }

  History load(std::size_t window = 0) {
    History history;
    with_index(
        location_.get(), [&](const std::string& note) { notes_.push_back(note); },
        [&](Index* index) {
          const Synchronised found = synchronise(location_->store(), index, [](std::size_t, std::size_t) {});
          EXPECT_TRUE(found.problems.empty()) << found.problems.front();
          history = index->load(window);
          find_all_changes(&history, index);
        });
    return history;
  }

  static const HistorySeries& counted(const History& history) {
    for (const HistorySeries& one : history.series)
      if (one.metric == "instructions") return one;
    throw std::logic_error("no series");
  }

  static inline std::optional<Server> server_;
  std::string url_;
  std::unique_ptr<Location> location_;
  std::vector<std::string> notes_;
};

TEST_F(PostgresTest, HoldsTheRunsAndTheSameIndexAsADirectory) {
  const TemporaryDirectory directory;
  std::unique_ptr<Location> plain = open_location(directory.path());
  for (int i = 0; i < 30; ++i) {
    const RunFile run = run_of(
        {.run = "r" + std::to_string(i), .instructions = i < 20 ? 1000. : 1100., .time = 10 + i / 7.}, i);
    EXPECT_EQ(record(location_->store(), run), Recorded::kNew);
    EXPECT_EQ(record(plain->store(), run), Recorded::kNew);
  }
  for (const std::size_t window : {std::size_t{0}, std::size_t{7}}) {
    const History ours = load(window);
    location_.swap(plain);
    const History theirs = load(window);
    location_.swap(plain);
    ASSERT_EQ(ours.series.size(), theirs.series.size());
    for (std::size_t i = 0; i < ours.series.size(); ++i) {
      EXPECT_EQ(ours.series[i].metric, theirs.series[i].metric);
      EXPECT_EQ(ours.series[i].runs, theirs.series[i].runs);
      EXPECT_EQ(ours.series[i].values, theirs.series[i].values);
      EXPECT_EQ(ours.series[i].changes.size(), theirs.series[i].changes.size());
    }
  }
  EXPECT_EQ(counted(load()).changes.at(0).index, 20U);
  EXPECT_TRUE(notes_.empty());
}

TEST_F(PostgresTest, RecordsARunOnceAndRefusesAnotherOfTheSameId) {
  EXPECT_EQ(record(location_->store(), run_of({.run = "r-1"})), Recorded::kNew);
  EXPECT_EQ(record(location_->store(), run_of({.run = "r-1"})), Recorded::kAlready);
  EXPECT_THROW(record(location_->store(), run_of({.run = "r-1", .time = 11})), FormatError);
  // Also when two writers look at the same moment and find nothing: the server knows the id.
  const RunFile elsewhere = run_of({.run = "r-1", .machine = "other"});
  EXPECT_FALSE(location_->store()->publish(elsewhere.name, "x"));
  EXPECT_TRUE(location_->store()->publish(run_of({.run = "r-2"}).name, "x"));
}

TEST_F(PostgresTest, TakesRunsFromManyProcessesAtOnce) {
  std::vector<pid_t> children;
  for (int child = 0; child < 4; ++child) {
    children.push_back(fork());
    if (children.back() != 0) continue;
    const std::unique_ptr<Location> own = open_location(url_);
    for (int i = 0; i < 5; ++i) record(own->store(), run_of({.run = "r" + std::to_string(5 * child + i)}));
    location_.release();  // the parent's connection
    location_ = open_location(url_);
    _exit(counted(load()).values.size() >= 5 && notes_.empty() && !HasFailure() ? 0 : 1);
  }
  for (const pid_t child : children) {
    int status = -1;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(counted(load()).values.size(), 20U);
}

TEST_F(PostgresTest, MakesADamagedIndexAnew) {
  record(location_->store(), run_of({.run = "r1"}));
  EXPECT_EQ(load().runs.size(), 1U);
  open_postgres(url_)->run("DROP TABLE points", {}, nullptr);
  EXPECT_EQ(counted(load()).values.size(), 1U);
  EXPECT_EQ(notes_.size(), 1U);
}

TEST_F(PostgresTest, LeavesTablesOfOtherProgramsAlone) {
  const std::unique_ptr<Database> theirs = open_postgres(url_);
  for (const char* table : {"version", "runs", "series", "points", "changes", "files"})
    theirs->run(std::string("CREATE TABLE public.") + table + " AS SELECT 7::BIGINT AS theirs", {}, nullptr);
  location_ = open_location(url_);
  record(location_->store(), run_of({.run = "r1"}));
  EXPECT_EQ(load().runs.size(), 1U);
  location_->discard_index();
  EXPECT_EQ(load().runs.size(), 1U);
  for (const char* table : {"version", "runs", "series", "points", "changes", "files"}) {
    std::vector<std::int64_t> rows;
    theirs->run(std::string("SELECT theirs FROM public.") + table, {},
                [&](const Row& row) { rows.push_back(row.integer(0)); });
    EXPECT_EQ(rows, std::vector<std::int64_t>{7}) << table;
  }
}

TEST_F(PostgresTest, KeepsAcknowledgements) {
  const Acknowledgement accepted{"*", "*", "churn", "*", "*", "1a2b3c4", "checks bounds", "me", 5};
  acknowledge(location_->store(), accepted);
  std::vector<std::string> problems;
  EXPECT_EQ(acknowledgements(location_->store(), &problems).at(0).reason, "checks bounds");
}

TEST_F(PostgresTest, SaysWhatIsWrongWithoutThePassword) {
  try {
    open_location("postgresql://me:secret@/nowhere?host=" + url_.substr(url_.find("host=") + 5));
    FAIL() << "there is no such database";
  } catch (const DatabaseError& error) {
    EXPECT_NE(std::string(error.what()).find("nowhere"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace assay::report
