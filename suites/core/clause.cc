#include "suites/core/clause.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cstdarg>

#include "suites/core/finding.h"

namespace assay::suite {
namespace {

const Clause* head = nullptr;
const Clause** tail = &head;

// The finding leaves as one line on kFindingDescriptor, or on standard output when a person runs the probe.
void send(char kind, const char* format, std::va_list arguments) {
  char line[1024];
  line[0] = kind;
  line[1] = ' ';
  int length = 2 + vsnprintf(line + 2, sizeof line - 3, format, arguments);
  if (length > static_cast<int>(sizeof line) - 2) length = sizeof line - 2;
  for (int i = 0; i < length; ++i)
    if (line[i] == '\n') line[i] = ' ';
  line[length++] = '\n';
  const int descriptor = fcntl(kFindingDescriptor, F_GETFD) == -1 ? STDOUT_FILENO : kFindingDescriptor;
  if (write(descriptor, line, static_cast<std::size_t>(length)) != length) _exit(kLostFinding);
}

[[noreturn]] void conclude(FindingKind kind, const char* format, std::va_list arguments) {
  send(static_cast<char>(kind), format, arguments);
  _exit(kConcluded);
}

}  // namespace

Clause::Clause(const char* id_, ClauseClass clause_class_, const char* source_, const char* sentence_,
               void (*check_)())
    : id(id_),
      clause_class(clause_class_),
      source(source_),
      sentence(sentence_),
      check(check_),
      next(nullptr) {
  *tail = this;
  tail = &next;
}

const Clause* first_clause() { return head; }

const Clause* find_clause(const char* id) {
  const Clause* clause = head;
  while (clause != nullptr && strcmp(clause->id, id) != 0) clause = clause->next;
  return clause;
}

#define ASSAY_CONCLUDE(function, kind)              \
  void function(const char* format, ...) {          \
    std::va_list arguments;                         \
    va_start(arguments, format);                    \
    conclude(FindingKind::kind, format, arguments); \
  }
ASSAY_CONCLUDE(violated, kViolated)
ASSAY_CONCLUDE(weak, kWeak)
ASSAY_CONCLUDE(chose, kChose)
ASSAY_CONCLUDE(absent, kAbsent)
ASSAY_CONCLUDE(skipped, kSkipped)
#undef ASSAY_CONCLUDE

void held() { _exit(kHeld); }

void note(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  send(static_cast<char>(FindingKind::kNote), format, arguments);
  va_end(arguments);
}

void require(bool holds, const char* format, ...) {
  if (holds) return;
  std::va_list arguments;
  va_start(arguments, format);
  conclude(FindingKind::kViolated, format, arguments);
}

std::uint64_t seed() {
  const char* text = getenv(kSeedVariable);
  return text == nullptr ? 1 : strtoull(text, nullptr, 10);
}

const char* sibling(const char* name) {
  static char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length <= 0) skipped("/proc/self/exe cannot be read, so %s beside the probe is not found", name);
  path[length] = '\0';
  char* slash = strrchr(path, '/');
  if (snprintf(slash + 1, sizeof path - static_cast<std::size_t>(slash + 1 - path), "%s", name) < 0)
    _exit(kLostFinding);
  if (access(path, R_OK) != 0) {
    fprintf(stderr, "%s is not built beside the probe\n", path);
    _exit(kLostFinding);
  }
  return path;
}

}  // namespace assay::suite
