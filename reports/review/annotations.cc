#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "reports/review/review.h"
#include "reports/review/words.h"

namespace assay::report {
namespace {

struct Annotation {
  std::string title, message;
  const ComparisonRow* row;  // none of a failed measurement
};

Annotation annotation_of(const char* kind, const ReviewedRow& reviewed) {
  return {std::string(kind) + ": " + shortened(reviewed.name, 200), finding_text(reviewed), reviewed.row};
}

void append(const Review& review, Standing standing, const char* kind, std::vector<Annotation>* list) {
  for (const ReviewedRow& reviewed : review.rows)
    if (reviewed.standing == standing) list->push_back(annotation_of(kind, reviewed));
}

// What fails the gate, the worst first.
std::vector<Annotation> errors_of(const Review& review) {
  std::vector<Annotation> errors;
  append(review, Standing::kControlFailed, "Control failed", &errors);
  append(review, Standing::kRegression, "Regression", &errors);
  for (const FailedMeasurement& failed : review.failures)
    errors.push_back({"Failed: " + shortened(legible(failed.failure->workload), 200),
                      failed.revision + ": " + legible(failed.failure->reason, true), nullptr});
  return errors;
}

std::vector<Annotation> warnings_of(const Review& review) {
  std::vector<Annotation> warnings;
  append(review, Standing::kUnconfirmed, "Worse, not confirmed", &warnings);
  append(review, Standing::kUndecided, "Undecided", &warnings);
  return warnings;
}

std::vector<Annotation> notices_of(const Review& review) {
  std::vector<Annotation> notices = {{"Performance", verdict_sentence(review), nullptr}};
  append(review, Standing::kBetter, "Better", &notices);
  for (const ReviewedRow& reviewed : review.rows)
    if (reviewed.standing == Standing::kSame && reviewed.row->confirmation == Confirmation::kRefuted)
      notices.push_back(annotation_of("Refuted", reviewed));
  return notices;
}

std::string workflow_escaped(const std::string& text, bool property) {
  std::string result;
  for (const char c : text) {
    if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ','))) {
      std::array<char, 4> code;
      std::snprintf(code.data(), code.size(), "%%%02X", static_cast<unsigned>(c));
      result += code.data();
    } else {
      result += c;
    }
  }
  return result;
}

std::string commands(const char* kind, const std::vector<Annotation>& list) {
  std::string text;
  for (std::size_t i = 0; i < std::min(list.size(), kAnnotations); ++i)
    text += std::string("::") + kind + " title=" + workflow_escaped(list[i].title, true) +
            "::" + workflow_escaped(list[i].message, false) + "\n";
  if (list.size() > kAnnotations)
    text += "(" + plural(list.size() - kAnnotations, "more " + std::string(kind)) + ": see the table)\n";
  return text;
}

// Knows a finding again in the next report: nothing that was measured is in it.
std::string fingerprint(const std::string& check, const std::string& what) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : check + '\0' + what) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::array<char, 17> text;
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.data();
}

// GitLab wants a file of the repository: the one that defines the target.
std::string build_file(const std::string& target) {
  const std::size_t slashes = target.find("//");
  if (slashes != 0) return "BUILD";
  const std::string package = legible(target.substr(2, target.find(':') - 2));
  return package.empty() ? "BUILD" : package + "/BUILD";
}

void append_issues(const std::vector<Annotation>& list, const char* severity,
                   nlohmann::ordered_json* issues) {
  for (std::size_t i = 0; i < std::min(list.size(), kAnnotations); ++i) {
    const Annotation& annotation = list[i];
    const ComparisonRow* row = annotation.row;
    const std::string check = annotation.title.substr(0, annotation.title.find(':'));
    issues->push_back(
        {{"description", annotation.title + ": " + annotation.message},
         {"check_name", check},
         {"fingerprint", fingerprint(check, row == nullptr ? annotation.title
                                                           : row->suite + '\0' + row->target + '\0' +
                                                                 row->workload + '\0' + row->metric)},
         {"severity", severity},
         {"location",
          {{"path", row == nullptr ? "BUILD" : build_file(row->target)}, {"lines", {{"begin", 1}}}}}});
  }
}

}  // namespace

std::string github_annotations(const Review& review) {
  return commands("error", errors_of(review)) + commands("warning", warnings_of(review)) +
         commands("notice", notices_of(review));
}

std::string gitlab_code_quality(const Review& review) {
  nlohmann::ordered_json issues = nlohmann::ordered_json::array();
  append_issues(errors_of(review), "major", &issues);
  append_issues(warnings_of(review), "minor", &issues);
  return issues.dump(2) + "\n";
}

}  // namespace assay::report
