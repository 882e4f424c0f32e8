// Runs the clauses of a probe on one subject, each in a process of its own, and judges what comes back.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "suites/core/deviations.h"
#include "suites/core/subject.h"
#include "suites/core/verdict.h"

namespace assay::suite {

struct ConformancePlan {
  Subject subject;
  std::string mutation;  // the defect that is switched on (suites/core/mutation.h), "" for none
  std::string probe;     // the program that runs one clause: `probe C-21`
  Deviations deviations;
  std::uint64_t seed = 1;
  int jobs = 1;  // clauses that run at the same time
};

// Selects the contract alone, without the model and stress programs (MODEL-1, STRESS-1), which touch on many
// clauses.
constexpr const char* kContract = "^[A-Z]{1,2}-[0-9]+$";

// Asks `probe --list` for the clauses and for the version of the subject that is built into the probe, which
// is returned. Throws std::runtime_error when it does not answer as it should.
std::string load_clauses(const std::string& probe);

// Clauses whose id or sentence matches the regular expression (ECMAScript, case-insensitive), in the order of
// their numbers.
// Throws std::regex_error.
std::vector<const Clause*> select_clauses(const std::string& filter);

Judgement check_clause(const ConformancePlan& plan, const Clause& clause);

// Checks all of them; `report` is called in their order, as soon as a clause and all before it are done.
// Stops early when interrupted (suites/core/child.h): what is not done by then is not reported.
void check_clauses(const ConformancePlan& plan, const std::vector<const Clause*>& clauses,
                   const std::function<void(const Judgement&)>& report);

}  // namespace assay::suite
