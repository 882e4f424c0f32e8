#include "reports/history/index.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>
#include <tuple>
#include <unordered_map>

namespace assay::report {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kVersion = 2;    // of the tables, and of what a value is
constexpr std::size_t kMostRows = 256;  // of one statement

constexpr const char* kTables[] = {"version", "runs", "series", "points", "changes"};

SeriesName read_name(const Row& row, int first) {
  return {row.text(first),     row.text(first + 1), row.text(first + 2),         row.text(first + 3),
          row.text(first + 4), row.text(first + 5), row.integer(first + 6) != 0, row.integer(first + 7) != 0};
}
constexpr const char* kNameColumns =
    "machine, suite, workload, subject, metric, unit, less_is_better, counted";

// insert into points …: far fewer statements than points, of few different lengths, each one a round trip.
std::string insert_points(std::size_t rows) {
  std::string statement = "INSERT INTO points VALUES ";
  for (std::size_t i = 0; i < 4 * rows; ++i)
    statement += (i == 0 ? "($" : i % 4 == 0 ? "), ($" : ", $") + std::to_string(i + 1);
  return statement + ")";
}

std::string encode(const std::vector<Change>& changes) {
  Json list = Json::array();
  for (const Change& change : changes) list.push_back({change.index, change.before, change.after, change.p});
  return list.dump();
}

std::vector<Change> decode(const std::string& text) {
  std::vector<Change> changes;
  try {
    for (const Json& change : Json::parse(text))
      changes.push_back({change.at(0).get<std::size_t>(), change.at(1).get<double>(),
                         change.at(2).get<double>(), change.at(3).get<double>()});
  } catch (const Json::exception& error) {
    throw DamagedDatabase("the index's table `changes`: " + std::string(error.what()));
  }
  return changes;
}

// Of runs at the same time, the tables know no order that every index would have: History::runs does.
void put_in_order(HistorySeries* series) {
  if (std::is_sorted(series->runs.begin(), series->runs.end())) return;
  std::vector<std::size_t> places(series->runs.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::sort(places.begin(), places.end(),
            [&](std::size_t a, std::size_t b) { return series->runs[a] < series->runs[b]; });
  HistorySeries sorted = *series;
  for (std::size_t i = 0; i < places.size(); ++i) {
    sorted.runs[i] = series->runs[places[i]];
    sorted.values[i] = series->values[places[i]];
  }
  *series = std::move(sorted);
}

}  // namespace

Index::Index(std::unique_ptr<Database> database) : database_(std::move(database)) {
  const auto version = [&] {
    std::int64_t found = 0;
    database_->run("SELECT number FROM version", {}, [&](const Row& row) { found = row.integer(0); });
    return found;
  };
  try {
    if (version() == kVersion) return;
  } catch (const DamagedDatabase&) {  // or new: there is no such table; what comes next would throw it again
  }
  Transaction transaction(database_.get(), Access::kWrite);
  database_->run("CREATE TABLE IF NOT EXISTS version (number BIGINT NOT NULL)");
  if (version() == kVersion) return;  // somebody else was faster
  for (const char* table : kTables) database_->run(std::string("DROP TABLE IF EXISTS ") + table);
  const std::string ordered = database_->in_order_of_key();
  for (const std::string& table :
       {std::string("version (number BIGINT NOT NULL)"),
        std::string(
            "runs (id BIGINT PRIMARY KEY, file TEXT NOT NULL UNIQUE, size BIGINT NOT NULL, "
            "changed BIGINT NOT NULL, problem TEXT NOT NULL, run TEXT NOT NULL, revision TEXT NOT NULL, "
            "machine TEXT NOT NULL, time BIGINT NOT NULL)"),
        std::string(
            "series (id BIGINT PRIMARY KEY, machine TEXT NOT NULL, suite TEXT NOT NULL, "
            "workload TEXT NOT NULL, subject TEXT NOT NULL, metric TEXT NOT NULL, unit TEXT NOT NULL, "
            "less_is_better BIGINT NOT NULL, counted BIGINT NOT NULL)"),
        "points (series BIGINT, time BIGINT, run BIGINT, value DOUBLE PRECISION NOT NULL, "
        "PRIMARY KEY (series, time, run))" +
            ordered,
        std::string("changes (series BIGINT PRIMARY KEY, digest BIGINT NOT NULL, found TEXT NOT NULL)")})
    database_->run("CREATE TABLE " + table);
  database_->run("INSERT INTO version VALUES ($1)", {kVersion});
  transaction.commit();
}

std::map<std::string, IndexedFile> Index::files() {
  std::map<std::string, IndexedFile> files;
  database_->run("SELECT file, size, changed, problem FROM runs", {}, [&](const Row& row) {
    const std::string name = row.text(0);
    files[name] = {{name, row.integer(1), row.integer(2)}, row.text(3)};
  });
  return files;
}

std::vector<std::string> Index::change(const std::vector<Addition>& added,
                                       const std::vector<std::string>& dropped) {
  std::vector<std::string> problems;
  if (added.empty() && dropped.empty()) return problems;
  Transaction transaction(database_.get(), Access::kWrite);
  for (const std::string& name : dropped) drop(name);
  std::map<SeriesName, std::int64_t> known = series();
  for (const Addition& addition : added) problems.push_back(add(addition, &known));
  transaction.commit();
  return problems;
}

void Index::drop(const std::string& name) {
  std::int64_t id = 0, time = 0;
  std::string machine;
  database_->run("SELECT id, time, machine FROM runs WHERE file = $1", {name},
                 [&](const Row& row) { id = row.integer(0), time = row.integer(1), machine = row.text(2); });
  database_->run(
      "DELETE FROM points WHERE series IN (SELECT id FROM series WHERE machine = $1) AND time = $2 AND run = "
      "$3",
      {machine, time, id});
  database_->run("DELETE FROM runs WHERE id = $1", {id});
}

std::string Index::add(const Addition& added, std::map<SeriesName, std::int64_t>* known) {
  const auto [file, problem] = added.file;
  const HistoryRun& run = added.run;
  bool present = false;
  std::string complaint = problem;
  database_->run("SELECT file FROM runs WHERE file = $1 OR (run = $2 AND problem = '')", {file.name, run.id},
                 [&](const Row& row) {
                   if (row.text(0) == file.name)
                     present = true;
                   else if (problem.empty())
                     complaint = file.name + ": holds run " + run.id + ", which " + row.text(0) +
                                 " holds already; delete one";
                 });
  if (present) return "";
  const std::int64_t id = next_id("runs");
  database_->run(
      "INSERT INTO runs VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      {id, file.name, file.size, file.changed, complaint, run.id, run.commit, run.machine, run.time});
  if (!complaint.empty()) return complaint;
  std::vector<Value> values;
  for (const Point& point : added.points) {
    std::int64_t& series = (*known)[point.series];
    if (series == 0) {
      series = next_id("series");
      const SeriesName& name = point.series;
      database_->run("INSERT INTO series VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                     {series, name.machine, name.suite, name.workload, name.subject, name.metric, name.unit,
                      std::int64_t{name.less_is_better}, std::int64_t{name.counted}});
    }
    values.insert(values.end(), {series, run.time, id, point.value});
  }
  auto next = values.cbegin();
  for (std::size_t rows = kMostRows; rows > 0; rows /= 2)
    for (; static_cast<std::size_t>(values.cend() - next) >= 4 * rows;
         next += static_cast<std::ptrdiff_t>(4 * rows))
      database_->run(insert_points(rows), {next, next + static_cast<std::ptrdiff_t>(4 * rows)});
  return "";
}

std::int64_t Index::next_id(const char* table) {  // inside a transaction, so that nobody else takes it
  std::int64_t id = 0;
  database_->run(std::string("SELECT COALESCE(MAX(id), 0) + 1 FROM ") + table, {},
                 [&](const Row& row) { id = row.integer(0); });
  return id;
}

void Index::discard() {
  Transaction transaction(database_.get(), Access::kWrite);
  database_->run("DROP TABLE IF EXISTS version");
  transaction.commit();
}

std::map<SeriesName, std::int64_t> Index::series() {
  std::map<SeriesName, std::int64_t> series;
  database_->run(std::string("SELECT ") + kNameColumns + ", id FROM series", {},
                 [&](const Row& row) { series[read_name(row, 0)] = row.integer(8); });
  return series;
}

std::vector<std::pair<std::int64_t, HistoryRun>> Index::runs_by_id() {
  std::vector<std::pair<std::int64_t, HistoryRun>> runs;
  database_->run("SELECT id, run, revision, machine, time FROM runs WHERE problem = ''", {},
                 [&](const Row& row) {
                   runs.push_back({row.integer(0), {row.text(1), row.text(2), row.text(3), row.integer(4)}});
                 });
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return std::tie(a.second.time, a.second.id) < std::tie(b.second.time, b.second.id);
  });
  return runs;
}

std::vector<HistoryRun> Index::runs() {
  std::vector<HistoryRun> runs;
  for (auto& [id, run] : runs_by_id()) runs.push_back(std::move(run));
  return runs;
}

History Index::load(std::size_t window) {
  Transaction transaction(database_.get(), Access::kRead);
  History history;
  std::unordered_map<std::int64_t, std::uint32_t> places;
  for (auto& [id, run] : runs_by_id()) {
    places[id] = static_cast<std::uint32_t>(history.runs.size());
    history.runs.push_back(std::move(run));
  }

  std::unordered_map<std::int64_t, std::size_t> of_series;
  for (const auto& [name, id] : series()) {
    of_series[id] = history.series.size();
    history.series.push_back({name.machine,
                              name.suite,
                              name.workload,
                              name.subject,
                              name.metric,
                              name.unit,
                              name.less_is_better,
                              name.counted,
                              {},
                              {},
                              {}});
  }
  // The rows come series by series.
  std::int64_t current = 0;
  HistorySeries* series = nullptr;
  const Database::EachRow add = [&](const Row& row) {
    if (const std::int64_t id = row.integer(0); id != current) {
      const auto found = of_series.find(id);
      if (found == of_series.end()) throw DamagedDatabase("the index has points of no series");
      series = &history.series[found->second];
      current = id;
    }
    const auto run = places.find(row.integer(1));
    if (run == places.end()) throw DamagedDatabase("the index has points of no run");
    series->runs.push_back(run->second);
    series->values.push_back(row.number(2));
  };
  if (window == 0)
    database_->run("SELECT series, run, value FROM points ORDER BY series, time, run", {}, add);
  else
    database_->run(
        // A cross join: SQLite takes its tables in this order, or it would look at every point there is.
        "SELECT points.series, points.run, points.value FROM series CROSS JOIN points "
        "WHERE points.series = series.id AND points.time >= COALESCE((SELECT latest.time FROM points AS "
        "latest "
        "WHERE latest.series = series.id ORDER BY latest.time DESC LIMIT 1 OFFSET $1), -9223372036854775807) "
        "ORDER BY series.id, points.time, points.run",
        {static_cast<std::int64_t>(window) - 1}, add);
  transaction.commit();
  std::erase_if(history.series, [](const HistorySeries& empty) { return empty.runs.empty(); });
  for (HistorySeries& one : history.series) put_in_order(&one);
  return history;
}

Index::KnownChanges Index::known_changes() {
  KnownChanges known;
  database_->run(std::string("SELECT ") + kNameColumns +
                     ", digest, found FROM series JOIN changes ON changes.series = series.id",
                 {}, [&](const Row& row) {
                   known[read_name(row, 0)] = {row.integer(8), decode(row.text(9))};
                 });
  return known;
}

void Index::keep_changes(const KnownChanges& changes) {
  if (changes.empty()) return;
  Transaction transaction(database_.get(), Access::kWrite);
  const std::map<SeriesName, std::int64_t> ids = series();
  for (const auto& [name, found] : changes) {
    const auto id = ids.find(name);
    if (id == ids.end()) continue;  // somebody has cleared the index meanwhile
    const std::string text = encode(found.second);
    database_->run("DELETE FROM changes WHERE series = $1", {id->second});
    database_->run("INSERT INTO changes VALUES ($1, $2, $3)", {id->second, found.first, text});
  }
  transaction.commit();
}

}  // namespace assay::report
