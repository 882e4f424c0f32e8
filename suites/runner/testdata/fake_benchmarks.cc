// A workload program whose workloads are as bad as a broken allocator's can be: what the runner must survive.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <string>

namespace {

bool preloaded() {
  const char* library = getenv("LD_PRELOAD");
  return library != nullptr && *library != '\0';
}

void report(int file, const char* metric, const char* unit, const char* samples) {
  dprintf(file, "{\"metric\":\"%s\",\"unit\":\"%s\",\"better\":\"less\",\"samples\":[%s]}\n", metric, unit,
          samples);
}

void list(const char* name, bool thorough_only = false) {
  printf("{\"case\":\"%s\",\"family\":\"fake\",\"sentence\":\"the %s one\",\"thorough_only\":%s}\n", name,
         name, thorough_only ? "true" : "false");
}

void run(const std::string& name, int file) {
  if (name == "crash" && preloaded()) {
    fputs("about to crash\n", stderr);
    raise(SIGSEGV);
  }
  if (name == "hang" && preloaded()) pause();
  if (name == "hang_always") pause();
  if (name == "spin" && preloaded())
    for (;;) asm volatile("");
  if (name == "damaged" && preloaded()) dprintf(file, "{\"metric\":\"cpu_ti\n");
  if (name == "wrong" && preloaded()) {
    report(file, "failure", "reason", "\"block 7 has changed\"");
    exit(1);
  }
  report(file, "cpu_time", "ns/op", preloaded() ? "30,10,20" : "40");
  report(file, "peak_resident", "bytes", preloaded() ? "3000" : "1000");
  report(file, "checksum", "hash", name == "disagree" && preloaded() ? "\"bad\"" : "\"good\"");
}

}  // namespace

int main(int count, char** arguments) {
  std::string name;
  int file = STDOUT_FILENO;
  for (int i = 1; i < count; ++i) {
    if (strcmp(arguments[i], "--list") == 0) {
      for (const char* each :
           {"steady", "crash", "hang", "hang_always", "spin", "damaged", "wrong", "disagree"})
        list(each);
      list("lengthy", true);
      return 0;
    }
    if (strncmp(arguments[i], "--case=", 7) == 0) name = arguments[i] + 7;
    if (strncmp(arguments[i], "--output-fd=", 12) == 0) file = atoi(arguments[i] + 12);
  }
  run(name, file);
}
