// A workload program of one type: "steady" as fake_benchmarks has it, and one workload that only types have.
// Under a name with "absent" in it, one that cannot be had here; with "partly", one whose own workload
// cannot; with "unversioned", one without a version.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <initializer_list>

int main(int count, char** arguments) {
  int file = STDOUT_FILENO;
  for (int i = 1; i < count; ++i) {
    if (strcmp(arguments[i], "--list") == 0) {
      if (strstr(arguments[0], "absent") != nullptr) {
        puts("{\"unavailable\":\"no such compiler\"}");
        return 0;
      }
      for (const char* name : {"steady", "special"})
        printf("{\"case\":\"%s\",\"family\":\"fake\",\"sentence\":\"\",\"version\":\"%s\"%s}\n", name,
               strstr(arguments[0], "unversioned") != nullptr ? "" : "7.1",
               strstr(arguments[0], "partly") != nullptr && strcmp(name, "special") == 0
                   ? ",\"unavailable\":\"no such device\""
                   : "");
      return 0;
    }
    if (strncmp(arguments[i], "--output-fd=", 12) == 0) file = atoi(arguments[i] + 12);
  }
  dprintf(file, "{\"metric\":\"cpu_time\",\"unit\":\"ns/op\",\"better\":\"less\",\"samples\":[20]}\n");
  dprintf(file, "{\"metric\":\"checksum\",\"unit\":\"hash\",\"better\":\"less\",\"samples\":[\"good\"]}\n");
}
