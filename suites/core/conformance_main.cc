// A contract at the command line, for any subject and without a build system: `conformance
// --preload=libmine.so`. The clauses are those of the probe.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <thread>

#include "suites/core/conformance.h"
#include "suites/core/machine.h"
#include "suites/core/recorder.h"

namespace assay::suite {
namespace {

constexpr int kAllHold = 0, kBroken = 1, kUnusable = 2, kInterrupted = 130;

const char* colour(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPass:
      return "\033[32m";
    case Outcome::kViolation:
    case Outcome::kStale:
      return "\033[1;31m";
    case Outcome::kDeviation:
    case Outcome::kWeak:
    case Outcome::kUnmet:
      return "\033[33m";
    default:
      return "\033[2m";
  }
}

void print_paragraph(const char* label, const std::string& text) {
  if (!text.empty()) std::printf("                           %s%s\n", label, text.c_str());
}

void print(const Judgement& judgement) {
  const bool coloured = isatty(STDOUT_FILENO);
  std::printf("%-9s %c  %s%-9s%s  %s\n", judgement.clause->id,
              static_cast<char>(judgement.clause->clause_class), coloured ? colour(judgement.outcome) : "",
              name_of(judgement.outcome), coloured ? "\033[0m" : "", judgement.clause->sentence);
  print_paragraph("", judgement.detail);
  for (const std::string& line : judgement.notes) print_paragraph("note: ", line);
  if (!judgement.reason.empty())
    print_paragraph("listed: ", judgement.reason + " (" + judgement.reference + ")");
  if (judgement.fails_gate()) {
    print_paragraph("source: ", judgement.clause->source);
    if (!judgement.output.empty()) std::printf("%s\n", judgement.output.c_str());
  }
  std::fflush(stdout);
}

// "mimalloc 2.1.7", or the name alone.
std::string titled(const Subject& subject) {
  return subject.version.empty() ? subject.name : subject.name + " " + subject.version;
}

class Summary {
 public:
  void add(const Judgement& judgement) {
    ++counts_[judgement.outcome];
    ++total_;
    if (judgement.fails_gate()) broken_ += std::string(" ") + judgement.clause->id;
  }

  void print(const Subject& subject, std::size_t selected, std::uint64_t seed) const {
    std::printf("%s: %zu of %zu clauses:", titled(subject).c_str(), total_, selected);
    const char* separator = " ";
    for (const auto& [outcome, count] : counts_) {
      std::printf("%s%zu %s", separator, count, name_of(outcome));
      separator = ", ";
    }
    std::printf(" (seed %llu)\n", static_cast<unsigned long long>(seed));
    if (!broken_.empty())
      std::printf("Broken:%s\nOne alone: --filter='^ID$'. Known and accepted: list it, see --deviations.\n",
                  broken_.c_str());
  }

  bool all_hold() const { return broken_.empty(); }

 private:
  std::map<Outcome, std::size_t> counts_;
  std::size_t total_ = 0;
  std::string broken_;
};

Verdict record_of(const Judgement& judgement, const std::string& suite, std::uint64_t seed) {
  const Clause& clause = *judgement.clause;
  Verdict verdict;
  verdict.suite = suite;
  verdict.clause = clause.id;
  verdict.verdict = name_of(judgement.outcome);
  verdict.clause_class = static_cast<char>(clause.clause_class);
  verdict.sentence = clause.sentence;
  verdict.source = clause.source;
  verdict.detail = judgement.detail;
  verdict.notes = judgement.notes;
  verdict.headline = judgement.headline;
  verdict.reason = judgement.reason;
  verdict.reference = judgement.reference;
  verdict.seed = seed;
  return verdict;
}

std::string path_from_user(const std::string& path) {
  return path.empty() || path.front() == '/' ? path : user_directory() + "/" + path;
}

int run(int count, char** arguments) {
  CLI::App app(
      "Checks every clause of the contract on one subject, each in a process of its own.\n"
      "Exit status: 0 no clause of class V or X is broken, 1 some are, 2 the run could not be made.\n"
      "Classes: V violation of a standard, X relied on by software, W two editions disagree, I "
      "implementation-\n"
      "defined, Q quality. Only V, X and the weaker reading of W decide the exit status.",
      "conformance");
  std::string preload, subject, type, suite = "malloc", version, deviations, filter, json, run_id;
  ConformancePlan plan;
  plan.jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  bool list = false, quiet = false;
  app.add_option("--preload", preload,
                 "shared library that replaces malloc; without it the C library's own is checked");
  app.add_option("--subject", subject, "the same with a name for it: NAME=LIBRARY")->excludes("--preload");
  app.add_option("--type", type, "name of the subject that is built into the probe; nothing is preloaded")
      ->excludes("--preload")
      ->excludes("--subject")
      ->group("");
  app.add_option("--version", version, "of that subject, where the probe does not say")
      ->needs("--type")
      ->group("");
  app.add_option("--suite", suite, "family of the clauses, for the results")->group("");
  app.add_option("--filter", filter, "only clauses whose id or sentence matches this regular expression");
  app.add_option("--seed", plan.seed, "of every random choice")->capture_default_str();
  app.add_option("--jobs", plan.jobs, "clauses checked at the same time")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--deviations", deviations, "JSON list of deviations that are known and accepted");
  app.add_option("--json", json, "append the verdicts to this results file (reports/FORMAT.md)");
  app.add_flag("--list", list, "print the clauses and stop");
  app.add_flag("--quiet", quiet, "print only what is broken and the summary");
  app.add_option("--run-id", run_id,
                 "the results are part of this run, whose records are already in the file")
      ->needs("--json");
  app.add_option("--probe", plan.probe, "program that runs one clause; set by the build")
      ->required()
      ->group("");
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kAllHold : kUnusable;  // --help and --version are no errors
  }

  const std::string said = load_clauses(plan.probe);
  if (version.empty()) version = said;
  const auto clauses = [&] {
    try {
      return select_clauses(filter);
    } catch (const std::regex_error& error) {
      throw std::runtime_error("--filter=" + filter + " is no regular expression: " + error.what());
    }
  }();
  if (clauses.empty()) throw std::runtime_error("no clause matches --filter=" + filter);
  if (list) {
    for (const Clause* clause : clauses)
      std::printf("%-9s %c  %-92s %s\n", clause->id, static_cast<char>(clause->clause_class),
                  clause->sentence, clause->source);
    return kAllHold;
  }
  if (!preload.empty()) subject = preload;
  plan.subject = type.empty() ? parse_subject(subject.empty() ? "glibc" : subject, user_directory())
                              : built_in_subject(type, version, plan.probe);
  if (!deviations.empty()) plan.deviations = Deviations::read(path_from_user(deviations), plan.subject.name);
  std::optional<Recorder> recorder;
  if (!json.empty()) {
    recorder.emplace(path_from_user(json), RunIdentity{run_id.empty() ? new_run_id() : run_id,
                                                       commit_of_tree(), machine_fingerprint()});
    if (run_id.empty()) {
      recorder->run("conformance", describe_environment());
      recorder->subject(plan.subject);
    }
  }

  struct sigaction action = {};
  action.sa_handler = [](int) { interrupt_children(); };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  sigaction(SIGHUP, &action, nullptr);

  if (!quiet)
    std::printf("%s %s: %zu clauses\n\n", titled(plan.subject).c_str(), plan.subject.library.c_str(),
                clauses.size());
  Summary summary;
  check_clauses(plan, clauses, [&](const Judgement& judgement) {
    summary.add(judgement);
    if (!quiet || judgement.fails_gate()) print(judgement);
    if (recorder) recorder->verdict(plan.subject, record_of(judgement, suite, plan.seed));
  });
  if (!quiet) std::printf("\n");
  summary.print(plan.subject, clauses.size(), plan.seed);
  if (interrupted()) return kInterrupted;
  return summary.all_hold() ? kAllHold : kBroken;
}

}  // namespace
}  // namespace assay::suite

int main(int count, char** arguments) try {
  return assay::suite::run(count, arguments);
} catch (const std::exception& error) {
  std::fprintf(stderr, "conformance: %s\n", error.what());
  return assay::suite::kUnusable;
}
