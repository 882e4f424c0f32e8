// SIGPIPE while sendfile() and splice() write to a socket: they have no MSG_NOSIGNAL, so that a peer that has
// gone kills a process that did nothing about the signal.
//
// The guard blocks SIGPIPE for this thread, and takes the signal that the call raised before it restores the
// mask. The kernel raises it for the thread that writes, so no other thread sees it either. A signal that was
// pending before stays pending. Two system calls (0.3 µs together, measured), three after an error. A look at
// the disposition instead (is it ignored?) takes half of that, and another thread may change the answer.
#pragma once

#include <csignal>
#include <ctime>

#include "zerocopy/transfer_concept.h"

namespace assay::zerocopy {

enum class Sigpipe {
  kGuarded,  // no signal, whatever the process does about SIGPIPE
  kIgnored,  // the process ignores SIGPIPE as long as the transfer is in use: nothing to do
};

template <Sigpipe kSigpipe>
class SigpipeGuard {
 public:
  explicit SigpipeGuard(TransferRecord& record) noexcept : record_(record) {
    sigset_t blocked = only_sigpipe();
    ++record_.calls;
    pthread_sigmask(SIG_BLOCK, &blocked, &before_);
    was_blocked_ = sigismember(&before_, SIGPIPE) == 1;
    if (was_blocked_) [[unlikely]]
      was_pending_ = is_pending();
  }
  SigpipeGuard(const SigpipeGuard&) = delete;
  SigpipeGuard& operator=(const SigpipeGuard&) = delete;
  ~SigpipeGuard() {
    if (was_blocked_) return;
    ++record_.calls;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  // After a call that wrote has failed. Not only with EPIPE: one that moved some bytes before the peer went
  // has raised the signal too, and the next may fail otherwise.
  [[gnu::cold, gnu::noinline]] void absorb() noexcept {
    if (was_pending_) return;
    const sigset_t taken = only_sigpipe();
    const timespec at_once{};
    do {
      ++record_.calls;
    } while (sigtimedwait(&taken, nullptr, &at_once) < 0 && errno == EINTR);
  }

 private:
  static sigset_t only_sigpipe() noexcept {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    return set;
  }
  [[gnu::cold, gnu::noinline]] bool is_pending() noexcept {
    sigset_t pending;
    ++record_.calls;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
  }

  TransferRecord& record_;
  sigset_t before_;
  bool was_blocked_ = false;
  bool was_pending_ = false;
};

template <>
class SigpipeGuard<Sigpipe::kIgnored> {
 public:
  explicit SigpipeGuard(TransferRecord&) noexcept {}
  void absorb() noexcept {}
};

}  // namespace assay::zerocopy
