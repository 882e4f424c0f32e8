// The measured program's side of taking turns: two live processes of two builds are measured alternately, a
// few milliseconds each, so that what the machine does meanwhile falls on both. trials/ plays the other side.
//
//   program → "ready\n"                          set up and warmed up
//   trials  → "turn N\n"                         N passes, please
//   program → "turn CPU WALL CHECKSUM\n"         nanoseconds of the N passes together; the checksum of the
//   last
//
// until the descriptor that it reads from ends. Nothing here allocates: the heap is what is measured.
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cstdint>

namespace assay::suite {

struct Turn {
  double cpu = 0, wall = 0;  // nanoseconds
  std::uint64_t checksum = 0;
};

// A line without its newline; false at the end, or when it does not fit.
inline bool read_line(int file, char* line, std::size_t size) {
  for (std::size_t length = 0; length < size; ++length) {
    if (read(file, line + length, 1) != 1) return false;
    if (line[length] != '\n') continue;
    line[length] = '\0';
    return true;
  }
  return false;
}

inline bool write_text(int file, const char* text) {
  const std::size_t length = strlen(text);
  return write(file, text, length) == static_cast<ssize_t>(length);
}

// Calls `take(passes)`, which returns a Turn. Returns the exit status: 0 at the end, 2 for anything that is
// not as above.
template <class Take>
int serve_turns(int in, int out, Take take) {
  if (!write_text(out, "ready\n")) return 2;
  char line[128];
  while (read_line(in, line, sizeof line)) {
    char* rest = line;
    const long passes = strncmp(line, "turn ", 5) == 0 ? strtol(line + 5, &rest, 10) : 0;
    if (passes <= 0 || *rest != '\0') return 2;
    const Turn turn = take(passes);
    snprintf(line, sizeof line, "turn %.0f %.0f %016lx\n", turn.cpu, turn.wall, turn.checksum);
    if (!write_text(out, line)) return 2;
  }
  return 0;
}

}  // namespace assay::suite
