#include <ctime>

#include "reports/review/review.h"
#include "reports/review/words.h"

namespace assay::report {
namespace {

// For attributes and content alike. XML 1.0 has no way to write most control characters; legible() took them.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : legible(text, true)) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\n':
        result += "&#10;";
        break;  // a reader would make a space of a bare one in an attribute
      case '\t':
        result += "&#9;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string attribute(const char* name, std::string_view value) {
  return std::string(" ") + name + "=\"" + escaped(value) + "\"";
}

std::string property(const char* name, std::string_view value) {
  return "      <property" + attribute("name", name) + attribute("value", value) + "/>\n";
}

std::string element(const char* name, const char* type, std::string_view message, std::string_view body) {
  return std::string("      <") + name + attribute("message", message) +
         (*type == 0 ? "" : attribute("type", type)) +
         (body.empty() ? "/>\n" : ">" + escaped(body) + "</" + name + ">\n");
}

std::string result_of(const ReviewedRow& reviewed) {
  const std::string finding = finding_text(reviewed);
  switch (reviewed.standing) {
    case Standing::kControlFailed:
      return element("error", "control", finding, "");
    case Standing::kRegression:
      return element("failure", "regression", finding, "");
    case Standing::kUnconfirmed:
    case Standing::kUndecided:
      return element("skipped", "", std::string(name_of(reviewed.row->decision)) + ": " + finding, "");
    default:
      return "";
  }
}

std::string test_case(const ReviewedRow& reviewed) {
  const ComparisonRow& row = *reviewed.row;
  return "    <testcase" + attribute("classname", row.target.empty() ? row.suite : row.target) +
         attribute("name", row.workload + " " + row.metric) + ">\n" + result_of(reviewed) +
         "      <system-out>" + escaped(std::string(name_of(row.decision)) + ": " + finding_text(reviewed)) +
         "</system-out>\n    </testcase>\n";
}

std::string failed_case(const FailedMeasurement& failed) {
  return "    <testcase" + attribute("classname", failed.failure->suite) +
         attribute("name", failed.failure->workload + " of " + failed.revision + ", round " +
                               std::to_string(failed.failure->round)) +
         ">\n" + element("error", "measurement", failed.failure->reason, failed.failure->output) +
         "    </testcase>\n";
}

}  // namespace

std::string junit(const Review& review) {
  const std::size_t skipped = review.count(Standing::kUnconfirmed) + review.count(Standing::kUndecided),
                    errors = review.count(Standing::kControlFailed) + review.failures.size();
  const std::string counts = attribute("tests", std::to_string(review.rows.size() + review.failures.size())) +
                             attribute("failures", std::to_string(review.count(Standing::kRegression))) +
                             attribute("errors", std::to_string(errors)) +
                             attribute("skipped", std::to_string(skipped));
  std::string text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" + attribute("name", "assay") +
                     counts + ">\n  <testsuite" + attribute("name", "compare_builds") + counts +
                     ">\n    <properties>\n" + property("base", review.base) + property("head", review.head) +
                     property("machine", review.machine) + property("verdict", verdict_sentence(review)) +
                     property("controls", control_text(review)) + "    </properties>\n";
  for (const FailedMeasurement& failed : review.failures) text += failed_case(failed);
  for (const ReviewedRow& reviewed : review.rows) text += test_case(reviewed);
  return text + "  </testsuite>\n</testsuites>\n";
}

}  // namespace assay::report
