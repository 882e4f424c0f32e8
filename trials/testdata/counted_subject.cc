// A program of which every quantity is known, for the tests that count: takes `--operations` times a block,
// in measured passes or beside them, and does in each operation or pass exactly what its options say.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "suites/core/measured_pass.h"

// As many instructions as it is entered before its end.
asm(R"(
  .text
  .type nothing_to_do, @function
  .rept 64
  nop
  .endr
nothing_to_do:
  ret
  .size nothing_to_do, . - nothing_to_do
)");
extern "C" void nothing_to_do();

namespace {

struct Options {
  long operations = 1000, extra = 0, threads = 1, calls = 0;
  bool marks = true;
  std::string also;  // something that differs from run to run, or with the place it is run at, or ends it
} options;

void mark(int begins) {
  if (options.marks) syscall(SYS_prctl, assay::suite::kPassMark, begins, 0, 0, 0);
}

void loop(long turns) {
  for (long i = 0; i < turns; ++i) asm volatile("");
}

void work() {
  void (*const extra)() =
      reinterpret_cast<void (*)()>(reinterpret_cast<char*>(nothing_to_do) - options.extra);
  for (long i = 0; i < options.operations; ++i) {
    if (options.also == "map") munmap(mmap(nullptr, 1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1);
    void* volatile block = malloc(static_cast<std::size_t>(16 + i % 500));
    extra();
    free(block);
  }
  for (long i = 0; i < options.calls; ++i) syscall(SYS_getppid);
}

// Whether a process that this one starts is stopped once, though nobody here asked for it.
bool child_is_stopped() {
  int up[2], down[2];
  char byte = 0;
  if (pipe(up) != 0 || pipe(down) != 0) abort();
  const pid_t child = fork();
  if (child == 0) _exit(write(up[1], &byte, 1) == 1 && read(down[0], &byte, 1) == 1 ? 0 : 1);
  if (read(up[0], &byte, 1) != 1) abort();
  const bool stopped = waitpid(child, nullptr, WUNTRACED | WNOHANG) != 0;
  kill(child, SIGKILL);
  return stopped;
}

}  // namespace

extern "C" [[gnu::noinline]] void assay_measured_pass(const char* name) {
  mark(1);
  if (options.also == "random") {
    unsigned number = 0;
    if (getrandom(&number, sizeof number, 0) > 0) loop(number % 1'000'000);
  }
  if (options.also == "stack")
    loop(static_cast<long>(reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0)) / 16 % 256));
  if (options.also == "name") loop(static_cast<long>(strlen(name)));
  std::vector<std::thread> others;
  for (long i = 1; i < options.threads; ++i) others.emplace_back(work);
  work();
  for (std::thread& other : others) other.join();
  mark(0);
}

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    const std::size_t equals = argument.find('=');
    const std::string name = argument.substr(0, equals), value = argument.substr(equals + 1);
    if (name == "--operations") options.operations = atol(value.c_str());
    if (name == "--extra") options.extra = atol(value.c_str());
    if (name == "--threads") options.threads = atol(value.c_str());
    if (name == "--calls") options.calls = atol(value.c_str());
    if (name == "--unmarked") options.marks = false;
    if (name == "--also") options.also = value;
  }
  if (options.also == "abort") {
    fprintf(stderr, "out of order\n");
    abort();
  }
  if (options.also == "address") return dprintf(3, "%p", malloc(1)) < 0;
  if (options.also == "child") return child_is_stopped() ? 1 : 0;
  if (options.also == "sleep") pause();
  while (options.also == "spin") loop(1'000'000);
  if (options.also == "fail") {
    dprintf(3, R"({"metric":"failure","unit":"reason","samples":["out of luck"]})"
               "\n");
    return 1;
  }
  work();  // not measured
  if (options.also != "unmeasured") assay_measured_pass(arguments[0]);
  if (options.also == "silent") return 0;
  for (const char* metric : {"page_faults", "peak_resident"})
    dprintf(3,
            R"({"metric":"%s","unit":"count","better":"less","samples":[1,%ld]})"
            "\n",
            metric, options.operations);
}
