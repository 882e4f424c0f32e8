// compare_builds: the benchmarks of two revisions, decided. See options.cc, or --help.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <regex>
#include <set>

#include "reports/review/review.h"
#include "suites/core/command.h"
#include "suites/core/fnv1a.h"
#include "suites/core/machine.h"
#include "suites/core/recorder.h"
#include "suites/runner/process.h"
#include "suites/runner/tools.h"
#include "trials/counted.h"
#include "trials/options.h"
#include "trials/pool.h"
#include "trials/program.h"
#include "trials/revision.h"
#include "trials/verdict_table.h"

namespace assay::trials {
namespace {

namespace fs = std::filesystem;
using report::Confirmation;
using report::Decision;
using report::Judgement;
using Json = suite::Recorder::Json;

constexpr std::size_t kControls = 2;  // unchanged cases that are measured all the same
constexpr int kPadding = 4160;        // bytes: another page, another line, another set

struct Pair {
  std::string label;
  Program base, head;
  bool unchanged() const { return base.digest() == head.digest(); }
};

struct Build {
  Revision base, head;

  void make(const std::vector<std::string>& labels, const std::vector<std::string>& flags,
            suite::SignalWatch& signals, suite::ProgressLine& progress) const {
    for (const Revision* revision : {&base, &head}) {
      progress.say("building " + revision->name() + " " + revision->short_commit() + " …");
      revision->build(labels, flags, signals);
    }
  }
};

std::vector<std::string> common(const std::vector<std::string>& base, const std::vector<std::string>& head,
                                suite::ProgressLine& progress) {
  std::vector<std::string> both;
  for (const std::string& label : head)
    if (std::find(base.begin(), base.end(), label) != base.end())
      both.push_back(label);
    else
      progress.say(label + " is new: there is nothing to compare it with");
  for (const std::string& label : base)
    if (std::find(head.begin(), head.end(), label) == head.end()) progress.say(label + " is gone in head");
  return both;
}

struct Unusable {
  std::string label, problem;
};

std::vector<Pair> load(const Build& build, const std::vector<std::string>& labels,
                       std::vector<Unusable>& unusable) {
  std::vector<Pair> pairs;
  for (const std::string& label : labels) try {
      pairs.push_back({label, Program(build.base.file(label)), Program(build.head.file(label))});
    } catch (const std::exception& error) {
      unusable.push_back({label, error.what()});
    }
  return pairs;
}

// Cases of both, that the filter finds.
std::vector<suite::Workload> cases_of(const Pair& pair, const std::regex& filter) {
  std::vector<suite::Workload> cases;
  for (const suite::Workload& workload : pair.head.cases()) {
    const auto same = [&](const suite::Workload& other) { return other.name == workload.name; };
    if (!workload.thorough_only && std::regex_search(workload.name, filter) &&
        std::any_of(pair.base.cases().begin(), pair.base.cases().end(), same))
      cases.push_back(workload);
  }
  return cases;
}

Entry entry_of(const Pair& pair, const suite::Workload& workload, suite::SignalWatch& signals) {
  return {pair.label, workload,
          std::make_unique<Trial>(pair.base.side("base", workload), pair.head.side("head", workload),
                                  workload.threaded, true, signals)};
}

std::string percent(double ratio) {
  char text[32];
  std::snprintf(text, sizeof text, "%+.1f %%", 100 * (ratio - 1));
  return text;
}

class Comparison {
 public:
  Comparison(const Options& options, suite::SignalWatch& signals)
      : options_(options),
        signals_(signals),
        filter_(options.filter),
        cache_(locked_cache(options.repository)),
        build_{Revision("base", options.repository, options.base),
               Revision("head", options.repository, options.head)} {}

  int run() {
    for (Revision* revision : {&build_.base, &build_.head}) revision->check_out(cache_, signals_);
    const std::vector<std::string> labels =
        common(build_.base.programs(options_.targets, signals_),
               build_.head.programs(options_.targets, signals_), progress_);
    if (labels.empty())
      throw std::runtime_error(
          "no program with the tag assay_benchmark is in both revisions (macro `benchmark` of "
          "@assay//bazel:defs.bzl gives it)");
    build_.make(labels, options_.bazel_flags, signals_, progress_);
    std::vector<Unusable> unusable;
    std::vector<Pair> pairs = load(build_, labels, unusable);
    for (const auto& [label, problem] : unusable) progress_.say(label + " cannot be compared: " + problem);
    if (options_.list) return list(pairs);
    say_what_takes_no_part();

    const std::string machine = suite::machine_fingerprint();
    const std::string results = open_results();
    suite::Recorder recorder(results, {suite::new_run_id(), build_.head.short_commit(), machine});
    recorder.run(options_.command, suite::describe_environment());
    VerdictTable table(recorder, build_.base, build_.head);
    std::uint64_t base_digest = suite::kFnv1aStart, head_digest = suite::kFnv1aStart;
    for (const Pair& pair : pairs) {
      base_digest = suite::fnv1a64(suite::hexadecimal(pair.base.digest()), base_digest);
      head_digest = suite::fnv1a64(suite::hexadecimal(pair.head.digest()), head_digest);
    }
    table.subjects(base_digest, head_digest);
    for (const auto& [label, problem] : unusable) table.failure(label, problem, false);
    measure(pairs, table);
    const bool moved = suite::machine_fingerprint() != machine;
    return answer(results, moved);
  }

 private:
  int list(const std::vector<Pair>& pairs) const {
    for (const Pair& pair : pairs)
      for (const suite::Workload& workload : cases_of(pair, filter_))
        std::printf("%s %s%s\n", pair.label.c_str(), workload.name.c_str(),
                    pair.unchanged() ? " (unchanged)" : "");
    return kExitSame;
  }

  void say_what_takes_no_part() {
    if (build_.base.commit() == build_.head.commit()) progress_.say("base and head are the same commit");
    const suite::CommandResult status = suite::run_command(
        {"git", "-C", options_.repository, "status", "--porcelain", "--untracked-files=no"});
    if (status.succeeded() && !status.output.empty())
      progress_.say("there are uncommitted changes, which take no part");
  }

  std::string open_results() const {
    if (!options_.json.empty()) {
      fs::remove(options_.json);  // one file, one comparison
      return options_.json;
    }
    const std::string file = cache_ + "/results.jsonl";
    fs::remove(file);
    return file;
  }

  void measure(std::vector<Pair>& pairs, VerdictTable& table) {
    std::vector<Entry> changed, controls;
    bool found = false;
    for (const Pair& pair : pairs)
      for (const suite::Workload& workload : cases_of(pair, filter_)) {
        found = true;
        if (!pair.unchanged())
          changed.push_back(entry_of(pair, workload, signals_));
        else if (controls.size() < kControls && !workload.threaded)
          controls.push_back(entry_of(pair, workload, signals_));
        else
          table.unchanged(pair.label, workload.name);
      }
    if (!found)
      throw std::runtime_error("no case that both revisions have matches --filter=" + options_.filter);
    // Where nothing is the same in both builds, the base stands beside itself, on a case of one thread if
    // there is one.
    for (const bool threaded : {false, true})
      for (const Pair& pair : pairs)
        for (const suite::Workload& workload : cases_of(pair, filter_))
          if (controls.empty() && !changed.empty() && workload.threaded == threaded)
            controls.push_back(
                {pair.label + " (base and base)", workload,
                 std::make_unique<Trial>(pair.base.side("base", workload), pair.base.side("head", workload),
                                         threaded, true, signals_)});
    settle(controls, rule_, options_.budget, signals_, progress_);
    for (const Entry& entry : controls)
      if (entry.judgement)
        table.time(entry, Decision::kUnchanged, Confirmation::kNone,
                   "control: program and library are the same bytes");
      else if (!entry.problem.empty())
        table.failure(entry);
    if (options_.counted) count_all(pairs, table);
    settle(changed, rule_, options_.budget, signals_, progress_);
    confirm(changed, table);
  }

  void count_all(const std::vector<Pair>& pairs, VerdictTable& table) {
    std::size_t done = 0, all = 0;
    std::set<std::string> said;
    for (const Pair& pair : pairs)
      if (!pair.unchanged()) all += cases_of(pair, filter_).size();
    for (const Pair& pair : pairs) {
      if (pair.unchanged()) continue;
      for (const suite::Workload& workload : cases_of(pair, filter_)) {
        if (signals_.interrupted()) return;
        progress_.show(done++, all, "counting " + workload.name, std::nullopt);
        if (workload.threaded) continue;  // which thread does what is never the same twice
        const Counts base =
            trials::count(pair.base.counted_arguments(workload), pair.base.environment(), signals_);
        const Counts head =
            trials::count(pair.head.counted_arguments(workload), pair.head.environment(), signals_);
        if (signals_.interrupted()) return;
        for (std::size_t i = 0; i < base.all().size(); ++i)
          table.counted(pair.label, workload.name, *base.all()[i], *head.all()[i]);
        for (std::size_t i = 0; i < base.all().size(); ++i) {
          const std::string &absent = head.all()[i]->absent, metric = head.all()[i]->metric;
          if (absent.empty()) continue;
          if (said.insert(metric + absent).second) progress_.say(metric + " not counted: " + absent);
          if (!base.all()[i]->absent.empty()) continue;
          table.failure(workload.name, "counting " + metric + ": " + absent, false);
          break;
        }
      }
    }
  }

  static bool alarm(const Entry& entry) {
    return entry.judgement && entry.judgement->decision == Decision::kWorse;
  }

  // Every alarm once more, with both programs laid out differently.
  void confirm(std::vector<Entry>& entries, VerdictTable& table) {
    std::vector<Entry> again;
    std::vector<std::string> labels;
    for (const Entry& entry : entries)
      if (alarm(entry) && std::find(labels.begin(), labels.end(), entry.target) == labels.end())
        labels.push_back(entry.target);
    std::map<std::string, std::string> impossible;
    if (options_.confirm && !labels.empty() && !signals_.interrupted()) {
      progress_.say("confirming with padded builds");
      std::map<std::string, std::uint64_t> before;
      bool library = false;
      for (const std::string& label : labels) {
        const Program program(build_.head.file(label));
        before[label] = program.measured_digest();
        library |= program.has_library();
      }
      std::vector<std::string> flags = options_.bazel_flags;
      flags.push_back("--per_file_copt=suites/core/padding\\.cc$@-DASSAY_PADDING=" +
                      std::to_string(kPadding));
      if (library) flags.push_back("--copt=-falign-functions=128");  // does not link the padding
      try {
        build_.make(labels, flags, signals_, progress_);
      } catch (const BuildError& error) {
        for (const std::string& label : labels) impossible[label] = error.what();
      }
      std::vector<Unusable> unusable;
      const std::vector<Pair> padded =
          impossible.empty() ? load(build_, labels, unusable) : std::vector<Pair>();
      for (const auto& [label, problem] : unusable) impossible[label] = problem;
      for (const Pair& pair : padded) {
        if (pair.head.measured_digest() == before[pair.label]) {
          impossible[pair.label] =
              "the padded build is the same program: does it link //suites/core:padding?";
          continue;
        }
        for (const Entry& entry : entries)
          if (alarm(entry) && entry.target == pair.label)
            again.push_back(entry_of(pair, entry.workload, signals_));
      }
      settle(again, rule_, options_.budget, signals_, progress_);
    }
    for (const Entry& entry : entries) {
      if (!entry.problem.empty()) table.failure(entry);
      if (!entry.judgement) continue;
      if (entry.workload.threaded) table.elapsed(entry, rule_);
      if (!alarm(entry)) {
        table.time(entry, entry.judgement->decision, Confirmation::kNone, "");
        continue;
      }
      const auto second = std::find_if(again.begin(), again.end(), [&](const Entry& other) {
        return other.target == entry.target && other.workload.name == entry.workload.name && other.judgement;
      });
      if (second == again.end()) {
        const std::string reason = signals_.interrupted() ? "interrupted before it was confirmed"
                                   : !options_.confirm    ? "--no-confirm"
                                   : impossible.count(entry.target) != 0 ? impossible[entry.target]
                                                                         : "the padded build failed";
        table.time(entry, Decision::kWorse, Confirmation::kImpossible, reason);
        continue;
      }
      const Judgement& padded = *second->judgement;
      const std::string detail =
          "there " + percent(padded.ratio) + " (" + percent(padded.low) + " … " + percent(padded.high) + ")";
      // It was singled out before, so here the interval is enough.
      const bool refuted = padded.decision == Decision::kSame || padded.decision == Decision::kBetter;
      const bool confirmed = !refuted && padded.low > 1;
      table.time(entry, refuted ? Decision::kUndecided : Decision::kWorse,
                 confirmed ? Confirmation::kConfirmed
                 : refuted ? Confirmation::kRefuted
                           : Confirmation::kImpossible,
                 detail + (confirmed || refuted ? "" : ", undecided"));
    }
  }

  void write(const std::string& file, const std::string& text) const {
    std::ofstream output(file, std::ios::binary);
    output << text;
    output.close();
    if (!output) throw std::runtime_error(file + " cannot be written: " + std::strerror(errno));
  }

  int answer(const std::string& file, bool moved) {
    const report::Results results = report::read_results({file}, false);
    const report::Review review = report::review(results);
    winsize window{};
    const bool terminal = isatty(STDOUT_FILENO) != 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0;
    std::cout << report::text_table(review, terminal, terminal && window.ws_col >= 60 ? window.ws_col : 100)
              << std::flush;
    if (!options_.markdown.empty()) write(options_.markdown, report::markdown(review));
    if (!options_.junit.empty()) write(options_.junit, report::junit(review));
    const auto set = [](const char* name) {
      const char* value = std::getenv(name);
      return value != nullptr && std::string(value) == "true";
    };
    if (set("GITHUB_ACTIONS")) std::cout << report::github_annotations(review) << std::flush;
    if (set("GITLAB_CI"))
      write((fs::path(suite::user_directory()) / "gl-code-quality-report.json").string(),
            report::gitlab_code_quality(review));
    if (!options_.html.empty() && !suite::write_report(options_.report_tool, options_.html, file))
      throw std::runtime_error(options_.html + " could not be written");
    if (signals_.interrupted()) return kExitInterrupted;
    if (moved) {
      std::cout << "The machine changed while it measured: nothing of this counts.\n";
      return kExitInvalid;
    }
    switch (review.answer) {
      case report::Answer::kRegression:
        return kExitRegression;
      case report::Answer::kInvalid:
        return kExitInvalid;
      default:
        return options_.strict && review.count(report::Standing::kUndecided) != 0 ? kExitRegression
                                                                                  : kExitSame;
    }
  }

  const Options& options_;
  suite::SignalWatch& signals_;
  const std::regex filter_;
  const std::string cache_;
  Build build_;
  const report::Rule rule_;
  suite::ProgressLine progress_;
};

}  // namespace
}  // namespace assay::trials

int main(int count, char** arguments) {
  using namespace assay::trials;
  // In a hook these name the user's checkout; git's -C shall mean what it says.
  for (const char* name :
       {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"})
    unsetenv(name);
  try {
    const std::optional<Options> options = parse_options(count, arguments);
    if (!options) return kExitSame;
    assay::suite::SignalWatch signals;
    try {
      return Comparison(*options, signals).run();
    } catch (const std::exception&) {
      if (signals.interrupted()) return kExitInterrupted;
      throw;
    }
  } catch (const std::regex_error&) {
    std::cerr << "compare_builds: --filter is not a regular expression\n";
  } catch (const std::exception& error) {
    std::cerr << "compare_builds: " << error.what() << '\n';
  }
  return kExitUsage;
}
