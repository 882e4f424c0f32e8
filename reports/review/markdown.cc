#include <algorithm>
#include <vector>

#include "reports/review/review.h"
#include "reports/review/words.h"

namespace assay::report {
namespace {

constexpr std::size_t kNote = 300;  // bytes that are kept free to say what was cut

constexpr std::size_t kFailures = 20;

constexpr std::array<const char*, kStandings> kMarks = {
    "⛔ control failed", "🔴 worse", "🟠 worse?", "🟢 better", "⚪ undecided", "same", "unchanged"};

// A code span: nothing in it is a mention, a link or HTML. What could end it or a table's cell is replaced.
std::string code(std::string_view text) {
  std::string span;
  for (const char c : text) span += c == '|' ? "¦" : c == '`' ? "'" : std::string(1, c);
  return "`" + (span.empty() ? " " : span) + "`";
}

std::string table_row(const ReviewedRow& reviewed) {
  const ComparisonRow& row = *reviewed.row;
  std::string remark = remark_text(reviewed);
  if (!row.detail.empty()) remark = code(remark);
  return "| " + std::string(kMarks[static_cast<std::size_t>(reviewed.standing)]) + " | " +
         code(shortened(reviewed.name, 200)) + " | **" + change_text(row) + "** | " + range_text(row) +
         " | " + evidence_text(row) + " | " +
         (row.unit == "count" || row.unit == "bytes" || is_time(row) ? values_text(row)
                                                                     : code(values_text(row))) +
         " | " + remark + " |\n";
}

constexpr const char* kHead =
    "\n| | case | change | 95 % interval | over | base → head | |\n|---|---|--:|---|---|---|---|\n";

class Comment {
 public:
  void add(const std::string& text) { text_ += text; }

  // The rows of these standings, as far as there is room for them and what closes the section.
  void section(const Review& review, const std::vector<Standing>& standings, const std::string& summary) {
    std::vector<const ReviewedRow*> rows;
    for (const ReviewedRow& reviewed : review.rows)
      if (std::find(standings.begin(), standings.end(), reviewed.standing) != standings.end())
        rows.push_back(&reviewed);
    if (rows.empty()) return;
    const std::string open =
        summary.empty() ? "" : "\n<details><summary>" + plural(rows.size(), "") + summary + "</summary>\n";
    const std::string close = summary.empty() ? "" : "\n</details>\n";
    const std::size_t limit = kMarkdownLimit - kNote - close.size();
    std::string body = open + kHead;
    std::size_t shown = 0;
    for (; shown < rows.size(); ++shown) {
      const std::string row = table_row(*rows[shown]);
      if (text_.size() + body.size() + row.size() > limit) break;
      body += row;
    }
    left_out_ += rows.size() - shown;
    if (shown > 0) text_ += body + close;
  }

  void failures(const Review& review) {
    if (!review.failures.empty()) text_ += '\n';
    for (std::size_t i = 0; i < std::min(review.failures.size(), kFailures); ++i)
      text_ += "- failed: " + failure_text(review.failures[i], code) + "\n";
    left_out_ += review.failures.size() - std::min(review.failures.size(), kFailures);
  }

  std::string finish() {
    if (left_out_ > 0)
      text_ += "\n*" + plural(left_out_, "row") +
               " left out: a comment holds 64 KB. The page and the JUnit file of this run have all.*\n";
    return std::move(text_);
  }

 private:
  std::string text_;
  std::size_t left_out_ = 0;
};

}  // namespace

std::string markdown(const Review& review) {
  Comment comment;
  comment.add("### Performance: " + verdict_sentence(review, code) + "\n");
  comment.add("\nbase " + code(shortened(review.base, 200)) + ", head " + code(shortened(review.head, 200)) +
              "; changes of times with 95 % intervals over restarts\n");
  comment.failures(review);
  comment.section(review, {Standing::kControlFailed, Standing::kRegression, Standing::kUnconfirmed}, "");
  comment.section(review, {Standing::kBetter}, "better");
  comment.section(review, {Standing::kUndecided}, "undecided");
  const std::string control = control_text(review);
  if (!control.empty()) comment.add("\n" + control + "\n");
  comment.section(review, {Standing::kSame, Standing::kUnchanged}, "the same or unchanged");
  return comment.finish();
}

}  // namespace assay::report
