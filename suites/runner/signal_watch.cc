#include "suites/runner/signal_watch.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace assay::suite {

SignalWatch::SignalWatch() {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) sigaddset(&watched, signal);
  sigprocmask(SIG_BLOCK, &watched, nullptr);
  signal(SIGCHLD, SIG_DFL);  // inherited as ignored, it would hide how a child ended
  signal(SIGPIPE, SIG_IGN);  // a closed terminal must not cost the results
  descriptor_ = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
}

SignalWatch::~SignalWatch() { close(descriptor_); }

bool SignalWatch::interrupted() {
  signalfd_siginfo signal;
  while (read(descriptor_, &signal, sizeof signal) == sizeof signal)
    if (signal.ssi_signo != SIGCHLD) interrupted_ = true;
  return interrupted_;
}

}  // namespace assay::suite
