// A server that is a type, in a process of its own that ends with this one.
//
//   class MyServer {
//     int open(const char* directory);  // 0, or an errno value: accepts connections to a port of 127.0.0.1
//     unsigned port() const;
//     int run();                        // serves on the calling thread, for ever
//   };
#pragma once

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <new>
#include <string>

#include "suites/core/process_clock.h"
#include "suites/core/workload.h"

namespace assay::suite::server {

template <class Server>
class ForkedServer {
 public:
  static const char* obstacle() { return nullptr; }

  explicit ForkedServer(const std::string& directory) {
    Server server;
    if (const int error = server.open(directory.c_str()); error != 0) fail("open: %s", strerror(error));
    port_ = server.port();
    const pid_t parent = getpid(), child = fork();
    if (child < 0) fail("fork: %s", strerror(errno));
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(1);
      _exit(server.run() == 0 ? 0 : 1);
    }
    process_ = std::to_string(child);
  }

  unsigned port() const { return port_; }
  double cpu() const { return nanoseconds_at_rest(process_, "the server"); }

 private:
  unsigned port_;
  std::string process_;
};

}  // namespace assay::suite::server
