// The conformance matrix, clause × subject, and every deviation explained.
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "reports/page/markup.h"
#include "reports/page/sections.h"

namespace assay::report {
namespace {

// A shape for each finding, so that none is told by colour alone.
constexpr std::array<const char*, kFindings> kGlyphs = {"✓", "✗", "▲", "!", "≈", "○", "◆", "–", "?"};

const char* glyph(Finding finding) { return kGlyphs[static_cast<std::size_t>(finding)]; }

const char* class_name(char clause_class) {
  switch (clause_class) {
    case 'V':
      return "a normative text demands it";
    case 'W':
      return "editions of the standard disagree";
    case 'I':
      return "the text leaves the choice open";
    case 'X':
      return "in no standard, but software relies on it";
    default:
      return "quality, never a gate";
  }
}

bool broken(const Verdict* verdict) {
  return verdict != nullptr &&
         (verdict->finding == Finding::kViolation || verdict->finding == Finding::kDeviation ||
          verdict->finding == Finding::kStale);
}

std::string explanation(const Verdict& verdict) {
  std::string text = escape(verdict.detail);
  if (!verdict.reason.empty())
    text += join(text.empty() ? "" : ". ", "<em>Reason:</em> ", escape(verdict.reason));
  if (!verdict.reference.empty()) text += join(". <em>Reference:</em> ", escape(verdict.reference));
  for (const std::string& note : verdict.notes)
    text += join(text.empty() ? "" : ". ", "<em>Note:</em> ", escape(note));
  if (verdict.finding == Finding::kViolation)
    text += join(text.empty() ? "" : ". ", "<em>Seed:</em> ", std::to_string(verdict.seed));
  return text;
}

std::string name_with_glyph(Finding finding) {
  return join("<span class=\"finding ", name_of(finding), "\"><span aria-hidden=\"true\">", glyph(finding),
              "</span> ", name_of(finding), "</span>");
}

// What was seen, once for all subjects of which it is true.
std::string explanations(const Tables& tables, const Clause& clause) {
  std::vector<std::pair<std::string, std::vector<std::string>>> groups;
  for (std::size_t column = 0; column < tables.columns.size(); ++column) {
    const Verdict* verdict = clause.verdicts[column];
    if (verdict == nullptr) continue;
    const std::string why = explanation(*verdict);
    if (why.empty()) continue;
    const std::string text = join(name_with_glyph(verdict->finding), ": ", why);
    auto group = groups.begin();
    while (group != groups.end() && group->first != text) ++group;
    if (group == groups.end()) group = groups.insert(group, {text, {}});
    group->second.push_back(escape(tables.columns[column].label));
  }
  std::string items;
  for (const auto& [text, subjects] : groups)
    items += join("<li><strong>", list(subjects), "</strong> ", text, "</li>");
  return items;
}

std::string row(const Tables& tables, const Clause& clause) {
  const std::string why = explanations(tables, clause);
  const std::string sentence = escape(clause.sentence);
  bool any_broken = false;
  std::string cells;
  for (std::size_t column = 0; column < tables.columns.size(); ++column) {
    if (tables.columns[column].subject.role == Role::kNull) continue;
    const Verdict* verdict = clause.verdicts[column];
    any_broken = any_broken || broken(verdict);
    cells += join("<td data-subject=\"", escape(tables.columns[column].label), "\">",
                  verdict == nullptr ? "" : name_with_glyph(verdict->finding), "</td>");
  }
  return join(
      "<tr id=\"clause-", anchor(clause.id), "\" class=\"clause", clause.differs() ? " differs" : "",
      any_broken ? " broken" : "", "\"><th scope=\"row\">", escape(clause.id), "</th><td class=\"sentence\">",
      why.empty() ? sentence : join("<details><summary>", sentence, "</summary><ul>", why, "</ul></details>"),
      "</td>", cells, "<td><abbr title=\"", class_name(clause.clause_class), "\">",
      std::string(1, clause.clause_class), "</abbr></td><td class=\"source\">", escape(clause.source),
      "</td></tr>\n");
}

std::string matrix(const Tables& tables) {
  std::string head, rows;
  std::size_t at = 1;
  for (const Column& column : tables.columns)
    if (column.subject.role != Role::kNull)
      head += join("<th scope=\"col\" data-sort=\"", std::to_string(++at), "\">", escape(full_name(column)),
                   "</th>");
  for (const Clause& clause : tables.clauses) rows += row(tables, clause);
  return framed_table(
      "Conformance matrix", "matrix",
      join("<tr><th scope=\"col\" data-sort=\"0\">Clause</th><th scope=\"col\" data-sort=\"1\">What must "
           "hold</th>",
           head, "<th scope=\"col\" data-sort=\"", std::to_string(at + 1),
           "\">Class</th><th scope=\"col\" data-sort=\"", std::to_string(at + 2), "\">Source</th></tr>\n"),
      join("<tbody>\n", rows, "</tbody>\n"));
}

std::string broken_by(const Tables& tables, std::size_t at) {
  std::string items;
  for (const Clause& clause : tables.clauses) {
    const Verdict* verdict = clause.verdicts[at];
    if (!broken(verdict)) continue;
    items += join("<li>", clause_link(clause), " ", name_with_glyph(verdict->finding), " <q>",
                  escape(clause.sentence), "</q><div>", explanation(*verdict), "</div></li>\n");
  }
  if (items.empty()) return "";
  return join("<h3>", escape(full_name(tables.columns[at])), "</h3>\n<ul>\n", items, "</ul>\n");
}

std::string legend() {
  static constexpr std::array<const char*, kFindings> kMeanings = {
      "holds",
      "does not hold and is not listed: fails the gate",
      "does not hold, listed for this subject with reason and reference",
      "listed as a deviation, yet holds: fails the gate",
      "only the weaker of two readings holds",
      "does not hold: quality, never a gate",
      "the text leaves it open; what was seen is recorded",
      "the entry point is not provided",
      "could not be checked here"};
  std::string items;
  for (std::size_t i = 0; i < kFindings; ++i)
    items += join("<li>", name_with_glyph(static_cast<Finding>(i)), " ", kMeanings[i], "</li>");
  return join("<details class=\"key\"><summary>What the verdicts mean</summary><ul>", items,
              "</ul></details>\n");
}

}  // namespace

std::string conformance_section(const Tables& tables) {
  if (tables.clauses.empty()) return "";
  std::string deviations;
  for (std::size_t column = 0; column < tables.columns.size(); ++column)
    deviations += broken_by(tables, column);
  return join("<section id=\"conformance\">\n<h2>Conformance</h2>\n",
              deviations.empty() ? "<p>No subject breaks a clause that gates.</p>\n"
                                 : join("<div class=\"deviations\">\n", deviations, "</div>\n"),
              "<h3>All clauses</h3>\n", legend(),
              "<form class=\"filter\" hidden aria-label=\"Filter the matrix\"><label><input "
              "type=\"checkbox\" name=\"differs\"> "
              "only rows with differences</label> <label><input type=\"checkbox\" name=\"broken\"> only "
              "violations and "
              "deviations</label> <label>containing <input type=\"search\" name=\"text\"></label> "
              "<output aria-live=\"polite\"></output></form>\n",
              matrix(tables), "</section>\n");
}

}  // namespace assay::report
