// The workloads of servers for nginx with one worker: tcp_nopush on and, but for the smallest file, sendfile,
// as its packages have it, no log, all else as nginx has it.
#include <unistd.h>

#include <string>

#include "suites/peers/nginx_server.h"
#include "suites/server/workloads.h"
#include "suites/transfer/workloads/loopback.h"

namespace assay::peer {
namespace {

struct NginxStatic : NginxServer {
  explicit NginxStatic(const std::string& directory) : NginxServer(directory) {}

  static const char* obstacle() {
    return access(kNginx, X_OK) != 0 ? "nginx not installed" : suite::transfer::loopback_obstacle();
  }
};

struct NginxReading : NginxServer {
  explicit NginxReading(const std::string& directory) : NginxServer(directory, Sendfile::kOff) {}

  static const char* obstacle() { return NginxStatic::obstacle(); }
};

const suite::server::Workloads<NginxStatic, NginxReading> workloads;

}  // namespace
}  // namespace assay::peer
