// The workloads of servers for StaticServer, in a process of its own.
#include "suites/server/forked_server.h"
#include "suites/server/workloads.h"
#include "zerocopy/static_server.h"

namespace assay::suite::server {
namespace {

const Workloads<ForkedServer<StaticServer>> workloads;

}  // namespace
}  // namespace assay::suite::server
