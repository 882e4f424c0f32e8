// What the process holds of the kernel: open descriptors, and mappings of files. For checks that all is given
// back on every path. Memory that the heap maps is not counted.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cstddef>

#include "suites/core/clause.h"

namespace assay::suite {

struct HeldResources {
  int descriptors = 0;
  int mappings = 0;  // of files, of devices and of rings

  friend bool operator==(const HeldResources&, const HeldResources&) = default;
};

inline HeldResources held_resources() {
  HeldResources held;
  DIR* const folder = opendir("/proc/self/fd");
  if (folder == nullptr) skipped("/proc/self/fd cannot be read");
  while (readdir(folder) != nullptr) ++held.descriptors;
  closedir(folder);
  // Line by line: the fifth field is the inode, 0 where no file is mapped. A ring's inode is the one that all
  // anonymous files share, and not 0.
  const int maps = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (maps < 0) skipped("/proc/self/maps cannot be read");
  char text[4096];
  int field = 0;
  bool within = false, mapped = false;
  for (ssize_t length; (length = read(maps, text, sizeof text)) > 0;)
    for (ssize_t i = 0; i < length; ++i) {
      if (text[i] == '\n') {
        held.mappings += mapped;
        field = 0;
        within = mapped = false;
      } else if (text[i] == ' ') {
        within = false;
      } else {
        if (!within) ++field;
        within = true;
        if (field == 5 && text[i] != '0') mapped = true;
      }
    }
  close(maps);
  return held;
}

inline void require_released(const HeldResources& before, const char* when) {
  const HeldResources now = held_resources();
  require(now.descriptors == before.descriptors, "%s: %d descriptors are open instead of %d", when,
          now.descriptors, before.descriptors);
  require(now.mappings == before.mappings, "%s: %d mappings of files are left instead of %d", when,
          now.mappings, before.mappings);
}

}  // namespace assay::suite
