// A workload program of one type: "steady" as fake_benchmarks has it, and two workloads that only types have.
// All report how they were asked to run.
// Under a name with "absent" in it, one that cannot be had here; with "partly", one whose own workload
// cannot; with "unversioned", one without a version.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <initializer_list>

int main(int count, char** arguments) {
  int file = STDOUT_FILENO;
  double scale = 0, repetitions = -1;
  for (int i = 1; i < count; ++i) {
    if (strcmp(arguments[i], "--list") == 0) {
      if (strstr(arguments[0], "absent") != nullptr) {
        puts("{\"unavailable\":\"no such compiler\"}");
        return 0;
      }
      for (const char* name : {"steady", "special", "huge"})
        printf(
            "{\"case\":\"%s\",\"family\":\"fake\",\"sentence\":\"\",\"thorough_only\":%s,\"version\":\"%s\"%"
            "s}\n",
            name, strcmp(name, "huge") == 0 ? "true" : "false",
            strstr(arguments[0], "unversioned") != nullptr ? "" : "7.1",
            strstr(arguments[0], "partly") != nullptr && strcmp(name, "special") == 0
                ? ",\"unavailable\":\"no such device\""
                : "");
      return 0;
    }
    if (strncmp(arguments[i], "--output-fd=", 12) == 0) file = atoi(arguments[i] + 12);
    if (strncmp(arguments[i], "--scale=", 8) == 0) scale = atof(arguments[i] + 8);
    if (strncmp(arguments[i], "--repetitions=", 14) == 0) repetitions = atof(arguments[i] + 14);
  }
  dprintf(file, "{\"metric\":\"asked_scale\",\"unit\":\"ratio\",\"better\":\"less\",\"samples\":[%g]}\n",
          scale);
  dprintf(file,
          "{\"metric\":\"asked_repetitions\",\"unit\":\"count\",\"better\":\"less\",\"samples\":[%g]}\n",
          repetitions);
  dprintf(file, "{\"metric\":\"cpu_time\",\"unit\":\"ns/op\",\"better\":\"less\",\"samples\":[20]}\n");
  dprintf(file, "{\"metric\":\"checksum\",\"unit\":\"hash\",\"better\":\"less\",\"samples\":[\"good\"]}\n");
}
