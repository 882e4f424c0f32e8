#include "reports/page/page.h"

#include <array>
#include <set>
#include <utility>

#include "reports/page/assets.h"
#include "reports/page/changes.h"
#include "reports/page/markup.h"
#include "reports/page/sections.h"
#include "reports/page/two_runs.h"

namespace assay::report {
namespace {

std::string title(const Tables& tables, const Results& results) {
  if (!results.comparisons.empty() && tables.workloads.empty() && tables.clauses.empty()) {
    std::set<std::string> subjects, bases;
    for (const ComparisonRow& row : results.comparisons) {
      subjects.insert(with_version(results, results.subjects[row.subject].name));
      bases.insert(with_version(results, row.base));
    }
    return join(list({subjects.begin(), subjects.end()}), " compared with ",
                list({bases.begin(), bases.end()}));
  }
  std::vector<std::string> peers;
  for (const Column& column : tables.columns)
    if (column.subject.role == Role::kPeer) peers.push_back(column.label);
  const std::string baseline = tables.baseline ? tables.columns[*tables.baseline].label : "";
  if (peers.empty()) return baseline.empty() ? "An empty run" : baseline;
  return baseline.empty() ? list(peers) : list(peers) + " beside " + baseline;
}

// Links to the sections that are there.
std::string navigation(const std::string& sections) {
  static constexpr std::array<std::pair<const char*, const char*>, 12> kSections = {
      {{"changes", "Changes"},
       {"hints", "Times"},
       {"trust", "Trust"},
       {"summary", "Summary"},
       {"heat-map", "Heat map"},
       {"latency", "Latency"},
       {"pauses", "Pauses"},
       {"memory", "Memory over time"},
       {"workloads", "Workloads"},
       {"conformance", "Conformance"},
       {"environment", "Environment and method"},
       {"raw", "Raw data"}}};
  std::string text;
  for (const auto& [id, name] : kSections)
    if (sections.find(join("<section id=\"", id, "\"")) != std::string::npos)
      text += join("<a href=\"#", id, "\">", name, "</a> ");
  return join("<nav aria-label=\"Sections\">", text, "</nav>\n");
}

// `heading` is escaped; what is unpacked on demand stands behind what is read.
std::string document(const std::string& heading, const std::string& sections, const std::string& data) {
  return join(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>",
      heading, " · Assay</title>\n<style>\n", kStyle,
      "</style>\n</head>\n<body>\n<header>\n<p class=\"series\">Assay report</p>\n<h1>", heading, "</h1>\n",
      navigation(sections), "</header>\n<main>\n", sections, "</main>\n", data,
      kECharts.empty() ? "" : join("<script type=\"text/plain\" id=\"echarts\">", kECharts, "</script>\n"),
      "<script>\n", kScript, "</script>\n</body>\n</html>\n");
}

}  // namespace

std::string page(const Results& results) {
  const Tables tables = tabulate(results);
  const std::string heading = escape(title(tables, results));
  return document(
      heading,
      join(verdict_section(tables, results), changes_section(results, Source::kTurns), trust_section(results),
           summary_section(tables), heat_map_section(tables), latency_section(tables), pauses_section(tables),
           memory_section(tables), workloads_section(tables), conformance_section(tables),
           environment_section(tables, results), raw_section(tables)),
      data_script(tables, results));
}

std::string page_of_two(const Results& base, const Results& head) {
  const TwoRuns two = compare_runs(base, head);
  const Tables tables = tabulate(two.counted);
  std::string notes;
  for (const std::string& note : two.notes) notes += join(" ", note);
  const std::string sentence = two.counted.comparisons.empty() ? "No counted quantity is in both runs."
                                                               : changes_sentence(two.counted);
  return document(
      escape(join(head.runs.front().id, " compared with ", base.runs.front().id)),
      join(truncation(two.counted), "<section id=\"verdict\" aria-label=\"Verdict\">\n<p class=\"verdict\">",
           sentence, " The runs did not take turns, so this is about counted quantities; times are hints.",
           notes, "</p>\n</section>\n", changes_section(two.counted, Source::kRuns),
           changes_section(two.times, Source::kHints), "<section id=\"environment\">\n<h2>Environment</h2>\n",
           environment_of(base), environment_of(head), "</section>\n", raw_section(tables)),
      data_script(tables, two.counted, &two.times));
}

std::string full_name(const Column& column) {
  const std::string& version = column.subject.version;
  return version.empty() || column.label != column.subject.name ? column.label : column.label + " " + version;
}

std::string name_of(Outcome outcome, const std::string& metric) {
  switch (outcome) {
    case Outcome::kBetter:
      return metric == kMemory ? "leaner" : "faster";
    case Outcome::kWorse:
      return metric == kMemory ? "heavier" : "slower";
    case Outcome::kTie:
      return "tie";
    default:
      return "undecided";
  }
}

std::string clause_link(const Clause& clause) {
  return join("<a href=\"#clause-", anchor(clause.id), "\">", escape(clause.id), "</a>");
}

std::string workload_link(const Workload& workload, const std::string& content) {
  return join("<a href=\"#workload-", anchor(workload.name), "\">", content, "</a>");
}

}  // namespace assay::report
