// The recipes for GitHub and GitLab, as far as a machine without these services can try them: every script is
// bash, every command of this repository knows the flags that are passed to it, and the jobs do to a real git
// repository what they are for.
//
//   ci_recipes_test --recipe=performance.yml --recipe=gitlab-ci.yml --tool=compare_builds=PATH
//   --tool=track=PATH …
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::vector<std::string> recipes;
std::map<std::string, std::string> tools;  // path of each

struct Job {
  std::string name;
  std::vector<std::string> scripts;  // `run` of GitHub's steps, items of GitLab's `script`
};

std::size_t indent_of(const std::string& line) { return std::min(line.find_first_not_of(' '), line.size()); }

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  std::ifstream input(file);
  EXPECT_TRUE(input) << file;
  for (std::string line; std::getline(input, line);) lines.push_back(line);
  return lines;
}

// The text that begins behind a key or dash at `lines[*at]`: the rest of the line, or the block after "|".
std::string scalar(const std::vector<std::string>& lines, std::size_t* at, std::size_t indent,
                   const std::string& rest) {
  if (rest != "|") return rest + "\n";
  std::string block;
  const std::size_t inner = indent_of(lines[*at + 1]);
  for (; *at + 1 < lines.size(); ++*at) {
    const std::string& line = lines[*at + 1];
    if (!line.empty() && indent_of(line) <= indent) break;
    block += (line.empty() ? "" : line.substr(inner)) + "\n";
  }
  return block;
}

// Of the YAML that the two recipes use: scripts are plain or literal scalars, and jobs are where they are.
std::vector<Job> jobs_of(const fs::path& recipe) {
  static const std::regex job(R"(^( *)([A-Za-z.][\w.-]*):$)"), run(R"(^( *(?:- )?)run: (.+)$)"),
      script(R"(^( *)(?:before_)?script:$)"), item(R"(^( *)- (.+)$)");
  std::vector<Job> jobs;
  std::size_t list = std::string::npos;  // indentation of the `script` that is open
  const std::vector<std::string> lines = lines_of(recipe);
  const std::size_t depth = std::count(lines.begin(), lines.end(), "jobs:") > 0 ? 2 : 0;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const std::string line = lines[at];
    std::smatch match;
    if (line.empty() || line[indent_of(line)] == '#') continue;
    if (list != std::string::npos && indent_of(line) <= list) list = std::string::npos;
    if (std::regex_match(line, match, script)) {
      list = indent_of(line);
    } else if (list != std::string::npos && std::regex_match(line, match, item)) {
      jobs.back().scripts.push_back(scalar(lines, &at, indent_of(line), match[2]));
    } else if (std::regex_match(line, match, run)) {
      jobs.back().scripts.push_back(
          scalar(lines, &at, static_cast<std::size_t>(match[1].length()), match[2]));
    } else if (std::regex_match(line, match, job) && indent_of(line) == depth) {
      jobs.push_back({match[2], {}});
    }
  }
  std::erase_if(jobs, [](const Job& one) { return one.scripts.empty(); });
  return jobs;
}

struct Ended {
  int status;
  std::string output;
};

Ended run(const std::string& command) {
  Ended ended;
  FILE* pipe = popen(("{ " + command + "\n} 2>&1").c_str(), "r");
  std::array<char, 4096> buffer;
  while (const std::size_t length = fread(buffer.data(), 1, buffer.size(), pipe))
    ended.output.append(buffer.data(), length);
  const int status = pclose(pipe);
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
}

fs::path scratch(const std::string& name) {
  const char* top = std::getenv("TEST_TMPDIR");
  const fs::path path = fs::path(top == nullptr ? "/tmp" : top) / (name + "." + std::to_string(getpid()));
  fs::remove_all(path);
  fs::create_directories(path);
  return path;
}

void write(const fs::path& file, const std::string& text, bool executable = false) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
  if (executable) fs::permissions(file, fs::perms::owner_all);
}

// The words of a command up to whatever ends it, without quotes.
std::vector<std::string> words_of(std::string command) {
  command = command.substr(0, command.find_first_of("|&;\n>"));
  std::erase(command, '"');
  std::istringstream input(command);
  return {std::istream_iterator<std::string>(input), {}};
}

// Every "./bazelw …" of the scripts, continuation lines joined.
std::vector<std::vector<std::string>> commands_of(const Job& job) {
  std::vector<std::vector<std::string>> commands;
  for (const std::string& script : job.scripts) {
    const std::string joined = std::regex_replace(script, std::regex(R"(\\\n\s*)"), "");
    for (std::size_t at = 0; (at = joined.find("./bazelw ", at)) != std::string::npos; ++at)
      commands.push_back(words_of(joined.substr(at)));
  }
  return commands;
}

class Recipe : public testing::TestWithParam<std::string> {
 protected:
  std::vector<Job> jobs_ = jobs_of(GetParam());

  Job job(const std::string& name) {
    for (const Job& one : jobs_)
      if (one.name == name || one.name == "assay-" + name) return one;
    ADD_FAILURE() << GetParam() << " has no job " << name;
    return {};
  }
};

INSTANTIATE_TEST_SUITE_P(Ci, Recipe, testing::ValuesIn(recipes), [](const auto& given) {
  return std::regex_replace(fs::path(given.param).stem().string(), std::regex("[^A-Za-z0-9]"), "_");
});

TEST_P(Recipe, HasTheThreeJobs) {
  for (const auto& [name, command] : {std::pair{"conformance", "./bazelw test //..."},
                                      {"performance", "./bazelw run //:compare_builds -- "},
                                      {"history", "./bazelw run //:track -- "}}) {
    std::string all;
    for (const std::string& script : job(name).scripts) all += script;
    EXPECT_NE(all.find(command), std::string::npos) << name << ": " << all;
  }
}

TEST_P(Recipe, EveryScriptIsBash) {
  const fs::path file = scratch("script") / "script.sh";
  for (const Job& one : jobs_)
    for (const std::string& script : one.scripts) {
      write(file, script);
      const Ended ended = run("bash -n '" + file.string() + "'");
      EXPECT_TRUE(ended.status == 0 && ended.output.empty()) << one.name << ":\n" << script << ended.output;
      EXPECT_EQ(script.find("${{"), std::string::npos) << "GitHub would paste text into a script: " << script;
    }
}

// As users find them: --help of the tool lists what stands before a subcommand, --help of that the rest.
TEST_P(Recipe, EveryCommandKnowsItsFlags) {
  std::set<std::string> used;
  for (const Job& one : jobs_)
    for (const std::vector<std::string>& words : commands_of(one)) {
      ASSERT_GE(words.size(), 3U);
      if (words[1] == "test") continue;
      ASSERT_EQ(words[1], "run");
      ASSERT_EQ(words[3], "--");
      const std::string name = words[2].substr(words[2].find(':') + 1);
      ASSERT_TRUE(tools.contains(name)) << "pass --tool=" << name << "=PATH";
      used.insert(name);
      std::string command = "'" + tools[name] + "'", help = run(command + " --help").output;
      for (std::size_t i = 4; i < words.size(); ++i) {
        const bool subcommand =
            words[i][0] != '-' && std::regex_search(help, std::regex("\n  " + words[i] + " "));
        if (subcommand) help = run(command + " " + words[i] + " --help").output;
        if (words[i].rfind("--", 0) != 0) continue;
        const std::string flag = words[i].substr(0, words[i].find('='));
        EXPECT_TRUE(std::regex_search(help, std::regex("(^|[\\s,])" + flag + "([\\s,=\\[:]|$)")))
            << name << " has no " << flag << "; its help:\n"
            << help;
        // A value that the help does not announce would be taken for an argument.
        if (flag == "--history") command += " " + words[i];
      }
    }
  EXPECT_EQ(used, (std::set<std::string>{"benchmarks", "compare_builds", "track"}));
}

// A repository with a branch main, where ./bazelw does what the scripts need and no more: benchmarks write a
// file, record copies it into the history under the name $RUN and makes an index, gate ends with $GATE.
class History : public Recipe {
 protected:
  void SetUp() override {
    write(top_ / "bin/sleep", "#!/bin/sh\necho \"$@\" >> \"$SLEPT\"\n", true);
    write(top_ / "seed/bazelw", R"(#!/usr/bin/env bash
set -euo pipefail
case "$*" in
  'run //:benchmarks -- --quick --json='*) echo "measured $RUN" > "${5#--json=}" ;;
  'run //:track -- --history='*' record '*) history=${4#--history=}; mkdir -p "$history/runs"; cp "$6" "$history/runs/$RUN"; echo > "$history/index.sqlite" ;;
  'run //:track -- --history='*' gate '*) exit "${GATE-0}" ;;
  'run //:compare_builds -- --base='*) printf '%s\n' "${@:4}" > called; exit "${COMPARED-0}" ;;
  *) echo "unexpected: $*"; exit 99 ;;
esac
)",
          true);
    const Ended ended =
        run(environment() + "cd '" + top_.string() + R"(' && git init --quiet --bare origin.git &&
      cd seed && git init --quiet && git add . && echo assay-results > .gitignore && git add . && git commit --quiet -m seed &&
      git push --quiet ../origin.git HEAD:refs/heads/main && cd .. && git -C origin.git symbolic-ref HEAD refs/heads/main &&
      git clone --quiet origin.git a && git clone --quiet origin.git b)");
    ASSERT_EQ(ended.status, 0) << ended.output;
  }
  void TearDown() override { fs::remove_all(top_); }

  std::string environment() const {
    return "export HOME='" + top_.string() + "' PATH='" + (top_ / "bin").string() + "':\"$PATH\" SLEPT='" +
           (top_ / "slept").string() + "' ASSAY_HISTORY_URL='" + (top_ / "origin.git").string() +
           "' CI_COMMIT_SHA=5e6f7a8 GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b "
           "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b\n";
  }

  // Scripts `first` … `end` − 1 of the job, those that install packages left out, as the services run them.
  Ended steps(const std::string& name, const std::string& clone, std::size_t first, std::size_t end,
              const std::string& variables) {
    Ended ended{0, ""};
    const std::vector<std::string> scripts = own_scripts(name);
    for (std::size_t i = first; i < std::min(end, scripts.size()) && ended.status == 0; ++i) {
      const fs::path file = top_ / "step.sh";
      write(file, scripts[i]);
      const Ended step = run(environment() + "export " + variables + "\ncd '" + (top_ / clone).string() +
                             "' && bash --noprofile --norc -eo pipefail '" + file.string() + "'");
      ended = {step.status, ended.output + step.output};
    }
    return ended;
  }

  std::vector<std::string> own_scripts(const std::string& name) {
    std::vector<std::string> scripts = job(name).scripts;
    std::erase_if(scripts, [](const std::string& script) {
      return script.find("apt-get") != std::string::npos || script.find("--system") != std::string::npos;
    });
    return scripts;
  }

  // Position of the script that pushes.
  std::size_t push() {
    const std::vector<std::string> scripts = own_scripts("history");
    for (std::size_t i = 0; i < scripts.size(); ++i)
      if (scripts[i].find("git push") != std::string::npos) return i;
    ADD_FAILURE() << "nobody pushes";
    return 0;
  }

  std::string git(const std::string& arguments) {
    return run(environment() + "git -C '" + (top_ / "origin.git").string() + "' " + arguments).output;
  }

  static constexpr std::size_t kAll = 100;
  fs::path top_ = scratch("history");
};

INSTANTIATE_TEST_SUITE_P(Ci, History, testing::ValuesIn(recipes), [](const auto& given) {
  return std::regex_replace(fs::path(given.param).stem().string(), std::regex("[^A-Za-z0-9]"), "_");
});

TEST_P(History, TheFirstRunMakesTheBranchWithARootOfItsOwn) {
  const Ended ended = steps("history", "a", 0, kAll, "RUN=first");
  ASSERT_EQ(ended.status, 0) << ended.output;
  EXPECT_EQ(git("ls-tree -r --name-only assay-history"), ".gitignore\nruns/first\n");
  EXPECT_EQ(git("show assay-history:runs/first"), "measured first\n");
  EXPECT_NE(
      run(environment() + "git -C '" + (top_ / "origin.git").string() + "' merge-base main assay-history")
          .status,
      0);
}

TEST_P(History, ALaterRunAddsToIt) {
  ASSERT_EQ(steps("history", "a", 0, kAll, "RUN=first").status, 0);
  const Ended ended = steps("history", "b", 0, kAll, "RUN=second");
  ASSERT_EQ(ended.status, 0) << ended.output;
  EXPECT_EQ(git("ls-tree -r --name-only assay-history"), ".gitignore\nruns/first\nruns/second\n");
  EXPECT_FALSE(fs::exists(top_ / "slept"));  // nobody was in the way
}

TEST_P(History, TwoThatPushAtOnceBothReachTheBranch) {
  for (const char* before : {"", "earlier"}) {
    if (*before != 0) {  // once where both make the branch, once where both add to it
      TearDown(), SetUp();
      ASSERT_EQ(run("cp -r '" + (top_ / "a").string() + "' '" + (top_ / "c").string() + "'").status, 0);
      ASSERT_EQ(steps("history", "c", 0, kAll, "RUN=earlier").status, 0);
    }
    ASSERT_EQ(steps("history", "a", 0, push(), "RUN=slow").status, 0);
    ASSERT_EQ(steps("history", "b", 0, kAll, "RUN=fast").status, 0);
    const Ended ended = steps("history", "a", push(), kAll, "RUN=slow");
    ASSERT_EQ(ended.status, 0) << ended.output;
    EXPECT_TRUE(fs::exists(top_ / "slept")) << "it was to be rejected first";
    EXPECT_EQ(
        git("ls-tree -r --name-only assay-history"),
        std::string(".gitignore\n") + (*before != 0 ? "runs/earlier\n" : "") + "runs/fast\nruns/slow\n");
  }
}

TEST_P(History, ARegressionFailsTheJobAfterTheRunWasKept) {
  const Ended ended = steps("history", "a", 0, kAll, "RUN=first GATE=1");
  EXPECT_EQ(ended.status, 1) << ended.output;
  EXPECT_EQ(git("show assay-history:runs/first"), "measured first\n");
}

TEST_P(History, AHistoryThatIsTooYoungToJudgeFailsNothing) {
  EXPECT_EQ(steps("history", "a", 0, kAll, "RUN=first GATE=3").status, 0);
  EXPECT_EQ(steps("history", "b", 0, kAll, "RUN=second GATE=2").status, 2);
}

TEST_P(History, TheAnswerOfTheComparisonIsThatOfTheJob) {
  const std::string variables =
      "CI_MERGE_REQUEST_DIFF_BASE_SHA=1a2b3c4 GITHUB_STEP_SUMMARY=/dev/null COMPARED=";
  for (const char* status : {"0", "1", "3"}) {
    const Ended ended = steps("performance", "a", 0, kAll, variables + status);
    EXPECT_EQ(std::to_string(ended.status), status) << ended.output;
  }
  std::string called;
  for (const std::string& line : lines_of(top_ / "a/called")) called += line + " ";
  EXPECT_TRUE(std::regex_match(
      called, std::regex("--base=(HEAD\\^1|1a2b3c4) --head=(HEAD|5e6f7a8) --markdown=assay-results/review.md "
                         "--junit=assay-results/review.xml --html=assay-results/review.html "
                         "--json=assay-results/review.jsonl ")))
      << called;
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.rfind("--recipe=", 0) == 0) recipes.push_back(fs::absolute(argument.substr(9)));
    const std::size_t equals = argument.find('=', 7);
    if (argument.rfind("--tool=", 0) == 0 && equals != std::string::npos)
      tools[argument.substr(7, equals - 7)] = fs::absolute(argument.substr(equals + 1));
  }
  if (recipes.empty()) {
    std::fputs("ci_recipes_test: pass --recipe=FILE, and --tool=NAME=PATH for every command\n", stderr);
    return 2;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
