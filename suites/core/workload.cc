#include "suites/core/workload.h"

#include <stdio.h>
#include <unistd.h>

#include <cstdarg>

#include "suites/core/footprint.h"

namespace assay::suite {
namespace {

const WorkloadEntry* head = nullptr;
int output_descriptor = STDOUT_FILENO;
std::size_t mapped_for_harness = 0;

}  // namespace

WorkloadEntry::WorkloadEntry(const Description& description) : Description(description), next(head) {
  head = this;
}

const WorkloadEntry* first_workload() { return head; }

void set_output(int descriptor) { output_descriptor = descriptor; }
int output() { return output_descriptor; }

void fail(const char* format, ...) {
  char reason[512];
  std::va_list arguments;
  va_start(arguments, format);
  vsnprintf(reason, sizeof reason, format, arguments);
  va_end(arguments);
  for (char* letter = reason; *letter != '\0'; ++letter)  // the two letters that JSON would want escaped
    if (*letter == '"' || *letter == '\\') *letter = '\'';
  char line[640];
  const int length = snprintf(line, sizeof line,
                              "{\"metric\":\"failure\",\"unit\":\"reason\",\"samples\":[\"%s\"]}\n", reason);
  if (write(output_descriptor, line, static_cast<std::size_t>(length)) != length) _exit(2);
  _exit(1);
}

void* harness_memory(std::size_t bytes) {
  auto* memory = static_cast<volatile char*>(map_memory(bytes));
  constexpr std::size_t kPage = 4096;
  for (std::size_t i = 0; i < bytes; i += kPage) memory[i] = 0;
  mapped_for_harness += (bytes + kPage - 1) / kPage * kPage;
  return const_cast<char*>(memory);
}

std::size_t harness_bytes() { return mapped_for_harness; }

}  // namespace assay::suite
