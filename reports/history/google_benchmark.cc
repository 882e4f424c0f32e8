#include "reports/history/google_benchmark.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "reports/history/foreign_json.h"

namespace assay::report {
namespace {

using Json = nlohmann::json;  // sorted: quick to search, however many fields an object has
using Ordered = nlohmann::ordered_json;

// Fields of a benchmark that are no counters. `wall_time` is what real_time is called in results.
const std::set<std::string> kOwnFields = {"name",
                                          "run_name",
                                          "run_type",
                                          "family_index",
                                          "per_family_instance_index",
                                          "repetitions",
                                          "iterations",
                                          "threads",
                                          "repetition_index",
                                          "real_time",
                                          "cpu_time",
                                          "time_unit",
                                          "label",
                                          "error_occurred",
                                          "error_message",
                                          "skipped",
                                          "skip_message",
                                          "aggregate_name",
                                          "aggregate_unit",
                                          "cpu_coefficient",
                                          "big_o",
                                          "real_coefficient",
                                          "rms",
                                          "wall_time"};

// A metric for a counter and the other way round: counters must not pass for the fields above.
std::string apart(const std::string& name) {
  if (name.empty()) return "(counter)";
  return kOwnFields.count(name) != 0 ? name + " (counter)" : name;
}

struct Kind {
  std::string_view metric, unit;
  bool less_is_better;
};

Kind kind_of(const std::string& metric) {
  static constexpr Kind kKnown[] = {{"cpu_time", "ns/op", true},
                                    {"wall_time", "ns/op", true},
                                    {"bytes_per_second", "bytes/s", false},
                                    {"items_per_second", "items/s", false},
                                    {"allocs_per_iter", "count", true},
                                    {"max_bytes_used", "bytes", true},
                                    {"total_allocated_bytes", "bytes", true},
                                    {"net_heap_growth", "bytes", true},
                                    {"peak_resident", "bytes", true},
                                    {"steady_resident", "bytes", true},
                                    {"peak_live", "bytes", true},
                                    {"page_faults", "count", true},
                                    {"instructions", "count", true}};
  const auto known = std::find_if(std::begin(kKnown), std::end(kKnown),
                                  [&](const Kind& kind) { return kind.metric == metric; });
  return known != std::end(kKnown) ? *known : Kind{metric, "counter", !metric.ends_with("_per_second")};
}

// ---- Import

std::string fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(hash));
  return digits;
}

// 2026-11-21T10:30:00+01:00 as 2026-11-21T09:30:00Z; "" for what is no date.
std::string in_utc(const std::string& date) {
  int year = 0, hour = 0, minute = 0, second = 0, ahead_hours = 0, ahead_minutes = 0;
  unsigned month = 0, day = 0;
  char sign = 'Z';
  std::string whole = date;  // seconds, that is
  if (const std::size_t dot = whole.find('.'); dot != std::string::npos)
    whole.erase(dot, whole.find_first_not_of("0123456789", dot + 1) - dot);
  if (std::sscanf(whole.c_str(), "%4d-%2u-%2u%*c%2d:%2d:%2d%c%2d:%2d", &year, &month, &day, &hour, &minute,
                  &second, &sign, &ahead_hours, &ahead_minutes) < 6)
    return "";
  using namespace std::chrono;
  const year_month_day ymd{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  if (!ymd.ok() || year < 1970 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
      second > 60)
    return "";
  const int way = (sign == '+') - (sign == '-');
  const minutes ahead = way * (hours(ahead_hours) + minutes(ahead_minutes));
  const sys_seconds time = sys_days(ymd) + hours(hour) + minutes(minute) + seconds(second) - ahead;
  const sys_days midnight = floor<days>(time);
  const year_month_day utc(midnight);
  const hh_mm_ss clock(time - midnight);
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(utc.year()),
                static_cast<unsigned>(utc.month()), static_cast<unsigned>(utc.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

// One element of `benchmarks`.
class Entry {
 public:
  Entry(std::string where, const Json& json) : where_(std::move(where)), json_(json) {
    if (!json_.is_object()) fail("expected a benchmark, an object, found " + std::string(json_.type_name()));
    name = text("run_name");
    if (name.empty()) name = text("name");
    if (name.empty()) fail("expected a benchmark's `name` to be a string that is not empty");
    where_ += "benchmark " + shortened(name) + ": ";
  }

  [[noreturn]] void fail(const std::string& problem) const { throw FormatError(where_ + problem); }

  std::string text(const char* field) const {  // "" when it is missing
    const auto found = json_.find(field);
    if (found == json_.end()) return "";
    if (!found->is_string()) expected(field, "a string");
    return found->get<std::string>();
  }

  bool flag(const char* field) const {
    const auto found = json_.find(field);
    if (found == json_.end()) return false;
    if (!found->is_boolean()) expected(field, "true or false");
    return found->get<bool>();
  }

  double nanoseconds() const {  // in the entry's time unit
    static const std::map<std::string, double> kUnits = {
        {"", 1}, {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
    const auto found = kUnits.find(text("time_unit"));
    if (found == kUnits.end()) expected("time_unit", "one of ns, us, ms, s");
    return found->second;
  }

  [[noreturn]] void expected(const char* field, const char* what) const {
    const Json& found = json_.at(field);
    fail("expected `" + std::string(field) + "` to be " + what + ", found " +
         (found.is_string() ? "\"" + shortened(found.get<std::string>()) + "\""
                            : std::string(found.type_name())));
  }

  const Json& json() const { return json_; }

  std::string name;

 private:
  std::string where_;
  const Json& json_;
};

// What the entries of one benchmark amount to.
struct Cell {
  enum Source { kMean = 1, kMedian, kIterations } source = kMean;
  std::string label, failure;
  std::map<std::string, std::vector<double>> metrics;

  bool empty() const { return failure.empty() && metrics.empty(); }
};

class Importer {
 public:
  Importer(const std::string& text, const std::string& file, const ImportSettings& settings)
      : file_(file),
        settings_(settings),
        parsed_(parse_foreign(text, file, "benchmarks")),
        root_(parsed_.root) {
    const Json& benchmarks = root_.is_object() ? root_["benchmarks"] : root_;
    if (!root_.is_object() || !benchmarks.is_array())
      throw FormatError(
          at(1) + "expected an object with an array `benchmarks`, as --benchmark_out_format=json writes");
    if (!root_.contains("context")) root_["context"] = Json::object();
    if (!root_["context"].is_object()) throw FormatError(at(1) + "expected `context` to be an object");
    for (std::size_t i = 0; i < benchmarks.size(); ++i) take(Entry(at(parsed_.lines.at(i)), benchmarks[i]));
    if (std::all_of(cells_.begin(), cells_.end(), [](const auto& cell) { return cell.second.empty(); }))
      throw FormatError(at(1) + "holds no benchmark that ran");
    note_doubts();

    const std::string executable = context("executable");
    const std::string date = in_utc(context("date"));
    started_ = date.empty() ? settings.started : date;
    common_ = {{"schema", 2},
               {"record", ""},
               {"run", settings.run.empty() ? default_run(text) : settings.run},
               {"commit", settings.commit},
               {"machine", settings.machine.empty() ? fingerprint() : settings.machine}};
    const std::string base = executable.substr(executable.find_last_of("/\\") + 1);
    subject_ = !settings.subject.empty() ? settings.subject : !base.empty() ? base : "benchmark";
  }

  std::vector<std::string> lines() const {
    std::vector<std::string> lines;
    const auto add = [&](const char* record, const Ordered& fields) {
      Ordered line = common_;
      line["record"] = record;
      line.update(fields);
      lines.push_back(line.dump(-1, ' ', false, Ordered::error_handler_t::replace));
    };
    add("run", {{"started", started_},
                {"command", context("executable")},
                {"assay", ""},
                {"environment", environment()}});
    add("subject",
        {{"subject", subject_}, {"version", ""}, {"library", ""}, {"digest", ""}, {"role", "peer"}});
    for (const std::string& name : order_) {
      const Cell& cell = cells_.at(name);
      const Ordered where = {{"subject", subject_},
                             {"version", ""},
                             {"suite", settings_.suite.empty() ? "google_benchmark" : settings_.suite},
                             {"case", name}};
      for (const auto& [metric, samples] : cell.metrics) {
        const Kind kind = kind_of(metric);
        Ordered fields = where;
        fields.update({{"family", name.substr(0, name.find('/'))},
                       {"sentence", cell.label},
                       {"metric", metric},
                       {"unit", kind.unit},
                       {"better", kind.less_is_better ? "less" : "more"},
                       {"round", 0},
                       {"samples", samples}});
        add("measurement", fields);
      }
      if (cell.failure.empty()) continue;
      Ordered fields = where;
      fields.update({{"metric", "failure"},
                     {"unit", "reason"},
                     {"round", 0},
                     {"samples", {cell.failure}},
                     {"output", ""}});
      add("failure", fields);
    }
    return lines;
  }

 private:
  std::string at(std::size_t line) const { return file_ + ":" + std::to_string(line) + ": "; }

  void take(const Entry& entry) {
    const std::string aggregate = entry.text("aggregate_name");
    const Cell::Source source = aggregate == "mean"     ? Cell::kMean
                                : aggregate == "median" ? Cell::kMedian
                                                        : Cell::kIterations;
    if ((!aggregate.empty() || entry.text("run_type") == "aggregate") && source == Cell::kIterations) return;
    if (entry.flag("skipped")) return left_out(entry.name + ": " + entry.text("skip_message"));

    // The same repetition of the same name a second time is another benchmark.
    const Json& json = entry.json();
    const auto index = json.find("repetition_index");
    std::string part = aggregate, name = entry.name;
    if (part.empty() && index != json.end() && index->is_number()) part = index->dump();
    if (!part.empty())
      if (const std::size_t copy = ++seen_[{name, part}]; copy > 1) name += " #" + std::to_string(copy);

    const auto [found, is_new] = cells_.try_emplace(name);
    if (is_new) order_.push_back(name);
    Cell& cell = found->second;
    if (source < cell.source) return;
    if (source > cell.source) cell = Cell{source, "", "", {}};
    if (cell.label.empty()) cell.label = entry.text("label");
    if (entry.flag("error_occurred")) {
      const std::string message = entry.text("error_message");
      cell.failure = message.empty() ? "an error without a message" : message;
      return;
    }
    for (const auto& [field, value] : json.items()) {
      if (field == "cpu_time" || field == "real_time") {
        const std::string metric = field == "cpu_time" ? field : "wall_time";
        if (!value.is_number() && !value.is_null()) entry.expected(field.c_str(), "a number");
        const double time = value.is_null() ? NAN : value.get<double>() * entry.nanoseconds();
        if (std::isfinite(time))
          cell.metrics[metric].push_back(time);
        else
          cell.failure = field + " is not a finite number";
      } else if (kOwnFields.count(field) != 0 && field != "wall_time") {
        continue;
      } else if (value.is_number()) {
        cell.metrics[apart(field)].push_back(value.get<double>());
      } else if (value.is_null()) {
        left_out(name + ": " + field + " is not a finite number");
      }
    }
  }

  void left_out(const std::string& what) {
    constexpr std::size_t kMost = 20;
    if (++left_out_ <= kMost) notes_.push_back("left out " + shortened(what));
    if (left_out_ == kMost + 1) notes_.push_back("left out more");
  }

  void note_doubts() {
    if (context("library_build_type") == "debug")
      notes_.push_back("Google Benchmark itself was built without optimisation: short times are too long");
    if (root_["context"].value("cpu_scaling_enabled", Json()) == true)
      notes_.push_back("the processor's clock may change: times vary with it");
    const auto poor = std::count_if(cells_.begin(), cells_.end(),
                                    [](const auto& cell) { return cell.second.source != Cell::kIterations; });
    if (poor != 0)
      notes_.push_back(std::to_string(poor) + " benchmarks have only an aggregate, used as one sample");
  }

  std::string context(const char* field) const {
    const auto found = root_["context"].find(field);
    if (found == root_["context"].end()) return "";
    return found->is_string() ? found->get<std::string>() : found->dump();
  }

  std::string default_run(const std::string& text) const {
    std::string id;
    for (const char c : started_)
      if (std::isalnum(static_cast<unsigned char>(c))) id += c;
    return (id.empty() ? "undated" : id) + "-" + fnv1a(text).substr(0, 6);
  }

  std::string fingerprint() const {
    const Json& context_fields = root_["context"];
    const Json mhz = context_fields.value("mhz_per_cpu", Json());
    const double clock = mhz.is_number() ? std::round(mhz.get<double>() / 100) : 0;  // it is measured on some
    return fnv1a(context("host_name") + '\n' + context("num_cpus") + '\n' + Json(clock).dump() + '\n' +
                 context("caches"));
  }

  Json environment() const {
    Json environment = Json::object();
    for (const auto& [field, value] : root_["context"].items()) {
      if (field == "executable" || (field == "date" && in_utc(context("date")) != "")) continue;
      environment[field == "num_cpus" ? "cores" : field] = context(field.c_str());
    }
    std::string notes;
    for (const std::string& note : notes_) notes += (notes.empty() ? "" : "; ") + note;
    if (!notes.empty()) environment["import notes"] = notes;
    return environment;
  }

  const std::string file_;
  const ImportSettings settings_;
  Foreign parsed_;
  Json& root_;
  std::map<std::string, Cell> cells_;
  std::vector<std::string> order_, notes_;
  std::size_t left_out_ = 0;
  std::map<std::pair<std::string, std::string>, std::size_t> seen_;
  std::string started_, subject_;
  Ordered common_;
};

// ---- Export

// `--benchmark_context` of strings, and the fields that Google Benchmark itself writes, with their types.
Json context_of(const Run& run) {
  Json context = {{"date", run.started},     {"host_name", run.machine}, {"executable", run.command},
                  {"num_cpus", 0},           {"mhz_per_cpu", 0},         {"cpu_scaling_enabled", false},
                  {"caches", Json::array()}, {"load_avg", Json::array()}};
  std::map<std::string, std::string> others;
  for (const auto& [field, text] : run.environment) {
    const std::string name = field == "cores" ? "num_cpus" : field;
    const auto known = context.find(name);
    if (known == context.end() || known->is_string()) {
      if (name != "import notes") others[name] = text;
      continue;
    }
    Json value;
    try {
      value = parse_foreign(text, name, "").root;
    } catch (const FormatError&) {
      continue;  // somebody else's field of that name
    }
    if (value.type() == known->type() || (value.is_number() && known->is_number())) *known = value;
  }
  const std::size_t clock = others["cpu"].rfind("@ ");  // "… @ 2.60GHz", as processors call themselves
  if (context["mhz_per_cpu"] == 0 && clock != std::string::npos)
    context["mhz_per_cpu"] = std::lround(std::strtod(others["cpu"].c_str() + clock + 2, nullptr) * 1000);
  for (const auto& [name, text] : others) context[name] = text;
  return context;
}

std::uint64_t threads_of(const std::string& name) {
  const std::size_t at = name.find("/threads:");
  const std::uint64_t threads =
      at == std::string::npos ? 1 : std::strtoul(name.c_str() + at + 9, nullptr, 10);
  return threads == 0 ? 1 : threads;
}

}  // namespace

std::vector<std::string> import_google_benchmark(const std::string& json_text, const std::string& file,
                                                 const ImportSettings& settings) {
  return Importer(json_text, file, settings).lines();
}

std::string export_google_benchmark(const Results& results) {
  if (results.runs.size() != 1)
    throw std::invalid_argument("Google Benchmark's format holds one run, these results hold " +
                                std::to_string(results.runs.size()) + ": export them one by one");
  using Key = std::pair<std::size_t, std::pair<std::string, std::string>>;  // subject, suite, case
  std::vector<Key> order;
  std::map<Key, std::map<std::pair<std::uint64_t, std::size_t>, Json>> cells;  // by round and sample
  std::set<std::string> suites;
  std::set<std::size_t> subjects;
  const auto cell_of = [&](const auto& record) -> auto& {
    const Key key{record.subject, {record.suite, record.workload}};
    const auto [found, is_new] = cells.try_emplace(key);
    if (is_new) order.push_back(key);
    suites.insert(record.suite);
    subjects.insert(record.subject);
    return found->second;
  };
  for (const Measurement& measurement : results.measurements) {
    auto& repetitions = cell_of(measurement);
    const bool is_time = measurement.unit == "ns/op";
    const std::string field = is_time && measurement.metric == "cpu_time"    ? "cpu_time"
                              : is_time && measurement.metric == "wall_time" ? "real_time"
                                                                             : apart(measurement.metric);
    for (std::size_t i = 0; i < measurement.samples.size(); ++i) {
      Json& fields = repetitions[{measurement.round, i}];
      fields[field] = measurement.samples[i];
      if (!measurement.sentence.empty()) fields["label"] = measurement.sentence;
    }
  }
  for (const Failure& failure : results.failures)
    cell_of(failure)[{failure.round, SIZE_MAX}] = {
        {"error_occurred", true}, {"error_message", failure.reason}, {"real_time", 0.0}, {"cpu_time", 0.0}};

  Json benchmarks = Json::array();
  for (const Key& key : order) {
    const auto& [suite, workload] = key.second;
    const std::string run_name = (suites.size() > 1 ? suite + "/" : "") +
                                 (subjects.size() > 1 ? results.subjects[key.first].name + "/" : "") +
                                 workload;
    const auto& repetitions = cells.at(key);
    std::size_t index = 0;
    for (const auto& [place, fields] : repetitions) {
      const bool timed = fields.contains("real_time") && fields.contains("cpu_time");
      Json benchmark = {{"name", timed ? run_name : run_name + "/untimed"},
                        {"run_name", run_name},
                        {"run_type", "iteration"},
                        {"repetitions", repetitions.size()},
                        {"repetition_index", index++},
                        {"threads", threads_of(workload)},
                        {"iterations", 1}};
      benchmark.update(fields);
      if (timed) benchmark["time_unit"] = "ns";
      benchmarks.push_back(std::move(benchmark));
    }
  }
  const Json document = {{"context", context_of(results.runs.front())},
                         {"benchmarks", std::move(benchmarks)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace assay::report
