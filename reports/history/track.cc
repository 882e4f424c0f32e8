#include "reports/history/track.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "reports/history/commands.h"

namespace assay::report {
namespace {

constexpr const char* kExamples = R"(Examples:
  track --history=perf record assay-results/*.jsonl
  track --history=perf gate run.jsonl                exit 1: a change for the worse in the latest 30 runs
  track --history=perf acknowledge --case=churn --metric=instructions --commit=1a2b3c4d5e6f --reason='checks bounds'
  track --history=perf report                        every change that was ever found
  track --history=perf import --format=google-benchmark out.json --commit=$(git rev-parse HEAD)
  track --history=perf export --format=lnt --out=lnt.json
  track --history=postgresql://user@host/assay gate  the schema `assay` of a database instead of a directory

A directory holds one compressed file a run, runs/<machine>/<month>/<commit>-<run>.jsonl.gz (zcat reads it), which
never changes. Share it as you like: add runs/ and acknowledged/ to git, or copy them to an object store; machines
that push never collide. Do not add index.sqlite*: it is made from the files and may be deleted at any time.
The SQLite file wants a disk of the machine or one that locks files; everything else works on any.)";

using Command = int (TrackCommands::*)();

// The commands and their options; `chosen` becomes the one that was called.
void describe(CLI::App* app, TrackOptions* options, bool makes_pages, Command* chosen) {
  app->footer(kExamples);
  app->require_subcommand(1);
  app->add_option("--history", options->history, "directory, or postgresql:// URL")->required();
  const auto command = [&](const char* name, const char* what, Command function) {
    CLI::App* const added = app->add_subcommand(name, what);
    added->callback([=] {
      *chosen = function;
      options->makes_directory = function == &TrackCommands::record || function == &TrackCommands::import;
    });
    return added;
  };

  CLI::App* const record =
      command("record", "keeps the runs of results files for good", &TrackCommands::record);
  record->add_option("results", options->files, "results files (reports/FORMAT.md)")->required();
  record->add_flag("--allow-truncated", options->allow_truncated,
                   "leave out an incomplete last line: its run was interrupted");

  CLI::App* const report =
      command("report", "prints every change that was ever found", &TrackCommands::report);
  if (makes_pages) report->add_option("--out", options->out, "makes an HTML page instead");

  CLI::App* const gate = command("gate", "exit 1 when the latest runs are worse, and nobody has accepted it",
                                 &TrackCommands::gate);
  auto* machine = gate->add_option("--machine", options->gate.machine,
                                   "fingerprint: whose times are judged; default: the latest run's");
  gate->add_option("results", options->files, "results files: the times of their machine are judged")
      ->excludes(machine);
  gate->add_option("--within", options->gate.within, "latest runs of a machine that are judged")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  gate->add_option("--least", options->least_time, "smallest change of a time, percent")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  gate->add_option("--least-counted", options->least_counted,
                   "smallest change of a counted quantity, percent")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  gate->add_flag("--json", options->json, "for programs");

  CLI::App* const accept =
      command("acknowledge", "accepts a change, with a reason, for good", &TrackCommands::accept);
  Acknowledgement& accepted = options->accepted;
  accept->add_option("--commit", accepted.commit, "the first bad one")->required();
  accept->add_option("--reason", accepted.reason, "why it is accepted")->required();
  accept->add_option("--case", accepted.workload, "workload")->capture_default_str();
  accept->add_option("--metric", accepted.metric, "metric, with or without the baseline")
      ->capture_default_str();
  accept->add_option("--suite", accepted.suite, "suite")->capture_default_str();
  accept->add_option("--subject", accepted.subject, "subject")->capture_default_str();
  accept->add_option("--machine", accepted.machine, "fingerprint")->capture_default_str();
  accept->add_option("--author", accepted.author, "default: $USER");

  CLI::App* const import =
      command("import", "keeps somebody else's benchmark results as a run", &TrackCommands::import);
  import->add_option("--format", options->format, "google-benchmark")
      ->required()
      ->check(CLI::IsMember({"google-benchmark"}));
  import->add_option("file", options->files, "one file")->required()->expected(1);
  import->add_option("--commit", options->import.commit, "that was measured")->required();
  import->add_option("--machine", options->import.machine,
                     "fingerprint; default: made from the file's context");
  import->add_option("--subject", options->import.subject, "default: the executable's name");

  CLI::App* const write = command("export", "writes one run for other tools", &TrackCommands::write_export);
  write->add_option("--format", options->format, "lnt or google-benchmark")
      ->required()
      ->check(CLI::IsMember({"lnt", "google-benchmark"}));
  write->add_option("--run", options->run, "id; default: the latest");
  write->add_option("--out", options->out, "file; default: standard output");

  command("rebuild", "makes the index anew from the run files", &TrackCommands::rebuild);
}

}  // namespace

int track(int argc, const char* const* argv, const PageMaker& make_page) {
  CLI::App app("Follows benchmark results over time and says where they changed for the worse.", "track");
  TrackOptions options;
  Command chosen = nullptr;
  describe(&app, &options, static_cast<bool>(make_page), &chosen);
  try {
    app.parse(argc, argv);
    options.gate.least_time = options.least_time / 100;
    options.gate.least_counted = options.least_counted / 100;
    return (TrackCommands(options, make_page).*chosen)();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::cerr << "track: " << error.what() << '\n';
    return 2;
  }
}

}  // namespace assay::report
