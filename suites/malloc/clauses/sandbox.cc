// Processes to which the system gives less than usual.
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "suites/core/clause.h"
#include "suites/malloc/first_call.h"
#include "suites/malloc/regimes.h"
#include "suites/malloc/watched.h"

namespace assay::suite {
namespace {

// From now on, in programs started by exec too, the call fails with `error`. False when the kernel has no
// filters.
bool refuse(unsigned call, unsigned error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter = {sizeof program / sizeof program[0], program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool limit_stack(rlim_t bytes) {
  const rlimit limit = {bytes, bytes};
  return setrlimit(RLIMIT_STACK, &limit) == 0;
}

bool small_stack() { return limit_stack(rlim_t{256} << 10); }
bool unlimited_stack() { return limit_stack(RLIM_INFINITY); }  // the kernel then maps upwards from below
bool without_getrandom() { return refuse(SYS_getrandom, ENOSYS); }
bool without_madvise() { return refuse(SYS_madvise, EINVAL); }
bool without_affinity() { return refuse(SYS_sched_getaffinity, EPERM); }

// An empty directory over /proc, seen by this process and those it starts.
bool without_proc() {
  return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
         mount("none", "/proc", "tmpfs", MS_RDONLY, nullptr) == 0;
}

struct Sandbox {
  const char* name;
  bool (*enter)();
};

constexpr Sandbox kSandboxes[] = {
    {"a stack limit of 256 KiB", small_stack},       {"an unlimited stack", unlimited_stack},
    {"getrandom refused", without_getrandom},        {"madvise refused", without_madvise},
    {"sched_getaffinity refused", without_affinity}, {"nothing in /proc", without_proc},
};

constexpr int kCannotEnter = 9;
constexpr const char* kNotEntered = "exit status 9";

// A new process in the sandbox; its first heap calls race, in 64 threads.
const char* run_in(const Sandbox& sandbox) {
  const char* program = sibling("first_call");
  const pid_t child = fork_limited();
  if (child == 0) {
    if (!sandbox.enter()) _exit(kCannotEnter);
    execl(program, program, "race", nullptr);
    _exit(127);
  }
  return await_child(child);
}

CLAUSE("C-90", kQuality, "robustness: containers and system call filters",
       "the heap works with odd stack limits, without /proc, getrandom or madvise") {
  for (const Sandbox& sandbox : kSandboxes) {
    const char* failure = run_in(sandbox);
    if (failure == nullptr) continue;
    if (strcmp(failure, kNotEntered) == 0) {
      note("not checked, because the system does not permit it: %s", sandbox.name);
      continue;
    }
    violated("a process with %s: %s", sandbox.name, failure);
  }
  const pid_t child = fork_limited();
  if (child == 0) {
    if (chroot("/proc/self/fdinfo") != 0) {
      note("not checked, because the system does not permit it: chroot");
      _exit(0);
    }
    use_every_regime("after chroot to a directory without files");
    _exit(0);
  }
  if (const char* failure = await_child(child)) violated("a process after chroot: %s", failure);
}

}  // namespace
}  // namespace assay::suite
