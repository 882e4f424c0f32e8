#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include "reports/page/changes.h"
#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

constexpr std::size_t kHeadlines = 8;

std::string strong(const std::string& text) { return join("<strong>", text, "</strong>"); }

// "2 allocators (glibc 2.36 and mine) were checked against 130 clauses and timed on 16 workloads …"
std::string what_was_run(const Tables& tables, const Results& results) {
  std::vector<std::string> names, unchecked;
  std::string missing;
  for (const Column& column : tables.columns) {
    if (column.subject.role == Role::kNull) continue;
    const std::string name = escape(full_name(column));
    if (!column.subject.unavailable.empty()) {
      missing += join(" ", name, " is not available: ", escape(column.subject.unavailable), ".");
      continue;
    }
    names.push_back(name);
    if (!column.checked()) unchecked.push_back(name);
  }
  std::vector<std::string> deeds;
  if (!tables.clauses.empty())
    deeds.push_back(join(
        "checked against ", strong(counted(tables.clauses.size(), "clause")), " of the contract",
        unchecked.empty() ? ""
                          : join(" (", list(unchecked), unchecked.size() == 1 ? " was not)" : " were not)")));
  std::set<RoundId> rounds;
  for (const Measurement& measurement : results.measurements)
    rounds.insert({results.subjects[measurement.subject].run, measurement.round});
  if (!tables.workloads.empty())
    deeds.push_back(join("measured on ", strong(counted(tables.workloads.size(), "workload")), " in ",
                         counted(rounds.size(), "paired round")));
  return join(list(names), names.size() == 1 ? " was " : " were ", deeds.empty() ? "listed" : list(deeds),
              ".", missing);
}

struct Rank {
  const Column* column;
  Overall overall;
  std::array<std::size_t, 4> outcomes;  // workloads by Outcome
};

// Peers by their overall ratio, best first. One that failed somewhere is not ranked: its mean leaves out what
// it could not do.
std::vector<Rank> ranking(const Tables& tables, const std::string& metric) {
  std::vector<Rank> ranks;
  for (std::size_t at = 0; at < tables.columns.size(); ++at) {
    const Column& column = tables.columns[at];
    const auto overall = compare_overall(tables, at, metric);
    if (column.subject.role != Role::kPeer || column.failed_cells != 0 || !overall) continue;
    Rank rank{&column, *overall, {}};
    for (const Workload& workload : tables.workloads)
      if (const auto comparison = compare_cell(workload, at, metric))
        ++rank.outcomes[static_cast<std::size_t>(comparison->outcome)];
    ranks.push_back(rank);
  }
  std::sort(ranks.begin(), ranks.end(), [](const Rank& a, const Rank& b) {
    return a.overall.mean.ratio.value < b.overall.mean.ratio.value;
  });
  return ranks;
}

std::string outcomes_of(const Rank& rank, const std::string& metric) {
  std::vector<std::string> counts;
  for (const Outcome outcome : {Outcome::kBetter, Outcome::kWorse, Outcome::kTie, Outcome::kUndecided})
    if (const std::size_t count = rank.outcomes[static_cast<std::size_t>(outcome)])
      counts.push_back(join(name_of(outcome, metric), " on ", std::to_string(count)));
  return list(counts);
}

// Who leads, by how much, and who cannot be told apart from it.
std::string leader(const Tables& tables, const std::string& metric, const char* superlative,
                   const char* noun) {
  const std::vector<Rank> ranks = ranking(tables, metric);
  if (ranks.empty()) return "";
  const Rank& first = ranks.front();
  const Estimate& mean = first.overall.mean.ratio;
  const std::string baseline = escape(tables.columns[*tables.baseline].label);
  std::string text;
  if (!mean.interval)
    text = join(" The rounds are too few to rank ", noun, "; lowest so far is ",
                escape(full_name(*first.column)), " with ");
  else if (first.overall.mean.outcome == Outcome::kBetter)
    text = join(" ", strong(join(superlative, " overall is ", escape(full_name(*first.column)))), " with ");
  else
    text = join(" None is certainly better than ", baseline, " in overall ", noun, "; first is ",
                escape(full_name(*first.column)), " with ");
  text += join(strong(ratio(mean.value)), " times ", baseline, "’s ", noun, ", the geometric mean over ",
               counted(first.overall.workloads, "workload"),
               mean.interval ? join(" (95 % interval ", interval(*mean.interval), ")") : "", ": ",
               outcomes_of(first, metric), ".");
  std::vector<std::string> close;
  for (const Rank& rank : ranks) {
    const auto& other = rank.overall.mean.ratio.interval;
    if (&rank != &first && other && mean.interval && other->low <= mean.interval->high)
      close.push_back(escape(rank.column->label));
  }
  if (!close.empty()) text += join(" The interval of ", list(close), " overlaps.");
  return text;
}

std::string gate(const Tables& tables) {
  if (tables.clauses.empty()) return "";
  std::vector<std::string> broken, stale, unchecked;
  for (const Column& column : tables.columns) {
    if (const std::size_t count = column.count(Finding::kViolation))
      broken.push_back(join(escape(full_name(column)), " breaks ", counted(count, "clause"),
                            " in a way that is not listed"));
    if (const std::size_t count = column.count(Finding::kStale))
      stale.push_back(join(escape(full_name(column)), " keeps ", counted(count, "clause"),
                           " that it is listed to break"));
    if (const std::size_t count = column.count(Finding::kSkipped))
      unchecked.push_back(join(counted(count, "clause"), " on ", escape(full_name(column))));
  }
  const std::string gap = unchecked.empty() ? "" : join(" Could not be checked: ", list(unchecked), ".");
  if (broken.empty() && stale.empty())
    return join(" ", strong("No clause is broken that is not listed as a deviation."), gap);
  broken.insert(broken.end(), stale.begin(), stale.end());
  return join(" ", strong("The gate fails:"), " ", list(broken), ".", gap);
}

std::string failures(const Tables& tables) {
  std::vector<std::string> failed;
  for (const Column& column : tables.columns)
    if (column.failed_cells != 0)
      failed.push_back(join(escape(full_name(column)), " on ", counted(column.failed_cells, "workload")));
  return failed.empty() ? "" : join(" ", strong("Failed:"), " ", list(failed), ".");
}

// Violations first, then the deviations that their list gives a headline, then the others; among equals those
// of the fewest subjects first: they say most about their subject.
std::string headlines(const Tables& tables) {
  struct Headline {
    int urgency;
    std::size_t company;
    std::string item;
  };
  std::vector<Headline> found;
  for (const Clause& clause : tables.clauses) {
    const auto company = [&](Finding finding) {
      return static_cast<std::size_t>(
          std::count_if(clause.verdicts.begin(), clause.verdicts.end(),
                        [&](auto* v) { return v != nullptr && v->finding == finding; }));
    };
    for (std::size_t column = 0; column < tables.columns.size(); ++column) {
      const Verdict* verdict = clause.verdicts[column];
      if (verdict == nullptr) continue;
      const int urgency = verdict->finding == Finding::kViolation   ? 0
                          : verdict->finding == Finding::kStale     ? 1
                          : verdict->finding != Finding::kDeviation ? 4
                          : !verdict->headline.empty()              ? 2
                                                                    : 3;
      if (urgency == 4) continue;
      const std::string& said = !verdict->headline.empty() ? verdict->headline
                                : !verdict->detail.empty() ? verdict->detail
                                                           : clause.sentence;
      found.push_back(
          {urgency, company(verdict->finding),
           join("<li><strong>", escape(full_name(tables.columns[column])), "</strong>: ", escape(said), " (",
                name_of(verdict->finding), ", ", clause_link(clause), ")</li>\n")});
    }
  }
  if (found.empty()) return "";
  std::stable_sort(found.begin(), found.end(), [](const Headline& a, const Headline& b) {
    return std::tie(a.urgency, a.company) < std::tie(b.urgency, b.company);
  });
  std::string text = "<ul class=\"headlines\" aria-label=\"Most important findings\">\n";
  for (std::size_t i = 0; i < std::min(found.size(), kHeadlines); ++i) text += found[i].item;
  if (found.size() > kHeadlines)
    text +=
        join("<li><a href=\"#conformance\">", std::to_string(found.size() - kHeadlines), " more</a></li>\n");
  return text + "</ul>\n";
}

}  // namespace

std::string truncation(const Results& results) {
  std::string text;
  for (const std::string& file : results.truncated)
    text +=
        join("<p class=\"warning\">", escape(file),
             " ends in the middle of a record: its run was interrupted, and that record is left out.</p>\n");
  return text;
}

std::string verdict_section(const Tables& tables, const Results& results) {
  const bool compared = !results.comparisons.empty();
  const bool measured = !tables.workloads.empty() || !tables.clauses.empty();
  return join(truncation(results), "<section id=\"verdict\" aria-label=\"Verdict\">\n<p class=\"verdict\">",
              changes_sentence(results), compared && measured ? " " : "",
              compared && !measured ? "" : what_was_run(tables, results), gate(tables), failures(tables),
              leader(tables, kTime, "Fastest", "CPU time"), leader(tables, kMemory, "Leanest", "peak memory"),
              "</p>\n", headlines(tables), "</section>\n");
}

}  // namespace assay::report
