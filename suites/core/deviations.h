// The clauses that a subject is known to break, each with its reason and a reference that others can check.
//
//   { "subject": "jemalloc",
//     "deviations": [ {
//       "clause": "C-61", "until": "5.3.1", "headline": "free(pvalloc(1)) crashes",
//       "reason": "pvalloc is left to the C library", "reference": "jemalloc 5.3.1 release notes" } ] }
//
// All but clause, reason and reference are optional. `since` and `until` bound the subject's versions that
// the entry is about: since ≤ version < until; for another version it is ignored. An entry that applies while
// the clause holds fails the run, so the list cannot outlive what it excuses; unless it says "sometimes":
// true, for what takes an unlucky moment to see. `headline` is one phrase for the report's first page, for
// what everybody should know.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

namespace assay::suite {

struct Deviation {
  std::string clause;
  std::string since, until;  // versions, "" for no bound
  std::string reason, reference;
  bool sometimes = false;
  std::string headline;
};

// Names the file and what is wrong with it.
struct DeviationError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Deviations {
 public:
  Deviations() = default;

  // Reads the list in `path`. Throws DeviationError when it is no such list, is about another subject, names
  // a clause twice, or one that does not exist.
  static Deviations read(const std::string& path, const std::string& subject);

  // The entry for that clause that applies to `version`, or null. An unknown version ("") is taken for the
  // newest.
  const Deviation* find(const std::string& clause, const std::string& version) const;

 private:
  std::vector<Deviation> entries_;
};

// -1, 0 or 1 as dotted version a is before, at or after b: 2.10 is after 2.9; what is no number counts as 0.
int compare_versions(const std::string& a, const std::string& b);

}  // namespace assay::suite
