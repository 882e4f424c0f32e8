#include "suites/core/model.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "suites/core/finding.h"

namespace assay::suite {

bool fails_in_child(void (*body)(const void*), const void* context, char* message, std::size_t size) {
  message[0] = '\0';
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) skipped("pipe2 failed");
  const pid_t child = fork();
  if (child < 0) skipped("fork failed: %s", strerror(errno));
  if (child == 0) {
    constexpr rlimit kSeconds{5, 6};  // of one program: shrinking runs thousands
    setrlimit(RLIMIT_CPU, &kSeconds);
    dup2(ends[1], kFindingDescriptor);  // the child's conclusion comes to this process instead of the driver
    body(context);
    _exit(kHeld);
  }
  close(ends[1]);
  char line[1024];  // findings are shorter
  std::size_t length = 0;
  for (char letter; read(ends[0], &letter, 1) == 1;) {
    if (letter != '\n') {
      if (length < sizeof line - 1) line[length++] = letter;
      continue;
    }
    line[length] = '\0';
    length = 0;
    if (line[0] != static_cast<char>(FindingKind::kNote)) snprintf(message, size, "%s", line);
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) skipped("waitpid failed: %s", strerror(errno));
  if (message[0] == static_cast<char>(FindingKind::kSkipped)) skipped("%s", message + 2);
  if (WIFSIGNALED(status)) {
    const char* name = sigabbrev_np(WTERMSIG(status));
    snprintf(message, size, "  killed by SIG%s", name == nullptr ? "?" : name);
  } else if (message[0] == '\0') {
    snprintf(message, size, "  exit status %d", WEXITSTATUS(status));
  }
  return !WIFEXITED(status) || WEXITSTATUS(status) != kHeld;
}

}  // namespace assay::suite
