#include "suites/malloc/clauses/system_call_trap.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

// long assay_mapping_call(long call, const greg_t arguments[6]): the system call as it was made, from a known
// place. The filter sees the address after the instruction.
asm(R"(
.pushsection .text
.type assay_mapping_call, @function
assay_mapping_call:
  mov %rdi, %rax
  mov %rsi, %r11
  mov 0(%r11), %rdi
  mov 8(%r11), %rsi
  mov 16(%r11), %rdx
  mov 24(%r11), %r10
  mov 32(%r11), %r8
  mov 40(%r11), %r9
  syscall
assay_after_mapping_call:
  ret
.size assay_mapping_call, . - assay_mapping_call
.popsection
)");
extern "C" {
[[gnu::visibility("hidden")]] long assay_mapping_call(long call, const greg_t* arguments);
[[gnu::visibility("hidden")]] extern const char assay_after_mapping_call[];
}

namespace assay::suite {
namespace {

struct {
  bool (*fails)(std::uint64_t, long) = nullptr;
  std::uint64_t calls = 0;
  long refused = -1;
} state;

void answer(int, siginfo_t*, void* context) {
  greg_t* registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const long call = registers[REG_RAX];
  const greg_t arguments[6] = {registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                               registers[REG_R10], registers[REG_R8],  registers[REG_R9]};
  ++state.calls;
  if (state.fails == nullptr || !state.fails(state.calls, call)) {
    registers[REG_RAX] = assay_mapping_call(call, arguments);
    return;
  }
  state.refused = call;
  constexpr greg_t kNothing[6] = {};
  registers[REG_RAX] =
      call == SYS_brk ? assay_mapping_call(SYS_brk, kNothing) : -ENOMEM;  // brk tells the old end
}

}  // namespace

bool trap_mapping_calls() {
  struct sigaction action = {};
  action.sa_sigaction = answer;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  if (sigaction(SIGSYS, &action, nullptr) != 0) return false;

  const auto allowed = reinterpret_cast<std::uintptr_t>(assay_after_mapping_call);
  const auto load = [](std::size_t offset) {
    return sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
  };
  const auto if_equal = [](std::uint64_t value, std::uint8_t skip, std::uint8_t otherwise) {
    return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, skip, otherwise, static_cast<std::uint32_t>(value)};
  };
  constexpr std::size_t kPointer = offsetof(seccomp_data, instruction_pointer);
  sock_filter program[] = {
      load(offsetof(seccomp_data, nr)),
      if_equal(SYS_mmap, 6, 0),
      if_equal(SYS_munmap, 5, 0),
      if_equal(SYS_mremap, 4, 0),
      if_equal(SYS_mprotect, 3, 0),
      if_equal(SYS_madvise, 2, 0),
      if_equal(SYS_brk, 1, 0),
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
      load(kPointer),
      if_equal(allowed & 0xffffffff, 0, 2),
      load(kPointer + 4),
      if_equal(allowed >> 32, 1, 0),
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRAP},
      {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog filter = {sizeof program / sizeof *program, program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

void refuse_mapping_calls(bool (*fails)(std::uint64_t, long)) {
  state = {};
  state.fails = fails;
}

std::uint64_t mapping_calls() { return state.calls; }

const char* last_refused_call() {
  switch (state.refused) {
    case SYS_mmap:
      return "mmap";
    case SYS_munmap:
      return "munmap";
    case SYS_mremap:
      return "mremap";
    case SYS_mprotect:
      return "mprotect";
    case SYS_madvise:
      return "madvise";
    case SYS_brk:
      return "brk";
    default:
      return "";
  }
}

}  // namespace assay::suite
