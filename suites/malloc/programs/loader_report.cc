#include "suites/malloc/programs/loader_report.h"

#include <sstream>
#include <string_view>

namespace assay::suite::programs {
namespace {

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// What follows `mark` in the line; false when it is not there.
bool after(const std::string& line, std::string_view mark, std::string& rest) {
  const std::size_t at = line.find(mark);
  if (at == std::string::npos) return false;
  rest = line.substr(at + mark.size());
  return true;
}

std::string join(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

void read_loader_report(const std::string& text, const std::string& subject, LoaderReport& report) {
  const std::string to_subject = " [0] to " + subject + " [0]: normal symbol `malloc'";
  std::set<std::string> bound;  // the files whose malloc the subject is
  std::set<std::string> started;
  bool aware = false;  // the program that is being started
  std::istringstream lines(text);
  for (std::string line, rest; std::getline(lines, line);) {
    if (after(line, "calling init: ", rest)) {
      aware = aware || rest == subject;
    } else if (after(line, "initialize program: ", rest)) {
      if (!aware) report.unaware.insert(file_name(rest));
      if (aware) started.insert(rest);
      aware = false;
    } else if (after(line, "binding file ", rest)) {
      const std::size_t end = rest.find(to_subject);
      if (end != std::string::npos) bound.insert(rest.substr(0, end));
    }
  }
  for (const std::string& program : started)
    (bound.count(program) != 0 ? report.served : report.other).insert(file_name(program));
}

std::string not_served(const LoaderReport& report, const std::set<std::string>& users,
                       const std::set<std::string>& own_malloc) {
  if (!report.unaware.empty()) return join(report.unaware) + " ran without the subject";
  for (const std::string& program : report.other)
    if (own_malloc.count(program) == 0)
      return program + " ran with the subject loaded, but with another malloc";
  for (const std::string& user : users)
    if (report.served.count(user) == 0 && report.other.count(user) == 0)
      return user + " did not run with the subject, so far as the loader says";
  return "";
}

}  // namespace assay::suite::programs
