#include "trials/pool.h"

#include <algorithm>

namespace assay::trials {
namespace {

// To its next look, or as far as `purse` reaches; a first look is taken in any case.
void advance(Entry& entry, double& purse, suite::SignalWatch& signals) {
  const std::size_t look = report::next_look(entry.trial->restarts());
  const bool first = entry.trial->restarts() == 0;
  while (entry.trial->restarts() < look && (first || purse > 0)) {
    const double before = entry.trial->seconds();
    if (!entry.trial->restart()) {
      if (!signals.interrupted()) entry.problem = entry.trial->problem();
      return;
    }
    purse -= entry.trial->seconds() - before;
  }
}

void judge_all(std::vector<Entry>& entries, const report::Rule& rule) {
  std::vector<report::Judgement*> table;
  for (Entry& entry : entries) {
    entry.judgement.reset();
    if (!entry.problem.empty() || entry.trial->restarts() == 0) continue;
    entry.judgement = report::judge(entry.trial->cpu(), true, rule);
    table.push_back(&*entry.judgement);
  }
  report::control_false_discoveries(table, rule);
}

// The undecided one that is likely to be settled first.
Entry* nearest(std::vector<Entry>& entries) {
  Entry* chosen = nullptr;
  for (Entry& entry : entries) {
    if (!entry.judgement || entry.judgement->decision != report::Decision::kUndecided ||
        report::next_look(entry.trial->restarts()) == 0)
      continue;
    if (chosen == nullptr || entry.judgement->more < chosen->judgement->more) chosen = &entry;
  }
  return chosen;
}

}  // namespace

void settle(std::vector<Entry>& entries, const report::Rule& rule, double seconds,
            suite::SignalWatch& signals, suite::ProgressLine& progress) {
  const double whole = seconds * static_cast<double>(entries.size());
  double purse = whole;
  const auto show = [&](const Entry& entry) {
    const auto spent = static_cast<std::size_t>(std::max(0.0, whole - purse));
    progress.show(spent, static_cast<std::size_t>(whole) + 1, entry.target + " " + entry.workload.name,
                  std::max(0.0, purse));
  };
  for (Entry& entry : entries) {
    if (signals.interrupted()) break;
    show(entry);
    advance(entry, purse, signals);
    if (!entry.problem.empty()) progress.say(entry.target + " " + entry.workload.name + ": " + entry.problem);
  }
  judge_all(entries, rule);
  for (Entry* entry = nearest(entries); entry != nullptr && purse > 0 && !signals.interrupted();
       entry = nearest(entries)) {
    show(*entry);
    advance(*entry, purse, signals);
    judge_all(entries, rule);
  }
}

}  // namespace assay::trials
