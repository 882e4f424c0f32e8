// Git: a history of 2,500 commits imported, logged with statistics, repacked by two threads, checked and
// blamed. Object names are hashes of contents, so that a wrong byte anywhere shows.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "suites/core/random.h"
#include "suites/malloc/programs/program.h"

namespace assay::suite::programs {
namespace {

constexpr int kCommits = 2500, kFiles = 150, kChangedAtOnce = 2;
constexpr std::size_t kMostLines = 40;

std::string a_line(Random& random) {
  std::string line(random.below(12), ' ');
  for (std::size_t words = 1 + random.below(10); words > 0; --words)
    line += "word" + std::to_string(random.below(5000)) + " ";
  return line + "\n";
}

void change(std::vector<std::string>& lines, Random& random) {
  for (int edits = 0; edits < 3; ++edits) {
    const auto at = static_cast<std::ptrdiff_t>(random.below(lines.size() + 1));
    if (random.below(4) == 0 && !lines.empty())
      lines.erase(lines.begin() + at - (at > 0 ? 1 : 0));
    else if (lines.size() < kMostLines)
      lines.insert(lines.begin() + at, a_line(random));
    else
      lines[static_cast<std::size_t>(at) % kMostLines] = a_line(random);
  }
}

std::string as_data(const std::string& bytes) {
  return "data " + std::to_string(bytes.size()) + "\n" + bytes + "\n";
}

// As git-fast-import(1) reads it.
std::string history() {
  Random random(1);
  std::vector<std::vector<std::string>> files(kFiles);
  for (auto& lines : files)
    for (std::size_t i = 0; i < 20; ++i) lines.push_back(a_line(random));
  std::string stream;
  for (int commit = 0; commit < kCommits; ++commit) {
    const std::string who = "A. Writer <writer" + std::to_string(random.below(20)) + "@example.org> " +
                            std::to_string(1'000'000'000 + commit * 3600) + " +0000\n";
    stream += "commit refs/heads/main\nauthor " + who + "committer " + who;
    stream += as_data("Change " + std::to_string(commit) + ": " + a_line(random));
    for (int i = 0; i < kChangedAtOnce; ++i) {
      const std::size_t number = random.below(kFiles);
      change(files[number], random);
      std::string text;
      for (const std::string& line : files[number]) text += line;
      stream += "M 100644 inline part" + std::to_string(number % 12) + "/file" + std::to_string(number) +
                "\n" + as_data(text);
    }
    stream += "\n";
  }
  return stream + "done\n";
}

Files inputs() { return {{"history", history()}}; }

constexpr char kScript[] = R"sh(
export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_PAGER=cat GIT_TERMINAL_PROMPT=0
git init -q -b main repository
cd repository
git -c core.compression=1 fast-import --quiet --done < ../history
git -c pack.threads=2 repack -a -d -q -f --depth=20 --window=5
git fsck --full --no-progress
git log --stat -M -n 700
git checkout -q main
for file in part1/file1*; do git blame "$file"; done
git grep -c -E 'word1[0-9]+ +word[23]'
git gc -q --prune=now
git cat-file --batch-all-objects --batch-check
)sh";

}  // namespace

Program git() {
  return {
      .name = "git", .needs = {"git"}, .inputs = inputs, .script = kScript, .files = {}, .users = {"git"}};
}

}  // namespace assay::suite::programs
