// The table of compare_builds, written as it is decided: records of reports/FORMAT.md.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "reports/judge.h"
#include "suites/core/fnv1a.h"
#include "suites/core/recorder.h"
#include "trials/counted.h"
#include "trials/pool.h"
#include "trials/revision.h"

namespace assay::trials {

class VerdictTable {
 public:
  VerdictTable(suite::Recorder& recorder, const Revision& base, const Revision& head)
      : recorder_(recorder), base_(base), head_(head) {}

  void subjects(std::uint64_t base_digest, std::uint64_t head_digest) {
    for (const Revision* revision : {&base_, &head_}) {
      const bool base = revision == &base_;
      recorder_.subject({revision->name(),
                         "",
                         revision->short_commit(),
                         "fnv1a64:" + suite::hexadecimal(base ? base_digest : head_digest),
                         base ? suite::Role::kBaseline : suite::Role::kPeer,
                         {},
                         {}});
    }
  }

  void time(const Entry& entry, report::Decision decision, report::Confirmation confirmation,
            const std::string& detail) {
    const report::Judgement& judgement = *entry.judgement;
    std::vector<double> ratios;
    for (const double value : entry.trial->cpu()) ratios.push_back(std::exp(value));
    row(entry.target, entry.workload.name, "cpu_time", "ns/pass", decision, confirmation, judgement.ratio,
        judgement.low, judgement.high, judgement.p,
        decision == report::Decision::kUndecided ? judgement.more : 0, entry.trial->base_cpu(),
        entry.trial->base_cpu() * judgement.ratio, ratios, detail);
  }

  // Elapsed time of threads, which wait for each other: a hint that no build confirms, for on a shared
  // machine it is too wild to decide anything.
  void elapsed(const Entry& entry, const report::Rule& rule) {
    const report::Judgement judgement = report::judge(entry.trial->wall(), true, rule);
    const bool worse = judgement.decision == report::Decision::kWorse;
    std::vector<double> ratios;
    for (const double value : entry.trial->wall()) ratios.push_back(std::exp(value));
    row(entry.target, entry.workload.name, "wall_time", "ns/pass", judgement.decision,
        worse ? report::Confirmation::kImpossible : report::Confirmation::kNone, judgement.ratio,
        judgement.low, judgement.high, judgement.p, judgement.more, entry.trial->base_wall(),
        entry.trial->base_wall() * judgement.ratio, ratios, worse ? "elapsed time is a hint" : "");
  }

  void unchanged(const std::string& target, const std::string& workload) {
    row(target, workload, "cpu_time", "ns/pass", report::Decision::kUnchanged, report::Confirmation::kNone, 1,
        1, 1, 1, 0, 0, 0, {1}, "program and library are the same bytes");
  }

  // A quantity that is not the same again when it is counted again is shown and decides nothing.
  void counted(const std::string& target, const std::string& workload, const Quantity& base,
               const Quantity& head) {
    if (!base.absent.empty() || !head.absent.empty()) return;
    const auto [base_low, base_high] = std::minmax(base.first, base.second);
    const auto [head_low, head_high] = std::minmax(head.first, head.second);
    const bool instructions = std::string(base.metric) == "instructions";
    const double step = (std::string(base.unit) == "bytes" ? 4096 : 1) * (instructions ? 1 : kFewest);
    const double least = instructions ? kLeastInstructions : kLeastOther;
    const auto beyond = [&](std::uint64_t more, std::uint64_t less) {
      return static_cast<double>(more) >= static_cast<double>(less) * (1 + least) &&
             static_cast<double>(more) - static_cast<double>(less) >= step;
    };
    const bool exact = base.exact() && head.exact();
    const report::Decision decision = !exact                        ? report::Decision::kSame
                                      : beyond(head_low, base_high) ? report::Decision::kWorse
                                      : beyond(base_low, head_high) ? report::Decision::kBetter
                                                                    : report::Decision::kSame;
    const double ratio =
        base.first == 0 ? 1 : static_cast<double>(head.first) / static_cast<double>(base.first);
    row(target, workload, base.metric, base.unit, decision, report::Confirmation::kNone, ratio, ratio, ratio,
        decision == report::Decision::kSame ? 1 : 0, 0, static_cast<double>(base.first),
        static_cast<double>(head.first), {ratio},
        exact ? head.detail
              : "not exact, two counts of one build differ: " + spread(base) + ", " + spread(head));
  }

  void failure(const Entry& entry) {
    failure(entry.workload.name, entry.problem, entry.problem.rfind("base:", 0) == 0);
  }

  void failure(const std::string& workload, const std::string& problem, bool base) {
    recorder_.append("failure", {{"subject", base ? "base" : "head"},
                                 {"version", (base ? base_ : head_).short_commit()},
                                 {"suite", "builds"},
                                 {"case", workload},
                                 {"metric", "failure"},
                                 {"unit", "reason"},
                                 {"round", 0},
                                 {"samples", {problem}},
                                 {"output", ""}});
  }

 private:
  static constexpr double kLeastInstructions =
      0.001;  // relative; what is less is below one instruction in a thousand
  static constexpr double kLeastOther = 0.02;  // of faults, calls and sizes, which move in steps of a page
  static constexpr double kFewest = 16;        // … and by so many units at least (pages, for sizes)

  static std::string spread(const Quantity& quantity) {
    return std::to_string(quantity.first) + " and " + std::to_string(quantity.second);
  }

  void row(const std::string& target, const std::string& workload, const char* metric, const char* unit,
           report::Decision decision, report::Confirmation confirmation, double ratio, double low,
           double high, double p, std::size_t more, double base_value, double head_value,
           const std::vector<double>& samples, const std::string& detail) {
    recorder_.append("comparison", {{"subject", "head"},
                                    {"version", head_.short_commit()},
                                    {"base", "base"},
                                    {"suite", "builds"},
                                    {"case", workload},
                                    {"metric", metric},
                                    {"unit", unit},
                                    {"better", "less"},
                                    {"target", target},
                                    {"outcome", report::name_of(decision)},
                                    {"ratio", ratio},
                                    {"low", low},
                                    {"high", high},
                                    {"p", p},
                                    {"more", more},
                                    {"confirmation", report::name_of(confirmation)},
                                    {"detail", detail},
                                    {"base_value", base_value},
                                    {"subject_value", head_value},
                                    {"samples", samples}});
  }

  suite::Recorder& recorder_;
  const Revision &base_, &head_;
};

}  // namespace assay::trials
