#include "suites/core/conformance.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <tuple>

#include "suites/core/command.h"
#include "suites/core/finding.h"
#include "suites/core/mutation.h"

namespace assay::suite {

namespace {

// C-9 before C-10, the contract's families of one letter before MODEL and STRESS.
auto place(const Clause* clause) {
  const char* dash = std::strchr(clause->id, '-');
  const std::string family(clause->id, dash == nullptr ? std::strlen(clause->id) : dash - clause->id);
  return std::tuple(family.size(), family, dash == nullptr ? 0 : std::atoi(dash + 1));
}

}  // namespace

std::string load_clauses(const std::string& probe) {
  const CommandResult answer = run_command({probe, "--list"});
  std::istringstream lines(answer.output);
  std::string version;
  if (!answer.succeeded() || !std::getline(lines, version))
    throw std::runtime_error(probe + " --list fails: " + answer.errors);
  for (std::string line; std::getline(lines, line);) {
    std::array<std::string, 4> fields;
    std::istringstream columns(line);
    for (std::string& field : fields) std::getline(columns, field, '\t');
    if (fields[3].empty() || fields[1].size() != 1)
      throw std::runtime_error(probe + " --list prints a damaged line: " + line);
    const auto kept = [](const std::string& text) { return strdup(text.c_str()); };  // as long as the clause
    new Clause(kept(fields[0]), static_cast<ClauseClass>(fields[1][0]), kept(fields[2]), kept(fields[3]),
               nullptr);
  }
  if (first_clause() == nullptr) throw std::runtime_error(probe + " has no clauses");
  return version;
}

std::vector<const Clause*> select_clauses(const std::string& filter) {
  const std::regex pattern(filter, std::regex::ECMAScript | std::regex::icase);
  std::vector<const Clause*> selected;
  for (const Clause* clause = first_clause(); clause != nullptr; clause = clause->next)
    if (std::regex_search(clause->id, pattern) || std::regex_search(clause->sentence, pattern))
      selected.push_back(clause);
  std::sort(selected.begin(), selected.end(), [](auto* a, auto* b) { return place(a) < place(b); });
  return selected;
}

Judgement check_clause(const ConformancePlan& plan, const Clause& clause) {
  ChildCommand command{{plan.probe, clause.id}, {{kSeedVariable, std::to_string(plan.seed)}}};
  if (!plan.mutation.empty()) command.environment.emplace_back(kMutationVariable, plan.mutation);
  if (!plan.subject.library.empty()) command.environment.emplace_back("LD_PRELOAD", plan.subject.library);
  return judge(clause, run_child(command), plan.deviations.find(clause.id, plan.subject.version));
}

void check_clauses(const ConformancePlan& plan, const std::vector<const Clause*>& clauses,
                   const std::function<void(const Judgement&)>& report) {
  std::vector<std::optional<Judgement>> done(clauses.size());
  std::atomic<std::size_t> next{0};
  std::exception_ptr error;
  std::mutex busy;
  std::condition_variable changed;
  const auto work = [&] {
    for (std::size_t i; (i = next++) < clauses.size();) {
      try {
        Judgement judgement = check_clause(plan, *clauses[i]);
        const std::lock_guard lock(busy);
        done[i] = std::move(judgement);
      } catch (...) {
        const std::lock_guard lock(busy);
        error = std::current_exception();
      }
      changed.notify_one();
    }
  };
  std::vector<std::jthread> workers;
  for (int i = 0; i < plan.jobs; ++i) workers.emplace_back(work);
  for (std::size_t i = 0; i < clauses.size(); ++i) {
    std::unique_lock lock(busy);
    changed.wait(lock, [&] { return done[i].has_value() || error != nullptr; });
    if (error != nullptr) {
      interrupt_children();
      break;
    }
    if (interrupted()) break;
    lock.unlock();
    report(*done[i]);
  }
  workers.clear();
  if (error != nullptr) std::rethrow_exception(error);
}

}  // namespace assay::suite
