#include "suites/malloc/programs/course.h"

#include <string.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <filesystem>

#include "suites/core/child.h"

namespace assay::suite::programs {
namespace {

std::string how_it_ended(const ChildOutcome& child) {
  using End = ChildOutcome::End;
  switch (child.end) {
    case End::kHung:
      return "hung: all its threads waited, none used a processor for seconds";
    case End::kInterrupted:
      return "interrupted";
    case End::kKilled:
      return std::string("killed by SIG") + sigabbrev_np(child.code);
    case End::kExited:
      break;
  }
  // A shell's way to say that what it ran was killed.
  if (child.code > 128 && sigabbrev_np(child.code - 128) != nullptr)
    return std::string("killed by SIG") + sigabbrev_np(child.code - 128);
  return "exit status " + std::to_string(child.code);
}

// For a message: in one line, not too long.
std::string printable(const std::string& text) {
  std::string shown;
  for (const char c : text.substr(0, 200)) {
    char code[8];
    std::snprintf(code, sizeof code, "\\x%02x", static_cast<unsigned char>(c));
    shown += std::isprint(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : code;
  }
  return shown + (text.size() > 200 ? "…" : "");
}

}  // namespace

Course run(const Program& program, const Stage& stage, const std::string& library) {
  stage.set(program);
  const std::string all = stage.directory();
  std::vector<std::string> settings;
  if (!library.empty())
    settings = {"LD_DEBUG=libs,bindings", "LD_DEBUG_OUTPUT=" + all + "/loader", "LD_PRELOAD=" + library};
  const ChildOutcome child = run_child({{"/bin/sh", "-c", stage.command(settings)}, {}});

  Course course;
  course.succeeded = child.end == ChildOutcome::End::kExited && child.code == 0;
  course.ended = how_it_ended(child);
  course.left["standard output"] = contents(all + "/output");
  course.left["standard error"] = contents(all + "/errors");
  for (const std::string& name : program.files) course.left[name] = contents(all + "/run/" + name);
  if (!library.empty())
    for (const auto& entry : std::filesystem::directory_iterator(all))
      if (entry.path().stem() == "loader") read_loader_report(contents(entry.path()), library, course.loader);
  return course;
}

std::string first_difference(const Program& program, const Course& expected, const Course& got) {
  if (expected.ended != got.ended)
    return got.ended + " instead of " + expected.ended +
           "; it printed: " + printable(got.left.at("standard error").substr(0, 200));
  for (const auto& [name, wanted] : expected.left) {
    const std::string& found = got.left.at(name);
    if (found == wanted || (name == "standard error" && !program.errors_compared)) continue;
    const auto [w, f] = std::mismatch(wanted.begin(), wanted.end(), found.begin(), found.end());
    const auto at = static_cast<std::size_t>(w - wanted.begin());
    const std::size_t newline = at == 0 ? std::string::npos : wanted.rfind('\n', at - 1);
    const std::size_t begin = std::max(newline == std::string::npos ? 0 : newline + 1, at < 60 ? 0 : at - 60);
    const auto line = [&](const std::string& text) {
      return "\"" + printable(text.substr(begin, text.find('\n', at) - begin)) + "\"";
    };
    return name + " differs from byte " + std::to_string(at) + " on: " + line(found) + " instead of " +
           line(wanted) + " (" + std::to_string(found.size()) + " and " + std::to_string(wanted.size()) +
           " bytes)";
  }
  return "";
}

Judgement judge(const Program& program, const std::string& library) {
  using Kind = Judgement::Kind;
  if (const std::string missing = first_missing(program.needs); !missing.empty())
    return {Kind::kSkipped, missing + " is not installed"};
  const Stage stage;
  const Course expected = run(program, stage, "");
  if (!expected.succeeded)
    return {program.needs_desktop ? Kind::kSkipped : Kind::kWrong,
            "does not run with the C library's allocator either: " + expected.ended +
                "; it printed: " + printable(expected.left.at("standard error"))};
  const Course got = run(program, stage, library);
  if (const std::string difference = first_difference(program, expected, got); !difference.empty()) {
    if (!got.succeeded) return {Kind::kWrong, difference};
    // Does the program compute the same twice, for all that the machine does?
    const std::string again = first_difference(program, expected, run(program, stage, ""));
    if (!again.empty())
      return {Kind::kSkipped, "not the same twice with the C library's allocator: " + again};
    return {Kind::kWrong, difference};
  }
  if (library.empty()) return {};
  if (const std::string problem = not_served(got.loader, program.users, program.own_malloc); !problem.empty())
    return {Kind::kWrong, problem};
  if (!got.loader.other.empty())
    return {Kind::kSkipped, "ran unchanged with the subject loaded, but with a malloc of its own"};
  return {};
}

}  // namespace assay::suite::programs
