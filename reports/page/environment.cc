#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

std::string entry(const std::string& term, const std::string& value) {
  return join("<dt>", escape(term), "</dt><dd>", escape(value.empty() ? "unknown" : value), "</dd>\n");
}

std::string run_of(const Run& run) {
  std::string text = join("<h3>Run ", escape(run.id), "</h3>\n<dl>\n");
  for (const auto& [term, value] : run.environment) text += entry(term, value);
  text += entry("started", run.started);
  text += entry("arguments", run.command.empty() ? "none" : run.command);
  text += entry("Assay", join(run.assay, ", revision ", run.commit.empty() ? "unknown" : run.commit));
  return join(text, entry("machine", run.machine), "</dl>\n");
}

std::string subjects(const Tables& tables) {
  std::string rows;
  for (const Column& column : tables.columns)
    rows += join("<tr><th scope=\"row\">", escape(column.label), "</th><td>", escape(column.subject.version),
                 "</td><td>",
                 column.subject.library.empty() ? "the C library in use" : escape(column.subject.library),
                 "</td><td><code>", escape(column.subject.digest), "</code></td></tr>\n");
  return join("<h3>Subjects</h3>\n",
              framed_table("Subjects", "libraries",
                           "<tr><th scope=\"col\">Subject</th><th scope=\"col\">Version</th><th "
                           "scope=\"col\">Library</th><th scope=\"col\">Digest of its bytes</th></tr>\n",
                           join("<tbody>\n", rows, "</tbody>\n")));
}

std::string method() {
  return join(
      "<h3>Method</h3>\n<ul class=\"method\">\n"
      "<li>Every subject × workload × round runs in a process of its own. Subjects are interleaved at "
      "random, and all execute "
      "the same stream of operations; a checksum over it and over the contents read back must agree.</li>\n"
      "<li>In each round the subject’s median is divided by the baseline’s of the same round, so that what "
      "the machine did "
      "meanwhile falls on both. The ratio shown is the Hodges–Lehmann estimate over the rounds, the median "
      "of all pairwise "
      "means of the log ratios.</li>\n"
      "<li>The interval holds every ratio that the exact Wilcoxon signed-rank test does not reject at 5 %. "
      "It assumes that the "
      "log ratios scatter symmetrically, and nothing else about their distribution. Below ",
      std::to_string(kLeastRounds),
      " rounds no such interval exists, and the page says how many rounds are missing.</li>\n"
      "<li><em>Faster</em>, <em>slower</em>, <em>leaner</em> and <em>heavier</em> mean that the interval "
      "leaves out 1. A "
      "<em>tie</em> is an interval that holds 1 and stays within a factor of ",
      ratio(kTieMargin),
      " of it. An interval that holds 1 and is wider shows neither: <em>undecided</em>, with the number of "
      "rounds that would probably settle it.</li>\n"
      "<li>A geometric mean is taken over the workloads in each round and then treated like any ratio; a "
      "workload that failed "
      "is left out of its subject’s mean, which then says over how many it is.</li>\n"
      "<li>Each interval errs in at most one case of twenty, so among many cells some would be coloured by "
      "chance. That is "
      "controlled over the whole heat map by Benjamini and Hochberg’s procedure: of the coloured cells at "
      "most one in twenty is "
      "expected to be chance, and a cell whose interval leaves out 1 but that does not survive is "
      "undecided.</li>\n"
      "<li>Limits: The figures hold for "
      "this machine, these versions and these workloads. Resident size counts whole pages and the process’s "
      "own floor, which "
      "weighs most on small workloads.</li>\n</ul>\n");
}

}  // namespace

std::string environment_of(const Results& results) {
  std::string runs;
  for (const Run& run : results.runs) runs += run_of(run);
  return runs;
}

std::string environment_section(const Tables& tables, const Results& results) {
  return join("<section id=\"environment\">\n<h2>Environment and method</h2>\n", method(), subjects(tables),
              environment_of(results), "</section>\n");
}

}  // namespace assay::report
