#include "suites/runner/field.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

namespace assay::suite {
namespace {

namespace fs = std::filesystem;

struct Candidate {
  Subject subject;
  std::string program;
  std::vector<Workload> workloads;
  std::vector<Obstacle> obstacles = {};
  bool added = false;  // by the person: always takes part
};

// "name=path", the path relative to the current directory.
Candidate built_in(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) throw UsageError("--program=" + text + ": the name before '=' is missing");
  const std::string program = fs::absolute(text.substr(equals + 1)).string();
  Listing listing = list_workloads(program);
  Subject subject = built_in_subject(text.substr(0, equals), listing.version, program);
  subject.unavailable = listing.unavailable;
  return {std::move(subject), program, std::move(listing.workloads), std::move(listing.obstacles)};
}

std::vector<Candidate> find_candidates(const Options& options) {
  const std::string here = fs::current_path();
  std::vector<Candidate> found;
  std::vector<Workload> shared;
  if (!options.benchmarks.empty()) shared = list_workloads(options.benchmarks).workloads;
  const auto add = [&](Subject subject, bool added = false) {
    found.push_back({std::move(subject), options.benchmarks, shared, {}, added});
  };
  for (const std::string& text : options.subjects) add(parse_subject(text, here));
  if (!options.null_allocator.empty())
    add(parse_subject("null=" + options.null_allocator, here, Role::kNull));
  for (const std::string& text : options.programs) found.push_back(built_in(text));
  for (const std::string& text : options.preloads) {
    if (options.benchmarks.empty())
      throw UsageError("--preload=" + text + ": these subjects are types, not libraries; see //:benchmarks");
    add(parse_subject(text, user_directory()), true);
  }
  std::set<std::string> names;
  for (const Candidate& candidate : found)
    if (!names.insert(candidate.subject.name).second)
      throw UsageError("two subjects are named " + candidate.subject.name);
  return found;
}

std::string names_of(const std::vector<Candidate>& candidates) {
  std::string all;
  for (const Candidate& candidate : candidates) all += " " + candidate.subject.name;
  return all;
}

bool is_known(const std::vector<Candidate>& candidates, const std::string& name) {
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](const Candidate& candidate) { return candidate.subject.name == name; });
}

void choose_baseline(std::vector<Candidate>& candidates, const Options& options) {
  for (const std::string& name : options.baselines)
    if (options.baseline_named && !is_known(candidates, name))
      throw UsageError("--baseline: " + name + " is unknown; known are" + names_of(candidates));
  for (const std::string& name : options.baselines)
    for (Candidate& candidate : candidates)
      if (candidate.subject.name == name && candidate.subject.unavailable.empty()) {
        candidate.subject.role = Role::kBaseline;
        return;
      }
}

void keep_chosen(std::vector<Candidate>& candidates, const std::vector<std::string>& chosen) {
  for (const std::string& name : chosen)
    if (!is_known(candidates, name))
      throw UsageError("--subjects: " + name + " is unknown; known are" + names_of(candidates));
  std::erase_if(candidates, [&](const Candidate& candidate) {
    return !candidate.added && candidate.subject.role != Role::kBaseline &&
           std::find(chosen.begin(), chosen.end(), candidate.subject.name) == chosen.end();
  });
}

bool same_name(const Workload& a, const Workload& b) { return a.name == b.name; }

bool has(const std::vector<Workload>& workloads, const Workload& wanted) {
  return std::any_of(workloads.begin(), workloads.end(),
                     [&](const Workload& workload) { return same_name(workload, wanted); });
}

// Of what is selected, all that cannot be run here, and why: a line each.
std::string selected_obstacles(const std::vector<Candidate>& candidates, const Selection& selection) {
  std::string lines;
  for (const Candidate& candidate : candidates)
    for (const Obstacle& obstacle : selection.of(candidate.obstacles))
      lines += "\n  " + candidate.subject.name + ", " + obstacle.workload.name + ": " + obstacle.reason;
  return lines;
}

}  // namespace

Field find_field(const Options& options) {
  std::vector<Candidate> candidates = find_candidates(options);
  choose_baseline(candidates, options);
  if (options.chosen) keep_chosen(candidates, *options.chosen);
  if (candidates.empty())
    throw UsageError("there is no allocator to measure; name one with --preload=/path/lib.so");

  std::vector<Workload> all;
  for (const Candidate& candidate : candidates)
    for (const Workload& workload : candidate.workloads)
      if (!has(all, workload)) all.push_back(workload);
  if (all.empty() && !options.list) {
    std::string reasons;
    for (const Candidate& candidate : candidates)
      reasons += "\n  " + candidate.subject.name + ": " + candidate.subject.unavailable;
    throw UsageError("nothing can be measured here:" + reasons);
  }
  Field field;
  const Selection selection(options.only, options.filter, options.list || options.effort.thorough);
  const std::string obstacles = selected_obstacles(candidates, selection);
  const bool some =
      std::any_of(all.begin(), all.end(), [&](const Workload& workload) { return selection.has(workload); });
  if (!some && !obstacles.empty() && !options.list)
    throw UsageError("--filter: nothing that '" + options.filter + "' selects can be run here:" + obstacles);
  if (some || (obstacles.empty() && !all.empty())) field.workloads = selection.of(std::move(all));
  for (Candidate& candidate : candidates) {
    std::vector<bool> runs;
    for (const Workload& workload : field.workloads) runs.push_back(has(candidate.workloads, workload));
    field.runs.push_back(std::move(runs));
    field.obstacles.push_back(selection.of(std::move(candidate.obstacles)));
    field.programs.push_back(std::move(candidate.program));
    field.subjects.push_back(std::move(candidate.subject));
  }
  return field;
}

}  // namespace assay::suite
