#include "suites/core/deviations.h"

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "suites/core/clause.h"

namespace assay::suite {

Deviations Deviations::read(const std::string& path, const std::string& subject) {
  const auto fail = [&](const std::string& what) { throw DeviationError(path + ": " + what); };
  std::ifstream file(path);
  if (!file) fail("cannot be read");
  Deviations list;
  try {
    const auto json = nlohmann::json::parse(file);
    if (const std::string about = json.at("subject"); about != subject)
      fail("is about " + about + ", not about " + subject);
    for (const auto& entry : json.at("deviations")) {
      Deviation deviation;
      deviation.clause = entry.at("clause");
      deviation.since = entry.value("since", "");
      deviation.until = entry.value("until", "");
      deviation.reason = entry.at("reason");
      deviation.reference = entry.at("reference");
      deviation.sometimes = entry.value("sometimes", false);
      deviation.headline = entry.value("headline", "");
      if (find_clause(deviation.clause.c_str()) == nullptr) fail("there is no clause " + deviation.clause);
      if (deviation.reason.empty() || deviation.reference.empty())
        fail("the deviation from " + deviation.clause + " needs a reason and a reference");
      for (const Deviation& other : list.entries_)
        if (other.clause == deviation.clause) fail("lists " + deviation.clause + " twice");
      list.entries_.push_back(std::move(deviation));
    }
  } catch (const nlohmann::json::exception& error) {
    fail(error.what());
  }
  return list;
}

const Deviation* Deviations::find(const std::string& clause, const std::string& version) const {
  for (const Deviation& entry : entries_) {
    if (entry.clause != clause) continue;
    if (!version.empty() && !entry.since.empty() && compare_versions(version, entry.since) < 0) continue;
    if (!entry.until.empty() && (version.empty() || compare_versions(version, entry.until) >= 0)) continue;
    return &entry;
  }
  return nullptr;
}

int compare_versions(const std::string& a, const std::string& b) {
  const char* left = a.c_str();
  const char* right = b.c_str();
  while (*left != '\0' || *right != '\0') {
    char* end;
    const unsigned long l = std::strtoul(left, &end, 10);
    left = *end == '\0' ? end : end + 1;
    const unsigned long r = std::strtoul(right, &end, 10);
    right = *end == '\0' ? end : end + 1;
    if (l != r) return l < r ? -1 : 1;
  }
  return 0;
}

}  // namespace assay::suite
