// The workloads of servers of static files: wrk asks one of them for the same file over 16 connections that
// are kept, for a second. The server has a process and a core of its own, and the file is in the page cache.
//
//   cpu_time       ns/op  CPU time of the server's process by answer: what the family is about
//   wall_time      ns/op  by answer: 10^9 by it are answers a second
//   cpu_per_gb     s/GB   the server's by 10^9 bytes that wrk received, heads among them
//
// An answer counts by its bytes, so that those which wrk cuts off when its time is over count for what they
// were. The first one is compared with the file; afterwards an error of a socket or a status that is none of
// success ends the workload, and so does a second without a byte.
//
// A server is a class:
//
//   class MyServer {
//     static const char* obstacle();                  // why it cannot be started, null when it can
//     explicit MyServer(const std::string& directory);  // serves its files from now on, in another process
//     unsigned port() const;                          // of 127.0.0.1
//     double cpu() const;                             // nanoseconds that the process has had, at rest
//   };
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "suites/core/measured_file.h"
#include "suites/core/team.h"
#include "suites/core/workload.h"
#include "suites/server/served_file.h"
#include "suites/server/wrk.h"

namespace assay::suite::server {

inline constexpr Description kServer1k{.name = "server_1k",
                                       .family = "server",
                                       .sentence = "a file of 1 KB to 16 connections that are kept",
                                       .repetitions = 3,
                                       .threaded = true};
inline constexpr Description kServer100k{.name = "server_100k",
                                         .family = "server",
                                         .sentence = "a file of 100 KB to 16 connections that are kept",
                                         .repetitions = 3,
                                         .threaded = true};
inline constexpr Description kServer10m{.name = "server_10m",
                                        .family = "server",
                                        .sentence = "a file of 10 MB to 16 connections that are kept",
                                        .repetitions = 3,
                                        .threaded = true};

// Asks for the file once: fails unless its bytes come, and returns how many those of the answer were.
inline std::size_t require_file(unsigned port, const ServedFile& file) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string request =
      std::string("GET ") + ServedFile::kName + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      send(socket, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    fail("the server takes no request: %s", strerror(errno));
  std::string answer;
  std::size_t head = std::string::npos;
  while (head == std::string::npos || answer.size() < head + file.size()) {
    char some[65536];
    const ssize_t got = recv(socket, some, sizeof some, 0);
    if (got <= 0) fail("the server's answer ends after %zu bytes", answer.size());
    answer.append(some, static_cast<std::size_t>(got));
    if (head == std::string::npos && (head = answer.find("\r\n\r\n")) != std::string::npos) head += 4;
  }
  close(socket);
  if (!answer.starts_with("HTTP/1.1 200 ")) fail("the server answers %.100s", answer.c_str());
  if (answer.size() != head + file.size() || memcmp(answer.data() + head, file.bytes(), file.size()) != 0)
    fail("the server's answer is not the file");
  return answer.size();
}

template <class Server>
class ServerWorkload : public Workload {
 public:
  ServerWorkload(const Settings& settings, std::size_t size)
      : file_(size, settings.seed), server_(file_.directory()), answer_(require_file(server_.port(), file_)) {
    operations = 1;
  }

  std::uint64_t pass() override {
    const double before = server_.cpu();
    team_.run([&](unsigned member) {
      if (member != 0) load_ = Wrk::run(server_.port(), ServedFile::kName, kConnections, kSeconds);
    });
    cpu_ = server_.cpu() - before;
    if (load_.errors != 0 || load_.bytes == 0)
      fail("wrk counts %.0f errors and %.0f bytes", load_.errors, load_.bytes);
    return fold(file_.size(), answer_);
  }

  void report(const Resident&, Figures& figures) override {
    const double answers = load_.bytes / static_cast<double>(answer_);
    figures.add("cpu_time", "ns/op", cpu_ / answers);
    figures.add("wall_time", "ns/op", load_.nanoseconds / answers);
    figures.add("cpu_per_gb", "s/GB", cpu_ / load_.bytes);
  }

 private:
  static constexpr int kConnections = 16, kSeconds = 1;

  Team<2> team_;  // before the server, which stays on this thread's core; wrk has the other's
  ServedFile file_;
  Server server_;
  std::size_t answer_;  // bytes
  Load load_;
  double cpu_ = 0;
};

template <class Server, std::size_t kSize>
struct ServerWorkloadOf : ServerWorkload<Server> {
  explicit ServerWorkloadOf(const Settings& settings) : ServerWorkload<Server>(settings, kSize) {}
};

template <class Server, std::size_t kSize>
const char* server_obstacle() {
  if (access(kWrk, X_OK) != 0) return "wrk not installed";
  const char* const none = MeasuredFile::obstacle(kSize);
  return none != nullptr ? none : Server::obstacle();
}

template <class Server>
struct Workloads {
  template <std::size_t kSize>
  static Description of(const Description& description) {
    return made_by(description, make_workload<ServerWorkloadOf<Server, kSize>>,
                   server_obstacle<Server, kSize>);
  }

  WorkloadEntry small{of<1'000>(kServer1k)};
  WorkloadEntry medium{of<100'000>(kServer100k)};
  WorkloadEntry large{of<10'000'000>(kServer10m)};
};

}  // namespace assay::suite::server
