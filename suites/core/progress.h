// Whether a process still gets anywhere, read from /proc without allocating: the difference between slow and
// hung.
//
// A process that waits on itself uses no CPU and has no task that could run, look after look. A process that
// is merely starved by others has a task in state R, and one that waits for a disk has one in state D; so the
// verdict does not depend on how loaded the machine is, and a deadline is not needed. What burns CPU for ever
// is not seen here: RLIMIT_CPU stops that.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace assay::suite {

// The calling thread itself never counts, so that a thread may watch its own process.
struct Activity {
  std::uint64_t cpu_ticks = 0;  // of the processes seen and of their children that were waited for
  int processes = 0;            // zombies included
  int runnable = 0;             // tasks that run, could run, or wait for a disk
};

namespace progress {

struct Stat {
  char state;
  pid_t parent;
  pid_t group;
  std::uint64_t own_ticks;    // of the task; of all its tasks, dead ones too, for a process
  std::uint64_t child_ticks;  // of children that were waited for
};

// Reads "/proc/1/stat" or "/proc/1/task/1/stat"; false when it is gone.
inline bool read_stat(const char* path, Stat* stat) {
  char text[1024];
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  if (length <= 0) return false;
  text[length] = '\0';
  char* field = std::strrchr(text, ')');  // the command's name may itself hold spaces and parentheses
  if (field == nullptr || field[1] == '\0') return false;
  stat->state = field[2];
  field += 3;
  std::uint64_t numbers[18] = {};  // by their place in proc(5): ppid is 4, utime 14, cstime 17
  for (int place = 4; place < 18; ++place) numbers[place] = std::strtoull(field, &field, 10);
  stat->parent = static_cast<pid_t>(numbers[4]);
  stat->group = static_cast<pid_t>(numbers[5]);
  stat->own_ticks = numbers[14] + numbers[15];
  stat->child_ticks = numbers[16] + numbers[17];
  return true;
}

// Calls visit(n) for every entry of the directory that is a number. opendir would allocate.
template <class Visit>
void for_each_number(const char* directory, Visit visit) {
  const int file = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  alignas(dirent64) char entries[4096];
  for (;;) {
    const long length = syscall(SYS_getdents64, file, entries, sizeof entries);
    if (length <= 0) break;
    for (long at = 0; at < length;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      at += entry->d_reclen;
      const long number = std::strtol(entry->d_name, nullptr, 10);
      if (number > 0) visit(static_cast<pid_t>(number));
    }
  }
  close(file);
}

inline void add(pid_t process, const Stat& total, Activity* activity) {
  ++activity->processes;
  activity->cpu_ticks += total.own_ticks + total.child_ticks;
  char directory[64];
  std::snprintf(directory, sizeof directory, "/proc/%d/task", process);
  const auto caller = static_cast<pid_t>(syscall(SYS_gettid));
  for_each_number(directory, [&](pid_t task) {
    char path[96];
    Stat stat;
    std::snprintf(path, sizeof path, "/proc/%d/task/%d/stat", process, task);
    if (!read_stat(path, &stat)) return;
    if (task == caller)
      activity->cpu_ticks -= stat.own_ticks;
    else if (stat.state == 'R' || stat.state == 'D')
      ++activity->runnable;
  });
}

// Of all processes for which counts(id, stat) is true.
template <class Counts>
Activity activity_where(Counts counts) {
  Activity activity;
  for_each_number("/proc", [&](pid_t process) {
    char path[64];
    Stat stat;
    std::snprintf(path, sizeof path, "/proc/%d/stat", process);
    if (read_stat(path, &stat) && counts(process, stat)) add(process, stat, &activity);
  });
  return activity;
}

}  // namespace progress

// Of all processes whose process group is `group`, wherever they hang in the tree.
inline Activity activity_of_group(pid_t group) {
  return progress::activity_where([=](pid_t, const progress::Stat& stat) { return stat.group == group; });
}

// Of one process and its children: a parent that waits for a starved child is not stuck.
inline Activity activity_of_family(pid_t head) {
  return progress::activity_where(
      [=](pid_t process, const progress::Stat& stat) { return process == head || stat.parent == head; });
}

// Fed with one look every kLookInterval, says when nothing has got on for `quiet_looks` of them: hardly ever
// could a task run, and no more CPU was used than a poll of a lock that never opens costs. What is watched
// must not sleep that long of its own accord. Load makes the looks rarer, never the verdict earlier.
class StallWatch {
 public:
  static constexpr timespec kLookInterval = {0, 20'000'000};

  explicit StallWatch(int quiet_looks = 125) : quiet_looks_(quiet_looks) {}

  bool stalled(const Activity& now) {
    if (now.runnable != 0) ++busy_looks_;
    if (now.processes != start_.processes || now.cpu_ticks - start_.cpu_ticks > kPollingTicks ||
        busy_looks_ > quiet_looks_ / 8) {
      start_ = now;
      looks_ = busy_looks_ = 0;
    }
    return ++looks_ > quiet_looks_;
  }

 private:
  static constexpr std::uint64_t kPollingTicks = 3;
  int quiet_looks_;
  int looks_ = 0;
  int busy_looks_ = 0;
  Activity start_;
};

}  // namespace assay::suite
