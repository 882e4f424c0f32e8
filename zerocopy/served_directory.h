// A directory from which files are opened by names that strangers chose: nothing outside it is ever opened.
//
// The kernel resolves the name and refuses what would leave the directory: "..", absolute names, symbolic
// links that lead out, and the links of /proc that are no names at all (openat2(2), Linux 5.6). Where it has
// no openat2(), or a security policy forbids it, the name is walked step by step and no symbolic link is
// followed, so that no part of it can lead anywhere else even while somebody renames things.
//
// Errors are errno values. EXDEV: the name leads out. Thread-safe but for open().
#pragma once

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "zerocopy/descriptor.h"

namespace assay {

class ServedDirectory {
 public:
  enum class Lookup : unsigned char {
    kBest,    // by openat2() if it is there
    kBySteps  // as where it is not
  };

  int open(const char* path, Lookup lookup = Lookup::kBest) noexcept {
    const int error = directory_.open(path, O_PATH | O_DIRECTORY);
    if (error != 0) return error;
    by_steps_ = lookup == Lookup::kBySteps;
    if (!by_steps_) {
      Descriptor tried;
      const int refused = open_beneath(".", O_PATH | O_DIRECTORY, tried);
      by_steps_ = refused == ENOSYS || refused == EPERM || refused == EINVAL;
    }
    return 0;
  }

  // A regular file, to be read; ENOENT for everything else that has a name. Never waits, not even for a pipe;
  // but who waits in open() to write to one is let go. `status` is that of the open file.
  int open_file(const char* name, Descriptor& file, struct stat& status) const noexcept {
    constexpr int kFlags = O_RDONLY | O_NONBLOCK | O_NOCTTY;
    int error = by_steps_ ? open_by_steps(name, kFlags, file) : open_beneath(name, kFlags, file);
    if (error == ENXIO || error == EISDIR) return ENOENT;  // a socket
    if (error != 0) return error;
    if (::fstat(file.get(), &status) != 0) {
      error = errno;
    } else if (!S_ISREG(status.st_mode)) {
      error = ENOENT;
    }
    if (error != 0) file.close();
    return error;
  }

 private:
  int open_beneath(const char* name, int flags, Descriptor& file) const noexcept {
    open_how how{};
    how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    // EAGAIN: something was renamed meanwhile, so that the kernel is not sure; or somebody has a lease.
    constexpr int kAttempts = 16;
    for (int attempt = 0;;) {
      const long opened = ::syscall(SYS_openat2, directory_.get(), name, &how, sizeof how);
      if (opened >= 0) [[likely]] {
        file = Descriptor(static_cast<int>(opened));
        return 0;
      }
      if (errno != EINTR && (errno != EAGAIN || ++attempt == kAttempts)) return errno;
    }
  }

  int open_by_steps(std::string_view name, int flags, Descriptor& file) const noexcept {
    if (name.starts_with('/')) return EXDEV;
    Descriptor held;
    for (int at = directory_.get();;) {
      const std::size_t size = name.find('/');
      char step[NAME_MAX + 1];
      const std::string_view first = name.substr(0, size);
      if (first.size() >= sizeof step) return ENAMETOOLONG;
      if (first == "..") return EXDEV;
      std::memcpy(step, first.data(), first.size());
      step[first.size()] = '\0';
      const bool last = size == std::string_view::npos;
      Descriptor next;
      if (!first.empty()) {
        const int how = last ? flags : O_PATH | O_DIRECTORY;
        const int opened = opened_at(at, step, how | O_NOFOLLOW | O_CLOEXEC);
        if (opened < 0) return errno;
        next = Descriptor(opened);
      } else if (last) {
        return ENOENT;
      }
      if (last) {
        file = std::move(next);
        return 0;
      }
      name.remove_prefix(size + 1);
      if (!next.is_open()) continue;  // of two slashes
      held = std::move(next);
      at = held.get();
    }
  }

  static int opened_at(int directory, const char* name, int flags) noexcept {
    for (;;) {
      const int opened = ::openat(directory, name, flags);
      if (opened >= 0 || errno != EINTR) return opened;
    }
  }

  Descriptor directory_;
  bool by_steps_ = false;
};

}  // namespace assay
