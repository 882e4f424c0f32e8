#include "suites/core/model.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
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
    dup2(ends[1], kFindingDescriptor);  // the child's conclusion comes to this process instead of the driver
    body(context);
    _exit(kHeld);
  }
  close(ends[1]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0)
    if (errno != EINTR) skipped("waitpid failed: %s", strerror(errno));
  const ssize_t length = read(ends[0], message, size - 1);
  close(ends[0]);
  message[length > 0 ? length - 1 : 0] = '\0';  // without the end of the line
  if (WIFSIGNALED(status)) {
    const char* name = sigabbrev_np(WTERMSIG(status));
    snprintf(message, size, "  killed by SIG%s", name == nullptr ? "?" : name);
  } else if (length <= 0) {
    snprintf(message, size, "  exit status %d", WEXITSTATUS(status));
  }
  return !WIFEXITED(status) || WEXITSTATUS(status) != kHeld;
}

}  // namespace assay::suite
