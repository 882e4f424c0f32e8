// Takes turns and answers with the times it is told to: fake_turns --cpu=NANOSECONDS [--seed=N]
// [--checksum=N] [--mute]
// [--die=TURN] [--word=TEXT] [--sleep=TURN] [--wild=FILE]. --seed adds noise of half a percent; with --wild
// every other process is a tenth slower, FILE counts them. Other options are ignored.
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "suites/core/random.h"
#include "suites/core/turns.h"
#include "suites/runner/process.h"

static long count_starts(const char* path) {
  std::FILE* file = std::fopen(path, "a");
  std::fputc('.', file);
  const long length = std::ftell(file);
  std::fclose(file);
  return length;
}

int main(int count, char** arguments) {
  using namespace assay::suite;
  const auto option = [&](const char* name) -> const char* {
    const std::string start = std::string("--") + name;
    for (int i = 1; i < count; ++i)
      if (strncmp(arguments[i], start.c_str(), start.size()) == 0)
        return arguments[i][start.size()] == '=' ? arguments[i] + start.size() + 1 : "";
    return nullptr;
  };
  const auto number = [&](const char* name) {
    return option(name) == nullptr ? 0 : strtol(option(name), nullptr, 10);
  };
  if (option("list") != nullptr)
    return write_text(STDOUT_FILENO, "{\"case\":\"fake\",\"family\":\"f\",\"sentence\":\"s\"}\n") ? 0 : 2;
  if (const char* word = option("word"))
    return write_text(kReportDescriptor, (std::string(word) + "\n").c_str()) ? 0 : 2;
  if (option("mute") != nullptr) return write_text(STDERR_FILENO, "I will not") ? 3 : 2;
  Random random(static_cast<std::uint64_t>(number("seed")));
  const double luck = option("wild") != nullptr && count_starts(option("wild")) % 2 == 1 ? 1.1 : 1;
  long turns = 0;
  return serve_turns(STDIN_FILENO, kReportDescriptor, [&](long passes) {
    if (++turns == number("die")) raise(SIGKILL);
    if (turns == number("sleep")) pause();
    Turn turn;
    const double noise = number("seed") == 0 ? 0 : static_cast<double>(random.below(1000)) / 100'000;
    turn.cpu = static_cast<double>(number("cpu") * passes) * (1 + noise) * luck;
    turn.wall = 2 * turn.cpu;
    turn.checksum = static_cast<std::uint64_t>(number("checksum"));
    return turn;
  });
}
