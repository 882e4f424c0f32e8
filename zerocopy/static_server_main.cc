// Serves the files below a directory over HTTP until it is told to end (SIGINT, SIGTERM).
//
//   bazel run //zerocopy:static_server -- /path/to/directory --port 8080
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <string>

#include "zerocopy/static_server.h"

namespace {

assay::StaticServer server;

void end(int) { server.stop(); }

// A download takes two descriptors; the usual soft limit is there for programs that call select().
void take_all_descriptors() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int count, char** arguments) {
  CLI::App program("Serves the files below a directory over HTTP/1.1, on one thread.");
  std::string directory, address = "127.0.0.1";
  assay::StaticServerOptions options;
  double idle = 60;
  program.add_option("directory", directory, "what is served")->required();
  program.add_option("--address", address, "to listen at, of IPv4 or IPv6")->capture_default_str();
  program.add_option("--port", options.port, "to listen at; 0: one that is free")->capture_default_str();
  program.add_option("--connections", options.connections, "at a time, at most")->capture_default_str();
  program.add_option("--idle", idle, "seconds without progress after which a connection is closed")
      ->check(CLI::Range(0.001, 1e6))
      ->capture_default_str();
  CLI11_PARSE(program, count, arguments);
  take_all_descriptors();
  options.address = address.c_str();
  constexpr double kMilliseconds = 1000;
  options.idle = static_cast<std::int64_t>(idle * kMilliseconds);
  // `bazel run` starts programs elsewhere than where the user is.
  if (const char* const here = getenv("BUILD_WORKING_DIRECTORY"))
    directory = (std::filesystem::path(here) / directory).string();
  if (const int error = server.open(directory.c_str(), options); error != 0) {
    fprintf(stderr, "%s: %s at %s, port %u: %s\n", arguments[0], directory.c_str(), address.c_str(),
            unsigned{options.port}, strerror(error));
    return 1;
  }
  struct sigaction action {};
  action.sa_handler = end;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  const bool six = address.find(':') != std::string::npos;
  printf("http://%s%s%s:%u/\n", six ? "[" : "", address.c_str(), six ? "]" : "", unsigned{server.port()});
  fflush(stdout);
  if (const int error = server.run(); error != 0) {
    fprintf(stderr, "%s: %s\n", arguments[0], strerror(error));
    return 1;
  }
  return 0;
}
