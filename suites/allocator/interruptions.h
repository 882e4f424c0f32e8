// Stops threads for a moment at instructions of chance, also between the load and the exchange of a lock-free
// algorithm, where on a machine with few processors they would hardly ever be stopped.
//
// Each interruption is a signal (SIGUSR1) whose handler sleeps 100 µs while the other threads go on. The
// subject is not involved and needs no hook. Under ThreadSanitizer signals wait for the next call of the C
// library, so that there it does little.
#pragma once

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <chrono>
#include <thread>
#include <vector>

namespace assay::suite::allocator {

// `count` interruptions of these threads in turn, which must be running until it returns.
inline void interrupt(std::vector<std::jthread>& threads, int count) {
  struct sigaction action = {};
  action.sa_handler = [](int) {
    const int saved = errno;
    constexpr timespec kMoment{.tv_sec = 0, .tv_nsec = 100'000};
    nanosleep(&kMoment, nullptr);
    errno = saved;
  };
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  for (int i = 0; i < count; ++i) {
    pthread_kill(threads[static_cast<std::size_t>(i) % threads.size()].native_handle(), SIGUSR1);
    std::this_thread::sleep_for(std::chrono::microseconds(30));
  }
}

}  // namespace assay::suite::allocator
