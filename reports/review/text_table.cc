#include <algorithm>
#include <sstream>

#include "reports/review/review.h"
#include "reports/review/words.h"

namespace assay::report {
namespace {

constexpr std::size_t kLeastWidth = 60;
constexpr std::size_t kShown = 25;  // rows of a standing: who wants more reads the page
constexpr std::size_t kIndent = 11, kChange = 9, kRange = 18, kEvidence = 12;

constexpr const char* kBold = "1";
constexpr const char* kDim = "2";

const char* colour_of(Standing standing) {
  switch (standing) {
    case Standing::kControlFailed:
    case Standing::kRegression:
      return "1;31";
    case Standing::kBetter:
      return "32";
    default:
      return "33";
  }
}

std::string plain(std::string_view text) { return std::string(text); }

class Table {
 public:
  Table(bool colour, std::size_t width) : colour_(colour), width_(std::max(width, kLeastWidth)) {}

  // Words are cut only where one is wider than the line.
  void paragraph(const std::string& text, std::size_t indent, const char* style) {
    std::istringstream words(text);
    std::string line;
    const std::size_t room = width_ - indent;
    for (std::string word; words >> word;) {
      word = shortened(word, room);
      if (!line.empty() && characters(line) + 1 + characters(word) > room) put(&line, indent, style);
      line += (line.empty() ? "" : " ") + word;
    }
    if (!line.empty()) put(&line, indent, style);
  }

  void row(const ReviewedRow& reviewed, const Review& review) {
    const std::size_t room = name_width(review);
    const ComparisonRow& row = *reviewed.row;
    text_ += styled(padded(standing_text(reviewed.standing), kIndent), colour_of(reviewed.standing)) +
             padded(reviewed.name, room) + " " + aligned(change_text(row), kChange) + "  " +
             padded(range_text(row), kRange - 1) + " " + shortened(evidence_text(row), kEvidence) + "\n";
    const std::string remark = remark_text(reviewed);
    paragraph(values_text(row) + (remark.empty() ? "" : ", " + remark), kIndent, kDim);
  }

  void rows(const Review& review, Standing standing) {
    std::size_t count = 0;
    for (const ReviewedRow& reviewed : review.rows)
      if (reviewed.standing == standing && ++count <= kShown) row(reviewed, review);
    if (count > kShown)
      paragraph("… and " + plural(count - kShown, "") + "more " + standing_text(standing) + ", less changed",
                kIndent, kDim);
  }

  void failures(const Review& review) {
    for (std::size_t i = 0; i < std::min(review.failures.size(), kShown); ++i)
      paragraph("FAILED: " + failure_text(review.failures[i], plain), 0, colour_of(Standing::kRegression));
    if (review.failures.size() > kShown)
      paragraph("… and " + plural(review.failures.size() - kShown, "") + "more failed", 0, kDim);
  }

  void blank() {  // no two in a row
    if (!text_.ends_with("\n\n")) text_ += '\n';
  }
  std::string text() { return std::move(text_); }

 private:
  std::size_t name_width(const Review& review) const {
    std::size_t widest = 0;
    for (const ReviewedRow& reviewed : review.rows) widest = std::max(widest, characters(reviewed.name));
    return std::min(widest, width_ - kIndent - 1 - kChange - 2 - kRange - kEvidence);
  }

  void put(std::string* line, std::size_t indent, const char* style) {
    text_ += std::string(indent, ' ') + styled(*line, style) + "\n";
    line->clear();
  }

  std::string styled(const std::string& text, const char* style) const {
    return colour_ ? "\033[" + std::string(style) + "m" + text + "\033[0m" : text;
  }

  // Exactly as wide as the column.
  static std::string blanks(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, characters(text)), ' ');
  }
  static std::string padded(const std::string& text, std::size_t width) {
    return shortened(text, width) + blanks(text, width);
  }
  static std::string aligned(const std::string& text, std::size_t width) {
    return blanks(text, width) + shortened(text, width);
  }

  bool colour_;
  std::size_t width_;
  std::string text_;
};

}  // namespace

std::string text_table(const Review& review, bool colour, std::size_t width) {
  Table table(colour, width);
  table.paragraph(verdict_sentence(review), 0, kBold);
  table.paragraph(
      "base " + review.base + ", head " + review.head + "; times with 95 % intervals over restarts", 0, kDim);
  table.blank();
  for (const Standing standing : {Standing::kControlFailed, Standing::kRegression, Standing::kUnconfirmed,
                                  Standing::kBetter, Standing::kUndecided})
    table.rows(review, standing);
  table.failures(review);
  // Refuted alarms would be forgotten among what is the same.
  for (const ReviewedRow& reviewed : review.rows)
    if (reviewed.standing == Standing::kSame && reviewed.row->confirmation == Confirmation::kRefuted)
      table.row(reviewed, review);
  table.blank();
  const std::string control = control_text(review);
  table.paragraph(plural(review.count(Standing::kSame), "") + "the same; " +
                      plural(review.count(Standing::kUnchanged), "") + "unchanged, byte for byte" +
                      (control.empty() ? "" : "; " + control) + ".",
                  0, kDim);
  return table.text();
}

}  // namespace assay::report
